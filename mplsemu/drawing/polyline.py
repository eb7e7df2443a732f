"""Lines with corners: how long, what is where on them, and as the data of an SVG path."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from mplsemu.drawing.scene import ROUNDING, Box, Point
from mplsemu.drawing.svg.markup import number


def path_data(points: Sequence[Point], *, is_smooth: bool) -> str:
    """Return a path; a smooth one cuts its corners, within the triangle that each makes."""
    first, *rest = points
    words = [f"M{_pair(first)}"]
    for index, corner in enumerate(rest[:-1], start=1):
        if is_smooth:
            reach = min(
                ROUNDING,
                math.dist(_xy(points[index - 1]), _xy(corner)) / 2,
                math.dist(_xy(points[index + 1]), _xy(corner)) / 2,
            )
            before = towards(corner, points[index - 1], reach)
            after = towards(corner, points[index + 1], reach)
            words.append(f"L{_pair(before)}Q{_pair(corner)} {_pair(after)}")
        else:
            words.append(f"L{_pair(corner)}")
    return "".join([*words, f"L{_pair(rest[-1])}"])


def towards(start: Point, target: Point, distance: float) -> Point:
    """Return the point that is `distance` from `start` on the way to `target`, or beyond it."""
    whole = math.dist(_xy(start), _xy(target))
    if whole == 0:
        return start
    share = distance / whole
    return Point(start.x + (target.x - start.x) * share, start.y + (target.y - start.y) * share)


def length(points: Sequence[Point]) -> float:
    """Return the length of a line."""
    return sum(math.dist(_xy(a), _xy(b)) for a, b in _segments(points))


def at(points: Sequence[Point], distance: float) -> tuple[Point, float]:
    """Return the point of a line at a distance from its beginning, and its direction there.

    Returns:
        The point, and an angle in radians, clockwise from where x grows.
    """
    segments = [pair for pair in _segments(points) if pair[0] != pair[1]]
    if not segments:
        return points[0], 0.0
    left = distance
    for start, end in segments[:-1]:
        whole = math.dist(_xy(start), _xy(end))
        if left <= whole:
            return towards(start, end, left), _angle(start, end)
        left -= whole
    start, end = segments[-1]
    left = min(left, math.dist(_xy(start), _xy(end)))
    return towards(start, end, left), _angle(start, end)


def nearest(points: Sequence[Point], place: Point) -> tuple[float, Point]:
    """Return which point of a line is nearest to a place, and how far from its beginning it is."""
    found = (math.inf, 0.0, points[0])
    before = 0.0
    for start, end in _segments(points):
        whole = math.dist(_xy(start), _xy(end))
        along = (place.x - start.x) * (end.x - start.x) + (place.y - start.y) * (end.y - start.y)
        share = min(max(along / (whole * whole), 0.0), 1.0) if whole else 0.0
        foot = towards(start, end, share * whole)
        found = min(found, (math.dist(_xy(foot), _xy(place)), before + share * whole, foot),
                    key=lambda each: each[0])  # fmt: skip
        before += whole
    return found[1:]


def lengthened(points: Sequence[Point], first: float, last: float) -> tuple[Point, ...]:
    """Return a line that is longer by `first` at its beginning and by `last` at its end."""
    *middle, end = points
    tail = towards(end, middle[-1], -last)
    start, *rest = (*middle, tail)
    return (towards(start, rest[0], -first), *rest)


class BoxGrid:
    """What is taken, and places on lines that are free of it."""

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
        """Note that a line is taken, but for places on lines of the same owner."""
        for step in range(int(length(points) / self._STEP) + 1):
            place, _ = at(points, step * self._STEP)
            self.take(_around(place, self._STEP / 2, self._STEP / 2), owner)

    def is_free(self, box: Box, owner: object = None) -> bool:
        """Whether a box covers nothing that is taken, but what has the same owner."""
        return not any(
            box.overlaps(other) and (whose is None or whose != owner)
            for cell in self._touched(box)
            for other, whose in self._cells.get(cell, ())
        )

    def on_line(
        self, points: Sequence[Point], width: float, height: float, owner: object = None
    ) -> Box:
        """Return a box around a point of a line, as near to its middle as one is free.

        Where none is, it is the one that covers least.
        """
        found = self._along(points, width, height)
        return self.first_free(found, owner) or min(
            found, key=lambda box: round(self._covered(box, owner), 1)
        )

    def free_on_line(
        self, points: Sequence[Point], width: float, height: float, owner: object = None
    ) -> Box | None:
        """Return the same, None where none is free."""
        return self.first_free(self._along(points, width, height), owner)

    def first_free(self, boxes: Iterable[Box], owner: object = None) -> Box | None:
        """Return the first of these boxes that is free."""
        return next((box for box in boxes if self.is_free(box, owner)), None)

    def _along(self, points: Sequence[Point], width: float, height: float) -> list[Box]:
        """Return boxes around points of a line, those near its middle first."""
        whole = length(points)
        # nearer to an end it would lie on a node, or on an arrow
        margin = min(width + height, whole) / 2
        places = [share * whole for share in (*self._SHARES, *self._FINE)]
        return [
            _around(at(points, place)[0], width, height)
            for place in places
            if margin <= place <= whole - margin
        ]

    def _covered(self, box: Box, owner: object) -> float:
        """Return how much of what is taken a box covers, in px²; what is taken twice counts so."""
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


def _segments(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise(points))


def _angle(start: Point, end: Point) -> float:
    return math.atan2(end.y - start.y, end.x - start.x)


def _xy(point: Point) -> tuple[float, float]:
    return point.x, point.y


def _pair(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"
