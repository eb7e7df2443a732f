"""The colours of a picture: a palette for light grounds, and one for dark ones."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from mplsemu.drawing.scene import Tone
from mplsemu.drawing.styles import LineStyle, NodeStyle


class Theme(enum.Enum):
    """Which palette; `AUTO` leaves it to the viewer's own setting."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a form: inside and border."""

    fill: str
    stroke: str


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of a picture.

    Attributes:
        ground: behind everything.
        area: grounds behind nodes that belong together.
        texts: by tone.
        nodes: by style.
        bar: of the edge of a card.
        lines: by style; overlays have `ways`.
        ways: of overlays, by number; where hues are near, dashes differ.
        loads: of links that are used a little, more, much and fully.
        down: of what does not work.
        focus: around what the keyboard is at.
        found: inside of what a search has found.
    """

    ground: str
    area: Paint
    texts: Mapping[Tone, str]
    nodes: Mapping[NodeStyle, Paint]
    bar: str
    lines: Mapping[LineStyle, str]
    ways: tuple[str, ...]
    loads: tuple[str, ...]
    down: str
    focus: str
    found: str


@dataclass(frozen=True, slots=True)
class Palettes:
    """The colours of a picture in either theme."""

    light: Palette
    dark: Palette
