"""VPWSs with dual-homed sites: one pseudowire is active, after every failure (RFC 6718)."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.control.whatif import WhatIf
from mplsemu.export.picture_graph import picture_graph
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.packet import Packet
from mplsemu.program.path import Dropped
from mplsemu.program.spare_lines import active_lines
from mplsemu.program.trace import trace
from mplsemu.program.walk import walk
from mplsemu.verification.matrix import verify
from mplsemu.views.customer import customer_view
from mplsemu.views.text.view import draw_view
from mplsemu.wire.ethernet import BROADCAST_MAC
from tests.networks import redundant_wire

LABS = {
    "one end": ("z",),
    "both ends": ("z", "w"),
    "one PE of both": ("z", "x"),
    "the same PEs": ("y", "x"),
}


def breakable(lab):
    links = [link.name for link in lab.provider.links]
    return [*links, *(line.circuit for _, line in lab.lines())]


CASES = [
    pytest.param(far, order, id=f"{name}: {' '.join(order) or 'none'}")
    for name, far in LABS.items()
    for count in (0, 1, 2)
    for order in itertools.permutations(breakable(redundant_wire(far)), count)
]
"""Every way in which up to two links or lines fail."""


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


def active_wires(program):
    return sorted(
        (node.name, wire.peer)
        for node in program.nodes
        for vsi in node.vsis
        for wire in vsi.pseudowires
        if not wire.standby
    )


@pytest.mark.parametrize(("far", "order"), CASES)
def test_after_failures_in_any_order_the_wire_is_whole_if_it_can_be_and_no_frame_comes_twice(
    far, order
):
    lab = redundant_wire(far)
    program, down = compile_program(lab), frozenset()
    for name in order:
        before, down = program, down | {name}
        program = compile_program(lab, down, previous=before)
        for step in steps(lab, down, before, program):
            for circuit in step.node_of_circuit:
                assert max(copies(step, circuit).values(), default=1) == 1
    lines = {
        site.name: {line.pe for line in site.lines if line.circuit not in down}
        for site in lab.vpns[0].sites
    }
    can_be = any(far_pe in reached(lab, down, pe) for pe in lines["hq"] for far_pe in lines["far"])
    for source, target in (("hq", "far"), ("far", "hq")):
        assert trace(program, f"v/{source}/h1", f"v/{target}/h1").delivered is can_be
    assert len(active_wires(program)) in {0, 2}  # its two ends
    if can_be:
        assert verify(program, lab).holds
    for circuit in program.node_of_circuit:
        found = copies(program, circuit)
        is_active = program.node_of_circuit[circuit].circuit_by_name[circuit].up
        assert sum(found.values()) == (1 if is_active and can_be else 0)
    assert WhatIf(lab).after(frozenset(order)) == compile_program(
        lab, frozenset(order), previous=compile_program(lab)
    )


def steps(lab, down, before, after):
    """Yield the states between two programs in which lines are moved, and the last one."""
    was, now = active_lines(before), active_lines(after)
    left = {line for site, lines in was.items() for line in lines if line not in now[site]}
    if left:
        moving = Moving(leaving=frozenset(left))
        yield compile_program(lab, down, previous=after, moving=moving)
    yield after


def copies(program, circuit):
    """Return where a broadcast from a circuit arrives, how often."""
    walked = walk(program, circuit, Packet("02:00:00:00:00:99", BROADCAST_MAC), learned=False)
    assert all(not (isinstance(end, Dropped) and end.reason == "loop") for end in walked.ends)
    return Counter(end.circuit for end in walked.deliveries)


def test_one_pseudowire_is_active_and_the_others_have_their_labels_and_stand_by():
    lab = redundant_wire(("z", "w"))
    program = compile_program(lab)
    assert active_wires(program) == [("x", "z"), ("z", "x")]
    wires = {
        (node.name, wire.peer): wire
        for node in program.nodes
        for vsi in node.vsis
        for wire in vsi.pseudowires
    }
    pairs = {*itertools.product("xy", "zw")}  # none between two lines of one site
    assert wires.keys() == pairs | {(far, near) for near, far in pairs}
    for (pe, peer), wire in wires.items():
        assert wire.in_label == wires[peer, pe].out_label
    after = compile_program(lab, frozenset({"v/hq", "v/far"}), previous=program)
    assert active_wires(after) == [("w", "y"), ("y", "w")]
    assert [node.ilm for node in after.nodes] == [node.ilm for node in program.nodes]


def test_while_a_line_is_being_left_both_are_blocked_and_the_old_pseudowire_is_still_used():
    lab = redundant_wire()
    away = compile_program(lab, frozenset({"v/hq"}))
    back = compile_program(lab, previous=away)
    moving = Moving(leaving=frozenset({"v/hq@y"}))
    blocked = compile_program(lab, previous=back, moving=moving)
    assert active_lines(blocked) == {"v/hq": []}
    wires = [active_wires(program) for program in (away, blocked, back)]
    assert wires == [[("y", "z"), ("z", "y")]] * 2 + [[("x", "z"), ("z", "x")]]


def test_sites_with_lines_to_the_same_pe_are_joined_there():
    program = compile_program(redundant_wire(("x", "z")))
    assert active_wires(program) == []
    assert trace(program, "v/hq/h1", "v/far/h1").way == ("x",)


def test_frames_that_a_standby_pseudowire_brings_are_dropped():
    lab = redundant_wire()
    program = compile_program(lab)
    (end,) = walk(program, "v/hq@y", Packet("02:00:00:00:00:99", BROADCAST_MAC)).ends
    assert end == Dropped("y", "v/hq@y is a standby")


def test_the_program_is_the_same_after_json_and_the_customer_sees_the_second_line():
    program = compile_program(redundant_wire())
    assert load_program(dump_program(program)) == program
    view = customer_view(program, "v")
    text = "\n".join(line.plain for line in draw_view(view))
    assert "second line stands by" in text
    assert "virtual wire" in text
    assert any("second line stands by" in v.lines for c in picture_graph(view).clusters
               for v in c.vertices)  # fmt: skip
