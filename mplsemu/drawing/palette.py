"""The colours of a picture: a palette for light grounds, and one for dark ones."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from mplsemu.drawing.scene import Tone
from mplsemu.drawing.styles import LineStyle, NodeStyle


class Theme(enum.Enum):
    """Which palette; `AUTO` follows the viewer's setting."""

    AUTO = "auto"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Paint:
    """Colours of a shape: inside and border."""

    fill: str
    stroke: str


@dataclass(frozen=True, slots=True)
class Palette:
    """All colours of a picture.

    Attributes:
        ground: behind everything.
        area: backgrounds behind nodes that belong together.
        texts: by tone.
        nodes: by style.
        bar: of the edge of a card.
        lines: by style; overlays have `ways`.
        ways: of overlays, by number; where hues are near, dashes differ.
        loads: of lines with little, more, much and full load.
        down: of what does not work.
        focus: around what has the keyboard focus.
        found: inside of what a search found.
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
