"""The shapes of nodes, all within the node's box."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.styles import Shape
from mplsemu.drawing.svg.markup import element, number


def draw_shape(shape: Shape, box: Box) -> str:
    """Return the outline of a node; `body` is what is filled, `rim` a line in it."""
    return _SHAPES[shape](box)


def draw_cross(center: Point, reach: float = 4.5) -> str:
    """Return the mark of what is down: a cross on a disc."""
    x, y = center.x, center.y
    arms = (
        f"M{number(x - reach)} {number(y - reach)}L{number(x + reach)} {number(y + reach)}"
        f"M{number(x + reach)} {number(y - reach)}L{number(x - reach)} {number(y + reach)}"
    )
    return element(
        "g",
        element("circle", cx=x, cy=y, r=reach + 4),
        element("path", d=arms),
        class_="cross",
    )


def _double_frame(box: Box) -> str:
    """A rounded rectangle with a double border."""
    radius = min(10.0, box.height * 0.28)
    inner = box.grown(-min(3.5, box.height * 0.14))
    return _rounded("body", box, radius) + _rounded("rim", inner, max(radius - 3, 1))


def _octagon(box: Box) -> str:
    """A rectangle with its corners cut off."""
    cut = min(9.0, box.height * 0.3)
    return _path("body", _cut_corners(box, cut))


def _card(box: Box) -> str:
    """A card with a coloured edge on its left."""
    radius = min(7.0, box.height * 0.25)
    edge = min(4.0, box.width * 0.14)
    x, y, bottom = box.x, box.y, box.bottom
    bar = (
        f"M{_n(x + edge)} {_n(y)}V{_n(bottom)}H{_n(x + max(radius, edge))}"
        f"A{_n(radius)} {_n(radius)} 0 0 1 {_n(x)} {_n(bottom - radius)}V{_n(y + radius)}"
        f"A{_n(radius)} {_n(radius)} 0 0 1 {_n(x + radius)} {_n(y)}H{_n(x + edge)}Z"
    )
    return _rounded("body", box, radius) + _path("bar", bar)


def _ticket(box: Box) -> str:
    """A ticket: concave corners."""
    bite = min(6.0, box.height * 0.26)
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    arc = f"A{_n(bite)} {_n(bite)} 0 0 0"
    return _path(
        "body",
        f"M{_n(x + bite)} {_n(y)}H{_n(right - bite)}{arc} {_n(right)} {_n(y + bite)}"
        f"V{_n(bottom - bite)}{arc} {_n(right - bite)} {_n(bottom)}H{_n(x + bite)}"
        f"{arc} {_n(x)} {_n(bottom - bite)}V{_n(y + bite)}{arc} {_n(x + bite)} {_n(y)}Z",
    )


def _lozenge(box: Box) -> str:
    """A bar with round ends."""
    return _rounded("body", box, min(22.0, box.height / 2))


def _railed_bar(box: Box) -> str:
    """A bar with rails above and below."""
    inset = min(5.0, box.height * 0.18)
    left, right = box.x + inset, box.right - inset
    rails = "".join(f"M{_n(left)} {_n(y)}H{_n(right)}" for y in (box.y + inset, box.bottom - inset))
    return _rounded("body", box, min(4.0, box.height * 0.2)) + _path("rim", rails)


def _cloud(box: Box) -> str:
    """A cloud: humps around a box that is a little smaller."""
    depth = min(CLOUD_DEPTH, box.height * 0.14)
    inner = box.grown(-depth)
    corner = min(inner.height, inner.width) * 0.32
    across = _steps(inner.width - 2 * corner, max(inner.height * 0.85, 44))
    down = _steps(inner.height - 2 * corner, inner.height * 0.62)
    left, right = inner.x, inner.right
    xs = [left + corner + (inner.width - 2 * corner) * i / across for i in range(across + 1)]
    ys = [inner.y + corner + (inner.height - 2 * corner) * i / down for i in range(down + 1)]
    ring = [
        *((x, inner.y) for x in xs),
        *((right, y) for y in ys),
        *((x, inner.bottom) for x in reversed(xs)),
        *((left, y) for y in reversed(ys)),
    ]
    words = [f"M{_n(ring[0][0])} {_n(ring[0][1])}"]
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        radius = _hump(math.dist(start, end), depth)
        words.append(f"A{_n(radius)} {_n(radius)} 0 0 1 {_n(end[0])} {_n(end[1])}")
    return _path("body", "".join([*words, "Z"]))


def _note(box: Box) -> str:
    """A sheet with a folded corner."""
    fold = min(14.0, box.height * 0.35)
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    sheet = f"M{_n(x)} {_n(y)}H{_n(right - fold)}L{_n(right)} {_n(y + fold)}V{_n(bottom)}H{_n(x)}Z"
    crease = f"M{_n(right - fold)} {_n(y)}V{_n(y + fold)}H{_n(right)}"
    return _path("body", sheet) + _path("rim", crease)


CLOUD_DEPTH: Final = 9.0
"""How far inside its box the outline of a cloud may be."""

_SHAPES: Final[Mapping[Shape, Callable[[Box], str]]] = {
    Shape.DOUBLE_FRAME: _double_frame,
    Shape.OCTAGON: _octagon,
    Shape.CARD: _card,
    Shape.TICKET: _ticket,
    Shape.LOZENGE: _lozenge,
    Shape.RAILED_BAR: _railed_bar,
    Shape.CLOUD: _cloud,
    Shape.NOTE: _note,
}


def _rounded(name: str, box: Box, radius: float) -> str:
    return element(
        "rect",
        class_=name,
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        rx=radius,
    )


def _path(name: str, data: str) -> str:
    return element("path", class_=name, d=data)


def _cut_corners(box: Box, cut: float) -> str:
    x, y, right, bottom = box.x, box.y, box.right, box.bottom
    return (
        f"M{_n(x + cut)} {_n(y)}H{_n(right - cut)}L{_n(right)} {_n(y + cut)}V{_n(bottom - cut)}"
        f"L{_n(right - cut)} {_n(bottom)}H{_n(x + cut)}L{_n(x)} {_n(bottom - cut)}"
        f"V{_n(y + cut)}Z"
    )


def _steps(whole: float, step: float) -> int:
    return max(round(whole / step), 1)


def _hump(chord: float, depth: float) -> float:
    """Return the radius of the arc that rises by `depth` over a chord."""
    return (chord * chord / 4 + depth * depth) / (2 * depth)


def _n(value: float) -> str:
    return number(value)
