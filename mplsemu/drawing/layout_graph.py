"""What is laid out: nodes as boxes, edges between them, labels on edges; and the layout itself."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.drawing.geometry import Box, Point, Size


@dataclass(frozen=True, slots=True)
class NodeBox:
    """A node to place.

    Attributes:
        size: of its box.
        position: longitude and latitude in degrees, if known.
        cut: how much its outline cuts off each corner of its box.
        is_inner: whether it belongs in the middle of the picture rather than at its border.
    """

    size: Size
    position: tuple[float, float] | None = None
    cut: float = 0.0
    is_inner: bool = False


@dataclass(frozen=True, slots=True)
class EdgeSpec:
    """An edge to draw.

    Attributes:
        ends: two nodes, by index.
        text: size of its label, if it has one.
        spot: size of the place to reserve for a label that is written later, if any.
    """

    ends: tuple[int, int]
    text: Size | None = None
    spot: Size | None = None


@dataclass(frozen=True, slots=True)
class LayoutGraph:
    """What is laid out. It holds nothing that changes as a network runs, so nothing ever moves."""

    nodes: tuple[NodeBox, ...]
    edges: tuple[EdgeSpec, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is; the upper left corner is (0, 0).

    Attributes:
        width: of the whole.
        height: of the whole.
        boxes: of the nodes.
        cuts: of the corners of the nodes' boxes.
        centre_lines: the edges as polylines from the centre of one box to that of the other.
        polylines: the same, clipped to the outlines of the two nodes.
        smooth: whether an edge also keeps out of all boxes with its corners rounded.
        texts: places of the edges' labels; None if there is no label, or no room for it.
        spots: reserved places on edges, likewise.
        marks: a point of each edge that is clear of its label and its reserved place.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    cuts: tuple[float, ...]
    centre_lines: tuple[tuple[Point, ...], ...]
    polylines: tuple[tuple[Point, ...], ...]
    smooth: tuple[bool, ...]
    texts: tuple[Box | None, ...]
    spots: tuple[Box | None, ...]
    marks: tuple[Point, ...]
