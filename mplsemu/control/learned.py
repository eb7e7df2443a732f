"""What only the running network knows: input of the next compilation."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.vpn import IPAddress
from mplsemu.program.services import Neighbour


@dataclass(frozen=True, slots=True)
class LearnedNeighbour:
    """A neighbour that a PE resolved on one of its attachment circuits.

    Attributes:
        pe: name of the PE.
        vrf: name of the VRF.
        neighbour: replaces one of the same address in the lab file.
    """

    pe: str
    vrf: str
    neighbour: Neighbour


@dataclass(frozen=True, slots=True)
class LearnedGroup:
    """A multicast group of a VPLS, as its hosts and multicast routers told.

    Attributes:
        vpn: name of the VPLS.
        address: of the group.
        circuits: with a member or a router.
    """

    vpn: str
    address: IPAddress
    circuits: frozenset[str]
