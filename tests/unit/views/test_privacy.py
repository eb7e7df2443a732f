"""A customer's picture holds nothing of the provider's and nothing of another customer's."""

from __future__ import annotations

import re

import pytest

from mplsemu.export.formats import RENDERERS
from mplsemu.program.program import Program
from mplsemu.views.customer import customer_view
from tests.programs import program_of
from tests.unit.views.provider_names import providers
from tests.view_labs import north

#: in which words stand alone; test_views_secrets.py looks at all formats
FORMATS = ("text", "json", "dot", "mermaid")
VPNS = ("alfa", "beta", "gamma", "delta", "epsilon")


def mine(program: Program, vpn: str) -> set[str]:
    """Everything that a customer may well have in common with the provider."""
    circuits = [c for node in program.nodes for c in node.circuits if c.vpn == vpn]
    return {vpn, *(c.site for c in circuits), *(h.name for c in circuits for h in c.hosts)}


def other_customers(program: Program, vpn: str) -> set[str]:
    """Every name, address and prefix of other customers', but what an import gives."""
    own_prefixes = {
        str(route.prefix)
        for node in program.nodes
        for vrf in node.vrfs
        if vrf.name == vpn
        for route in vrf.routes
    }
    own_hosts = {
        str(interface.ip)
        for node in program.nodes
        for circuit in node.circuits
        if circuit.vpn == vpn
        for interface in (*circuit.gateways, *(i for h in circuit.hosts for i in h.addresses))
    }
    found = set()
    for info in program.vpns:
        if info.name != vpn:
            found |= {info.name, info.customer}
    for node in program.nodes:
        for circuit in node.circuits:
            if circuit.vpn != vpn:
                interfaces = [i for host in circuit.hosts for i in host.addresses]
                found |= {circuit.name, circuit.site, *(host.mac for host in circuit.hosts)}
                found |= {str(interface.ip) for interface in interfaces}
                found |= {str(interface.network) for interface in interfaces}
    return found - own_prefixes - own_hosts - mine(program, vpn)


def tokens(text: str) -> str:
    """Return the text with every word and number between blanks."""
    return f" {re.sub(r'[^0-9A-Za-z.:/_-]+', ' ', text)} "


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("down", [(), ("core1-core2", "pe-kbh-core2", "gamma/ribe", "alfa/oslo")])
@pytest.mark.parametrize("vpn", VPNS)
def test_nothing_of_others_is_in_a_customers_picture(vpn, down, form):
    program = north(*down)
    text = RENDERERS[form]([customer_view(program, vpn)])
    # two digits are a label, but also part of what is the customer's: look at whole words
    words = tokens(text)
    secrets = (providers(program) | other_customers(program, vpn)) - mine(program, vpn)
    leaked = {secret for secret in secrets if f" {tokens(secret).strip()} " in words}
    assert leaked == _own_numbers(program, vpn, leaked)


def _own_numbers(program: Program, vpn: str, leaked: set[str]) -> set[str]:
    """Return those that are counts of the customer's own things, not labels."""
    view = customer_view(program, vpn)
    counts = {len(view.sites), sum(len(site.hosts) for site in view.sites)}
    return {word for word in leaked if word.isdecimal() and int(word) in counts}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("vpn", ["a", "b", "c"])
def test_no_word_of_nordics_provider_is_in_a_customers_picture(vpn, form):
    program = program_of("nordic")
    words = tokens(RENDERERS[form]([customer_view(program, vpn)]))
    others = {"a", "b", "c"} - {vpn}
    for secret in {"dk", "se", "no", "p1", "p2", "nordic", "dk-p1", "64512:1", *others}:
        assert f" {secret} " not in words


def test_a_search_for_secrets_would_find_one():
    program = north()
    text = RENDERERS["text"]([customer_view(program, "alfa")]) + "via core1"
    assert any(f" {secret} " in tokens(text) for secret in providers(program))


def test_an_imported_prefix_is_shown_without_whose_it_is():
    text = RENDERERS["json"]([customer_view(north(), "alfa")])
    assert "172.16.0.0/24" in text
    assert "vault" not in text
    assert "psilon" not in text


def test_an_import_in_one_direction_shows_the_other_customer_nothing():
    program = program_of("extranet")
    text = RENDERERS["text"]([customer_view(program, "green")])
    assert "10.9." not in text
