"""One LSR as the translator of flows reads it, and what many of its matches need."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mplsemu.errors import CapabilityError
from mplsemu.program.program import Adjacency, Program
from mplsemu.southbound.openflow.actions import Output, SetField
from mplsemu.southbound.openflow.limits import LIMITS
from mplsemu.southbound.openflow.match import (
    ETH_DST,
    ETH_SRC,
    ETH_TYPE,
    IN_PORT,
    Term,
)
from mplsemu.southbound.openflow.pipeline import NO_PORT
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.resolved import ResolvedLsr
from mplsemu.wire.ethernet import EtherType

IS_IPV4: Final = Term(ETH_TYPE, EtherType.IPV4)
IS_ARP: Final = Term(ETH_TYPE, EtherType.ARP)
IS_IPV6: Final = Term(ETH_TYPE, EtherType.IPV6)
IS_MPLS: Final = Term(ETH_TYPE, EtherType.MPLS)
IP_VERSIONS: Final = (IS_IPV4, IS_IPV6)
FROM_GROUP_ADDRESS: Final = Term(ETH_SRC, 1 << 40, 1 << 40)
"""No station has such an address (IEEE 802.3 section 3.2.3)."""
TO_GROUP_ADDRESS: Final = Term(ETH_DST, 1 << 40, 1 << 40)
"""Broadcast or multicast (IEEE 802 section 8.2)."""
IS_ANY_MPLS: Final = (IS_MPLS, Term(ETH_TYPE, EtherType.MPLS_MULTICAST))
"""Downstream- and upstream-assigned labels (RFC 5332)."""
FORGET_PORT: Final = SetField(IN_PORT, NO_PORT)
"""OpenFlow does not output to the ingress port, but a PE may send a packet back."""


class Lsr(ResolvedLsr):
    """An LSR as the pipeline's tables need it.

    Args:
        program: the whole network's program.
        name: of the LSR.

    Raises:
        CapabilityError: a port number does not fit the pipeline.
    """

    def __init__(self, program: Program, name: str) -> None:
        super().__init__(program, name)
        self.punt_meters: Final = PuntMeters(self.node)
        ports = [adjacency.port for adjacency in self.node.adjacencies]
        ports += [circuit.port for circuit in self.node.circuits]
        for port in ports:
            if not 1 <= port <= LIMITS.port:
                raise CapabilityError(f"{name}: port {port} is not in 1..{LIMITS.port}")

    def send(self, link: str) -> tuple[SetField, SetField, Output]:
        """Return the actions that send a packet on a core link: both MAC addresses, the port."""
        return _send(self.adjacency(link))


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
