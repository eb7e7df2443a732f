"""The arrays that the layout computes with: points, boxes and segments, many at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Points have shape (n, 2), sizes (n, 2), boxes (n, 4): left, top, right, bottom."""

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

_AT_ONCE: Final = 2_000_000


def any_in(flags: Flags) -> Flags:
    """Return whether any flag in each row is set."""
    found: Flags = np.asarray(np.any(flags, axis=-1))
    return found


def all_in(flags: Flags) -> Flags:
    """Return whether all flags in each row are set."""
    found: Flags = np.asarray(np.all(flags, axis=-1))
    return found


def boxes_around(centres: Floats, sizes: Floats, margin: float = 0.0) -> Floats:
    """Return the boxes of these sizes around these centres, grown by `margin`."""
    half = sizes / 2 + margin
    return np.concatenate((centres - half, centres + half), axis=1)


def crossed_boxes(starts: Floats, ends: Floats, boxes: Floats) -> Flags:
    """Return which segment (row) goes through the inside of which box (column)."""
    found = np.empty((len(starts), len(boxes)), dtype=np.bool_)
    step = max(1, _AT_ONCE // max(1, len(boxes)))
    for first in range(0, len(starts), step):
        part = slice(first, first + step)
        found[part] = _crossed(starts[part], ends[part], boxes)
    return found


def _crossed(starts: Floats, ends: Floats, boxes: Floats) -> Flags:
    """Clip every segment against every box: some of it is left where the two cross."""
    enter = np.zeros((len(starts), len(boxes)))
    leave = np.ones((len(starts), len(boxes)))
    for axis in (0, 1):
        start = starts[:, axis, None]
        way = ends[:, axis, None] - start
        flat = np.abs(way) < 1e-9
        safe = np.where(flat, 1.0, way)
        low = (boxes[None, :, axis] - start) / safe
        high = (boxes[None, :, axis + 2] - start) / safe
        outside = flat & ((start <= boxes[None, :, axis]) | (start >= boxes[None, :, axis + 2]))
        enter = np.where(flat, enter, np.maximum(enter, np.minimum(low, high)))
        leave = np.where(flat, leave, np.minimum(leave, np.maximum(low, high)))
        leave = np.where(outside, -1.0, leave)
    found: Flags = leave - enter > 1e-9
    return found


def overlapping_pairs(boxes: Floats) -> tuple[Indices, Indices]:
    """Return the pairs of boxes that cover one another, each once, sorted from left to right."""
    order = np.argsort(boxes[:, 0], kind="stable")
    ordered = boxes[order]
    # with boxes from left to right, the first that begins behind this one's end, and all after it
    # lie clear of it
    until = np.searchsorted(ordered[:, 0], ordered[:, 2], side="left")
    firsts: list[Indices] = []
    seconds: list[Indices] = []
    index = np.arange(len(boxes))
    for shift in range(1, int(np.max(until - index, initial=1))):
        one = index[: len(boxes) - shift]
        one = one[until[one] > one + shift]
        two = one + shift
        hit = (ordered[one, 1] < ordered[two, 3]) & (ordered[two, 1] < ordered[one, 3])
        firsts.append(order[one[hit]])
        seconds.append(order[two[hit]])
    if not firsts:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    return np.concatenate(firsts), np.concatenate(seconds)
