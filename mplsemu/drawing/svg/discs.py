"""An overlay's number on a disc."""

from __future__ import annotations

from typing import Final

from mplsemu.drawing.geometry import Point
from mplsemu.drawing.svg.markup import element

DISC: Final = 17.0
"""Its diameter."""


def draw_disc(center: Point, overlay: int) -> str:
    """Return an overlay's number, counted from 0, on a disc."""
    return element(
        "g",
        element("circle", cx=center.x, cy=center.y, r=DISC / 2),
        element(
            "text", str(overlay + 1), x=center.x, y=center.y + 3.8, font_size=10.5,
            font_weight="700", text_anchor="middle",
        ),
        class_="badge",
    )  # fmt: skip
