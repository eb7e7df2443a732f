"""Meters for storm control: one for each circuit of a VSI that has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.program.program import NodeProgram
from mplsemu.southbound.openflow.flow import BitMeter
from mplsemu.southbound.storm_control import burst_bits

_FIRST: Final = 1 << 16
"""Beyond the meters of punts; a port's number has 16 bits."""
_KILO: Final = 1000


def storm_meter(port: int) -> int:
    """Return the number of the meter of a circuit at this port."""
    return _FIRST | port


def circuit_of_meter(node: NodeProgram, meter: int) -> str | None:
    """Return the circuit of a meter for storm control; None of any other meter."""
    port = meter ^ _FIRST
    return next((circuit.name for circuit in node.circuits if circuit.port == port), None)


def storm_meters(node: NodeProgram) -> Iterator[BitMeter]:
    """Yield the meters of an LSR; they do not depend on the state of its circuits."""
    for vsi in node.vsis:
        bps = vsi.storm_control_bps
        if bps is None:
            continue
        for name in vsi.circuits:
            number = storm_meter(node.circuit_by_name[name].port)
            yield BitMeter(number, bps // _KILO, burst_bits(bps) // _KILO)
