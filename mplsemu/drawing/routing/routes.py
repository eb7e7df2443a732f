"""Routes of lines: straight if no box is in between, else around boxes with few corners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mplsemu.drawing.arrays import Floats, any_in, boxes_around, crossed_boxes
from mplsemu.drawing.graph import Pair
from mplsemu.drawing.polyline import ROUNDING
from mplsemu.drawing.routing.parallel_lines import rounded_corners
from mplsemu.drawing.routing.visibility_graph import VisibilityGraph


def route_lines(
    places: Floats, sizes: Floats, links: Sequence[Pair], clearance: float
) -> list[Floats]:
    """Return a polyline for each link, from the centre of one box to that of the other.

    Args:
        places: centres of the boxes.
        sizes: of the boxes, which are at least twice the clearance and 1 px apart.
        links: pairs of nodes.
        clearance: that lines keep from boxes that they do not end at.
    """
    boxes = boxes_around(places, sizes, clearance)
    ends = np.array(links, dtype=np.intp).reshape(-1, 2)
    blocked = crossed_boxes(places[ends[:, 0]], places[ends[:, 1]], boxes)
    number = np.arange(len(ends))
    blocked[number, ends[:, 0]] = False
    blocked[number, ends[:, 1]] = False
    graph: VisibilityGraph | None = None
    known: dict[Pair, Floats] = {}
    for (a, b), is_blocked in zip(links, any_in(blocked), strict=True):
        pair = (min(a, b), max(a, b))
        if pair in known:
            continue
        known[pair] = places[list(pair)]
        if is_blocked:
            graph = graph or VisibilityGraph(places, boxes)
            path = graph.shortest_path(*pair)
            known[pair] = known[pair] if path is None else path
    return [known[a, b] if a < b else known[b, a][::-1] for a, b in links]


def smooth(lines: Sequence[Floats], links: Sequence[Pair], boxes: Floats) -> list[bool]:
    """Return which lines keep out of boxes of other nodes with their corners rounded, too.

    Args:
        lines: from the border of one box to that of the other.
        links: their nodes.
        boxes: of all nodes.
    """
    bent = [index for index, line in enumerate(lines) if len(line) > 2]
    found = [True] * len(lines)
    if not bent:
        return found
    cuts = [rounded_corners(lines[index], ROUNDING) for index in bent]
    owners = np.repeat(bent, [len(begin) for begin, _ in cuts])
    begins, ends = (np.concatenate(side) for side in zip(*cuts, strict=True))
    hit = crossed_boxes(begins, ends, boxes)
    own = np.array(links, dtype=np.intp)[owners]
    number = np.arange(len(owners))
    hit[number, own[:, 0]] = False
    hit[number, own[:, 1]] = False
    for owner in owners[any_in(hit)].tolist():
        found[owner] = False
    return found
