"""A hub that comes back is prepared before anybody is sent there."""

from __future__ import annotations

from itertools import combinations

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.controller.hub_moves import HubMoves, hub_moves
from mplsemu.lab.loader import load, loads
from mplsemu.program.program import Program
from mplsemu.program.trace import trace
from tests.places import LAB_FILES
from tests.programs import with_node

LAB = """
name: hubs
provider:
  nodes: {x: {role: pe}, y: {role: pe}, h: {role: pe}, k: {role: pe}, p: }
  links: [x-p, y-p, h-p, k-p]
vpns:
  corp:
    type: l3vpn
    topology: hub-and-spoke
    via: ce
    sites:
      first: {pe: h, role: hub, subnet: 10.1.0.0/24, ce: router}
      second: {pe: k, role: hub, subnet: 10.2.0.0/24, ce: router}
      a: {pe: x, subnet: 10.3.0.0/24}
      b: {pe: y, subnet: 10.4.0.0/24}
      c: {pe: x, subnet: 10.5.0.0/24}
"""
NETWORK = loads(LAB, "hubs.yaml").network
PAIRS = [(f"corp/{one}/h1", f"corp/{other}/h1") for one in "abc" for other in "abc" if one != other]
FIRST = frozenset({("corp", "first")})


def compiled(*down: str, rising: frozenset[tuple[str, str]] = frozenset()) -> Program:
    """Return the program while these are down; labels stay what they were."""
    return compile_program(
        NETWORK,
        frozenset(down),
        previous=compile_program(NETWORK),
        moving=Moving(rising=rising),
    )


def mixtures(before: Program, after: Program) -> list[Program]:
    """Return what is there while some LSRs have one program, and the others another."""
    names = [node.name for node in after.nodes if node != before.node(node.name)]
    return [
        _with_nodes(before, after, some)
        for count in range(len(names) + 1)
        for some in combinations(names, count)
    ]


def _with_nodes(before: Program, after: Program, names: tuple[str, ...]) -> Program:
    found = before
    for name in names:
        found = with_node(found, after.node(name))
    return found


@pytest.mark.parametrize("down", ["corp/first", "h-p"])
def test_spokes_change_to_a_hub_that_comes_back_from_one_that_works(down: str) -> None:
    before, after = compiled(down), compiled()
    assert hub_moves(before, after) == HubMoves(FIRST, frozenset())
    assert hub_moves(after, before).rising == frozenset()  # the first has failed: at once
    assert hub_moves(after, after).rising == frozenset()
    assert hub_moves(compiled(down, "corp/second"), after).rising == frozenset()


def test_meanwhile_nobody_is_sent_to_it_between_spokes() -> None:
    for rising, hub in ((FIRST, "second"), (frozenset(), "first")):
        program = compiled(rising=rising)
        for source, target in PAIRS:
            passed = [hop.node for hop in trace(program, source, target).hops if hop.is_ce]
            assert passed == [f"corp/{hub}/ce"]


@pytest.mark.parametrize("down", ["corp/first", "h-p"])
def test_in_no_order_of_installation_a_packet_between_spokes_is_lost(down: str) -> None:
    between = compiled(rising=FIRST)
    steps = mixtures(compiled(down), between), mixtures(between, compiled())
    for step in steps:
        assert len(step) > 2
        for program in step:
            lost = [pair for pair in PAIRS if not trace(program, *pair).delivered]
            assert not lost


def test_without_that_step_some_are_lost_in_some_order() -> None:
    direct = mixtures(compiled("corp/first"), compiled())
    assert any(not trace(program, *pair).delivered for program in direct for pair in PAIRS)


def test_a_hub_that_is_new_to_the_lab_is_one_that_comes_back() -> None:
    text = "\n".join(line for line in LAB.splitlines() if "first:" not in line)
    before = compile_program(loads(text, "hubs.yaml").network)
    assert hub_moves(before, compile_program(NETWORK, previous=before)).rising == FIRST


def test_a_spoke_pe_changes_back_to_its_first_hub_pe() -> None:
    network = load(LAB_FILES["h-vpls"]).network
    down = frozenset({"box1-hub1", "hub1-hub2", "hub1-core"})
    whole = compile_program(network)
    cut = compile_program(network, down, previous=whole)
    moves = hub_moves(cut, whole)
    vpns = ("metro", "meters", "bank")
    assert moves == HubMoves(frozenset((vpn, "hub1") for vpn in vpns), frozenset({"box1"}))
    assert hub_moves(whole, cut).rising == frozenset()
    between = compile_program(network, previous=cut, moving=Moving(rising=moves.rising))
    for vpn in vpns:
        wires = {wire.peer: wire for wire in between.node("box1").vsi_by_name[vpn].pseudowires}
        assert not wires["hub2"].standby
        assert wires["hub1"].standby
    assert {entry.egress for entry in between.node("hub1").ftn} == {
        entry.egress for entry in whole.node("hub1").ftn
    }
