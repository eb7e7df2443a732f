"""Places the labels of a few lines that found no reserved place in the first pass."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from mplsemu.drawing.arrays import Floats
from mplsemu.drawing.geometry import Box, Point, Size
from mplsemu.drawing.labels.candidates import candidates_on, clear_point
from mplsemu.drawing.labels.free_space import FreeSpace
from mplsemu.drawing.layout_graph import Layout


@dataclass(frozen=True, slots=True)
class SpareLabel:
    """The place of a label on a line, and a point of the line that is clear of it."""

    spot: Box
    mark: Point


def spare_labels(
    layout: Layout, links: Collection[int], size: Size, used: Collection[int]
) -> dict[int, SpareLabel]:
    """Return places for labels, by index of the line, where there is room for one.

    Args:
        layout: of the whole.
        links: lines that need a label; those that have a reserved place are left out.
        size: of a label.
        used: lines whose reserved place is in use; other reserved places may be covered.
    """
    wanted = [link for link in sorted(links) if layout.spots[link] is None]
    if not wanted:
        return {}
    taken = [*layout.boxes, *layout.texts, *(layout.spots[link] for link in sorted(used))]
    boxes = np.array([_corners(box) for box in taken if box is not None])
    polylines = [np.array([(p.x, p.y) for p in polyline]) for polyline in layout.polylines]
    free = FreeSpace(boxes, polylines, np.array((0.0, 0.0, layout.width, layout.height)))
    found = {}
    for link in wanted:
        places = candidates_on(polylines[link], size)
        chosen = free.place(places, link)
        if chosen is not None:
            box = np.round(places.boxes[chosen], 1)
            texts = [_corners(text) for text in (layout.texts[link],) if text is not None]
            x, y = np.round(clear_point(polylines[link], [box, *texts]), 1).tolist()
            left, top = box[:2].tolist()
            found[link] = SpareLabel(Box(left, top, size.width, size.height), Point(x, y))
    return found


def _corners(box: Box) -> Floats:
    return np.array((box.x, box.y, box.right, box.bottom))
