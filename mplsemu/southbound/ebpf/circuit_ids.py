"""Numbers by which the maps know attachment circuits.

A circuit with a port to itself is its interface's ifindex. One that tags delimit is a number made
of the LSR's index and the circuit's own number, with a bit that no ifindex has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from mplsemu.errors import CapabilityError
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.ebpf.kinds import CIRCUIT_DELIMITED

_NUMBER_BITS: Final = 16
_MAX_LSR: Final = (1 << 15) - 1


def delimited_id(lsr: NodeProgram, circuit: AttachmentCircuit) -> int:
    """Return the id of a circuit that tags delimit.

    Raises:
        CapabilityError: the LSR's index does not fit.
    """
    if lsr.index > _MAX_LSR:
        raise CapabilityError(
            f"{lsr.name}: circuit {circuit.name} has tags, and the LSR has index {lsr.index}; "
            f"the eBPF data plane can have tags at LSRs up to {_MAX_LSR}"
        )
    return CIRCUIT_DELIMITED | lsr.index << _NUMBER_BITS | circuit.port


def circuit_ids(lsr: NodeProgram, ports: Mapping[int, int]) -> dict[str, int]:
    """Return the ids of an LSR's circuits by name; those of ports that are not there are left out.

    Args:
        lsr: the LSR.
        ports: ifindexes by port number.
    """
    return {
        circuit.name: delimited_id(lsr, circuit) if circuit.is_delimited else ports[circuit.port]
        for circuit in lsr.circuits
        if circuit.physical_port in ports
    }


def number_of_circuit(circuit: int) -> int | None:
    """Return the own number of the circuit that has this id; None if that is an ifindex."""
    if not circuit & CIRCUIT_DELIMITED:
        return None
    return circuit & ((1 << _NUMBER_BITS) - 1)


def lsr_of_circuit(circuit: int) -> int | None:
    """Return the index of the LSR whose circuit has this id; None if that is an ifindex."""
    if not circuit & CIRCUIT_DELIMITED:
        return None
    return (circuit ^ CIRCUIT_DELIMITED) >> _NUMBER_BITS
