"""The whole layout: nodes are placed, then lines routed, then labels placed."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, boxes_around, polyline_length
from mplsemu.drawing.distances import distances_for
from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.labels.candidates import candidates_on, clear_point
from mplsemu.drawing.labels.free_space import FreeSpace
from mplsemu.drawing.layout_graph import Layout, LayoutGraph
from mplsemu.drawing.placement.nodes import place_nodes
from mplsemu.drawing.routing.parallel_lines import NodeOutline, clipped_to_outlines, spread_parallel
from mplsemu.drawing.routing.routes import route_lines, smooth

_DIGITS: Final = 1
"""Decimals of a coordinate."""


@lru_cache(maxsize=8)
def lay_out(graph: LayoutGraph) -> Layout:
    """Return where everything is; a graph that comes again is not laid out again.

    No two boxes overlap, no line enters the box of a node that it does not end at, and no text
    covers a box or another text.
    """
    if not graph.nodes:
        return Layout(0.0, 0.0, (), (), (), (), (), (), (), ())
    distances = distances_for(len(graph.nodes))
    sizes = np.array([(node.size.width, node.size.height) for node in graph.nodes])
    places = np.round(place_nodes(graph, distances), _DIGITS)
    boxes = boxes_around(places, sizes)
    outlines = [NodeOutline(box, node.cut) for box, node in zip(boxes, graph.nodes, strict=True)]
    links = [edge.ends for edge in graph.edges]
    centre_lines = spread_parallel(
        route_lines(places, sizes, links, distances.clearance), links, sizes, distances.clearance
    )
    lines = [
        np.round(clipped_to_outlines(centre_line, outlines[a], outlines[b]), _DIGITS)
        for centre_line, (a, b) in zip(centre_lines, links, strict=True)
    ]
    free = FreeSpace(boxes, lines)
    texts = _label_places(free, lines, [edge.text for edge in graph.edges])
    spots = _label_places(free, lines, [edge.spot for edge in graph.edges])
    marks = [
        clear_point(line, taken)
        for line, taken in zip(lines, zip(texts, spots, strict=True), strict=True)
    ]
    return _from_origin(
        outlines,
        centre_lines,
        lines,
        smooth(lines, links, boxes_around(places, sizes, 1.0)),
        texts,
        spots,
        marks,
    )


def _label_places(
    free: FreeSpace, lines: list[Floats], sizes: list[Size | None]
) -> list[Floats | None]:
    """Place the labels of lines: shortest line first, as it has the fewest places."""
    found: list[Floats | None] = [None] * len(lines)
    for index in sorted(
        range(len(lines)), key=lambda number: (polyline_length(lines[number]), number)
    ):
        size = sizes[index]
        if size is not None:
            places = candidates_on(lines[index], size)
            chosen = free.place(places, index)
            found[index] = None if chosen is None else places.boxes[chosen]
    return found


def _from_origin(
    outlines: list[NodeOutline],
    centre_lines: list[Floats],
    lines: list[Floats],
    smooth_lines: list[bool],
    texts: list[Floats | None],
    spots: list[Floats | None],
    marks: list[Floats],
) -> Layout:
    """Move everything so that its upper left corner is at (0, 0)."""
    boxes = np.array([outline.box for outline in outlines])
    rooms = [box for box in (*texts, *spots) if box is not None]
    corners = np.concatenate(
        [boxes[:, :2], boxes[:, 2:], *lines, *(b.reshape(2, 2) for b in rooms)]
    )
    low = np.floor(corners.min(axis=0))
    width, height = np.ceil(corners.max(axis=0)) - low
    return Layout(
        width=float(width),
        height=float(height),
        boxes=tuple(_box(box, low) for box in boxes),
        cuts=tuple(outline.cut for outline in outlines),
        centre_lines=tuple(_points(centre_line, low) for centre_line in centre_lines),
        polylines=tuple(_points(line, low) for line in lines),
        smooth=tuple(smooth_lines),
        texts=tuple(None if box is None else _box(box, low) for box in texts),
        spots=tuple(None if box is None else _box(box, low) for box in spots),
        marks=tuple(_points(mark[None], low)[0] for mark in marks),
    )


def _box(box: Floats, origin: Floats) -> Box:
    left, top = np.round(box[:2] - origin, _DIGITS).tolist()
    width, height = np.round(box[2:] - box[:2], _DIGITS).tolist()
    return Box(left, top, width, height)


def _points(polyline: Floats, origin: Floats) -> tuple[Point, ...]:
    return tuple(Point(x, y) for x, y in np.round(polyline - origin, _DIGITS).tolist())
