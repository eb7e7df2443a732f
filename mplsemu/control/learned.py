"""What only the running network knows and the control plane is told."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.program.services import Neighbour


@dataclass(frozen=True, slots=True)
class LearnedNeighbour:
    """A neighbour that a PE resolved on one of its attachment circuits.

    Attributes:
        pe: name of the PE.
        vrf: name of the VRF.
        neighbour: takes the place of a known one with the same address.
    """

    pe: str
    vrf: str
    neighbour: Neighbour
