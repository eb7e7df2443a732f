"""Parallel lines: several links between the same two nodes, and offsets of a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, any_in
from mplsemu.drawing.graph import Pair

_APART: Final = 9.0
"""Between parallel lines at most."""
_OF_BOX: Final = 0.8
"""Share of a box's half width that lines may begin on."""
_SIDES: Final = np.array(
    [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)], dtype=np.float64
)


@dataclass(frozen=True, slots=True)
class NodeOutline:
    """The outline of a node: its box (left, top, right, bottom) with its corners cut off."""

    box: Floats
    cut: float = 0.0

    def part_outside(self, polyline: Floats) -> Floats:
        """Return the part of a polyline after it has left the outline for the last time."""
        middle, half = (self.box[:2] + self.box[2:]) / 2, (self.box[2:] - self.box[:2]) / 2
        slanted = float(half.sum()) - self.cut
        reach = np.array([half[0], half[0], half[1], half[1], *[slanted] * 4])
        away = reach - (polyline[:-1] - middle) @ _SIDES.T
        speed = np.diff(polyline, axis=0) @ _SIDES.T
        outward, inward = speed > 1e-9, speed < -1e-9
        shares = away / np.where(outward | inward, speed, 1.0)
        leave = np.min(np.where(outward, shares, 1.0), axis=1)
        enter = np.max(np.where(inward, shares, 0.0), axis=1)
        misses = any_in(~outward & ~inward & (away < 0))
        leaves = np.nonzero((enter <= leave) & (leave < 1.0) & ~misses)[0]
        if not len(leaves):
            return polyline
        last = int(leaves[-1])
        point = polyline[last] + leave[last] * (polyline[last + 1] - polyline[last])
        return np.concatenate((point[None], polyline[last + 1 :]))


def spread_parallel(
    centre_lines: Sequence[Floats], links: Sequence[Pair], sizes: Floats, clearance: float
) -> list[Floats]:
    """Return the lines, with those between the same two nodes moved apart.

    Args:
        centre_lines: polylines from the centre of one node's box to that of the other.
        links: pairs of nodes.
        sizes: of the nodes' boxes.
        clearance: that the lines keep from other boxes; they are moved by less.
    """
    pairs = [(min(a, b), max(a, b)) for a, b in links]
    total = Counter(pairs)
    seen: Counter[Pair] = Counter()
    found = []
    for centre_line, pair, link in zip(centre_lines, pairs, links, strict=True):
        many = total[pair]
        if many == 1 or pair[0] == pair[1]:
            found.append(centre_line)
            continue
        step = _step(centre_line, sizes[list(link)], many, clearance)
        shift = (seen[pair] - (many - 1) / 2) * step
        seen[pair] += 1
        # sides are told by the pair's order, not by the end at which the link begins
        found.append(offset_sideways(centre_line, shift if link == pair else -shift))
    return found


def _step(centre_line: Floats, sizes: Floats, many: int, clearance: float) -> float:
    """Return the distance between lines that still begin at their boxes and keep off others."""
    widest = clearance - 1.0
    for along, size in zip(
        (centre_line[1] - centre_line[0], centre_line[-1] - centre_line[-2]), sizes, strict=True
    ):
        length = max(float(np.hypot(*along)), 1e-6)
        half = (abs(along[1]) * size[0] + abs(along[0]) * size[1]) / 2 / length
        widest = min(widest, _OF_BOX * float(half))
    return min(_APART, 2 * widest / (many - 1))


def offset_sideways(polyline: Floats, shift: float) -> Floats:
    """Return a polyline moved sideways: to the left of its direction if `shift` is negative."""
    if shift == 0:
        return polyline
    segments = np.diff(polyline, axis=0)
    lengths = np.maximum(np.linalg.norm(segments, axis=1), 1e-9)[:, None]
    normals = np.stack((-segments[:, 1], segments[:, 0]), axis=1) / lengths
    moved = [polyline[0] + shift * normals[0]]
    for index in range(1, len(polyline) - 1):
        both = normals[index - 1] + normals[index]
        # mitre join: along the bisector, farther at sharper corners, with a limit
        moved.append(polyline[index] + shift * both / max(float(both @ both) / 2, 0.5))
    moved.append(polyline[-1] + shift * normals[-1])
    return np.array(moved)


def clipped_to_outlines(polyline: Floats, first: NodeOutline, last: NodeOutline) -> Floats:
    """Return the part of a polyline between the outlines of two nodes.

    A polyline that never leaves them is returned whole.
    """
    between = last.part_outside(first.part_outside(polyline)[::-1])[::-1]
    return between if len(between) > 1 else polyline


def rounded_corners(polyline: Floats, reach: float) -> tuple[Floats, Floats]:
    """Return where the rounding of each corner begins and ends, at most `reach` from it."""
    segments = np.diff(polyline, axis=0)
    lengths = np.maximum(np.linalg.norm(segments, axis=1), 1e-9)[:, None]
    steps = segments / lengths * np.minimum(reach, lengths / 2)
    return polyline[1:-1] - steps[:-1], polyline[1:-1] + steps[1:]
