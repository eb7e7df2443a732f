"""The legend: symbols, and what they mean."""

from __future__ import annotations

from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.scene import LegendEntry
from mplsemu.drawing.styles import LineStyle, NodeStyle
from mplsemu.drawing.svg.discs import draw_disc
from mplsemu.drawing.svg.lines import overlay_class
from mplsemu.drawing.svg.markup import element, number
from mplsemu.drawing.svg.shapes import draw_cross, draw_shape
from mplsemu.drawing.svg.texts import draw_text

SIGN_WIDTH: Final = 30.0
"""Width of a symbol."""

_HEIGHT: Final = 18.0


def draw_entry(entry: LegendEntry) -> str:
    """Return one entry: its symbol, and what it means."""
    symbol, state = entry.symbol, "" if entry.up else " down"
    if isinstance(symbol, NodeStyle):
        return _node(symbol, entry.at, state) + draw_text(entry.run)
    if isinstance(symbol, LineStyle):
        return _line(symbol, entry, state) + draw_text(entry.run)
    return draw_text(entry.run)


def _node(style: NodeStyle, place: Point, state: str) -> str:
    box = Box(place.x + 1, place.y - _HEIGHT / 2, SIGN_WIDTH - 4, _HEIGHT)
    return element("g", draw_shape(style.shape, box), class_=f"node {style.css_class}{state}")


def _line(style: LineStyle, entry: LegendEntry, state: str) -> str:
    x, y = entry.at.x, entry.at.y
    middle = Point(x + SIGN_WIDTH / 2, y)
    parts = [element("path", class_="wire", d=f"M{number(x)} {number(y)}h{number(SIGN_WIDTH)}",
                     stroke_width=3 if style.is_overlay else 2)]  # fmt: skip
    name = f"line {style.css_class}{state}"
    if style.is_overlay:
        name += f" {overlay_class(style, entry.number)}"
    if style.is_overlay and not entry.is_bare:
        parts.append(draw_disc(middle, entry.number))
    if state or style.is_broken:
        parts.append(draw_cross(middle, 3.5))
    return element("g", *parts, class_=name)
