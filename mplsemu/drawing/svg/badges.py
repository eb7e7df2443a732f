"""Badges: the numbers of overlays, on their lines if nothing hides them, else at their labels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.labels.box_grid import BoxGrid
from mplsemu.drawing.polyline import at, length, nearest
from mplsemu.drawing.scene import Line, Scene
from mplsemu.drawing.svg.discs import DISC, draw_disc
from mplsemu.drawing.svg.lines import ARROW, CASING, joined, line_class
from mplsemu.drawing.svg.markup import element

_DIGIT: Final = 4.5
"""Half the width of a digit."""
_GAPS: Final = (1.0, 4.0)
"""Between a label and a number at it."""
_DISTANCES: Final = (12.0, 16.0, 20.0, 24.0, 28.0, 34.0, 40.0)
"""From a line to a number beside it, if there is room neither on it nor at its label."""
_SHARES: Final = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Badge:
    """The number of an overlay.

    Attributes:
        line: that it belongs to.
        box: its place.
        is_above: whether it is drawn after everything else, because it is not on its line, or
            because another line would cover it.
    """

    line: Line
    box: Box
    is_above: bool


def place_badges(scene: Scene, overlays: Sequence[Line]) -> dict[str, Badge]:
    """Return the badge of each overlay by the line's key; short lines choose first.

    Args:
        scene: with everything that may cover a badge.
        overlays: in the order in which they are drawn.
    """
    nodes = {node.key: node for node in scene.nodes}
    numbered = [line for line in overlays if not line.is_bare]
    places, things = _places_taken(scene)
    found = {}
    for line in sorted(numbered, key=lambda line: (length(line.points), line.key)):
        points, owner = joined(line, nodes), frozenset(line.ends)
        on_line = places.free_on_line(points, DISC, DISC, owner)
        beside = list(_beside(line, points))
        # a badge may cover a line rather than a text
        box = on_line or places.first_free(beside) or things.first_free(beside)
        if box is None:
            box = places.on_line(points, DISC, DISC, owner)
        places.take(box)
        things.take(box)
        later = overlays[overlays.index(line) + 1 :]
        found[line.key] = Badge(line, box, on_line is None or _is_cut(box, later))
    return found


def draw_badge_above(badge: Badge) -> str:
    """Return a badge that is drawn after everything, like the labels of lines."""
    name = line_class(badge.line).replace("line", "label", 1)
    disc = draw_disc(badge.box.center, badge.line.number)
    return element("g", disc, class_=name, data_for=badge.line.key)


def _places_taken(scene: Scene) -> tuple[BoxGrid, BoxGrid]:
    """Return what badges keep clear of: everything, and the same without lines.

    That is nodes, other lines, arrows, labels, and the places reserved for what a live page
    writes.
    """
    places, things = BoxGrid(), BoxGrid()
    if any(line.kind.is_overlay for line in scene.lines):
        for box in _things(scene):
            places.take(box)
            things.take(box)
        for line in scene.lines:
            places.take_line(line.points, frozenset(line.ends))
    return places, things


def _things(scene: Scene) -> Iterator[Box]:
    yield from (node.box for node in scene.nodes)
    for line in scene.lines:
        yield from filter(None, (line.spot, *(label.box for label in line.labels)))
        if line.kind.is_overlay and not line.is_bare:
            yield from _heads(line)


def _heads(line: Line) -> Iterator[Box]:
    """Yield the boxes of an overlay's arrow heads."""
    whole = length(line.points)
    for place in (whole - ARROW / 2, ARROW / 2)[: 1 + line.is_both_ways]:
        yield _square(at(line.points, place)[0], ARROW)


def _beside(line: Line, points: Sequence[Point]) -> Iterator[Box]:
    """Yield places for a badge that has none on its line: at its label, else near the line."""
    for label in line.labels:
        for gap in _GAPS:
            box, half = label.box, DISC / 2 + gap
            middle = box.center
            across, down = (box.x - half, box.right + half), (box.y - half, box.bottom + half)
            for x in across:
                yield _square(Point(x, middle.y), DISC)
            for x in (middle.x, box.x + DISC / 2, box.right - DISC / 2, *across):
                for y in down:
                    yield _square(Point(x, y), DISC)
    for away in _DISTANCES:
        for share in _SHARES:
            place, angle = at(points, share * length(points))
            for side in (away, -away):
                x, y = place.x - side * math.sin(angle), place.y + side * math.cos(angle)
                yield _square(Point(x, y), DISC)


def _is_cut(badge: Box, later: Iterable[Line]) -> bool:
    """Whether one of the lines that are drawn later would cover the badge."""
    center = badge.center
    for line in later:
        _, foot = nearest(line.points, center)
        away = math.hypot(foot.x - center.x, foot.y - center.y)
        if away < _DIGIT + (line.width + CASING) / 2:
            return True
    return False


def _square(center: Point, size: float) -> Box:
    return Box(round(center.x - size / 2, 1), round(center.y - size / 2, 1), size, size)
