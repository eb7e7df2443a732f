"""Frames of the controller as an access line carries them: with their circuit's tags."""

from __future__ import annotations

from mplsemu.program.program import NodeProgram
from mplsemu.southbound.punt.event import OutOfPort, PacketOut
from mplsemu.wire.ethernet import tagged


def as_on_line(lsr: NodeProgram, packet: PacketOut) -> PacketOut:
    """Return what a data plane sends for a packet: out of the circuit's port, with its tags."""
    if not isinstance(packet, OutOfPort):
        return packet
    circuit = lsr.delimited_circuits.get(packet.port)
    if circuit is None:
        return packet
    tags = circuit.tags.to_bytes() if circuit.tags is not None else b""
    return OutOfPort(circuit.physical_port, tagged(packet.frame, tags))
