"""A scene: one picture with every position decided, in px, x to the right and y down.

A scene has no colours. It says what things are (`NodeStyle`, `LineStyle`, `Tone`); the writers of
SVG, PNG, HTML and draw.io paint the same scene in a light or a dark palette.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.styles import LineStyle, NodeStyle


class Tone(enum.Enum):
    """The role of a text; with `OK` and `BAD` a word or a mark always says the same."""

    STRONG = "strong"
    NORMAL = "normal"
    QUIET = "quiet"
    OK = "ok"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class TextRun:
    """One line of text.

    Attributes:
        text: what it says.
        at: its anchor point, on the baseline.
        size: of the font.
        bold: its weight.
        anchor: which part of it is at `at`.
        tone: its role.
    """

    text: str
    at: Point
    size: float = 13.0
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True, slots=True)
class Node:
    """A node: texts in a box.

    Attributes:
        key: unique among the scene's nodes.
        kind: what it is.
        box: its place; the texts are inside.
        texts: written in it.
        about: its description in a sentence: tooltip, and text for screen readers.
        up: whether it works.
    """

    key: str
    kind: NodeStyle
    box: Box
    texts: tuple[TextRun, ...]
    about: str
    up: bool = True


@dataclass(frozen=True, slots=True)
class Label:
    """A text on an opaque background, which hides the line below it.

    Attributes:
        run: the text.
        box: its background; it overlaps no other label and no node.
        is_state: whether it tells a state of this moment, which a live page writes itself.
    """

    run: TextRun
    box: Box
    is_state: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one node to another.

    Attributes:
        key: unique among lines of its kind.
        kind: what it is.
        ends: keys of the nodes at its first and its last point.
        points: a polyline from outline to outline; at least two points.
        about: its description in a sentence: tooltip, and text for screen readers.
        width: of the stroke.
        up: whether it works; one that does not is dashed and crossed out.
        labels: written on it.
        load: share of its capacity in use, 0 to 1, in the busier direction; None if not measured.
        is_smooth: whether its corners are rounded.
        number: of an overlay: its number, from 0; several lines may share one.
        spot: place reserved for what a live page writes on it, its load or that it is down; None
            if there was no room.
        mark: where it is crossed out if it is down, clear of its labels and its spot; None is its
            middle.
        is_both_ways: of an overlay: whether it has an arrow at both ends.
        is_bare: of an overlay: whether it has no arrow and no number, as it stands for many.
        is_one_way: whether it has an arrow at its last end.
        is_dashed: whether it is dashed though it works: it waits to be used.
    """

    key: str
    kind: LineStyle
    ends: tuple[str, str]
    points: tuple[Point, ...]
    about: str
    width: float = 2.0
    up: bool = True
    labels: tuple[Label, ...] = ()
    load: float | None = None
    is_smooth: bool = True
    number: int = 0
    spot: Box | None = None
    mark: Point | None = None
    is_both_ways: bool = False
    is_bare: bool = False
    is_one_way: bool = False
    is_dashed: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    """A background behind nodes that belong together, with a heading."""

    key: str
    box: Box
    heading: TextRun | None
    about: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """One symbol of the legend with its meaning.

    Attributes:
        symbol: a node or line, drawn small; None for a text alone.
        at: where the symbol begins.
        run: what it means.
        up: state of the symbol, as a node's or line's.
        number: of the symbol, as a line's.
        is_bare: of the symbol, as a line's.
    """

    symbol: NodeStyle | LineStyle | None
    at: Point
    run: TextRun
    up: bool = True
    number: int = 0
    is_bare: bool = False


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture.

    Attributes:
        title: what it shows, in a few words.
        summary: what it shows, in a sentence or two, for screen readers.
        width: of the whole.
        height: of the whole.
        heading: title and subtitle as they are drawn.
        areas: backgrounds, drawn first.
        lines: drawn over areas.
        nodes: drawn over lines; labels of lines come last.
        legend: what the symbols mean.
        state: the words in heading and summary that tell a state of this moment; may be empty.
    """

    title: str
    summary: str
    width: float
    height: float
    heading: tuple[TextRun, ...]
    areas: tuple[Area, ...]
    lines: tuple[Line, ...]
    nodes: tuple[Node, ...]
    legend: tuple[LegendEntry, ...]
    state: str = ""
