"""Tutte embedding: one cycle on a circle, every other node at the centroid of its neighbours.

Tutte, How to draw a graph, 1963. No two lines cross if the graph is planar and 3-connected and the
cycle bounds a face. For other graphs it still is a good start for a search.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats
from mplsemu.drawing.graph import Pair, neighbours

_ROUNDS: Final = 120
"""Of moving all nodes to the centroids of their neighbours (Jacobi iteration)."""


def cycles(count: int, links: Sequence[Pair]) -> list[list[int]]:
    """Return the fundamental cycles of a connected graph, the longest first.

    They are those of a breadth-first spanning tree from the node of the highest degree.
    """
    around = neighbours(count, links)
    root = max(range(count), key=lambda node: (len(around[node]), -node))
    parent = {root: root}
    order = [root]
    for node in order:  # it grows while it is read
        for peer in around[node]:
            if peer not in parent:
                parent[peer] = node
                order.append(peer)
    found: dict[frozenset[int], list[int]] = {}
    for a, b in sorted({(min(pair), max(pair)) for pair in links}):
        if parent[a] != b and parent[b] != a:
            cycle = _cycle(parent, a, b)
            found.setdefault(frozenset(cycle), cycle)
    return sorted(found.values(), key=lambda cycle: (-len(cycle), cycle))


def _cycle(parent: dict[int, int], a: int, b: int) -> list[int]:
    """Return the path in the tree from `a` over the lowest common ancestor to `b`."""
    up, down = _ancestors(parent, a), _ancestors(parent, b)
    while len(up) > 1 and len(down) > 1 and up[-2] == down[-2]:
        up.pop()
        down.pop()
    return [*up, *down[-2::-1]]


def _ancestors(parent: dict[int, int], node: int) -> list[int]:
    found = [node]
    while parent[found[-1]] != found[-1]:
        found.append(parent[found[-1]])
    return found


def tutte_embedding(count: int, links: Sequence[Pair], outer: Sequence[int]) -> Floats:
    """Return positions in hops, with the cycle `outer` on a circle."""
    places = np.zeros((count, 2))
    angles = np.arange(len(outer)) * (2 * np.pi / len(outer))
    radius = max(len(outer) / (2 * np.pi), 0.3 * np.sqrt(count) + 0.3)
    circle = radius * np.stack((np.cos(angles), np.sin(angles)), axis=1)
    places[list(outer)] = circle
    beside = np.zeros((count, count))
    for a, b in links:
        if a != b:
            beside[a, b] = beside[b, a] = 1.0
    mean = beside / np.maximum(beside.sum(axis=1, keepdims=True), 1.0)
    for _ in range(_ROUNDS):
        places = mean @ places
        places[list(outer)] = circle
    return places
