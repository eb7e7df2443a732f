"""Local search for small graphs: few crossings, wide angles, right distances, nothing too close.

As in Davidson and Harel, Drawing graphs nicely using simulated annealing, 1996: a weighted sum of
aesthetic criteria, and one node moved at a time on shrinking circles. Here only what is better is
kept; several starts (stress majorisation, Tutte embeddings, random) stand in for the annealing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices, segments_cross
from mplsemu.drawing.graph import Pair
from mplsemu.drawing.placement.stress import DistanceGraph
from mplsemu.drawing.placement.tutte_embedding import cycles, tutte_embedding

MOST_NODES: Final = 40
_MOST_LINKS: Final = 90
_NEAR_NODE: Final = 0.75
"""Hops between two nodes below which they are too close."""
_NEAR_LINE: Final = 0.4
"""Hops between a node and a line of others below which they are too close."""
_NARROW: Final = np.radians(30)
"""Angle between two lines of a node below which it is too narrow."""
_RADII: Final = (0.9, 0.45, 0.2, 0.08)
"""Of the circles on which a node is tried, in hops, one after the other."""
_ANGLES: Final = np.arange(12) * (np.pi / 6)
_MOST_ROUNDS: Final = 12
"""For each radius."""
_LEAST_GAIN: Final = 1e-3
_JITTER: Final = 0.05

_DISTANCE_COST: Final = 0.5
_CLOSE_COST: Final = 4
_CROSSING_COST: Final = 2.0
_ON_LINE_COST: Final = 3
_ANGLE_COST: Final = 0.7
_INNER_PULL: Final = 0.15
"""Of inner nodes towards the middle, and of the others away from it."""


def is_small(count: int, links: Sequence[Pair]) -> bool:
    """Whether a graph is small enough for the search to end soon."""
    return count <= MOST_NODES and len(links) <= _MOST_LINKS


def locally_optimised(graph: DistanceGraph, links: Sequence[Pair], inner: Sequence[bool]) -> Floats:
    """Return positions in hops: the best of those found from several starts.

    Args:
        graph: connected.
        links: its edges.
        inner: which nodes belong in the middle of the picture.
    """
    search = _LocalSearch(graph, links, inner)
    starts = _starts(graph, links)
    best = search.improved(next(starts))
    lowest = search.cost(best)
    for start in starts:
        if lowest < _LEAST_GAIN:
            break
        found = search.improved(start)
        cost = search.cost(found)
        # a tie goes to the first, so that rounding does not decide
        if cost < lowest * (1 - _LEAST_GAIN) - _LEAST_GAIN:
            best, lowest = found, cost
    return best


def _starts(graph: DistanceGraph, links: Sequence[Pair]) -> Iterator[Floats]:
    """Yield initial positions: fewer for larger graphs, where each search takes longer."""
    count = graph.count
    yield graph.majorised(graph.pivot_mds())
    if count <= 3:
        return
    at_random, by_cycle = (5, 4) if count <= 12 else (2, 3) if count <= 20 else (0, 1)
    for outer in cycles(count, links)[:by_cycle]:
        jitter = graph.random_positions(len(outer)) * _JITTER
        yield tutte_embedding(count, links, outer) + jitter
    for number in range(1, at_random + 1):
        yield graph.majorised(graph.random_positions(number))


class _LocalSearch:
    def __init__(self, graph: DistanceGraph, links: Sequence[Pair], inner: Sequence[bool]) -> None:
        count = graph.count
        self._count = count
        self._links: Indices = np.array(
            sorted({(min(a, b), max(a, b)) for a, b in links if a != b}), dtype=np.intp
        ).reshape(-1, 2)
        self._hops = np.ones((count, count))
        self._hops[graph.firsts, graph.seconds] = graph.distances
        self._hops[graph.seconds, graph.firsts] = graph.distances
        self._own = [np.nonzero(np.any(self._links == node, axis=1))[0] for node in range(count)]
        # in a dense graph crossings cannot be avoided, and must not outweigh all else
        self._crossing = _CROSSING_COST * min(1.0, 2 * count / max(len(self._links), 1)) ** 3
        mixed = any(inner) and not all(inner)
        self._pull = np.array(
            [(_INNER_PULL if i else -_INNER_PULL) if mixed else 0.0 for i in inner]
        )

    def improved(self, places: Floats) -> Floats:
        """Move one node after the other to a better place, until none has one."""
        places = places.copy()
        for radius in _RADII:
            circle = radius * np.stack((np.cos(_ANGLES), np.sin(_ANGLES)), axis=1)
            for _ in range(_MOST_ROUNDS):
                moved = False
                for node in range(self._count):
                    tried = self._tried(places, node, circle)
                    costs = self.costs(places, node, tried)
                    index = int(np.argmin(costs))
                    if costs[index] < costs[0] - _LEAST_GAIN:
                        places[node] = tried[index]
                        moved = True
                if not moved:
                    break
        return places

    def cost(self, places: Floats) -> float:
        """Return the cost of the whole."""
        return float(
            sum(self.costs(places, node, places[node][None])[0] for node in range(self._count))
        )

    def _tried(self, places: Floats, node: int, circle: Floats) -> Floats:
        """Return where a node is tried: where it is, around there, and beyond its neighbours."""
        peers = self._links[self._own[node]]
        others = np.where(peers[:, 0] == node, peers[:, 1], peers[:, 0])
        beyond = 2 * places[others].mean(axis=0, keepdims=True) - places[node]
        return np.concatenate((places[node][None], places[node] + circle, beyond))

    def costs(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Return the cost of a node at each of the tried places."""
        return (
            self._distances(places, node, tried)
            + self._crossings(places, node, tried)
            + self._on_lines(places, node, tried)
            + self._angles(places, node, tried)
        )

    def _distances(self, places: Floats, node: int, tried: Floats) -> Floats:
        others = np.arange(self._count) != node
        away = np.linalg.norm(tried[:, None, :] - places[None, others, :], axis=2)
        wrong = (away / self._hops[node, others] - 1.0) ** 2
        close = np.maximum(0.0, 1.0 - away / _NEAR_NODE) ** 2
        middle = np.linalg.norm(tried - places[others].mean(axis=0), axis=1)
        found: Floats = (_DISTANCE_COST * wrong + _CLOSE_COST * close).sum(axis=1) + self._pull[
            node
        ] * middle
        return found

    def _crossings(self, places: Floats, node: int, tried: Floats) -> Floats:
        own = self._links[self._own[node]]
        rest = np.delete(self._links, self._own[node], axis=0)
        peers = np.where(own[:, 0] == node, own[:, 1], own[:, 0])
        apart = (rest[None, :, 0] != peers[:, None]) & (rest[None, :, 1] != peers[:, None])
        a, b = tried[:, None, None, :], places[peers][None, :, None, :]
        c, d = places[rest[:, 0]][None, None], places[rest[:, 1]][None, None]
        hit = segments_cross(a, b, c, d)
        found: Floats = self._crossing * np.sum(hit & apart[None], axis=(1, 2))
        return found

    def _on_lines(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Return the cost of this node near others' lines, and of others near its lines."""
        own = self._links[self._own[node]]
        rest = np.delete(self._links, self._own[node], axis=0)
        away = _from_line(tried[:, None, :], places[rest[:, 0]][None], places[rest[:, 1]][None])
        found: Floats = (np.maximum(0.0, 1.0 - away / _NEAR_LINE) ** 2).sum(axis=1)
        peers = np.where(own[:, 0] == node, own[:, 1], own[:, 0])
        nodes = np.arange(self._count)
        foreign = (nodes[None, :] != peers[:, None]) & (nodes[None, :] != node)
        away = _from_line(
            places[None, None, :, :], tried[:, None, None, :], places[peers][None, :, None, :]
        )
        close = np.where(foreign[None], np.maximum(0.0, 1.0 - away / _NEAR_LINE) ** 2, 0.0)
        all_close: Floats = _ON_LINE_COST * (found + close.sum(axis=(1, 2)))
        return all_close

    def _angles(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Return the cost of narrow angles between lines of this node."""
        own = self._links[self._own[node]]
        peers = np.where(own[:, 0] == node, own[:, 1], own[:, 0])
        away = places[peers][None] - tried[:, None]
        angles = np.sort(np.arctan2(away[:, :, 1], away[:, :, 0]), axis=1)
        gaps = np.diff(angles, axis=1, append=angles[:, :1] + 2 * np.pi)
        found: Floats = _ANGLE_COST * (np.maximum(0.0, 1.0 - gaps / _NARROW) ** 2).sum(axis=1)
        return found


def _from_line(point: Floats, start: Floats, end: Floats) -> Floats:
    along = end - start
    square = np.maximum(np.sum(along**2, axis=-1), 1e-12)
    share = np.clip(np.sum((point - start) * along, axis=-1) / square, 0.0, 1.0)
    found: Floats = np.linalg.norm(point - start - share[..., None] * along, axis=-1)
    return found
