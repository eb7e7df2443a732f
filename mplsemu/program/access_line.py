"""Whose a frame at a port of a PE is: its VLAN tags say so (RFC 4448 section 4.1)."""

from __future__ import annotations

from typing import Final

from mplsemu.program.program import NodeProgram
from mplsemu.program.services import AttachmentCircuit

_MOST_TAGS: Final = 2


def circuit_of_frame(
    node: NodeProgram, port: int, vlans: tuple[int, ...]
) -> tuple[AttachmentCircuit, tuple[int, ...]] | None:
    """Return the circuit of a frame, and the tags that are left: the customer's own.

    A circuit with two tags is preferred to one that has the outer of them alone.

    Args:
        node: the PE.
        port: number of the port that the frame arrives by.
        vlans: VLAN identifiers of its tags, outermost first.

    Returns:
        None if it is no circuit's: the PE drops it.
    """
    at_port = [circuit for circuit in node.circuits if circuit.physical_port == port]
    for circuit in at_port:
        if not circuit.is_delimited:
            return circuit, vlans
    by_tags = {delimiters(circuit): circuit for circuit in at_port}
    for depth in range(min(_MOST_TAGS, len(vlans)), 0, -1):
        if (found := by_tags.get(vlans[:depth])) is not None:
            return found, vlans[depth:]
    untagged = by_tags.get(()) if not vlans else None
    return None if untagged is None else (untagged, ())


def is_bare(circuit: AttachmentCircuit) -> bool:
    """Whether a circuit shares a line and has no tags: no tagged frame is its own."""
    return circuit.line is not None and circuit.tags is None


def delimiters(circuit: AttachmentCircuit) -> tuple[int, ...]:
    """Return the VLAN identifiers of a circuit's frames, outermost first."""
    return () if circuit.tags is None else circuit.tags.identifiers
