"""Satellites: small boxes around nodes, each with a straight line to its node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, crossed_boxes
from mplsemu.drawing.geometry import Size
from mplsemu.drawing.labels.free_space import Candidates, FreeSpace

_GAPS: Final = (16.0, 26.0, 40.0, 60.0, 90.0, 130.0)
"""Between a node and its satellite."""
_DIRECTIONS: Final = 32

_CROSSING_COST: Final = 4.0
_GAP_COST: Final = 0.06
"""Per px."""
_DIAGONAL_COST: Final = 0.4


def satellites(
    free: FreeSpace, boxes: Floats, wanted: Sequence[tuple[int, Size]]
) -> list[Floats | None]:
    """Place small boxes around nodes, and occupy their places.

    Args:
        free: what is taken.
        boxes: of the nodes.
        wanted: the node and the size of each satellite.

    Returns:
        The boxes; None for one that there is no room for.
    """
    found: list[Floats | None] = []
    for node, size in wanted:
        candidates = _around(free, boxes, node, size)
        chosen = free.place(candidates, off_lines=True)
        found.append(None if chosen is None else candidates.boxes[chosen])
        if chosen is not None:
            place = candidates.boxes[chosen]
            free.add_line((boxes[node, :2] + boxes[node, 2:]) / 2, (place[:2] + place[2:]) / 2)
            boxes = np.concatenate((boxes, place[None]))
    return found


def _around(free: FreeSpace, boxes: Floats, node: int, size: Size) -> Candidates:
    """Return places around a node from which the line to it passes no other box."""
    box = boxes[node]
    middle, half = (box[:2] + box[2:]) / 2, (box[2:] - box[:2]) / 2
    own = np.array((size.width, size.height)) / 2
    angles = np.arange(_DIRECTIONS) * (2 * np.pi / _DIRECTIONS)
    units = np.stack((np.cos(angles), np.sin(angles)), axis=1)
    # from centre to centre: half of both boxes in this direction, and the gap
    reach = np.min((half + own) / np.maximum(np.abs(units), 1e-9), axis=1)
    middles, costs = [], []
    for gap in _GAPS:
        middles.append(middle + units * (reach + gap)[:, None])
        costs.append(
            np.full(_DIRECTIONS, gap * _GAP_COST) + _DIAGONAL_COST * np.abs(np.sin(2 * angles))
        )
    places = np.concatenate(middles)
    starts = np.broadcast_to(middle, places.shape)
    blocked = crossed_boxes(starts, places, np.delete(boxes, node, axis=0)).any(axis=1)
    cost = np.concatenate(costs) + _CROSSING_COST * free.lines_crossed(starts, places)
    tried = np.concatenate((places - own, places + own), axis=1)[~blocked]
    return Candidates(tried, cost[~blocked])
