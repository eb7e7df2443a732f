"""Lanes: overlays along a link, each beside it at its own distance, like traffic on a road."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, crossed_boxes
from mplsemu.drawing.distances import distances_for
from mplsemu.drawing.graph import Pair
from mplsemu.drawing.layout_graph import Layout
from mplsemu.drawing.polyline import ROUNDING
from mplsemu.drawing.routing.parallel_lines import (
    NodeOutline,
    clipped_to_outlines,
    offset_sideways,
    rounded_corners,
)

_FIRST: Final = 7.0
"""Distance of the first lane from its link."""
_PITCH: Final = 8.0
"""Between lanes."""
_LEAST_PITCH: Final = 4.5
_OF_BOX: Final = 0.75
"""Share of a box's half width that lanes may begin on."""
_OF_OUTLINE: Final = 0.92
_WIDEST: Final = 1.2
"""Distance of the last lane from its link, in clearances."""


@dataclass(frozen=True, slots=True)
class LaneUse:
    """One overlay's use of one link.

    Attributes:
        link: by index.
        ends: the nodes in the overlay's direction, by index.
        is_forward: whether that is the link's direction, too.
    """

    link: int
    ends: tuple[int, int]
    is_forward: bool

    @property
    def along(self) -> tuple[int, int]:
        """The nodes in the link's direction."""
        first, last = self.ends
        return (first, last) if self.is_forward else (last, first)


def lanes(layout: Layout, uses: Sequence[LaneUse], others: Floats) -> list[Floats]:
    """Return the polyline of each use, in the overlay's direction, clear of other boxes.

    An overlay keeps to the right of its direction unless that side has many more. If several
    parallel links are in use, there is room only on their outer sides.

    Args:
        layout: of the whole.
        uses: of its links.
        others: boxes of what else is there.
    """
    boxes = np.array([(b.x, b.y, b.right, b.bottom) for b in layout.boxes]).reshape(-1, 4)
    widest = _WIDEST * distances_for(len(boxes)).clearance
    on_link: dict[int, list[int]] = defaultdict(list)
    for number, use in enumerate(uses):
        on_link[use.link].append(number)
    outside = _outside(layout, uses)
    found: list[Floats] = [np.empty((0, 2))] * len(uses)
    for link, numbers in on_link.items():
        centre_line = np.array([(p.x, p.y) for p in layout.centre_lines[link]])
        own = uses[numbers[0]].along
        outlines = [NodeOutline(boxes[node], layout.cuts[node]) for node in own]
        foreign = np.concatenate((np.delete(boxes, own, axis=0), others))
        if link in outside:
            room = min(
                widest, _room(centre_line, outlines[0]), _room(centre_line[::-1], outlines[1])
            )
            shifts = _shifts_outside(len(numbers), outside[link], room)
        else:
            shifts = _shifts([uses[number].is_forward for number in numbers], widest)
        for number, shift in zip(numbers, shifts, strict=True):
            lane = _lane(centre_line, shift, outlines, foreign)
            found[number] = np.round(lane if uses[number].is_forward else lane[::-1], 1)
    return found


def _shifts(forward: Sequence[bool], widest: float) -> list[float]:
    """Return how far to the right of the link, in its direction, each overlay is."""
    right = left = 0
    chosen = []
    for is_forward in forward:
        to_right = right - left < 1 if is_forward else left - right >= 1
        if to_right:
            right += 1
            chosen.append(right)
        else:
            left += 1
            chosen.append(-left)
    most = max(right, left)
    first = min(_FIRST, widest)
    step = min(_PITCH, (widest - first) / (most - 1)) if most > 1 else 0.0
    return [(first + step * (abs(lane) - 1)) * (1 if lane > 0 else -1) for lane in chosen]


def _shifts_outside(count: int, side: int, room: float) -> list[float]:
    """Return the same for one of several parallel links: all on its outer side, or on itself."""
    if side == 0:
        return [(lane - (count - 1) / 2) * _LEAST_PITCH for lane in range(count)]
    step = min(_PITCH, (room - _LEAST_PITCH) / (count - 1)) if count > 1 else 0.0
    first = min(_FIRST, room - step * (count - 1))
    return [(first + step * lane) * side for lane in range(count)]


def _outside(layout: Layout, uses: Sequence[LaneUse]) -> dict[int, int]:
    """Return the outer side of each link that is not the only one in use between its nodes.

    Returns:
        By link: 1 on the right of its direction, -1 on the left; 0 if there are links on both.
    """
    bundles: dict[Pair, dict[int, int]] = defaultdict(dict)
    for use in uses:
        first, last = use.along
        bundles[min(first, last), max(first, last)][use.link] = 1 if first <= last else -1
    found = {}
    for directions in bundles.values():
        if len(directions) > 1:
            order = sorted(directions, key=lambda link: _across(layout, link, directions[link]))
            for place, link in enumerate(order):
                side = (place == len(order) - 1) - (place == 0)
                found[link] = side * directions[link]
    return found


def _across(layout: Layout, link: int, direction: int) -> float:
    """Return how far to the right a link is among those between the same two nodes."""
    centre_line = np.array([(p.x, p.y) for p in layout.centre_lines[link]])[::direction]
    along = centre_line[1] - centre_line[0]
    return float(np.array((-along[1], along[0])) @ centre_line[0])


def _room(centre_line: Floats, outline: NodeOutline) -> float:
    """Return how far beside its centre line the outline reaches that it begins at."""
    along = centre_line[1] - centre_line[0]
    across, down = np.abs(along[::-1]) / max(float(np.hypot(*along)), 1e-6)
    width, height = (outline.box[2:] - outline.box[:2]) / 2
    reach = across * width + down * height - outline.cut * min(across, down)
    off = centre_line[0] - (outline.box[:2] + outline.box[2:]) / 2
    return float(_OF_OUTLINE * reach - np.hypot(*off))


def _lane(
    centre_line: Floats, shift: float, outlines: Sequence[NodeOutline], foreign: Floats
) -> Floats:
    """Return a link's polyline moved sideways, by less if another box is there."""
    directions = (centre_line[1] - centre_line[0], centre_line[-1] - centre_line[-2])
    while True:
        moved = offset_sideways(centre_line, shift).copy()
        for end, along, outline in zip((0, -1), directions, outlines, strict=True):
            moved[end] = centre_line[end] + _limited(moved[end] - centre_line[end], along, outline)
        lane = clipped_to_outlines(moved, outlines[0], outlines[1])
        begins, ends = rounded_corners(lane, ROUNDING)
        starts = np.concatenate((lane[:-1], begins))
        if (
            abs(shift) < 1
            or not crossed_boxes(starts, np.concatenate((lane[1:], ends)), foreign).any()
        ):
            return lane
        shift /= 2


def _limited(away: Floats, along: Floats, outline: NodeOutline) -> Floats:
    """Return a shift of a line's end that is still within the box."""
    length = max(float(np.hypot(*along)), 1e-6)
    size = outline.box[2:] - outline.box[:2]
    most = _OF_BOX * float(abs(along[1]) * size[0] + abs(along[0]) * size[1]) / 2 / length
    wanted = float(np.hypot(*away))
    found: Floats = away * min(1.0, most / max(wanted, 1e-6))
    return found
