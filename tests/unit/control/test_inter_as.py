"""Several providers: what crosses the border between two, and what does not (RFC 4364 10)."""

from __future__ import annotations

import itertools
from ipaddress import ip_network

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.lab.loader import loads
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.program import Program
from mplsemu.program.services import NextHop, ViaAsbr, ViaPe
from mplsemu.program.trace import trace
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.matrix import verify
from tests.networks import TWO_PROVIDERS, two_providers

NETWORK = two_providers()


def program(*down: str) -> Program:
    return compile_program(NETWORK, frozenset(down))


def hop(found: Program, pe: str, vrf: str, prefix: str) -> NextHop:
    routes = {str(route.prefix): route for route in found.node(pe).vrf_by_name[vrf].routes}
    return routes[prefix].next_hop


def links_of(found: Program, source: str, target: str) -> list[str]:
    hops = trace(found, source, target).hops
    return [each.core_link for each in hops if each.core_link]


def test_no_lsp_and_no_label_crosses_a_border():
    found = program()
    borders = {link.name for link in found.links if link.border is not None}
    assert borders == {"n1-s1", "s2-n2"}
    for node in found.nodes:
        entries = [*node.ftn, *node.ilm]
        assert not borders & {nhlfe.link for entry in entries for nhlfe in entry.nhlfes}
        for entry in node.ftn:
            assert found.node(entry.egress).provider == node.provider


def test_an_asbr_hands_over_what_is_for_the_other_provider_and_tells_its_own_pes():
    found = program()
    assert hop(found, "n1", "v@north", "10.2.0.0/29") == ViaAsbr("v/n1>s1")
    label = found.node("n1").vrf_by_name["v@north"].label
    assert hop(found, "na", "v@north", "10.2.0.0/29") == ViaPe("n1", label)
    assert found.node("n1").circuit_by_name["v/n1>s1"].border.circuit == "v/s1>n1"


def test_packets_leave_at_the_nearest_exit_and_at_the_other_one_if_that_fails():
    assert "n1-s1" in links_of(program(), "v/a/h1", "v/b/h1")
    assert "s2-n2" in links_of(program("n1-s1"), "v/a/h1", "v/b/h1")
    assert "s2-n2" in links_of(program("np-n1"), "v/a/h1", "v/b/h1")


def test_an_exit_beyond_which_the_site_is_cut_off_is_no_exit():
    # s1 does not reach c, which is at s2
    assert "s2-n2" in links_of(program("sp-s2"), "v/a/h1", "v/c/h1")
    assert "n1-s1" in links_of(program("sp-s2"), "v/a/h1", "v/b/h1")


def test_a_site_whose_line_is_down_is_withdrawn_in_both_networks():
    found = program("v/b")
    for node in found.nodes:
        for vrf in node.vrfs_of("v"):
            prefixes = {route.prefix for route in vrf.routes}
            assert ip_network("10.2.0.0/29") not in prefixes


def test_what_is_learned_at_one_border_is_not_passed_on_at_another():
    found = program("np-n1", "np-n2")  # the north's ASBRs reach nothing of their own
    assert not [r for r in found.node("n1").vrf_by_name["v@north"].routes if r.circuit == "v/a"]
    south = found.node("s1").vrf_by_name["v@south"]
    assert {route.circuit for route in south.routes} == {"v/b", "v/c"}


def test_both_ends_of_a_border_link_have_a_circuit_for_each_vpn_and_take_no_labels():
    found = program()
    for name, peer in (("n1", "s1"), ("s1", "n1")):
        node = found.node(name)
        (end,) = [each for each in node.adjacencies if each.border is not None]
        circuits = [each for each in node.circuits if each.border is not None]
        assert {each.physical_port for each in circuits} == {end.port}
        assert {(each.vpn, each.tags.outer) for each in circuits} == {("v", 7), ("w", 8)}
        assert {each.border.lsr for each in circuits} == {peer}


def test_it_is_written_to_json_and_read_back():
    found = program()
    assert load_program(dump_program(found)) == found


@pytest.fixture(params=["a", "b"])
def option(request) -> str:
    return request.param


FAILURES = [
    frozenset(some)
    for count in (1, 2)
    for some in itertools.combinations([link.name for link in NETWORK.provider.links], count)
]


def test_what_is_computed_anew_after_failures_is_what_a_whole_compilation_and_proof_find(option):
    network = two_providers(option)
    what_if = WhatIf(network)
    verifier = IncrementalVerifier(network, what_if.base)
    for failed in FAILURES:
        after = what_if.after(failed)
        assert after == compile_program(network, failed, previous=what_if.base), failed
        found, whole = verifier.after(after)[0], verify(after, network)
        assert sorted(map(str, found.violations)) == sorted(map(str, whole.violations)), failed


def test_the_proof_holds_unless_a_failure_cuts_sites_off(option):
    network = two_providers(option)
    what_if = WhatIf(network)
    assert verify(what_if.base, network).holds
    for link in ("n1-s1", "s2-n2", "np-n1", "np-n2"):
        assert verify(what_if.after(frozenset({link})), network).holds, link
    assert not verify(what_if.after(frozenset({"n1-s1", "s2-n2"})), network).holds
    assert not verify(what_if.after(frozenset({"sa-sp"})), network).holds


def test_a_lab_that_gains_a_vpn_at_the_border_keeps_its_numbers_and_labels():
    before = program()
    fewer = two_providers()
    (v, _) = fewer.vpns
    alone = type(fewer)(fewer.name, fewer.provider, (v,))
    first = compile_program(alone)
    then = compile_program(NETWORK, previous=first)
    for node in first.nodes:
        for vrf in node.vrfs:
            same = then.node(node.name).vrf_by_name[vrf.name]
            assert (same.index, same.label) == (vrf.index, vrf.label)
    assert before.node("n1").vrfs


def test_a_ce_router_with_a_wide_route_behind_it_knows_of_sites_in_the_other_network():
    text = TWO_PROVIDERS.replace("OPTION", "a").replace(
        "ce: router}", "ce: router, routes: 10.0.0.0/8 via 10.2.0.2}"
    )
    network = loads(text, "two.yaml").network
    found = compile_program(network)
    assert verify(found, network).violations == ()
    to_the_other = trace(found, "v/b/h1", "v/a/h1")
    assert to_the_other.delivered
    assert links_of(found, "v/b/h1", "v/a/h1")
    assert not links_of(found, "v/b/h1", "10.9.9.9")
