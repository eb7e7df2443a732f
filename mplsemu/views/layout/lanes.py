"""Ways along links: each in a lane of its own beside the link, as traffic on a road."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.views.layout.arrays import Floats, crossed_boxes
from mplsemu.views.layout.bundles import Form, beside, clipped, corners_cut
from mplsemu.views.layout.measures import measures_for
from mplsemu.views.layout.subject import Layout
from mplsemu.views.scene.scene import ROUNDING

_FIRST: Final = 7.0
_NEXT: Final = 8.0
_AT_BOX: Final = 0.75


@dataclass(frozen=True, slots=True)
class Use:
    """One way's use of one link.

    Attributes:
        link: by index.
        ends: the nodes in the way's direction, by index.
        is_forward: whether that is the link's direction, too.
    """

    link: int
    ends: tuple[int, int]
    is_forward: bool


def lanes(layout: Layout, uses: Sequence[Use], others: Floats) -> list[Floats]:
    """Return the course of each use, in the way's direction, clear of foreign boxes.

    A way keeps to the right of its direction as long as there is not much more on that side.

    Args:
        layout: of the network.
        uses: of its links.
        others: boxes of what else is there.
    """
    boxes = np.array([(b.x, b.y, b.right, b.bottom) for b in layout.boxes]).reshape(-1, 4)
    widest = 1.2 * measures_for(len(boxes)).clearance
    on_link: dict[int, list[int]] = defaultdict(list)
    for number, use in enumerate(uses):
        on_link[use.link].append(number)
    found: list[Floats] = [np.empty((0, 2))] * len(uses)
    for link, numbers in on_link.items():
        spine = np.array([(p.x, p.y) for p in layout.spines[link]])
        shifts = _shifts([uses[number].is_forward for number in numbers], widest)
        for number, shift in zip(numbers, shifts, strict=True):
            use = uses[number]
            own = use.ends if use.is_forward else use.ends[::-1]
            forms = [Form(boxes[node], layout.cuts[node]) for node in own]
            foreign = np.concatenate((np.delete(boxes, own, axis=0), others))
            lane = _lane(spine, shift, forms, foreign)
            found[number] = np.round(lane if use.is_forward else lane[::-1], 1)
    return found


def _shifts(forward: Sequence[bool], widest: float) -> list[float]:
    """Return how far to the right of the link, as it runs, each way is."""
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
    step = min(_NEXT, (widest - first) / (most - 1)) if most > 1 else 0.0
    return [(first + step * (abs(lane) - 1)) * (1 if lane > 0 else -1) for lane in chosen]


def _lane(spine: Floats, shift: float, forms: Sequence[Form], foreign: Floats) -> Floats:
    """Return a link's course moved sideways, by less where a foreign box is in the way."""
    ways = (spine[1] - spine[0], spine[-1] - spine[-2])
    while True:
        moved = beside(spine, shift).copy()
        for end, way, form in zip((0, -1), ways, forms, strict=True):
            moved[end] = spine[end] + _limited(moved[end] - spine[end], way, form)
        lane = clipped(moved, forms[0], forms[1])
        begins, ends = corners_cut(lane, ROUNDING)
        starts = np.concatenate((lane[:-1], begins))
        if (
            abs(shift) < 1
            or not crossed_boxes(starts, np.concatenate((lane[1:], ends)), foreign).any()
        ):
            return lane
        shift /= 2


def _limited(away: Floats, way: Floats, form: Form) -> Floats:
    """Return a shift that still begins within the box, whatever its direction."""
    length = max(float(np.hypot(*way)), 1e-6)
    size = form.box[2:] - form.box[:2]
    most = _AT_BOX * float(abs(way[1]) * size[0] + abs(way[0]) * size[1]) / 2 / length
    wanted = float(np.hypot(*away))
    found: Floats = away * min(1.0, most / max(wanted, 1e-6))
    return found
