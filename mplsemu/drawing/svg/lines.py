"""Lines: their strokes, the cross on those that are down, arrows and numbers of overlays."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.polyline import at, length, lengthened
from mplsemu.drawing.scene import Line, Node
from mplsemu.drawing.styles import LineStyle, Shape
from mplsemu.drawing.svg.discs import draw_disc
from mplsemu.drawing.svg.markup import element, escaped, number
from mplsemu.drawing.svg.path import path_data
from mplsemu.drawing.svg.shapes import CLOUD_DEPTH, draw_cross

OVERLAY_COLOURS: Final = 12
"""How many overlays differ in colour or dashes."""

HIT_WIDTH: Final = 18.0
"""Width of the area around a line in which a pointer hits it."""

ARROW: Final = 10.0
"""Length of an arrow head."""

CASING: Final = 3
"""How much wider the casing of an overlay is: the rim that sets it off from what it crosses."""
WAITING: Final = "4 4"
"""Dashes of a line that waits to be used."""


def draw_line(
    line: Line, nodes: Mapping[str, Node], badge: Box | None, *, interactive: bool
) -> str:
    """Return a line without its labels, which are drawn after the nodes.

    Args:
        line: to draw.
        nodes: at its ends.
        badge: place of an overlay's number; None if it has none or is drawn after all lines.
        interactive: whether lines can be chosen.
    """
    points = joined(line, nodes)
    stroke = lengthened(points, 0.0, -ARROW / 2) if line.is_one_way else points
    is_button = interactive and line.kind.is_button
    may_fail = interactive and line.kind.may_fail
    return element(
        "g",
        element("title", escaped(line.about)),
        *(_for_pointers(points, line) if is_button else ()),
        *(_overlay(line, points, badge) if line.kind.is_overlay else (_wire(line, stroke),)),
        *([_arrows([points], line.width)] if line.is_one_way else ()),
        *([draw_cross(_mark(line))] if may_fail or not _works(line) else ()),
        *(_load_text(line) if is_button else ()),
        class_=line_class(line),
        data_line=line.key,
        data_a=line.ends[0],
        data_b=line.ends[1],
        data_way=str(line.number) if line.kind.is_overlay else None,
        data_load=None if line.load is None else str(load_step(line.load)),
        tabindex="0" if is_button else None,
        role="button" if is_button else None,
        aria_label=line.about if is_button else None,
    )


def line_class(line: Line) -> str:
    """Return the classes of a line: kind, state, and what decides its colour."""
    words = ["line", line.kind.css_class]
    if line.kind.is_overlay:
        words.append(overlay_class(line.kind, line.number))
    if not line.up:
        words.append("down")
    return " ".join(words)


def overlay_class(style: LineStyle, number_: int) -> str:
    """Return the class that decides an overlay's colour and dashes."""
    return f"{style.css_class}{number_ % OVERLAY_COLOURS}"


def load_step(share: float) -> int:
    """Return the step of a load, which decides colour and width: 0 is none, 4 is full."""
    return sum(share >= limit for limit in (0.001, 0.5, 0.75, 0.9))


def _works(line: Line) -> bool:
    return line.up and not line.kind.is_broken


def joined(line: Line, nodes: Mapping[str, Node]) -> tuple[Point, ...]:
    """Return the line's points, extended to reach under the humps of a cloud."""
    first, last = (
        CLOUD_DEPTH + 4 if end in nodes and nodes[end].kind.shape is Shape.CLOUD else 0.0
        for end in line.ends
    )
    return lengthened(line.points, first, last) if first or last else line.points


def _wire(line: Line, points: tuple[Point, ...], name: str = "wire") -> str:
    return element(
        "path",
        class_=name,
        d=path_data(points, is_smooth=line.is_smooth),
        stroke_width=line.width + 1.2 * load_step(line.load or 0.0),
        stroke_dasharray=WAITING if line.is_dashed else None,
    )


def _for_pointers(points: tuple[Point, ...], line: Line) -> tuple[str, ...]:
    """Return the wide invisible line that a pointer hits."""
    data = path_data(points, is_smooth=line.is_smooth)
    return (element("path", class_="hit", d=data, stroke_width=HIT_WIDTH),)


def _overlay(line: Line, points: tuple[Point, ...], badge: Box | None) -> tuple[str, ...]:
    arrows = [] if line.is_bare else [points, points[::-1]] if line.is_both_ways else [points]
    # shorter by half an arrow, or its blunt ends would show beside the tips
    wire = lengthened(points, *(-ARROW / 2 * (end < len(arrows)) for end in (1, 0)))
    casing = element(
        "path",
        class_="casing",
        d=path_data(wire, is_smooth=line.is_smooth),
        stroke_width=line.width + CASING,
    )
    if line.is_bare:
        return casing, _wire(line, wire)
    return (
        casing,
        _wire(line, wire),
        _arrows(arrows, line.width),
        draw_disc(badge.center, line.number) if badge else "",
    )


def _arrows(polylines: Iterable[tuple[Point, ...]], width: float) -> str:
    return element("path", class_="arrow", d="".join(_arrow(points, width) for points in polylines))


def _arrow(points: tuple[Point, ...], width: float) -> str:
    tip, angle = at(points, length(points))
    half = ARROW * 0.42 + width * 0.4
    back = Point(tip.x - ARROW * math.cos(angle), tip.y - ARROW * math.sin(angle))
    side = Point(-math.sin(angle) * half, math.cos(angle) * half)
    corners = (
        tip,
        Point(back.x + side.x, back.y + side.y),
        Point(back.x - side.x, back.y - side.y),
    )
    return "M" + "L".join(f"{number(c.x)} {number(c.y)}" for c in corners) + "Z"


def _mark(line: Line) -> Point:
    return line.mark or at(line.points, length(line.points) / 2)[0]


def _load_text(line: Line) -> tuple[str, ...]:
    """Return the empty text that a live page fills with the load."""
    place = line.spot.center if line.spot else _mark(line)
    return (element("text", class_="load", x=place.x, y=place.y + 4, text_anchor="middle"),)
