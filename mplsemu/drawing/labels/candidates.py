"""Where a text can stand on a line: on it, or beside it, near its middle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats
from mplsemu.drawing.geometry import Size
from mplsemu.drawing.labels.free_space import Candidates

_SHARES: Final = np.array((0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82))
_BESIDE: Final = (3.0, 15.0, 28.0)
_PER_PX: Final = 0.25
_STUB: Final = 6.0
_OFF_MIDDLE: Final = 8.0
_OFF_LINE: Final = 1.5
_MARK: Final = 7.0


def candidates_on(course: Floats, size: Size) -> Candidates:
    """Return boxes for a text on a line: on it where enough is seen of it on both sides."""
    points, ways = _along(course, _SHARES)
    half = np.array((size.width, size.height)) / 2
    inside = np.min(half / np.maximum(np.abs(ways), 1e-9), axis=1)
    on_line = np.minimum(_SHARES, 1 - _SHARES) * length(course) >= inside + _STUB
    normals = np.stack((-ways[:, 1], ways[:, 0]), axis=1)
    off = _OFF_MIDDLE * np.abs(_SHARES - 0.5)
    middles, costs = [points[on_line]], [off[on_line]]
    for gap in _BESIDE:
        away = normals * (np.abs(normals) @ half + gap)[:, None]
        middles += [points - away, points + away]
        # of the two sides one is a little better, so that rounding does not decide
        costs += [off + _OFF_LINE + gap * _PER_PX, off + 1.05 * _OFF_LINE + gap * _PER_PX]
    places = np.concatenate(middles)
    boxes = np.concatenate((places - half, places + half), axis=1)
    return Candidates(boxes, np.concatenate(costs))


def clear_point(course: Floats, taken: Iterable[Floats | None]) -> Floats:
    """Return a point of a line, near its middle, that is clear of these boxes if one is."""
    points, _ = _along(course, _SHARES)
    clear = np.ones(len(points), dtype=np.bool_)
    for box in taken:
        if box is not None:
            clear &= np.any((points < box[:2] - _MARK) | (points > box[2:] + _MARK), axis=1)
    found: Floats = points[int(np.argmax(clear))]
    return found


def length(course: Floats) -> float:
    """Return how long a line is."""
    return float(np.linalg.norm(np.diff(course, axis=0), axis=1).sum())


def _along(course: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Return the points at these shares of a line's length, and its direction at each."""
    ways = np.diff(course, axis=0)
    lengths = np.linalg.norm(ways, axis=1)
    until = np.cumsum(lengths)
    wanted = shares * until[-1]
    index = np.minimum(np.searchsorted(until, wanted), len(ways) - 1)
    units = ways / np.maximum(lengths, 1e-9)[:, None]
    rest = wanted - (until[index] - lengths[index])
    return course[index] + units[index] * rest[:, None], units[index]
