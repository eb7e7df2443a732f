"""What a site sends over lines that share its load: each flow takes one of them.

The site bundles the lines as one link (link aggregation, IEEE 802.1AX section 5.4), whose other end
is at several PEs; likewise an all-active Ethernet segment (RFC 7432 section 14.1.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mplsemu.program.packet import Packet
from mplsemu.program.path import Branch, Walk, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.spare_lines import bundled_lines
from mplsemu.program.walk import walk
from mplsemu.program.walk_state import MacTable


def walk_from_site(
    program: Program, circuit: str, packet: Packet, *, learned: bool | MacTable = True
) -> Walk:
    """Follow a packet that a site sends, on each line that its flow may take.

    Args:
        program: what every LSR does.
        circuit: the site's, or one of them.
        packet: as a circuit carries it.
        learned: see `walk`.
    """
    lines = bundled_lines(program, circuit)
    if len(lines) == 1:
        return walk(program, circuit, packet, learned=learned)
    branches: list[Branch] = []
    joined: list[tuple[WalkHop, ...]] = []
    for number, line in enumerate(lines, 1):
        walked = walk(program, line, packet, learned=learned)
        branches += _said(walked, f"way {number} of {len(lines)}, by {line}", len(lines))
        joined += walked.joined
    return Walk(tuple(branches), tuple(joined))


def _said(walked: Walk, text: str, count: int) -> Iterator[Branch]:
    """Yield the branches of one line, with its share of the flows."""
    firsts: dict[int, WalkHop] = {}
    for branch in walked.branches:
        first, *rest = branch.hops
        said = firsts.setdefault(id(first), replace(first, action=f"{text}; {first.action}"))
        yield replace(branch, hops=(said, *rest), share=branch.share / count)
