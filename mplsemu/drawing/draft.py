"""A draft: part of a picture, drawn around its own origin, then moved into place as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mplsemu.drawing.geometry import Box, Point
from mplsemu.drawing.scene import Area, Label, Line, Node, TextRun


@dataclass(slots=True)
class Draft:
    """Nodes and lines around an origin.

    Attributes:
        nodes: so far.
        lines: so far.
        anchor: the node that joins all others, if there is one.
    """

    nodes: list[Node] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    anchor: Node | None = None

    @property
    def bounds(self) -> Box:
        """The bounding box of everything."""
        return around(
            [
                *(node.box for node in self.nodes),
                *(label.box for line in self.lines for label in line.labels),
                *(Box(p.x, p.y, 0, 0) for line in self.lines for p in line.points),
            ]
        )

    def moved(self, dx: float, dy: float) -> Draft:
        """Return it translated."""
        return Draft(
            [_node(node, dx, dy) for node in self.nodes],
            [_line(line, dx, dy) for line in self.lines],
            _node(self.anchor, dx, dy) if self.anchor else None,
        )


def around(boxes: Iterable[Box]) -> Box:
    """Return the bounding box of boxes."""
    found = list(boxes)
    x, y = min(box.x for box in found), min(box.y for box in found)
    right, bottom = max(box.right for box in found), max(box.bottom for box in found)
    return Box(x, y, right - x, bottom - y)


def moved_area(area: Area, dx: float, dy: float) -> Area:
    """Return an area translated."""
    heading = _run(area.heading, dx, dy) if area.heading else None
    return replace(area, box=_box(area.box, dx, dy), heading=heading)


def _point(point: Point, dx: float, dy: float) -> Point:
    return Point(point.x + dx, point.y + dy)


def _box(box: Box, dx: float, dy: float) -> Box:
    return Box(box.x + dx, box.y + dy, box.width, box.height)


def _run(run: TextRun, dx: float, dy: float) -> TextRun:
    return replace(run, at=_point(run.at, dx, dy))


def _node(node: Node, dx: float, dy: float) -> Node:
    texts = tuple(_run(run, dx, dy) for run in node.texts)
    return replace(node, box=_box(node.box, dx, dy), texts=texts)


def _label(label: Label, dx: float, dy: float) -> Label:
    return replace(label, run=_run(label.run, dx, dy), box=_box(label.box, dx, dy))


def _line(line: Line, dx: float, dy: float) -> Line:
    return replace(
        line,
        points=tuple(_point(point, dx, dy) for point in line.points),
        labels=tuple(_label(label, dx, dy) for label in line.labels),
        spot=_box(line.spot, dx, dy) if line.spot else None,
        mark=_point(line.mark, dx, dy) if line.mark else None,
    )
