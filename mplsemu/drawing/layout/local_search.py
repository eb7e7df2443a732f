"""A small graph made easy to read: few crossings, wide angles, nothing too close."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.layout.graph import Pair
from mplsemu.drawing.layout.stress import DistanceGraph
from mplsemu.drawing.layout.tutte_embedding import cycles, tutte_embedding

MOST_NODES: Final = 40
_MOST_LINKS: Final = 90
_NEAR_NODE: Final = 0.75
_NEAR_LINE: Final = 0.4
_NARROW: Final = np.radians(30)
_RADII: Final = (0.9, 0.45, 0.2, 0.08)
_ANGLES: Final = np.arange(12) * (np.pi / 6)
_CROSSING: Final = 2.0
_BETTER: Final = 1e-3
_SHAKEN: Final = 0.05


def is_small(count: int, links: Sequence[Pair]) -> bool:
    """Whether a graph is small enough to be worth the search, and for it to end soon."""
    return count <= MOST_NODES and len(links) <= _MOST_LINKS


def locally_optimised(graph: DistanceGraph, links: Sequence[Pair], inner: Sequence[bool]) -> Floats:
    """Return places in hops, the best of several starts.

    Args:
        graph: connected.
        links: its links.
        inner: which nodes had better be in the middle.
    """
    search = _LocalSearch(graph, links, inner)
    starts = _starts(graph, links)
    best = search.improved(next(starts))
    lowest = search.cost(best)
    for start in starts:
        if lowest < _BETTER:
            break
        found = search.improved(start)
        cost = search.cost(found)
        # of two that are as good, the first: rounding must not decide
        if cost < lowest * (1 - _BETTER) - _BETTER:
            best, lowest = found, cost
    return best


def _starts(graph: DistanceGraph, links: Sequence[Pair]) -> Iterator[Floats]:
    """Yield places to begin with: fewer for larger graphs, for which each takes longer."""
    count = graph.count
    yield graph.relaxed(graph.start())
    if count <= 3:
        return
    by_chance, by_ring = (5, 4) if count <= 12 else (2, 3) if count <= 20 else (0, 1)
    for ring in cycles(count, links)[:by_ring]:
        yield tutte_embedding(count, links, ring) + graph.scattered(len(ring)) * _SHAKEN
    for number in range(1, by_chance + 1):
        yield graph.relaxed(graph.scattered(number))


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
        # where there are many links crossings cannot be helped, and must not stretch all else
        self._crossing = _CROSSING * min(1.0, 2 * count / max(len(self._links), 1)) ** 3
        mixed = any(inner) and not all(inner)
        self._pull = np.array([(0.15 if i else -0.15) if mixed else 0.0 for i in inner])

    def improved(self, places: Floats) -> Floats:
        """Move one node after the other to where it is better, until there is no better place."""
        places = places.copy()
        for radius in _RADII:
            ring = radius * np.stack((np.cos(_ANGLES), np.sin(_ANGLES)), axis=1)
            for _ in range(12):
                moved = False
                for node in range(self._count):
                    tried = self._tried(places, node, ring)
                    costs = self.costs(places, node, tried)
                    index = int(np.argmin(costs))
                    if costs[index] < costs[0] - _BETTER:
                        places[node] = tried[index]
                        moved = True
                if not moved:
                    break
        return places

    def cost(self, places: Floats) -> float:
        """Return how bad places are, all in all."""
        return float(
            sum(self.costs(places, node, places[node][None])[0] for node in range(self._count))
        )

    def _tried(self, places: Floats, node: int, ring: Floats) -> Floats:
        """Return where a node might stand: here first, around here, beyond its neighbours."""
        peers = self._links[self._own[node]]
        others = np.where(peers[:, 0] == node, peers[:, 1], peers[:, 0])
        beyond = 2 * places[others].mean(axis=0, keepdims=True) - places[node]
        return np.concatenate((places[node][None], places[node] + ring, beyond))

    def costs(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Return how bad each of the tried places of a node is."""
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
        found: Floats = (0.5 * wrong + 4 * close).sum(axis=1) + self._pull[node] * middle
        return found

    def _crossings(self, places: Floats, node: int, tried: Floats) -> Floats:
        own = self._links[self._own[node]]
        rest = np.delete(self._links, self._own[node], axis=0)
        peers = np.where(own[:, 0] == node, own[:, 1], own[:, 0])
        apart = (rest[None, :, 0] != peers[:, None]) & (rest[None, :, 1] != peers[:, None])
        a, b = tried[:, None, None, :], places[peers][None, :, None, :]
        c, d = places[rest[:, 0]][None, None], places[rest[:, 1]][None, None]
        hit = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
        found: Floats = self._crossing * np.sum(hit & apart[None], axis=(1, 2))
        return found

    def _on_lines(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Count nodes near lines: this one near others' lines, others near this one's lines."""
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
        all_close: Floats = 3 * (found + close.sum(axis=(1, 2)))
        return all_close

    def _angles(self, places: Floats, node: int, tried: Floats) -> Floats:
        """Look at narrow angles between lines of this node."""
        own = self._links[self._own[node]]
        peers = np.where(own[:, 0] == node, own[:, 1], own[:, 0])
        away = places[peers][None] - tried[:, None]
        angles = np.sort(np.arctan2(away[:, :, 1], away[:, :, 0]), axis=1)
        gaps = np.diff(angles, axis=1, append=angles[:, :1] + 2 * np.pi)
        found: Floats = 0.7 * (np.maximum(0.0, 1.0 - gaps / _NARROW) ** 2).sum(axis=1)
        return found


def _side(a: Floats, b: Floats, c: Floats) -> Floats:
    ab, ac = b - a, c - a
    found: Floats = ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0]
    return found


def _from_line(point: Floats, start: Floats, end: Floats) -> Floats:
    way = end - start
    square = np.maximum(np.sum(way**2, axis=-1), 1e-12)
    share = np.clip(np.sum((point - start) * way, axis=-1) / square, 0.0, 1.0)
    found: Floats = np.linalg.norm(point - start - share[..., None] * way, axis=-1)
    return found
