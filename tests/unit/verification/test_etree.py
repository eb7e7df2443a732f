"""E-Trees (RFC 7796): who reaches whom, by the lab file, the program and its pictures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mplsemu.analysis.alarms import LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.model.network import Network
from mplsemu.model.vpls_topology import VplsTopology
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from mplsemu.verification.verdict import Invariant
from mplsemu.views.customer import customer_view
from tests.builders import MacAddresses, network, provider, vpls
from tests.programs import changed_node

SITES = {"hq": "x", "a": "x", "b": "x", "spare": "y", "c": "y", "d": "z", "e": "w"}
ROOTS = frozenset({"hq", "spare"})


def tree() -> Network:
    links = ("x-p", "p-y", "p-z", "p-w", "x-y")
    lan = vpls("lan", SITES, macs=MacAddresses(), topology=VplsTopology(ROOTS))
    return network(provider(links, pes=("x", "y", "z", "w")), lan)


def wires(program: Program) -> set[tuple[str, str]]:
    return {
        (node.name, wire.peer)
        for node in program.nodes
        for vsi in node.vsis
        for wire in vsi.pseudowires
    }


def test_leaves_are_apart_and_roots_reach_all():
    for each in expectations(tree()):
        is_apart = not {each.source.site, each.target.site} & ROOTS
        assert each.expect is (Expect.ISOLATE if is_apart else Expect.REACH)
        assert each.answered is not is_apart


def test_there_is_no_pseudowire_where_nobody_would_use_it():
    found = wires(compile_program(tree()))
    assert ("z", "w") not in found
    assert ("w", "z") not in found
    assert len(found) == 4 * 3 - 2


def test_only_pes_with_roots_and_leaves_tell_them_apart_by_label():
    program = compile_program(tree())
    two = {
        (node.name, wire.peer)
        for node in program.nodes
        for vsi in node.vsis
        for wire in vsi.pseudowires
        if wire.leaf_in_label is not None
    }
    assert two == {("x", "y"), ("y", "x")}


@pytest.mark.parametrize("down", [(), ("x-y",), ("x-p",), ("p-y",)])
def test_the_proof_holds_whatever_way_packets_take(down):
    lab = tree()
    program = compile_program(lab, frozenset(down), previous=compile_program(lab))
    verdict = verify(program, lab)
    assert verdict.holds, verdict.violations[:3]


def test_pings_are_answered_between_roots_and_leaves_alone():
    program = compile_program(tree())
    for source in SITES:
        for target in SITES.keys() - {source}:
            there = trace(program, f"lan/{source}/h1", f"lan/{target}/h1")
            answered = is_answered(there, answer(program, there))
            assert answered is bool({source, target} & ROOTS), (source, target)


def test_a_leafs_frame_for_a_leaf_never_gets_there():
    program = compile_program(tree())
    hosts = {
        circuit.site: circuit.hosts[0].mac for node in program.nodes for circuit in node.circuits
    }
    for source in SITES.keys() - ROOTS:
        for target in SITES.keys() - ROOTS - {source}:
            there = trace(program, f"lan/{source}/h1", hosts[target])
            ends = {getattr(branch.end, "circuit", None) for branch in there.branches}
            assert f"lan/{target}" not in ends
            assert ends <= {None, "lan/hq", "lan/spare"}


def test_leaves_that_hear_each_other_are_found():
    program = compile_program(tree())
    x = program.node("x")
    (vsi,) = x.vsis
    to_y = next(wire for wire in vsi.pseudowires if wire.peer == "y")
    others = tuple(wire for wire in vsi.pseudowires if wire is not to_y)
    unmarked = replace(to_y, leaf_out_label=None)
    broken = changed_node(program, "x", vsis=(replace(vsi, pseudowires=(unmarked, *others)),))
    found = list(verify(broken, tree()).violations)
    leaks = [each for each in found if each.invariant is Invariant.ISOLATE]
    assert {each.circuit for each in leaks} <= {"lan/a", "lan/b"}
    assert leaks
    assert all("lan/c" in each.detail for each in leaks)


def test_leaves_that_are_apart_are_no_alarm_and_lost_ones_are():
    lab = tree()
    whole = connectivity(compile_program(lab), "lan")
    assert alarms(LabState({}, True, None, (whole,))) == ()
    cut = connectivity(compile_program(lab, frozenset({"p-z"})), "lan")
    (alarm,) = alarms(LabState({}, True, None, (cut,)))
    assert "is in 2 parts" in alarm.text


def test_a_customers_view_says_who_is_root_and_leaf():
    view = customer_view(compile_program(tree()), "lan")
    assert set(view.roots) == ROOTS
    assert {site.name for site in view.sites if site.role == "leaf"} == SITES.keys() - ROOTS
    plain = replace(tree(), vpns=(vpls("lan", SITES, macs=MacAddresses()),))
    assert {site.role for site in customer_view(compile_program(plain), "lan").sites} == {None}
