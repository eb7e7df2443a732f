"""Room between nodes: boxes off one another, and off lines that are not theirs.

Works in rounds: neighbours wish to stay as they stand to one another, those that come too close
wish to stand farther apart, and all move to where these wishes are met best. So what is crowded
grows, what is not is carried along, and the shape of the whole stays (after PRISM, Gansner and Hu
2010).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices, boxes_around, overlapping_pairs
from mplsemu.drawing.layout.least_squares import LeastSquaresTerms, solve_least_squares
from mplsemu.drawing.layout.yao_graph import yao_graph

_EXCESS: Final = 1.03
_PUSH: Final = 4.0
_MOST_GROWTH: Final = 2.0
_COINCIDENT: Final = 0.01
_DEEP: Final = 0.39
_GROWTH: Final = 1.6


@dataclass(frozen=True, slots=True)
class Clearances:
    """How much room is wanted.

    Attributes:
        gap: between boxes, to the side and up.
        clearance: between a box and a line that is not its own; None where lines go round boxes.
        lengths: of each link, from box to box, at least.
        rounds: to try.
    """

    gap: tuple[float, float]
    clearance: float | None
    lengths: Floats
    rounds: int = 60


def remove_overlaps(places: Floats, sizes: Floats, links: Indices, room: Clearances) -> Floats:
    """Return places with room around all boxes, as far as it can be had.

    Args:
        places: of the boxes' centres.
        sizes: of the boxes.
        links: pairs of nodes, shape (m, 2).
        room: what is wanted.
    """
    found = _in_rounds(places, _Spacer(sizes, links, room))
    if found is None:
        # so many lines cross everywhere that boxes find no place off them: lines go round
        found = _in_rounds(places, _Spacer(sizes, links, replace(room, clearance=None)))
    return apart(places if found is None else found, sizes, room.gap)


def _in_rounds(places: Floats, spacer: _Spacer) -> Floats | None:
    """Return places after all rounds, None if the map grows without end for the sake of lines."""
    if len(places) < 2:
        return places
    near = yao_graph(places)
    limit = _MOST_GROWTH * max(float(np.ptp(places, axis=0).max()), spacer.side())
    for round_ in range(spacer.rounds):
        pushes = spacer.pushes(places)
        if not pushes:
            break
        if round_ % 12 == 11:
            near = yao_graph(places)
        places = solve_least_squares(places, [_as_they_stand(places, *near), *pushes])
        if spacer.makes_way and np.ptp(places, axis=0).max() > limit:
            return None
    return places


def apart(places: Floats, sizes: Floats, gap: tuple[float, float]) -> Floats:
    """Return places where no two boxes come nearer than `gap`, whatever else becomes of them."""
    spacer = _Spacer(sizes, np.empty((0, 2), dtype=np.intp), Clearances(gap, None, np.empty(0)))
    for round_ in count():
        push = spacer.overlaps(places)
        if push is None:
            break
        halves = (push.wanted - (places[push.nodes[:, 0]] - places[push.nodes[:, 1]])) / 2
        moved = places.copy()
        np.add.at(moved, push.nodes[:, 0], halves)
        np.add.at(moved, push.nodes[:, 1], -halves)
        # all grows a little, and ever faster, so that there is an end to it
        places = moved * (1.002 + 0.0002 * round_)
    return places


def _as_they_stand(places: Floats, firsts: Indices, seconds: Indices) -> LeastSquaresTerms:
    away = places[firsts] - places[seconds]
    return LeastSquaresTerms.between(firsts, seconds, away, _weights(away))


def _weights(away: Floats) -> Floats:
    found: Floats = 1.0 / np.maximum(np.sum(away**2, axis=1), 1.0)
    return found


class _Spacer:
    """Finds what stands too close, and what it wishes instead."""

    def __init__(self, sizes: Floats, links: Indices, room: Clearances) -> None:
        self._sizes = sizes
        self._links = links
        self._room = room
        self._grown = sizes + np.array(room.gap)
        self.rounds = room.rounds
        self.makes_way = room.clearance is not None

    def side(self) -> float:
        """Return the side of a square that all boxes would fill, with their gaps."""
        return float(np.sqrt(np.prod(self._grown, axis=1).sum()))

    def pushes(self, places: Floats) -> list[LeastSquaresTerms]:
        """Return the wishes of all that stands too close; none where all is well."""
        found = [self.overlaps(places, grow=True), self._short(places), self._covering(places)]
        return [push for push in found if push is not None]

    def overlaps(self, places: Floats, *, grow: bool = False) -> LeastSquaresTerms | None:
        """Return the wishes of boxes that come too close to one another."""
        firsts, seconds = overlapping_pairs(boxes_around(places, self._grown))
        if not len(firsts):
            return None
        away = places[firsts] - places[seconds]
        least = (self._grown[firsts] + self._grown[seconds]) / 2
        sign = np.where(away < 0, -1.0, 1.0)
        # the two go apart in the direction in which they are already, as their form allows
        share = np.abs(away) / least
        sideways = share[:, 0] > share[:, 1]
        wanted = away.copy()
        wanted[sideways, 0] = (sign * least * _EXCESS)[sideways, 0]
        wanted[~sideways, 1] = (sign * least * _EXCESS)[~sideways, 1]
        # a cluster grows to all sides first, or it would become a column
        deep = (
            np.abs(share.max(axis=1) - _DEEP) < 0.95 * _DEEP if grow else np.zeros(len(away), bool)
        )
        wanted[deep] = away[deep] * _GROWTH
        return LeastSquaresTerms.between(firsts, seconds, wanted, _PUSH * _weights(wanted))

    def _short(self, places: Floats) -> LeastSquaresTerms | None:
        """Return the wishes of links too short for what is written on them."""
        if not len(self._links):
            return None
        firsts, seconds = self._links[:, 0], self._links[:, 1]
        away = places[firsts] - places[seconds]
        length = np.maximum(np.linalg.norm(away, axis=1), 1e-6)
        reach = (self._sizes[firsts] + self._sizes[seconds]) / 2
        with np.errstate(divide="ignore"):
            inside = np.min(reach / np.maximum(np.abs(away), 1e-9), axis=1) * length
        visible = length - inside
        short = visible < self._room.lengths - 0.5
        if not np.any(short):
            return None
        factor = (inside + self._room.lengths * _EXCESS) / length
        wanted = (away * factor[:, None])[short]
        return LeastSquaresTerms.between(firsts[short], seconds[short], wanted, _weights(wanted))

    def _covering(self, places: Floats) -> LeastSquaresTerms | None:
        """Return the wishes of boxes that stand on a line of others."""
        clearance = self._room.clearance
        if clearance is None or not len(self._links):
            return None
        start, way = places[self._links[:, 0]], places[self._links[:, 1]]
        way = way - start
        length = np.maximum(np.linalg.norm(way, axis=1), 1e-6)
        normal = np.stack((-way[:, 1], way[:, 0]), axis=1) / length[:, None]
        away = places[None, :, :] - start[:, None, :]
        share = np.sum(away * way[:, None, :], axis=2) / (length**2)[:, None]
        side = np.sum(away * normal[:, None, :], axis=2)
        half = self._sizes / 2
        least = np.abs(normal) @ half.T + clearance
        along = (np.abs(way) / length[:, None]) @ half.T
        inside = (share * length[:, None] > -along) & ((1 - share) * length[:, None] > -along)
        hit = inside & (np.abs(side) < least)
        hit[np.arange(len(way)), self._links[:, 0]] = False
        hit[np.arange(len(way)), self._links[:, 1]] = False
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
