"""How generous a layout is: a small picture has air, a large one must be compact."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LayoutDistances:
    """The distances of a layout, in px.

    Attributes:
        gap: between boxes, to the side and up.
        clearance: between a line and the box of a node that is not its end.
        steps_aside: whether nodes make room for lines; else all lines go round them.
        shortest: what is seen of a link at least, from box to box.
        hop: between the middles of linked nodes, where there are no positions.
        filled: share of the map that boxes with their gaps take before crowded parts grow.
        rounds: of moving things apart.
    """

    gap: tuple[float, float]
    clearance: float
    steps_aside: bool
    shortest: float
    hop: float
    filled: float
    rounds: int = 60


def distances_for(count: int) -> LayoutDistances:
    """Return the distances for a picture of so many nodes."""
    if count <= 12:
        return LayoutDistances((56, 44), 16, True, 64, 190, 0.22)
    if count <= 40:
        return LayoutDistances((34, 28), 12, True, 40, 160, 0.25)
    if count <= 260:
        return LayoutDistances((20, 18), 8, True, 22, 120, 0.3)
    if count <= 1000:
        return LayoutDistances((14, 12), 5, False, 12, 90, 0.35)
    return LayoutDistances((8, 7), 3, False, 6, 60, 0.4, 25)
