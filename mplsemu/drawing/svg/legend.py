"""The legend: forms drawn small, and what they mean."""

from __future__ import annotations

from typing import Final

from mplsemu.drawing.scene import Box, LegendEntry, LineKind, NodeKind, Point
from mplsemu.drawing.svg.discs import draw_disc
from mplsemu.drawing.svg.lines import WAY_COLOURS
from mplsemu.drawing.svg.markup import element, number
from mplsemu.drawing.svg.shapes import draw_cross, draw_form
from mplsemu.drawing.svg.texts import draw_text

SIGN_WIDTH: Final = 30.0
"""How much room a sign has, to the right of where it begins."""

_HEIGHT: Final = 18.0


def draw_entry(entry: LegendEntry) -> str:
    """Return one entry: its sign, and what it means."""
    sign, state = entry.sign, "" if entry.up else " down"
    if isinstance(sign, NodeKind):
        return _node(sign, entry.at, state) + draw_text(entry.run)
    if isinstance(sign, LineKind):
        return _line(sign, entry, state) + draw_text(entry.run)
    return draw_text(entry.run)


def _node(kind: NodeKind, place: Point, state: str) -> str:
    box = Box(place.x + 1, place.y - _HEIGHT / 2, SIGN_WIDTH - 4, _HEIGHT)
    return element("g", draw_form(kind, box), class_=f"node {kind.value}{state}")


def _line(kind: LineKind, entry: LegendEntry, state: str) -> str:
    x, y = entry.at.x, entry.at.y
    middle = Point(x + SIGN_WIDTH / 2, y)
    parts = [element("path", class_="wire", d=f"M{number(x)} {number(y)}h{number(SIGN_WIDTH)}",
                     stroke_width=3 if kind is LineKind.WAY else 2)]  # fmt: skip
    name = f"line {kind.value}{state}"
    if kind is LineKind.WAY:
        name += f" way{entry.number % WAY_COLOURS}"
    if kind is LineKind.WAY and not entry.is_bare:
        parts.append(draw_disc(middle, entry.number))
    if state or kind is LineKind.SEVERED:
        parts.append(draw_cross(middle, 3.5))
    return element("g", *parts, class_=name)
