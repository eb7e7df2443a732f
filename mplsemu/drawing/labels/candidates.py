"""Candidate places for the label of a line: on it or beside it, near its middle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, polyline_length
from mplsemu.drawing.geometry import Size
from mplsemu.drawing.labels.free_space import Candidates

_SHARES: Final = np.array((0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82))
"""Of a line's length at which a label is tried."""
_GAPS: Final = (3.0, 15.0, 28.0)
"""Between a line and a label beside it."""
_STUB: Final = 6.0
"""What must be seen of a line on both sides of a label on it."""
_MARK_REACH: Final = 7.0

_OFF_MIDDLE_COST: Final = 8.0
_BESIDE_COST: Final = 1.5
_GAP_COST: Final = 0.25
"""Per px."""
_OTHER_SIDE: Final = 1.05
"""How much dearer one of a line's two sides is, so that rounding does not decide."""


def candidates_on(polyline: Floats, size: Size) -> Candidates:
    """Return places for a label of a line: on it if enough of the line is seen on both sides."""
    points, directions = _along(polyline, _SHARES)
    half = np.array((size.width, size.height)) / 2
    inside = np.min(half / np.maximum(np.abs(directions), 1e-9), axis=1)
    on_line = np.minimum(_SHARES, 1 - _SHARES) * polyline_length(polyline) >= inside + _STUB
    normals = np.stack((-directions[:, 1], directions[:, 0]), axis=1)
    off = _OFF_MIDDLE_COST * np.abs(_SHARES - 0.5)
    middles, costs = [points[on_line]], [off[on_line]]
    for gap in _GAPS:
        away = normals * (np.abs(normals) @ half + gap)[:, None]
        middles += [points - away, points + away]
        costs += [
            off + _BESIDE_COST + gap * _GAP_COST,
            off + _OTHER_SIDE * _BESIDE_COST + gap * _GAP_COST,
        ]
    places = np.concatenate(middles)
    boxes = np.concatenate((places - half, places + half), axis=1)
    return Candidates(boxes, np.concatenate(costs))


def clear_point(polyline: Floats, taken: Iterable[Floats | None]) -> Floats:
    """Return a point of a line, near its middle, clear of these boxes if possible."""
    points, _ = _along(polyline, _SHARES)
    clear = np.ones(len(points), dtype=np.bool_)
    for box in taken:
        if box is not None:
            clear &= np.any(
                (points < box[:2] - _MARK_REACH) | (points > box[2:] + _MARK_REACH), axis=1
            )
    found: Floats = points[int(np.argmax(clear))]
    return found


def _along(polyline: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return the points at these shares of a polyline's length, and its direction at each."""
    segments = np.diff(polyline, axis=0)
    lengths = np.linalg.norm(segments, axis=1)
    until = np.cumsum(lengths)
    wanted = shares * until[-1]
    index = np.minimum(np.searchsorted(until, wanted), len(segments) - 1)
    units = segments / np.maximum(lengths, 1e-9)[:, None]
    rest = wanted - (until[index] - lengths[index])
    return polyline[index] + units[index] * rest[:, None], units[index]
