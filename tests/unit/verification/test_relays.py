"""DHCP relay agents: their servers are reached, and heard."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.matrix import verify
from mplsemu.verification.verdict import Invariant
from tests import builders
from tests.programs import changed_node


def lab(server="10.9.0.2", **vpn_settings):
    macs = builders.MacAddresses()
    sites = {
        "shop": ("dk", "10.1.0.0/24 2001:db8:1::/64"),
        "hq": ("se", "10.9.0.0/24 2001:db8:9::/64"),
        "far": ("no", "10.8.0.0/24"),
    }
    vpn = builders.l3vpn("a", sites, macs=macs, **vpn_settings)
    other = builders.l3vpn("b", {"x": ("se", "10.7.0.0/24")}, number=2, macs=macs)
    shop, *rest = vpn.sites
    vpn = replace(vpn, sites=(replace(shop, dhcp_servers=(ip_address(server),)), *rest))
    made = builders.provider(("dk-p1", "p1-se", "p1-no"), pes=("dk", "se", "no"))
    return builders.network(made, vpn, other)


def found(network, program=None):
    violations = verify(program or compile_program(network), network).violations
    return [each.detail for each in violations if "DHCP" in each.detail]


@pytest.mark.parametrize("server", ["10.9.0.2", "2001:db8:9::2"])
def test_a_server_at_another_site_of_the_vpn_is_reached_and_heard(server):
    network = lab(server)
    assert verify(compile_program(network), network).holds


@pytest.mark.parametrize(
    ("server", "why"),
    [
        ("10.9.0.77", "not reached from 10.1.0.1: nobody on a/hq is known to have 10.9.0.77"),
        ("10.7.0.2", "not reached from 10.1.0.1: lost at dk: no route to 10.7.0.2 in VRF a"),
        ("10.9.0.1", "not reached from 10.1.0.1: se has 10.9.0.1 itself"),
        (
            "2001:db8:9::77",
            "not reached from 2001:db8:1::1: nobody on a/hq is known to have 2001:db8:9::77",
        ),
    ],
)
def test_a_server_that_is_nobody_or_out_of_reach_is_refuted(server, why):
    assert found(lab(server)) == [f"the DHCP server {server} of a/shop is {why}"]


def test_a_server_that_cannot_answer_is_refuted():
    network = lab()
    program = compile_program(network)
    (vrf,) = [each for each in program.node("se").vrfs if each.name == "a"]
    routes = tuple(route for route in vrf.routes if str(route.prefix) != "10.1.0.0/24")
    vrfs = tuple(
        replace(each, routes=routes) if each is vrf else each for each in program.node("se").vrfs
    )
    (detail,) = found(network, changed_node(program, "se", vrfs=vrfs))
    assert detail.startswith("the DHCP server 10.9.0.2 of a/shop is not heard at 10.1.0.1: lost")


def test_servers_that_are_not_the_labs_are_refuted():
    network = lab()
    circuits = tuple(
        replace(each, dhcp_servers=(IPv4Address("10.8.0.2"),)) if each.dhcp_servers else each
        for each in compile_program(network).node("dk").circuits
    )
    program = changed_node(compile_program(network), "dk", circuits=circuits)
    assert found(network, program) == [
        "circuit a/shop: its DHCP servers differ from the lab file's"
    ]


def test_after_a_failure_the_incremental_verdict_on_relay_agents_is_the_whole_one():
    network = lab()
    verifier = IncrementalVerifier(network, compile_program(network))
    for down in ({"p1-se"}, {"p1-no"}, {"a/hq"}):
        program = compile_program(network, frozenset(down))
        verdict, _ = verifier.after(program)
        wanted = verify(program, network)
        assert list(map(str, verdict.violations)) == list(map(str, wanted.violations))
        is_lost = any("DHCP" in each.detail for each in verdict.violations)
        assert is_lost is (down != {"p1-no"})
        assert {each.invariant for each in verdict.violations} == {Invariant.REACH}
