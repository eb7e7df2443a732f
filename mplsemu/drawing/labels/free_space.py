"""Free space: what is taken on a picture, and the best free place for one more box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import (
    Flags,
    Floats,
    Indices,
    all_in,
    any_in,
    crossed_boxes,
    segments_cross,
)

_MARGIN: Final = 2.0
_ON_LINE_COST: Final = 5.0
"""Of each line that a box covers."""
_ON_RESERVED_COST: Final = 4.0


@dataclass(frozen=True, slots=True)
class Candidates:
    """Places to choose from.

    Attributes:
        boxes: shape (n, 4).
        costs: how much worse than the best each is, apart from what it covers.
    """

    boxes: Floats
    costs: Floats


class FreeSpace:
    """Boxes that nothing may cover; lines and reserved boxes that are better left clear."""

    def __init__(
        self, boxes: Floats, polylines: Sequence[Floats], bounds: Floats | None = None
    ) -> None:
        """Begin with what is there.

        Args:
            boxes: of nodes and texts.
            polylines: of lines; each is known by its index.
            bounds: box that nothing may leave, if there is one.
        """
        self._bounds = bounds
        self._taken = _BoxList(boxes)
        self._reserved = _BoxList(np.empty((0, 4)))
        self._starts = np.concatenate([c[:-1] for c in polylines] or [np.empty((0, 2))])
        self._ends = np.concatenate([c[1:] for c in polylines] or [np.empty((0, 2))])
        self._owners: Indices = np.repeat(
            np.arange(len(polylines)), [len(polyline) - 1 for polyline in polylines]
        )

    def occupy(self, box: Floats) -> None:
        """Note that a box is taken."""
        self._taken.add(box)

    def reserve(self, box: Floats) -> None:
        """Note that a box is better left clear."""
        self._reserved.add(box)

    def add_line(self, start: Floats, end: Floats) -> None:
        """Note that there is one more line."""
        self._starts = np.concatenate((self._starts, start[None]))
        self._ends = np.concatenate((self._ends, end[None]))
        self._owners = np.append(self._owners, -1)

    def place(
        self, candidates: Candidates, owner: int | None = None, *, off_lines: bool = False
    ) -> int | None:
        """Choose the best free candidate and occupy it.

        Args:
            candidates: to choose from.
            owner: the line that it is for, which it may cover.
            off_lines: whether it must not cover any line.

        Returns:
            Its index; None if none is free.
        """
        if not len(candidates.boxes):
            return None
        wide = candidates.boxes + np.array((-_MARGIN, -_MARGIN, _MARGIN, _MARGIN))
        free = np.nonzero(~self._taken.covered(wide) & self._within(candidates.boxes))[0]
        if not len(free):
            return None
        boxes = candidates.boxes[free]
        lines = self._lines_under(boxes, owner)
        costs = candidates.costs[free] + _ON_LINE_COST * lines
        if off_lines:
            costs[lines > 0] = np.inf
            if np.all(lines > 0):
                return None
        costs += _ON_RESERVED_COST * self._reserved.covered(boxes)
        best = int(free[np.argmin(costs)])
        self.occupy(candidates.boxes[best])
        return best

    def lines_crossed(self, starts: Floats, ends: Floats) -> Floats:
        """Return how many lines each segment crosses."""
        a, b = starts[:, None], ends[:, None]
        c, d = self._starts[None], self._ends[None]
        hit = segments_cross(a, b, c, d)
        found: Floats = hit.sum(axis=1, dtype=np.float64)
        return found

    def _within(self, boxes: Floats) -> Flags:
        if self._bounds is None:
            return np.ones(len(boxes), dtype=np.bool_)
        low, high = self._bounds[:2], self._bounds[2:]
        return all_in((boxes[:, :2] >= low) & (boxes[:, 2:] <= high))

    def _lines_under(self, boxes: Floats, owner: int | None) -> Floats:
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
        near = all_in(
            (np.minimum(self._starts, self._ends) < high)
            & (np.maximum(self._starts, self._ends) > low)
        )
        if owner is not None:
            near &= self._owners != owner
        hit = crossed_boxes(self._starts[near], self._ends[near], boxes)
        found: Floats = hit.sum(axis=0, dtype=np.float64)
        return found


class _BoxList:
    """A growing array of boxes."""

    def __init__(self, boxes: Floats) -> None:
        self._boxes = np.concatenate((boxes, np.empty((len(boxes) + 64, 4))))
        self._count = len(boxes)

    def add(self, box: Floats) -> None:
        if self._count == len(self._boxes):
            self._boxes = np.concatenate((self._boxes, np.empty_like(self._boxes)))
        self._boxes[self._count] = box
        self._count += 1

    def covered(self, tried: Floats) -> Flags:
        """Return which of these boxes overlap one of the list."""
        boxes = self._boxes[: self._count]
        low, high = tried[:, :2].min(axis=0), tried[:, 2:].max(axis=0)
        near = boxes[all_in((boxes[:, :2] < high) & (boxes[:, 2:] > low))]
        begins = tried[:, None, :2] < near[None, :, 2:]
        ends = near[None, :, :2] < tried[:, None, 2:]
        return any_in(all_in(begins & ends))
