"""Points, boxes and segments as NumPy arrays, many at a time."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Points have shape (n, 2), sizes (n, 2), boxes (n, 4): left, top, right, bottom."""

Indices = NDArray[np.intp]
Flags = NDArray[np.bool_]

_CELLS_AT_ONCE: Final = 2_000_000
"""Of a table of segments and boxes: a larger one is computed in parts, to bound the memory."""


def any_in(flags: Flags) -> Flags:
    """Return whether any flag in each row is set."""
    found: Flags = np.asarray(np.any(flags, axis=-1))
    return found


def all_in(flags: Flags) -> Flags:
    """Return whether all flags in each row are set."""
    found: Flags = np.asarray(np.all(flags, axis=-1))
    return found


def segments_cross(a: Floats, b: Floats, c: Floats, d: Floats) -> Flags:
    """Return which segments from `a` to `b` cross those from `c` to `d`, ends excluded."""
    apart = _orientation(a, b, c) * _orientation(a, b, d) < 0
    found: Flags = apart & (_orientation(c, d, a) * _orientation(c, d, b) < 0)
    return found


def _orientation(a: Floats, b: Floats, c: Floats) -> Floats:
    """Return on which side of the lines from `a` to `b` the points `c` are, by the sign."""
    ab, ac = b - a, c - a
    found: Floats = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
    return found


def polyline_length(polyline: Floats) -> float:
    """Return the length of a polyline."""
    return float(np.linalg.norm(np.diff(polyline, axis=0), axis=1).sum())


def boxes_around(centres: Floats, sizes: Floats, margin: float = 0.0) -> Floats:
    """Return the boxes of these sizes around these centres, grown by `margin`."""
    half = sizes / 2 + margin
    return np.concatenate((centres - half, centres + half), axis=1)


def crossed_boxes(starts: Floats, ends: Floats, boxes: Floats) -> Flags:
    """Return which segments (rows) cross the inside of which boxes (columns)."""
    found = np.empty((len(starts), len(boxes)), dtype=np.bool_)
    step = max(1, _CELLS_AT_ONCE // max(1, len(boxes)))
    for first in range(0, len(starts), step):
        part = slice(first, first + step)
        found[part] = _crossed(starts[part], ends[part], boxes)
    return found


def _crossed(starts: Floats, ends: Floats, boxes: Floats) -> Flags:
    """Clip every segment against every box: the two cross where some of the segment is left.

    Liang and Barsky (A new concept and method for line clipping, 1984).
    """
    enter = np.zeros((len(starts), len(boxes)))
    leave = np.ones((len(starts), len(boxes)))
    for axis in (0, 1):
        start = starts[:, axis, None]
        delta = ends[:, axis, None] - start
        flat = np.abs(delta) < 1e-9
        safe = np.where(flat, 1.0, delta)
        low = (boxes[None, :, axis] - start) / safe
        high = (boxes[None, :, axis + 2] - start) / safe
        outside = flat & ((start <= boxes[None, :, axis]) | (start >= boxes[None, :, axis + 2]))
        enter = np.where(flat, enter, np.maximum(enter, np.minimum(low, high)))
        leave = np.where(flat, leave, np.minimum(leave, np.maximum(low, high)))
        leave = np.where(outside, -1.0, leave)
    found: Flags = leave - enter > 1e-9
    return found


def overlapping_pairs(boxes: Floats) -> tuple[Indices, Indices]:
    """Return the pairs of boxes that overlap, each once: a sweep from left to right."""
    order = np.argsort(boxes[:, 0], kind="stable")
    ordered = boxes[order]
    # sorted by left edge: from the first box on that begins behind this one's end, all are clear
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
