"""Dual-homed sites: which line is active after every failure, and that nothing loops meanwhile."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import SETTLED, Moving, line_states
from mplsemu.control.whatif import WhatIf
from mplsemu.model.network import HostRef, Network
from mplsemu.program.answer import answer
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.host_stack import PacketOptions
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped
from mplsemu.program.program import Program
from mplsemu.program.spare_lines import active_lines, spare_lines
from mplsemu.program.trace import trace
from mplsemu.program.walk import walk
from mplsemu.verification.incremental import IncrementalVerifier
from mplsemu.verification.matrix import verify
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.builders import MacAddresses, l3vpn, network, provider, vpls
from tests.networks import dual_homed, homed
from tests.strategies import failures, homed_networks

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

BREAKABLE = (
    *("x-p", "y-q", "z-p", "z-q", "p-q", "v/hq", "v/hq@y", "lan/hq", "lan/hq@y"),
    *("v/far", "lan/near"),
)


FAR_TO_HQ = ("v/far/h1", "v/hq/h1")
ORDERS = [order for count in (0, 1, 2) for order in itertools.permutations(BREAKABLE, count)]
"""Every way in which up to two of them fail."""


def reachable(lab: Network, down: frozenset[str], pe: str) -> set[str]:
    """Return the LSRs to which there is a way."""
    found, pending = {pe}, [pe]
    while pending:
        node = pending.pop()
        for link in lab.provider.links:
            if link.name not in down and node in link.ends:
                other = link.far_end(node)
                if other not in found:
                    found.add(other)
                    pending.append(other)
    return found


def homes_of(name: str) -> dict[str, str]:
    """Return the PEs to which a site has lines, by circuit."""
    pe = {"hq": "x", "far": "z", "near": "y"}[name.split("/")[1]]
    return {name: pe, f"{name}@y": "y"} if name.endswith("/hq") else {name: pe}


def broadcast_copies(program: Program, source: str) -> Counter[str]:
    """Return where a broadcast from a circuit arrives, how often."""
    walked = walk(program, source, Packet("02:00:00:00:00:99", BROADCAST_MAC), learned=False)
    assert all(not (isinstance(end, Dropped) and end.reason == "loop") for end in walked.ends)
    return Counter(end.circuit for end in walked.deliveries)


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join(order) or "none")
def test_after_failures_in_any_order_whoever_has_a_way_has_one(order):
    lab = dual_homed()
    program, down = compile_program(lab), frozenset[str]()
    for name in order:
        down |= {name}
        program = compile_program(lab, down, previous=program)
    for vpn in ("v", "lan"):
        sites = [f"{vpn}/{name}" for name in ("hq", "far", "near")]
        active = next(iter(active_lines(program)[f"{vpn}/hq"]), None)
        lines = {site: homes_of(site) for site in sites}
        if active is not None:
            lines[f"{vpn}/hq"] = {active: homes_of(f"{vpn}/hq")[active]}
        for first, second in itertools.permutations(sites, 2):
            up = {
                site: {pe for circuit, pe in lines[site].items() if circuit not in down}
                for site in (first, second)
            }
            has_way = any(
                pe in reachable(lab, down, other) for pe in up[first] for other in up[second]
            )
            assert trace(program, f"{first}/h1", f"{second}/h2").delivered is has_way
        elsewhere = [site for site in sites if site != f"{vpn}/hq"]
        other_ends = {pe for each in elsewhere for pe in homes_of(each).values()}
        if active is not None and f"{vpn}/hq" not in down and active != f"{vpn}/hq":
            # the first line is left only for one that reaches more
            assert not (reachable(lab, down, "x") & other_ends) >= (
                reachable(lab, down, "y") & other_ends
            )


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join(order) or "none")
def test_a_frame_never_arrives_twice_also_while_a_site_is_switched_over(order):
    lab = dual_homed()
    before, down = compile_program(lab), frozenset[str]()
    for name in order:
        was = active_lines(before)["lan/hq"]
        down |= {name}
        after = compile_program(lab, down, previous=before)
        now = active_lines(after)["lan/hq"]
        states = [after]
        if was != now and was and was[0] not in down:
            moving = Moving(leaving=frozenset(was))
            states.append(compile_program(lab, down, previous=after, moving=moving))
            assert active_lines(states[-1])["lan/hq"] == []
        for program in states:
            for circuit in program.node_of_circuit:
                if circuit.startswith("lan/"):
                    copies = broadcast_copies(program, circuit)
                    assert all(count == 1 for count in copies.values()), (circuit, copies)
                    assert len(copies.keys() & {"lan/hq", "lan/hq@y"}) <= 1
        before = after


def test_a_blocked_line_takes_nothing_in_and_sends_nothing_out():
    program = compile_program(dual_homed())
    for vpn, packet in (
        ("lan", Packet("02:00:00:00:00:99", BROADCAST_MAC)),
        (
            "v",
            Packet(
                "02:00:00:00:00:99",
                GATEWAY_MAC,
                IpHeader(IPv4Address("10.1.0.2"), IPv4Address("10.1.1.2")),
            ),
        ),
    ):
        (end,) = walk(program, f"{vpn}/hq@y", packet).ends
        assert end == Dropped("y", f"{vpn}/hq@y is a standby")
        standby = program.node("y").circuit_by_name[f"{vpn}/hq@y"]
        assert (standby.up, standby.standby, standby.hosts) == (False, True, ())
    (end, *_) = walk(program, "lan/near", Packet("02:00:00:00:00:99", BROADCAST_MAC)).deliveries
    assert end.circuit != "lan/hq@y"


def test_a_pe_that_is_cut_off_gives_its_sites_up_though_their_lines_are_up():
    program = compile_program(dual_homed(), frozenset({"x-p"}))
    assert active_lines(program) == {"v/hq": ["v/hq@y"], "lan/hq": ["lan/hq@y"]}
    assert spare_lines(program) == {"v/hq", "lan/hq"}
    assert verify(program, dual_homed()).holds


def test_a_pe_behind_a_core_that_is_cut_off_gives_its_sites_up_too():
    program = compile_program(dual_homed(), frozenset({"z-p", "p-q"}))
    assert active_lines(program)["v/hq"] == ["v/hq@y"]


def test_a_line_to_a_pe_with_all_partners_stays_when_the_core_is_gone():
    macs = MacAddresses()
    made = network(
        provider(("x-y",)),
        l3vpn("v", {"hq": ("x", "10.1.0.0/29"), "b": ("x", "10.1.1.0/29")}, macs=macs),
    )
    lab = homed(made, {"v/hq": ("x", "y")})
    assert active_lines(compile_program(lab, frozenset({"x-y"}))) == {"v/hq": ["v/hq"]}


def test_a_site_whose_lines_are_both_down_is_where_its_first_line_is():
    program = compile_program(dual_homed(), frozenset({"v/hq", "v/hq@y"}))
    assert active_lines(program)["v/hq"] == []
    assert "v/hq" not in spare_lines(program)
    assert [host.name for host in program.node("x").circuit_by_name["v/hq"].hosts] == ["h1", "h2"]
    assert not trace(program, "v/hq/h1", "v/far/h1").delivered


def test_what_is_sent_to_a_host_takes_the_line_that_leads_to_it():
    lab = dual_homed()
    ref = HostRef("v", "hq", "h1")
    for down, circuit, pe in ((frozenset(), "v/hq", "x"), (frozenset({"v/hq"}), "v/hq@y", "y")):
        found = trace(compile_program(lab, down), "v/far/h1", "v/hq/h1")
        assert isinstance(found.end, Delivered)
        assert (found.end.circuit, found.end.host, found.way[-1]) == (circuit, ref, pe)
        back = trace(compile_program(lab, down), "v/hq/h1", "v/far/h1")
        assert (back.circuit, back.way[0], back.delivered) == (circuit, pe, True)


@pytest.mark.parametrize("is_strict", [False, True], ids=["", "sources are validated"])
def test_in_an_l3vpn_nothing_is_lost_in_any_state_between_two_lines(is_strict):
    lab, down = dual_homed(), frozenset({"v/hq"})
    if is_strict:
        vpn, lan = lab.vpns
        sites = tuple(replace(site, strict_urpf=True) for site in vpn.sites)
        lab = replace(lab, vpns=(replace(vpn, sites=sites), lan))
    away = compile_program(lab, down)
    back = compile_program(lab, previous=away)
    joining = compile_program(lab, previous=back, moving=Moving(joining=frozenset({"v/hq"})))
    leaving = compile_program(lab, previous=back, moving=Moving(leaving=frozenset({"v/hq@y"})))
    to_far = Packet(
        "02:00:00:00:00:99", GATEWAY_MAC, IpHeader(IPv4Address("10.1.0.2"), IPv4Address("10.1.1.2"))
    )
    for program, lines, way_in in (
        (away, {"v/hq@y"}, "y"),
        (joining, {"v/hq", "v/hq@y"}, "y"),
        (leaving, {"v/hq", "v/hq@y"}, "x"),
        (back, {"v/hq"}, "x"),
    ):
        assert set(active_lines(program)["v/hq"]) == lines
        if is_strict and len(lines) == 1:  # where a line is alone, it validates again
            stray = replace(to_far, ip=replace(to_far.ip, source=IPv4Address("10.9.9.9")))
            (end,) = walk(program, *lines, stray).ends
            assert isinstance(end, Dropped)
        for line in lines:  # the site's LAN may send by any of them
            (end,) = walk(program, line, to_far).ends
            assert isinstance(end, Delivered)
            assert end.host == HostRef("v", "far", "h1")
        for source in ("v/far/h1", "v/near/h1"):
            found = trace(program, source, "v/hq/h2")
            assert found.delivered
            assert found.way[-1] == way_in
    assert compile_program(lab, previous=back, moving=SETTLED) == back


def test_a_ce_router_has_two_lines_as_a_lan_has():
    macs = MacAddresses()
    sites = {"hq": ("x", "10.1.0.0/29", "ce"), "far": ("z", "10.1.1.0/29")}
    made = network(provider(("x-z", "y-z")), l3vpn("v", sites, macs=macs))
    lab = homed(made, {"v/hq": ("x", "y")})
    for down, circuit in ((frozenset(), "v/hq"), (frozenset({"v/hq"}), "v/hq@y")):
        program = compile_program(lab, down)
        there, back = (trace(program, *ends) for ends in (FAR_TO_HQ, FAR_TO_HQ[::-1]))
        assert there.delivered
        assert back.delivered
        assert [hop.link for hop in there.hops if hop.link and "/" in hop.link][-1] == circuit
        assert back.hops[0].node == "v/hq/ce"
        dead = trace(program, "v/far/h1", "v/hq/h1", PacketOptions(ttl=3))
        answered = answer(program, dead)
        assert answered is not None
        assert (answered.trace.source, answered.trace.delivered) == ("v/hq/ce", True)
        assert verify(program, lab).holds


def test_a_site_of_two_lines_has_a_port_a_vrf_and_a_number_at_both_pes_always():
    lab = dual_homed()
    whole = compile_program(lab)
    for name in BREAKABLE:
        after = compile_program(lab, frozenset({name}), previous=whole)
        for pe in ("x", "y", "z"):
            assert after.node(pe).vrf_by_name["v"].label == whole.node(pe).vrf_by_name["v"].label
            ports = [(each.name, each.port) for each in after.node(pe).circuits]
            assert ports == [(each.name, each.port) for each in whole.node(pe).circuits]


def test_a_program_with_a_standby_is_the_same_after_json_and_others_do_not_name_it():
    program = compile_program(dual_homed())
    assert load_program(dump_program(program)) == program
    assert dump_program(program).count('"standby": true') == 2
    plain = network(provider(("x-y",)), vpls("lan", {"a": "x", "b": "y"}, macs=MacAddresses()))
    assert "standby" not in dump_program(compile_program(plain))
    assert line_states(plain, frozenset()).active == {}


@few
@given(homed_networks(), st.data())
def test_a_program_after_a_failure_is_the_one_compiled_from_scratch(network, data):
    down = data.draw(failures(network, circuits=True))
    what_if = WhatIf(network, down)
    for _ in range(3):
        failed = data.draw(failures(network, circuits=True)) - down
        whole = compile_program(network, down | failed, previous=what_if.base)
        assert what_if.after(failed) == whole


@few
@given(homed_networks(), st.data())
def test_the_verdict_after_failures_is_that_on_a_program_compiled_from_scratch(network, data):
    what_if = WhatIf(network)
    verifier = IncrementalVerifier(network, what_if.base)
    assert verifier.verdict == verify(what_if.base, network)
    for _ in range(3):
        failed = data.draw(failures(network, circuits=True))
        verdict, _ = verifier.after(what_if.after(failed))
        whole = verify(compile_program(network, failed), network)
        assert list(map(str, verdict.violations)) == list(map(str, whole.violations))
