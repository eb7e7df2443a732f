"""A uniform grid of taken boxes, in which a look-up visits only what is near."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.polyline import at, length


class BoxGrid:
    """Taken boxes, and places on lines that are clear of them."""

    _CELL: Final = 96.0
    _STEP: Final = 12.0
    _SHARES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82)
    _FINE: Final = tuple(step / 100 for step in range(12, 90, 2))

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[tuple[Box, object]]] = {}

    def take(self, box: Box, owner: object = None) -> None:
        """Note that a box is taken."""
        for cell in self._touched(box):
            self._cells.setdefault(cell, []).append((box, owner))

    def take_line(self, points: Sequence[Point], owner: object) -> None:
        """Note that a line is taken, except for its owner."""
        for step in range(int(length(points) / self._STEP) + 1):
            place, _ = at(points, step * self._STEP)
            self.take(_around(place, self._STEP / 2, self._STEP / 2), owner)

    def is_free(self, box: Box, owner: object = None) -> bool:
        """Whether a box overlaps nothing that is taken, apart from its owner's things."""
        return not any(
            box.overlaps(other) and (whose is None or whose != owner)
            for cell in self._touched(box)
            for other, whose in self._cells.get(cell, ())
        )

    def on_line(
        self, points: Sequence[Point], width: float, height: float, owner: object = None
    ) -> Box:
        """Return the free box around a point of a line that is nearest to its middle.

        If none is free, return the one that covers least.
        """
        found = self._along(points, width, height)
        return self.first_free(found, owner) or min(
            found, key=lambda box: round(self._covered(box, owner), 1)
        )

    def free_on_line(
        self, points: Sequence[Point], width: float, height: float, owner: object = None
    ) -> Box | None:
        """Return the same; None if none is free."""
        return self.first_free(self._along(points, width, height), owner)

    def first_free(self, boxes: Iterable[Box], owner: object = None) -> Box | None:
        """Return the first of these boxes that is free."""
        return next((box for box in boxes if self.is_free(box, owner)), None)

    def _along(self, points: Sequence[Point], width: float, height: float) -> list[Box]:
        """Return boxes around points of a line, those near its middle first."""
        whole = length(points)
        # nearer to an end it would cover a node or an arrow
        margin = min(width + height, whole) / 2
        places = [share * whole for share in (*self._SHARES, *self._FINE)]
        return [
            _around(at(points, place)[0], width, height)
            for place in places
            if margin <= place <= whole - margin
        ]

    def _covered(self, box: Box, owner: object) -> float:
        """Return the area, in px², of what a box covers; what is taken twice counts twice."""
        cells = (self._cells.get(cell, ()) for cell in self._touched(box))
        near = dict.fromkeys(each for cell in cells for each in cell)
        return sum(
            (min(box.right, other.right) - max(box.x, other.x))
            * (min(box.bottom, other.bottom) - max(box.y, other.y))
            for other, whose in near
            if box.overlaps(other) and (whose is None or whose != owner)
        )

    def _touched(self, box: Box) -> Iterator[tuple[int, int]]:
        for column in range(int(box.x // self._CELL), int(box.right // self._CELL) + 1):
            for row in range(int(box.y // self._CELL), int(box.bottom // self._CELL) + 1):
                yield column, row


def _around(place: Point, width: float, height: float) -> Box:
    return Box(place.x - width / 2, place.y - height / 2, width, height)
