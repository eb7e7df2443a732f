"""Multicast groups that a running lab's VPLS know by snooping (RFC 4541)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.program.program import NodeProgram, Program
from mplsemu.views.tables.lsrs import lsrs_with


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One place to which a PE sends what is for a group.

    Attributes:
        node: the PE.
        vsi: the VPLS.
        group: its address.
        circuit: an attachment circuit; None if it is another PE.
        peer: a PE, over the pseudowire to it; None if it is a circuit.
    """

    node: str
    vsi: str
    group: str
    circuit: str | None
    peer: str | None


def group_rows(program: Program, node: str | None = None) -> tuple[GroupRow, ...]:
    """Return all places of all groups.

    Args:
        program: of the running lab.
        node: at this LSR alone, None: at all.
    """
    return tuple(row for each in lsrs_with(program, "vsi", node) for row in _rows(each))


def _rows(node: NodeProgram) -> Iterator[GroupRow]:
    for vsi in node.vsis:
        for group in vsi.groups:
            address = str(group.address)
            for circuit in group.circuits:
                yield GroupRow(node.name, vsi.name, address, circuit, None)
            for peer in group.peers:
                yield GroupRow(node.name, vsi.name, address, None, peer)
