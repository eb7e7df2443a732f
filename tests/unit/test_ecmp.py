"""Equal-cost multipath: several NHLFEs for one FEC (RFC 3031 sections 3.11 and 3.12)."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.errors import ProgramError
from mplsemu.lab.loader import load
from mplsemu.model.labels import Label
from mplsemu.model.network import PathCheck
from mplsemu.model.topology import TtlMode
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.entries import Forward, Nhlfe, Push, Swap
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.link_crossings import crossings
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Branch, Delivered, Dropped, Walk
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.program.walk import Walker, walk
from mplsemu.report.trace import trace_object
from mplsemu.verification.link_load import Demand, Loads
from mplsemu.verification.matrix import verify
from mplsemu.verification.tunnels import tunnel_paths
from mplsemu.verification.validate import prove
from mplsemu.views.tables.lfib import lfib
from tests.builders import MacAddresses, l3vpn, network, provider
from tests.networks import LADDER, SQUARE, between, long_ladder
from tests.programs import changed_node
from tests.view_labs import lsps_between


def ways(program: Program, node: str, egress: str) -> list[str]:
    (entry,) = [each for each in program.node(node).ftn if each.egress == egress]
    return [nhlfe.link for nhlfe in entry.nhlfes]


# --- paths and labels ----------------------------------------------------------------------


def test_an_lsr_has_one_way_unless_the_lab_wants_more():
    assert ways(compile_program(between(ecmp=1)), "x", "y") == ["x-p"]
    assert ways(compile_program(between(ecmp=2)), "x", "y") == ["x-p", "x-q"]


def test_there_are_no_more_ways_than_wanted_and_those_with_fewer_hops_come_first():
    links = ("x-q", "q-r", "r-y", "x-p", "p-y", "x-s", "s-y")
    metrics = {"q-r": 5, "r-y": 5}
    two = compile_program(between(links, metrics=metrics, ecmp=2))
    assert ways(two, "x", "y") == ["x-p", "x-s"]
    assert ways(compile_program(between(links, metrics=metrics)), "x", "y") == ["x-p", "x-q", "x-s"]


def test_parallel_links_are_ways_of_their_own():
    program = compile_program(between(("x-p", "p-y", "p-y#2")))
    (entry,) = [each for each in program.node("p").ilm if each.egress == "y"]
    assert [nhlfe.link for nhlfe in entry.nhlfes] == ["p-y", "p-y#2"]


def test_a_way_of_higher_metric_is_none():
    assert ways(compile_program(between(metrics={"q-y": 11})), "x", "y") == ["x-p"]


def test_a_label_is_bound_to_the_set_of_ways_and_a_cut_binds_new_ones_upstream_only():
    links = ("w-x", *SQUARE)
    net = network(
        provider(links, pes=("w", "y"), ecmp=2),
        l3vpn("v", {"a": ("w", "10.1.0.0/29"), "b": ("y", "10.1.1.0/29")}, macs=MacAddresses()),
    )
    before = compile_program(net)
    (at_x,) = [each for each in before.node("x").ilm if each.egress == "y"]
    after = compile_program(net, frozenset({"q-y"}), previous=before)
    (now_at_x,) = [each for each in after.node("x").ilm if each.egress == "y"]
    assert len(at_x.nhlfes) == 2
    assert [nhlfe.link for nhlfe in now_at_x.nhlfes] == ["x-p"]
    assert at_x.label != now_at_x.label
    assert after.node("p").ilm == before.node("p").ilm


def test_a_fec_has_at_least_one_nhlfe_and_at_most_sixteen():
    nhlfe = Nhlfe("x-p", Swap((Label(16),)))
    for count in (0, 17):
        with pytest.raises(ProgramError, match=f"{count} NHLFEs for one FEC; there can be 1 to 16"):
            Forward((nhlfe,) * count)


def test_the_ways_survive_the_program_files_round_trip():
    program = compile_program(between(LADDER))
    text = dump_program(program)
    assert load_program(text) == program
    assert text.count('"forward": [{') == sum(1 for n in program.nodes for e in n.ilm if e.nhlfes)


@pytest.mark.parametrize("value", ["0", "17", "many"])
def test_how_many_ways_is_a_number_from_1_to_16(tmp_path, value):
    file = tmp_path / "lab.yaml"
    file.write_text(
        f"name: l\nprovider: {{ecmp: {value}, nodes: {{x: {{role: pe}}}}}}\n"
        "vpns: {v: {type: vpls, subnet: 10.0.0.0/24, sites: {a: {pe: x}}}}\n"
    )
    with pytest.raises(Exception, match="write 1 to 16"):
        load(file)


# --- walks and traces ----------------------------------------------------------------------


def to(address: str) -> Packet:
    return Packet(
        "02:00:00:00:00:01", GATEWAY_MAC, IpHeader(ip_address("10.1.0.2"), ip_address(address))
    )


def test_a_packet_has_every_way_as_an_alternative_with_its_share():
    found = walk(compile_program(between(LADDER)), "v/a", to("10.1.1.2"))
    assert [branch.share for branch in found.branches] == [Fraction(1, 4)] * 4
    assert {branch.copy for branch in found.branches} == {()}
    passed = {tuple(hop.node for hop in branch.hops) for branch in found.branches}
    assert passed == {("x", f"{i}1", f"{j}2", "y") for i in "ab" for j in "ab"}
    assert [len(variant.branches) for variant in found.variants()] == [1] * 4


def test_copies_of_a_flooded_frame_have_their_ways_each():
    program = compile_program(between())
    frame = Packet("02:00:00:00:00:07", "ff:ff:ff:ff:ff:ff")
    found = walk(program, "lan/a", frame)
    assert len(found.branches) == 4  # two sites at y, two ways there
    for variant in found.variants():
        assert sorted(end.circuit for end in variant.deliveries) == ["lan/b", "lan/c"]
    assert sum(branch.share for branch in found.branches) == 2


def test_a_walk_without_several_ways_is_its_only_variant():
    found = walk(compile_program(between(ecmp=1)), "v/a", to("10.1.1.2"))
    assert list(found.variants()) == [found]


def test_very_many_ways_are_followed_from_where_they_meet_only_once():
    program = compile_program(between(long_ladder(30), ecmp=2))
    found = walk(program, "v/a", to("10.1.1.2"))
    assert 64 <= len(found.branches) <= 200
    assert found.joined
    few = Walker(program).walk("v/a", to("10.1.1.2"))
    assert len(few.branches) == 1
    assert verify(program, between(long_ladder(30), ecmp=2)).holds


def test_a_trace_is_delivered_only_if_all_ways_lead_there():
    program = compile_program(between())
    broken = changed_node(program, "q", ilm=())
    good, bad = (trace(each, "v/a/h1", "v/b/h1") for each in (program, broken))
    assert good.delivered
    assert not bad.delivered
    assert bad.end == Dropped("q", "no ILM entry for label 17")
    assert [hop.node for hop in bad.hops] == ["x", "q"]


def test_json_tells_copies_ways_and_shares():
    program = compile_program(between())
    answer = trace_object(trace(program, "v/a/h1", "v/b/h1"))
    assert [(each["copy"], each["share"]) for each in answer["branches"]] == [(1, 0.5), (1, 0.5)]
    flooded = trace_object(trace(program, "lan/a/h1", "ff:ff:ff:ff:ff:ff"))
    assert sorted(each["copy"] for each in flooded["branches"]) == [1, 1, 2, 2]


def test_a_packet_crosses_the_cables_of_one_way_in_each_variant():
    program = compile_program(between())
    found = trace(program, "v/a/h1", "v/b/h1")
    passed = [[each.link for each in crossings(program, way)] for way in found.variants()]
    assert passed == [["v/a", "x-p", "p-y", "v/b"], ["v/a", "x-q", "q-y", "v/b"]]
    assert [way.way for way in found.variants()] == [
        ("x", "x-p", "p", "p-y", "y"),
        ("x", "x-q", "q", "q-y", "y"),
    ]


def test_variants_pair_every_way_of_every_copy():
    end = Delivered("c", None, None, "")
    branches = [Branch((), end, copy=(0,)) for _ in range(3)] + [Branch((), end, copy=(1,))]
    assert [len(each.branches) for each in Walk(tuple(branches)).variants()] == [2, 2, 2]


# --- proofs --------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", TtlMode)
def test_a_lab_with_several_ways_holds(mode):
    net = between(LADDER, ttl_mode=mode)
    assert verify(compile_program(net), net).violations == ()


def test_one_bad_way_of_several_is_refuted_with_a_packet_that_takes_it():
    net = between()
    violations = verify(changed_node(compile_program(net), "q", ilm=()), net).violations
    shown = [each for each in violations if each.walk is not None]
    assert shown
    for each in shown:
        assert "q" in {hop.node for hop in each.walk.branches[each.branch].hops}


def test_a_loop_on_one_of_several_ways_is_found():
    net = between(("x-p", "x-q", "p-y", "q-y", "p-q"))
    program = compile_program(net)
    p, q = program.node("p"), program.node("q")
    (at_q,) = [each for each in q.ilm if each.egress == "y"]
    (at_p,) = [each for each in p.ilm if each.egress == "y"]
    turned = {
        "p": replace(at_p, action=Forward((*at_p.nhlfes, Nhlfe("p-q", Swap((at_q.label,)))))),
        "q": replace(at_q, action=Forward((*at_q.nhlfes, Nhlfe("p-q", Swap((at_p.label,)))))),
    }
    nodes = [
        replace(
            node,
            ilm=tuple(
                turned[node.name] if node.name in turned and each.egress == "y" else each
                for each in node.ilm
            ),
        )
        for node in program.nodes
    ]
    said = {str(each) for each in verify(replace(program, nodes=tuple(nodes)), net).violations}
    assert any("leads round in a loop" in each for each in said)
    assert any(each.startswith("loop v") for each in said)


def test_the_same_link_twice_among_the_ways_is_refuted():
    net = between()
    program = compile_program(net)
    x = program.node("x")
    ftn = tuple(replace(each, nhlfes=(each.nhlfes[0],) * 2) for each in x.ftn)
    said = [str(each) for each in verify(changed_node(program, "x", ftn=ftn), net).violations]
    assert said == ["structure x: way to y over x-p is there 2 times"]


def test_demands_are_spread_over_the_ways():
    program = compile_program(between(LADDER))
    tunnel = ("x", "y")
    way = tunnel_paths(program, tunnel)
    assert (way.end, way.hops) == ("y", 3)
    loads = Loads([Demand("x", "y", tunnel, 8e6)], {tunnel: way})
    assert loads.base.links["x-a1", "x"] == 4e6
    assert loads.base.links["a1-b2", "a1"] == 2e6
    assert loads.base.links["b2-y", "b2"] == 4e6


def test_a_tunnel_of_which_one_way_is_lost_is_not_sound():
    way = tunnel_paths(changed_node(compile_program(between()), "q", ilm=()), ("x", "y"))
    assert way.end is None


def test_a_wish_for_the_path_has_to_hold_on_every_way():
    net = between()
    program = compile_program(net)
    source, target = (ref for ref, _, _ in net.hosts() if ref.vpn == "v")
    by_p = prove(program, net, PathCheck(source, target, via=("p",)))
    assert by_p.ok is False
    assert by_p.detail == "it does not go by way of p: x, x-q, q, q-y, y"
    assert prove(program, net, PathCheck(source, target, via=("y",))).ok


# --- tables and pictures -------------------------------------------------------------------


def test_the_lfib_has_a_row_for_each_way():
    rows = [row for row in lfib(compile_program(between()).node("x")) if row.in_label is None]
    assert [(row.egress, row.link) for row in rows] == [("y", "x-p"), ("y", "x-q")]


def test_each_way_is_an_lsp():
    found = lsps_between(compile_program(between(LADDER)), "x", "y")
    assert [(lsp.path, lsp.paths, lsp.share) for lsp in found] == [
        (n, 4, 0.25) for n in (1, 2, 3, 4)
    ]
    assert all(lsp.complete for lsp in found)
    assert len({lsp.nodes for lsp in found}) == 4


def test_what_a_fec_pushes_may_differ_from_way_to_way():
    program = compile_program(between(("x-y", "x-p", "p-y"), metrics={"x-y": 20}))
    (entry,) = program.node("x").ftn
    assert [nhlfe.operation for nhlfe in entry.nhlfes] == [Push((Label(17),)), Push(())]
    assert verify(program, between(("x-y", "x-p", "p-y"), metrics={"x-y": 20})).holds
