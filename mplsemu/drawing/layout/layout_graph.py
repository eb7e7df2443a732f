"""What is laid out: boxes that stand for nodes, links between them, and texts on the links."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.drawing.geometry import Box, Point, Size


@dataclass(frozen=True, slots=True)
class NodeBox:
    """A node to place.

    Attributes:
        size: of its box.
        position: longitude and latitude in degrees, if known.
        cut: how much of each corner of its box is not part of its form.
        is_inner: whether it had better stand in the middle of its neighbours: a P.
    """

    size: Size
    position: tuple[float, float] | None = None
    cut: float = 0.0
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class EdgeSpec:
    """A link to draw.

    Attributes:
        ends: two nodes, by index.
        text: how large the text on it is, if it has one.
        spot: how much room to keep for what is written on it later, if any.
    """

    ends: tuple[int, int]
    text: Size | None = None
    spot: Size | None = None


@dataclass(frozen=True, slots=True)
class LayoutGraph:
    """What is laid out. Nothing in it changes while a network runs, so neither does the layout."""

    nodes: tuple[NodeBox, ...]
    edges: tuple[EdgeSpec, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is, from (0, 0) on.

    Attributes:
        width: of the whole.
        height: of the whole.
        boxes: of the nodes.
        cuts: of the nodes' corners.
        spines: of the links: from the middle of one box to that of the other.
        courses: of the links: their corners, from the border of one form to that of the other.
        smooth: whether a course keeps out of boxes with its corners rounded, too.
        texts: grounds of the texts on links; None for a link without, or without room for it.
        spots: room kept on links, likewise.
        marks: on each link a point clear of texts and spots.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    cuts: tuple[float, ...]
    spines: tuple[tuple[Point, ...], ...]
    courses: tuple[tuple[Point, ...], ...]
    smooth: tuple[bool, ...]
    texts: tuple[Box | None, ...]
    spots: tuple[Box | None, ...]
    marks: tuple[Point, ...]
