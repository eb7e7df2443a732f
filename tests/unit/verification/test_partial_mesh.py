"""Partial meshes: sites whose PEs have no pseudowire between them are apart."""

from __future__ import annotations

from itertools import combinations

from mplsemu.analysis.alarms import LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.model.network import Network
from mplsemu.model.vpls_topology import SpokePe, VplsTopology
from mplsemu.program.answer import answer, is_answered
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.trace import trace
from mplsemu.verification.matrix import verify
from mplsemu.verification.reachability_policy import Expect, expectations
from mplsemu.views.customer import customer_view
from tests.builders import MacAddresses, network, provider, vpls

LINKS = ("x-p", "y-p", "z-p", "m-y")
SITES = {"a": "x", "b": "y", "c": "z", "d": "m"}
SPOKES = (SpokePe("m", ("y",)),)
"""m is a spoke PE of y: d is where b is."""
APART = {("a", "c")}


def lab(mesh: frozenset[tuple[str, str]] | None = frozenset({("x", "y"), ("y", "z")})) -> Network:
    topology = VplsTopology(spokes=SPOKES, mesh=mesh)
    lan = vpls("lan", SITES, macs=MacAddresses(), topology=topology)
    return network(provider(LINKS, pes=("x", "y", "z", "m")), lan)


def test_only_sites_whose_pes_are_joined_are_to_reach_each_other():
    for each in expectations(lab()):
        is_apart = tuple(sorted((each.source.site, each.target.site))) in APART
        assert each.expect is (Expect.ISOLATE if is_apart else Expect.REACH)


def test_the_proof_holds_and_pings_are_answered_accordingly():
    program = compile_program(lab())
    verdict = verify(program, lab())
    assert verdict.holds, verdict.violations[:2]
    for source, target in combinations(SITES, 2):
        there = trace(program, f"lan/{source}/h1", f"lan/{target}/h1")
        answered = is_answered(there, answer(program, there))
        assert answered is ((source, target) not in APART)


def test_a_pseudowire_too_many_is_a_leak():
    found = [str(each) for each in verify(compile_program(lab(None)), lab()).violations]
    assert any("lan/a" in each and "lan/c" in each for each in found)


def test_what_is_apart_by_design_is_no_alarm_and_a_lost_pseudowire_is():
    whole = connectivity(compile_program(lab()), "lan")
    assert set(whole.apart) == APART
    assert alarms(LabState({}, True, None, (whole,))) == ()
    cut = connectivity(compile_program(lab(), frozenset({"z-p"})), "lan")
    (alarm,) = alarms(LabState({}, True, None, (cut,)))
    assert alarm.text.startswith("is in 2 parts")


def test_a_customer_sees_which_sites_are_apart():
    assert set(customer_view(compile_program(lab()), "lan").apart) == APART


def test_the_program_is_read_as_it_is_written():
    program = compile_program(lab())
    assert load_program(dump_program(program)) == program
    assert program.node("x").vsi_by_name["lan"].mesh == ("y",)
    assert program.node("m").vsi_by_name["lan"].mesh == ()
