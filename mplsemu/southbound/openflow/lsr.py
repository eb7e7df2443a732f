"""One LSR of a forwarding program, as the translator reads it: names resolved to numbers."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mplsemu.errors import CapabilityError, ProgramError
from mplsemu.model.limits import MAX_PORT
from mplsemu.model.topology import TtlMode
from mplsemu.program.program import Adjacency, NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.openflow.actions import Output, SetField
from mplsemu.southbound.openflow.match import (
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    Term,
)
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.wire.ethernet import EtherType

IS_IPV4: Final = Term(ETH_TYPE, EtherType.IPV4)
IS_ARP: Final = Term(ETH_TYPE, EtherType.ARP)
IS_IPV6: Final = Term(ETH_TYPE, EtherType.IPV6)
IS_MPLS: Final = Term(ETH_TYPE, EtherType.MPLS)
IP_VERSIONS: Final = (IS_IPV4, IS_IPV6)
FROM_GROUP_ADDRESS: Final = Term(ETH_SRC, 1 << 40, 1 << 40)
"""No station has such an address (IEEE 802.3 section 3.2.3)."""
IS_ANY_MPLS: Final = (IS_MPLS, Term(ETH_TYPE, EtherType.MPLS_MULTICAST))
"""Downstream- and upstream-assigned labels (RFC 5332)."""


class Lsr:
    """What the translator's tables need to know of one LSR.

    Args:
        program: the whole network's program.
        name: of the LSR.

    Raises:
        ProgramError: the program has no such LSR.
        CapabilityError: a port number is beyond what the pipeline can write down.
    """

    def __init__(self, program: Program, name: str) -> None:
        self.node: Final[NodeProgram] = program.node(name)
        self.is_uniform: Final = program.ttl_mode is TtlMode.UNIFORM
        self._program: Final = program
        self._ways: Final = {entry.egress: len(entry.nhlfes) for entry in self.node.ftn}
        self.punt_meters: Final = PuntMeters(self.node)
        ports = [adjacency.port for adjacency in self.node.adjacencies]
        ports += [circuit.port for circuit in self.node.circuits]
        for port in ports:
            if not 1 <= port <= MAX_PORT:
                raise CapabilityError(f"{name}: port {port} is not in 1..{MAX_PORT}")

    def tunnel(self, egress: str) -> int:
        """Return the number that stands for the tunnel to a PE: that PE's index in the lab."""
        return self._program.node(egress).index

    def ways(self, egress: str) -> int:
        """Return how many ways the tunnel to a PE has: 0 where there is no tunnel."""
        return self._ways.get(egress, 0)

    def circuit(self, name: str) -> AttachmentCircuit:
        """Return an attachment circuit of this PE.

        Raises:
            ProgramError: it has no such circuit.
        """
        try:
            return self.node.circuit_by_name[name]
        except KeyError:
            raise ProgramError(f"{self.node.name} has no attachment circuit {name!r}") from None

    def send(self, link: str) -> tuple[SetField, SetField, Output]:
        """Return the actions that send a packet on a core link: both MAC addresses, the port.

        Raises:
            ProgramError: the LSR is not at an end of that link.
        """
        try:
            return _send(self.node.adjacency_by_link[link])
        except KeyError:
            raise ProgramError(f"{self.node.name} is not at an end of link {link!r}") from None


@lru_cache(maxsize=4096)
def _send(adjacency: Adjacency) -> tuple[SetField, SetField, Output]:
    return (
        SetField(ETH_SRC, mac_number(adjacency.mac)),
        SetField(ETH_DST, mac_number(adjacency.peer_mac)),
        Output(adjacency.port),
    )


def mac_number(mac: str) -> int:
    """Return ``02:00:00:00:00:01`` as a number."""
    return int(mac.replace(":", ""), 16)
