"""Lines side by side: parallel links between the same two nodes, and ways along a link."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.views.layout.arrays import Floats
from mplsemu.views.layout.graph import Pair

_APART: Final = 9.0
_SIDES: Final = np.array(
    [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)], dtype=np.float64
)


@dataclass(frozen=True, slots=True)
class Form:
    """What is drawn of a node: its box (left, top, right, bottom) with its corners cut off."""

    box: Floats
    cut: float = 0.0

    def exit(self, start: Floats, end: Floats) -> float | None:
        """Return at which share of a segment it leaves the form; None if it does not."""
        middle, half = (self.box[:2] + self.box[2:]) / 2, (self.box[2:] - self.box[:2]) / 2
        slanted = float(half.sum()) - self.cut
        reach = np.array([half[0], half[0], half[1], half[1], *[slanted] * 4])
        away = reach - _SIDES @ (start - middle)
        speed = _SIDES @ (end - start)
        if np.any((np.abs(speed) < 1e-9) & (away < 0)):
            return None
        with np.errstate(divide="ignore", invalid="ignore"):
            shares = away / speed
        leave = float(np.min(shares[speed > 1e-9], initial=1.0))
        enter = float(np.max(shares[speed < -1e-9], initial=0.0))
        return leave if enter <= leave < 1.0 else None


def side_by_side(
    spines: Sequence[Floats], links: Sequence[Pair], sizes: Floats, clearance: float
) -> list[Floats]:
    """Return the courses with those between the same two nodes moved apart.

    Args:
        spines: from the middle of one node's box to that of the other.
        links: pairs of nodes.
        sizes: of the nodes' boxes.
        clearance: that the courses keep from foreign boxes; they are moved by less.
    """
    pairs = [(min(a, b), max(a, b)) for a, b in links]
    total = Counter(pairs)
    seen: Counter[Pair] = Counter()
    found = []
    for spine, pair, link in zip(spines, pairs, links, strict=True):
        many = total[pair]
        if many == 1 or pair[0] == pair[1]:
            found.append(spine)
            continue
        step = _step(spine, sizes[list(link)], many, clearance)
        shift = (seen[pair] - (many - 1) / 2) * step
        seen[pair] += 1
        # each side is one side, whichever end the link is said to begin at
        found.append(beside(spine, shift if link == pair else -shift))
    return found


def _step(spine: Floats, sizes: Floats, many: int, clearance: float) -> float:
    """Return how far apart: no line may miss its own boxes, or come near others."""
    widest = clearance - 1.0
    for way, size in zip((spine[1] - spine[0], spine[-1] - spine[-2]), sizes, strict=True):
        length = max(float(np.hypot(*way)), 1e-6)
        half = (abs(way[1]) * size[0] + abs(way[0]) * size[1]) / 2 / length
        widest = min(widest, 0.8 * float(half))
    return min(_APART, 2 * widest / (many - 1))


def beside(course: Floats, shift: float) -> Floats:
    """Return a course moved sideways: to the left of its direction if `shift` is negative."""
    if shift == 0:
        return course
    ways = np.diff(course, axis=0)
    lengths = np.maximum(np.linalg.norm(ways, axis=1), 1e-9)[:, None]
    normals = np.stack((-ways[:, 1], ways[:, 0]), axis=1) / lengths
    moved = [course[0] + shift * normals[0]]
    for index in range(1, len(course) - 1):
        both = normals[index - 1] + normals[index]
        # the bisector, longer the sharper the corner, within reason
        moved.append(course[index] + shift * both / max(float(both @ both) / 2, 0.5))
    moved.append(course[-1] + shift * normals[-1])
    return np.array(moved)


def clipped(course: Floats, first: Form, last: Form) -> Floats:
    """Return the part of a course between the forms of two nodes.

    A course that never leaves them is returned whole.
    """
    begun = _left(course, first)
    ended = _left(begun[::-1], last)[::-1]
    return ended if len(ended) > 1 else course


def _left(course: Floats, form: Form) -> Floats:
    """Return the part of a course after it has left a form for the last time."""
    for index in range(len(course) - 2, -1, -1):
        start, end = course[index], course[index + 1]
        share = form.exit(start, end)
        if share is not None:
            return np.array([start + share * (end - start), *course[index + 1 :]])
    return course
