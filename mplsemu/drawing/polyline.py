"""Polylines: how long they are, and what is where on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from mplsemu.drawing.geometry import Point

ROUNDING: Final = 10.0
"""How far from a corner its rounding begins, in px; at most half-way to the next corner. The line
stays within the triangle that this cuts off, and so out of every box."""


def towards(start: Point, target: Point, distance: float) -> Point:
    """Return the point at `distance` from `start` in the direction of `target`."""
    whole = math.dist(_xy(start), _xy(target))
    if whole == 0:
        return start
    share = distance / whole
    return Point(start.x + (target.x - start.x) * share, start.y + (target.y - start.y) * share)


def length(points: Sequence[Point]) -> float:
    """Return the length of a polyline."""
    return sum(math.dist(_xy(a), _xy(b)) for a, b in _segments(points))


def at(points: Sequence[Point], distance: float) -> tuple[Point, float]:
    """Return the point at a distance from the beginning, and the direction there.

    Returns:
        The point, and an angle in radians, clockwise from the x axis.
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
    """Return the nearest point to a place, preceded by its distance from the beginning."""
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
    """Return it extended by `first` at its beginning and by `last` at its end."""
    *middle, end = points
    tail = towards(end, middle[-1], -last)
    start, *rest = (*middle, tail)
    return (towards(start, rest[0], -first), *rest)


def _segments(points: Sequence[Point]) -> list[tuple[Point, Point]]:
    return list(pairwise(points))


def _angle(start: Point, end: Point) -> float:
    return math.atan2(end.y - start.y, end.x - start.x)


def _xy(point: Point) -> tuple[float, float]:
    return point.x, point.y
