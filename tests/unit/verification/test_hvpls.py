"""H-VPLS (RFC 4762 section 10): who reaches whom over which pseudowires, whatever fails."""

from __future__ import annotations

from itertools import combinations

import pytest

from mplsemu.analysis.alarms import LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.control.compile import compile_program
from mplsemu.control.whatif import WhatIf
from mplsemu.controller.flush import moved_flushes
from mplsemu.model.network import Network
from mplsemu.model.vpls_topology import SpokePe, VplsTopology
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.program import Program
from mplsemu.southbound.plane.macs import BehindPe, MacFlush
from mplsemu.verification.largest_packet import largest_packets
from mplsemu.verification.matrix import verify
from tests.builders import MacAddresses, network, provider, vpls

LINKS = ("m-x", "m-y", "n-x", "x-p", "y-p", "p-z")
SITES = {"a": "m", "b": "m", "c": "n", "d": "x", "e": "z"}
SPOKES = SpokePe("m", ("x", "y")), SpokePe("n", ("x",))
"""m has two hub PEs, of which y has no site; n has one."""


def hubs() -> Network:
    lan = vpls("lan", SITES, macs=MacAddresses(), topology=VplsTopology(spokes=SPOKES))
    return network(provider(LINKS, pes=("m", "n", "x", "y", "z")), lan)


def compiled(*down: str) -> Program:
    lab = hubs()
    return compile_program(lab, frozenset(down), previous=compile_program(lab))


def wires(program: Program, pe: str) -> dict[str, str]:
    (vsi,) = program.node(pe).vsis
    return {
        wire.peer: " ".join(
            word for word in ("spoke", "to_hub", "secondary", "standby") if getattr(wire, word)
        )
        for wire in vsi.pseudowires
    }


def test_a_spoke_pe_has_a_pseudowire_to_its_hub_and_one_that_stands_by():
    program = compiled()
    assert wires(program, "m") == {"x": "to_hub", "y": "to_hub secondary standby"}
    assert wires(program, "n") == {"x": "to_hub"}
    assert wires(program, "x") == {"m": "spoke", "n": "spoke", "y": "", "z": ""}
    assert wires(program, "y") == {"m": "spoke secondary standby", "x": "", "z": ""}
    assert wires(program, "z") == {"x": "", "y": ""}
    (vsi,) = program.node("y").vsis
    assert vsi.circuits == ()


def test_the_standby_takes_over_where_the_first_hub_is_not_reached():
    program = compiled("m-x", "x-p")
    assert wires(program, "m") == {"y": "to_hub secondary"}
    assert wires(program, "y") == {"m": "spoke secondary", "z": ""}
    by_way_of_y = {"x": "to_hub", "y": "to_hub secondary standby"}
    assert wires(compiled("m-x"), "m") == by_way_of_y


def test_labels_stay_when_the_standby_takes_over_and_back():
    before, down = compiled(), compiled("m-x", "x-p")
    again = compile_program(hubs(), previous=down)
    spokes = [
        next(wire for wire in program.node("y").vsis[0].pseudowires if wire.peer == "m")
        for program in (before, down, again)
    ]
    assert [wire.standby for wire in spokes] == [True, False, True]
    assert len({(wire.index, wire.in_label, wire.out_label) for wire in spokes}) == 1


@pytest.mark.parametrize("down", [(), ("m-x",), ("m-y",), ("x-p",), ("y-p",), ("m-y", "y-p")])
def test_the_proof_holds_while_nobody_is_cut_off(down):
    verdict = verify(compiled(*down), hubs())
    assert verdict.holds, verdict.violations[:2]


def test_whatever_fails_no_frame_loops_or_comes_twice():
    for count in (1, 2, 3):
        for down in combinations(LINKS, count):
            for violation in verify(compiled(*down), hubs()).violations:
                assert "too often" not in violation.detail, (down, violation.detail)
                assert "loop" not in violation.detail, (down, violation.detail)


def test_what_if_is_what_is_compiled():
    lab = hubs()
    what_if = WhatIf(lab)
    for down in [frozenset({link}) for link in LINKS] + [frozenset({"m-x", "x-p"})]:
        assert what_if.after(down) == compile_program(lab, down, previous=what_if.base)


def test_the_program_is_read_as_it_is_written():
    program = compiled()
    assert load_program(dump_program(program)) == program


def test_addresses_are_withdrawn_where_the_old_hub_had_them():
    found = set(moved_flushes(compiled(), compiled("m-x", "x-p")))
    assert found == {
        MacFlush("x", "lan", BehindPe("m")),
        *(MacFlush(pe, "lan", BehindPe("x")) for pe in ("m", "n", "y", "z")),
    }
    assert moved_flushes(compiled(), compiled("m-y")) == ()


def test_connectivity_goes_by_way_of_hubs():
    whole = connectivity(compiled(), "lan")
    assert len(whole.islands) == 1
    assert whole.severed == ()
    assert alarms(LabState({}, True, None, (whole,))) == ()
    cut = connectivity(compiled("n-x"), "lan")
    (alarm,) = alarms(LabState({}, True, None, (cut,)))
    assert alarm.text.startswith("is in 2 parts")


def test_the_largest_frame_is_that_of_the_whole_way():
    (found,) = largest_packets(compiled())
    assert (found.framed, found.octets, found.narrower) == (True, 1514, ())


def test_spoke_pes_leaves_and_roots_go_together():
    topology = VplsTopology(frozenset({"a", "e"}), SPOKES)
    lan = vpls("lan", SITES, macs=MacAddresses(), topology=topology)
    lab = network(provider(LINKS, pes=("m", "n", "x", "y", "z")), lan)
    for down in ((), ("m-x",), ("x-p",), ("y-p",)):
        program = compile_program(lab, frozenset(down))
        verdict = verify(program, lab)
        assert verdict.holds, verdict.violations[:2]
