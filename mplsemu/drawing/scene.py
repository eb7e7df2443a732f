"""A scene: one picture with every place decided, in px, x to the right and y down.

A scene knows what things *are* (`NodeKind`, `LineKind`, `Tone`), never a colour: that is for the
renderers, which draw the same scene as SVG, PNG, HTML or draw.io, light or dark.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.styles import LineStyle, NodeStyle


class Tone(enum.Enum):
    """What a piece of text is; `OK` and `BAD` never come without a word or mark that says so."""

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
        tone: what it is.
    """

    text: str
    at: Point
    size: float = 13.0
    bold: bool = False
    anchor: Literal["start", "middle", "end"] = "start"
    tone: Tone = Tone.NORMAL


@dataclass(frozen=True, slots=True)
class Node:
    """A thing in a box.

    Attributes:
        key: unique among the scene's nodes; a provider's LSR has its name.
        kind: what it is.
        box: where; its texts are inside.
        texts: what is written in it.
        about: one sentence for those who hover over it or cannot see it.
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
    """A text on a ground of its own, so that lines below it do not cross it.

    Attributes:
        run: the text.
        box: its ground; no other label's and no node's box overlaps it.
        is_state: whether it says how things are at this moment: a page that follows them writes
            that itself.
    """

    run: TextRun
    box: Box
    is_state: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line from one node to another.

    Attributes:
        key: unique among lines of its kind; a provider's link has its name.
        kind: what it is.
        ends: keys of the nodes at its first and its last point.
        points: its corners, from border to border of the nodes; at least two.
        about: one sentence for those who hover over it or cannot see it.
        width: of the stroke.
        up: whether it carries packets; one that does not is dashed and crossed.
        labels: written on it.
        load: share of it that is used, 0 to 1, the busier direction; None if not measured.
        is_smooth: whether its corners are rounded.
        number: of an overlay: which of the picture's ways it is, from 0.
        spot: room kept beside or on it for what a live page writes there: its load, or that it
            is down; None where there is no room.
        mark: where it is crossed if it is down: clear of its labels and its spot; None is its
            middle.
        is_both_ways: of an overlay: whether it stands for the way back too.
        is_bare: of an overlay: whether it goes without arrow and number, as it stands for many.
        is_one_way: of a member: whether packets go from its first end to its last, and none back.
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


@dataclass(frozen=True, slots=True)
class Area:
    """A ground behind nodes that belong together, with a heading."""

    key: str
    box: Box
    heading: TextRun | None
    about: str


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """What a form means.

    Attributes:
        sign: a node's or a line's form, drawn small; None for plain words.
        at: where its sign begins.
        run: what it means.
        up: the sign's state, as a node's or line's.
        number: the sign's, as a line's.
        is_bare: the sign's, as a line's.
    """

    sign: NodeStyle | LineStyle | None
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
        summary: what it shows, in a sentence or two, for those who cannot see it.
        width: of the whole.
        height: of the whole.
        heading: title and subtitle as they are drawn.
        areas: grounds, drawn first.
        lines: drawn over areas.
        nodes: drawn over lines; labels of lines come last.
        legend: what the forms mean.
        state: the words in heading and summary that say how things are at this moment; empty if
            none do.
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
