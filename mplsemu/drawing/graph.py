"""Graphs as numbers of nodes and pairs of them: neighbours, components, distances in hops."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from mplsemu.drawing.arrays import Floats

Pair = tuple[int, int]


def neighbours(count: int, links: Sequence[Pair]) -> list[list[int]]:
    """Return the neighbours of each node, sorted, each once."""
    around: list[set[int]] = [set() for _ in range(count)]
    for a, b in links:
        if a != b:
            around[a].add(b)
            around[b].add(a)
    return [sorted(peers) for peers in around]


def components(count: int, links: Sequence[Pair]) -> list[list[int]]:
    """Return the connected components, the largest first."""
    around = neighbours(count, links)
    seen = [False] * count
    found = []
    for start in range(count):
        if seen[start]:
            continue
        seen[start] = True
        part = [start]
        for node in part:  # it grows while it is read
            for peer in around[node]:
                if not seen[peer]:
                    seen[peer] = True
                    part.append(peer)
        found.append(sorted(part))
    return sorted(found, key=lambda part: (-len(part), part))


def hops(around: Sequence[Sequence[int]], start: int) -> Floats:
    """Return how many hops each node is from `start` (breadth-first); infinite if unreachable."""
    found = np.full(len(around), np.inf)
    found[start] = 0
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for peer in around[node]:
            if found[peer] == np.inf:
                found[peer] = found[node] + 1
                queue.append(peer)
    return found
