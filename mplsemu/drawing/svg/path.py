"""Polylines as the data of an SVG path."""

from __future__ import annotations

import math
from collections.abc import Sequence

from mplsemu.drawing.geometry import Point
from mplsemu.drawing.polyline import ROUNDING, towards
from mplsemu.drawing.svg.markup import number


def path_data(points: Sequence[Point], *, is_smooth: bool) -> str:
    """Return a path; a smooth one rounds its corners, each within the triangle that it cuts off."""
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


def _xy(point: Point) -> tuple[float, float]:
    return point.x, point.y


def _pair(point: Point) -> str:
    return f"{number(point.x)} {number(point.y)}"
