"""Overlap removal: boxes off one another, and off lines that they are not an end of.

After PRISM (Gansner and Hu, Efficient, proximity-preserving node overlap removal, 2010). In each
round neighbours on the map should stay as they stand to one another, pairs that are too close
should stand farther apart, and least squares finds the best compromise. So what is crowded grows,
the rest is carried along, and the shape of the whole is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices, boxes_around, overlapping_pairs
from mplsemu.drawing.placement.least_squares import LeastSquaresTerms, solve_least_squares
from mplsemu.drawing.yao_graph import yao_graph

_EXCESS: Final = 1.03
"""How much farther than needed what is too close is moved apart."""
_PUSH: Final = 4.0
"""Weight of moving apart, against that of staying."""
_MOST_GROWTH: Final = 2.0
"""Of the map's longer side, for the sake of lines."""
_ROUNDS_PER_MAP: Final = 12
"""After which neighbours on the map are found anew."""
_DEEP: Final = 0.39
_GROWTH: Final = 1.6
"""Of a deep overlap in one round."""


@dataclass(frozen=True, slots=True)
class Clearances:
    """How far apart things should be.

    Attributes:
        gap: between boxes, to the side and up.
        clearance: between a box and a line that does not end at it; None if lines are led around
            boxes instead.
        lengths: of each link, from box to box, at least.
        rounds: at most.
    """

    gap: tuple[float, float]
    clearance: float | None
    lengths: Floats
    rounds: int


def remove_overlaps(places: Floats, sizes: Floats, links: Indices, wanted: Clearances) -> Floats:
    """Return the positions with the clearances, as far as possible; boxes never overlap.

    Args:
        places: centres of the boxes.
        sizes: of the boxes.
        links: pairs of nodes, shape (m, 2).
        wanted: the clearances.
    """
    found = _in_rounds(places, _Separation(sizes, links, wanted))
    if found is None:
        # so many lines that no box finds a place off them: lines will be led around boxes
        found = _in_rounds(places, _Separation(sizes, links, replace(wanted, clearance=None)))
    return _apart(places if found is None else found, sizes, wanted.gap)


def _in_rounds(places: Floats, separation: _Separation) -> Floats | None:
    """Return the positions after all rounds; None if lines make the map grow without end."""
    if len(places) < 2:
        return places
    near = yao_graph(places)
    limit = _MOST_GROWTH * max(float(np.ptp(places, axis=0).max()), separation.side())
    for round_ in range(separation.rounds):
        pushes = separation.pushes(places)
        if not pushes:
            break
        if round_ % _ROUNDS_PER_MAP == _ROUNDS_PER_MAP - 1:
            near = yao_graph(places)
        places = solve_least_squares(places, [_as_they_stand(places, *near), *pushes])
        if separation.nodes_yield and np.ptp(places, axis=0).max() > limit:
            return None
    return places


def _apart(places: Floats, sizes: Floats, gap: tuple[float, float]) -> Floats:
    """Return positions where no two boxes come closer than `gap`, whatever the map looks like."""
    separation = _Separation(
        sizes, np.empty((0, 2), dtype=np.intp), Clearances(gap, None, np.empty(0), 0)
    )
    for round_ in count():
        push = separation.overlaps(places)
        if push is None:
            break
        halves = (push.wanted - (places[push.nodes[:, 0]] - places[push.nodes[:, 1]])) / 2
        moved = places.copy()
        np.add.at(moved, push.nodes[:, 0], halves)
        np.add.at(moved, push.nodes[:, 1], -halves)
        # everything grows a little, ever faster, so that this ends
        places = moved * (1.002 + 0.0002 * round_)
    return places


def _as_they_stand(places: Floats, firsts: Indices, seconds: Indices) -> LeastSquaresTerms:
    away = places[firsts] - places[seconds]
    return LeastSquaresTerms.between(firsts, seconds, away, _weights(away))


def _weights(away: Floats) -> Floats:
    found: Floats = 1.0 / np.maximum(np.sum(away**2, axis=1), 1.0)
    return found


class _Separation:
    """Finds what is too close, as terms that move it apart."""

    def __init__(self, sizes: Floats, links: Indices, wanted: Clearances) -> None:
        self._sizes = sizes
        self._links = links
        self._wanted = wanted
        self._grown = sizes + np.array(wanted.gap)
        self.rounds = wanted.rounds
        self.nodes_yield = wanted.clearance is not None

    def side(self) -> float:
        """Return the side of the square whose area is that of all boxes with their gaps."""
        return float(np.sqrt(np.prod(self._grown, axis=1).sum()))

    def pushes(self, places: Floats) -> list[LeastSquaresTerms]:
        """Return the terms of all that is too close; empty if nothing is."""
        found = [self.overlaps(places, grow=True), self._short(places), self._covering(places)]
        return [push for push in found if push is not None]

    def overlaps(self, places: Floats, *, grow: bool = False) -> LeastSquaresTerms | None:
        """Return the terms of boxes that are too close to one another."""
        firsts, seconds = overlapping_pairs(boxes_around(places, self._grown))
        if not len(firsts):
            return None
        away = places[firsts] - places[seconds]
        least = (self._grown[firsts] + self._grown[seconds]) / 2
        sign = np.where(away < 0, -1.0, 1.0)
        # two boxes move apart along the axis on which they overlap less
        share = np.abs(away) / least
        sideways = share[:, 0] > share[:, 1]
        wanted = away.copy()
        wanted[sideways, 0] = (sign * least * _EXCESS)[sideways, 0]
        wanted[~sideways, 1] = (sign * least * _EXCESS)[~sideways, 1]
        # deep overlaps grow in both directions first: or a cluster would become a column
        deep = (
            np.abs(share.max(axis=1) - _DEEP) < 0.95 * _DEEP if grow else np.zeros(len(away), bool)
        )
        wanted[deep] = away[deep] * _GROWTH
        return LeastSquaresTerms.between(firsts, seconds, wanted, _PUSH * _weights(wanted))

    def _short(self, places: Floats) -> LeastSquaresTerms | None:
        """Return the terms of links that are too short for their label."""
        if not len(self._links):
            return None
        firsts, seconds = self._links[:, 0], self._links[:, 1]
        away = places[firsts] - places[seconds]
        length = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
        reach = (self._sizes[firsts] + self._sizes[seconds]) / 2
        with np.errstate(divide="ignore"):
            inside = np.min(reach / np.maximum(np.abs(away), 1e-9), axis=1) * length
        visible = length - inside
        short = visible < self._wanted.lengths - 0.5
        if not np.any(short):
            return None
        factor = (inside + self._wanted.lengths * _EXCESS) / length
        wanted = (away * factor[:, None])[short]
        return LeastSquaresTerms.between(firsts[short], seconds[short], wanted, _weights(wanted))

    def _covering(self, places: Floats) -> LeastSquaresTerms | None:
        """Return the terms of boxes that stand on a line of others."""
        clearance = self._wanted.clearance
        if clearance is None or not len(self._links):
            return None
        start, end = places[self._links[:, 0]], places[self._links[:, 1]]
        along = end - start
        length = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
        normal = np.stack((-along[:, 1], along[:, 0]), axis=1) / length[:, None]
        away = places[None, :, :] - start[:, None, :]
        share = np.sum(away * along[:, None, :], axis=2) / (length**2)[:, None]
        side = np.sum(away * normal[:, None, :], axis=2)
        half = self._sizes / 2
        least = np.abs(normal) @ half.T + clearance
        reach = (np.abs(along) / length[:, None]) @ half.T
        inside = (share * length[:, None] > -reach) & ((1 - share) * length[:, None] > -reach)
        hit = inside & (np.abs(side) < least)
        hit[np.arange(len(along)), self._links[:, 0]] = False
        hit[np.arange(len(along)), self._links[:, 1]] = False
        lines, nodes = np.nonzero(hit)
        if not len(lines):
            return None
        share = np.clip(share[lines, nodes], 0.0, 1.0)
        sign = np.where(side[lines, nodes] < 0, -1.0, 1.0)
        wanted = (sign * least[lines, nodes] * _EXCESS)[:, None] * normal[lines]
        ends = self._links[lines]
        factors = np.stack((np.ones(len(lines)), share - 1.0, -share), axis=1)
        three = np.stack((nodes, ends[:, 0], ends[:, 1]), axis=1)
        return LeastSquaresTerms(three, factors, wanted, _PUSH * _weights(wanted))
