"""A start without crossings for many a small graph: one ring outside, the rest amid its neighbours.

Tutte (How to draw a graph, 1963): where the ring bounds a face of a well connected planar graph,
no two lines cross. For others it still is a start as good as any.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats
from mplsemu.drawing.layout.graph import Pair, neighbours

_STEPS: Final = 120


def cycles(count: int, links: Sequence[Pair]) -> list[list[int]]:
    """Return cycles of a connected graph, the longest first, by a tree and each link beside it."""
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
            ring = _cycle(parent, a, b)
            found.setdefault(frozenset(ring), ring)
    return sorted(found.values(), key=lambda ring: (-len(ring), ring))


def _cycle(parent: dict[int, int], a: int, b: int) -> list[int]:
    """Return the way from `a` up the tree to where it meets that of `b`, and down to `b`."""
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


def tutte_embedding(count: int, links: Sequence[Pair], ring: Sequence[int]) -> Floats:
    """Return places in hops: a ring on a circle, all others in the middle of their neighbours."""
    places = np.zeros((count, 2))
    angles = np.arange(len(ring)) * (2 * np.pi / len(ring))
    radius = max(len(ring) / (2 * np.pi), 0.3 * np.sqrt(count) + 0.3)
    circle = radius * np.stack((np.cos(angles), np.sin(angles)), axis=1)
    places[list(ring)] = circle
    beside = np.zeros((count, count))
    for a, b in links:
        if a != b:
            beside[a, b] = beside[b, a] = 1.0
    mean = beside / np.maximum(beside.sum(axis=1, keepdims=True), 1.0)
    for _ in range(_STEPS):
        places = mean @ places
        places[list(ring)] = circle
    return places
