"""The distances that a layout keeps, by its size: small pictures are airy, large ones compact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayoutDistances:
    """The distances of a layout, in px.

    Attributes:
        gap: between boxes, to the side and up.
        clearance: between a line and the box of a node that is not its end.
        nodes_yield: whether nodes move off the lines of others; else all lines are led around them.
        shortest: length of a line between two boxes at least.
        hop: between the centres of linked nodes that have no geographic position.
        filled: share of the map that boxes and gaps take before crowded parts are enlarged.
        rounds: of overlap removal at most.
    """

    gap: tuple[float, float]
    clearance: float
    nodes_yield: bool
    shortest: float
    hop: float
    filled: float
    rounds: int = 60


def distances_for(count: int) -> LayoutDistances:
    """Return the distances for a picture of `count` nodes."""
    if count <= 12:
        return LayoutDistances((56, 44), 16, True, 64, 190, 0.22)
    if count <= 40:
        return LayoutDistances((34, 28), 12, True, 40, 160, 0.25)
    if count <= 260:
        return LayoutDistances((20, 18), 8, True, 22, 120, 0.3)
    if count <= 1000:
        return LayoutDistances((14, 12), 5, False, 12, 90, 0.35)
    return LayoutDistances((8, 7), 3, False, 6, 60, 0.4, 25)
