"""Dual-homed sites whose lines share the load: who sends by which, after every failure."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.model.network import HostRef
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.link_crossings import crossings
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.services import Connected, Neighbour, ViaPe
from mplsemu.program.spare_lines import active_lines, bundled_lines, spare_lines
from mplsemu.program.trace import trace
from mplsemu.program.walk import walk
from mplsemu.verification.matrix import verify
from tests.networks import dual_homed, load_sharing

BREAKABLE = ("x-p", "y-q", "z-p", "z-q", "p-q", "v/hq", "v/hq@y", "v/far")
ORDERS = [order for count in (0, 1, 2) for order in itertools.permutations(BREAKABLE, count)]
"""Every way in which up to two of them fail."""
BOTH = {"v/hq": ["v/hq", "v/hq@y"]}


def reached(lab, down, pe):
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


def ends_of(found):
    """Return the circuits at which a packet arrives, each with its share of the flows."""
    shares = {}
    for branch in found.branches:
        circuit = branch.end.circuit if isinstance(branch.end, Delivered) else None
        shares[circuit] = shares.get(circuit, 0) + branch.share
    return shares


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: " ".join(order) or "none")
@pytest.mark.parametrize("how", ["", "ce", "strict"])
def test_after_failures_in_any_order_all_flows_take_lines_that_lead_there_and_none_twice(
    order, how
):
    lab = load_sharing(how)
    program, down = compile_program(lab), frozenset()
    for name in order:
        down |= {name}
        program = compile_program(lab, down, previous=program)
    active = active_lines(program)["v/hq"]
    up = {pe: line for line, pe in (("v/hq", "x"), ("v/hq@y", "y")) if line in active}
    for site, pe in (("far", "z"), ("near", "y")):
        lines = {line for home, line in up.items() if home in reached(lab, down, pe)}
        has_way = bool(lines) and f"v/{site}" not in down
        for source, target in ((site, "hq"), ("hq", site)):
            found = trace(program, f"v/{source}/h1", f"v/{target}/h2")
            assert found.delivered is has_way
            copies = {branch.copy for branch in found.branches}
            assert copies == {()}  # alternatives: a packet takes one of them
            assert sum(branch.share for branch in found.branches) == 1
            if has_way and target == "hq":
                assert ends_of(found).keys() <= lines
    working = [line for line in ("v/hq", "v/hq@y") if line not in down]
    at_far = reached(lab, down, "z")
    if at_far >= {"x", "y"}:  # only a PE that is cut off from the others takes no part
        assert active == working
        assert verify(program, lab).holds is (len(working) > 0 and "v/far" not in down)
    elif working:
        assert active


def test_other_pes_spread_flows_over_both_though_one_is_nearer_and_each_prefers_its_own_line():
    program = compile_program(load_sharing())
    assert active_lines(program) == BOTH
    ways = {}
    for pe in "xyz":
        for route in program.node(pe).vrf_by_name["v"].routes:
            if str(route.prefix) in {"10.1.0.0/29", "2001:db8:1::/125"}:
                ways.setdefault(pe, set()).add(route.next_hops)
    assert ways["x"] == {(Connected("v/hq"),)}
    assert ways["y"] == {(Connected("v/hq@y"),)}
    assert all([type(hop) for hop in hops] == [ViaPe, ViaPe] for hops in ways["z"])
    assert all({hop.egress for hop in hops} == {"x", "y"} for hops in ways["z"])
    found = ends_of(trace(program, "v/far/h1", "v/hq/h1"))
    assert found == {"v/hq": Fraction(1, 2), "v/hq@y": Fraction(1, 2)}
    assert ends_of(trace(program, "v/near/h1", "v/hq/h1")) == {"v/hq@y": 1}


@pytest.mark.parametrize("how", ["", "ce"])
def test_what_the_site_sends_takes_either_line_and_each_way_says_which(how):
    lab = load_sharing(how)
    program = compile_program(lab)
    found = trace(program, "v/hq/h1", "v/far/h1")
    assert found.delivered
    firsts = []
    for variant in found.variants():
        first = variant.hops[1 if how else 0]
        firsts.append((variant.circuit, variant.pe, first.node, variant.branches[0].share))
        on = [each.link for each in crossings(program, variant) if each.link.startswith("v/hq")]
        assert on == [variant.circuit]
        if how:
            assert (variant.hops[0].node, variant.hops[0].link) == ("v/hq/ce", variant.circuit)
    half = Fraction(1, 2)
    assert firsts == [("v/hq", "x", "x", half), ("v/hq@y", "y", "y", half)]
    assert {each.link for each in crossings(program, found)} >= {"v/hq", "v/hq@y"}
    one = compile_program(lab, frozenset({"v/hq"}))
    (alone,) = trace(one, "v/hq/h1", "v/far/h1").variants()
    assert alone.circuit == "v/hq@y"


def test_a_pe_that_is_cut_off_takes_part_no_more_and_its_line_stands_by():
    lab = load_sharing()
    program = compile_program(lab, frozenset({"x-p"}))
    circuit = program.node("x").circuit_by_name["v/hq"]
    assert (circuit.up, circuit.standby, circuit.shares_load) == (False, True, True)
    assert bundled_lines(program, "v/hq@y") == ("v/hq@y",)
    assert ends_of(trace(program, "v/far/h1", "v/hq/h1")) == {"v/hq@y": 1}


def test_a_line_that_joins_takes_packets_before_any_way_leads_to_it():
    lab, down = load_sharing("strict"), frozenset({"v/hq"})
    away = compile_program(lab, down)
    back = compile_program(lab, previous=away)
    moving = Moving(joining=frozenset({"v/hq"}))
    joining = compile_program(lab, previous=back, moving=moving)
    assert active_lines(joining) == BOTH
    to_far = Packet(
        lab.vpns[0].sites[0].hosts[0].mac,
        GATEWAY_MAC,
        IpHeader(
            lab.vpns[0].sites[0].hosts[0].addresses[0].ip,
            lab.vpns[0].sites[1].hosts[0].addresses[0].ip,
        ),
    )
    for program, ways in ((joining, {"v/hq@y"}), (back, {"v/hq", "v/hq@y"})):
        for line in BOTH["v/hq"]:
            (end,) = walk(program, line, to_far).ends
            assert isinstance(end, Delivered), line
            assert end.host == HostRef("v", "far", "h1")
        assert ends_of(trace(program, "v/far/h1", "v/hq/h1")).keys() == ways
    assert [node.ilm for node in joining.nodes] == [node.ilm for node in back.nodes]


def test_what_one_pe_learns_on_its_line_the_other_knows_on_its_own():
    lab = load_sharing()
    address = lab.vpns[0].sites[0].subnets[0][6]
    learned = LearnedNeighbour("y", "v", Neighbour(address, "v/hq@y", "02:00:00:00:00:99"))
    program = compile_program(lab, learned=[learned])
    for pe, line in (("x", "v/hq"), ("y", "v/hq@y")):
        found = program.node(pe).vrf_by_name["v"].neighbours
        assert Neighbour(address, line, "02:00:00:00:00:99") in found
    alone = compile_program(lab, frozenset({"v/hq"}), learned=[learned])
    assert address not in {n.address for n in alone.node("x").vrf_by_name["v"].neighbours}


def test_a_program_with_a_bundle_is_the_same_after_json_and_others_do_not_name_it():
    program = compile_program(load_sharing())
    assert load_program(dump_program(program)) == program
    assert dump_program(program).count('"shares_load": true') == 2
    assert "shares_load" not in dump_program(compile_program(dual_homed()))
    assert spare_lines(program) == {"v/hq@y"}
