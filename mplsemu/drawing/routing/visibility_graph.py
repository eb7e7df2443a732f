"""A visibility graph of boxes, and shortest paths in it by A*.

Lozano-Perez and Wesley (An algorithm for planning collision-free paths among polyhedral obstacles,
1979): a shortest path around boxes bends only at their corners. The graph is sparse: only boxes
near each other are connected directly, and a path past many goes from one to the next. A* (Hart,
Nilsson and Raphael, 1968) with a penalty for each bend.
"""

from __future__ import annotations

import heapq
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Flags, Floats, Indices, all_in, any_in, crossed_boxes
from mplsemu.drawing.yao_graph import yao_graph

_OUTSIDE: Final = 0.5
"""Distance of a corner from its box, so that lines touch no box."""
_SIDES: Final = np.array([(0, 1), (2, 1), (2, 3), (0, 3)])
_OUTWARD: Final = np.array([(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)])
_SLOPES: Final = np.array([-1.0, 1.0, -1.0, 1.0])
"""Sign of the slope of lines that pass a corner without cutting into its box."""
_BEND_COST: Final = 12.0
_GREED: Final = 1.04
"""Weight of the estimate in A*: above 1 the search is faster, and at most this far from optimal."""
_GOAL: Final = -2
_START: Final = -1


class VisibilityGraph:
    """The corners of all boxes, and which of them see each other.

    Corner ``4 * n + k`` belongs to box ``n``; k counts clockwise from the upper left.
    """

    def __init__(self, places: Floats, boxes: Floats) -> None:
        """Build the graph.

        Args:
            places: centres of the boxes.
            boxes: grown by the clearance that lines keep; they may touch but not overlap.
        """
        self._places = places
        self._boxes = boxes
        corners = boxes[:, _SIDES] + _OUTSIDE * _OUTWARD
        self._corners: Floats = corners.reshape(-1, 2)
        self._around = _neighbourhoods(places)
        self._peers: list[list[tuple[int, float]]] = [[] for _ in self._corners]
        for node, around in enumerate(self._around):
            self._connect(node, around)
        self._sights: dict[int, list[tuple[int, float]]] = {}

    def shortest_path(self, start: int, end: int) -> Floats | None:
        """Return a polyline from the centre of one box to that of another.

        Returns:
            None if there is no path.
        """
        last_corners = dict(self._seen_from(end))
        goal = self._places[end]
        remaining = np.hypot(*(self._corners - goal).T) * _GREED
        far: dict[int, float] = {}
        before: dict[int, int] = {}
        queue: list[tuple[float, int, float, int]] = []
        for corner, length in self._seen_from(start):
            heapq.heappush(queue, (length + remaining[corner], corner, length, _START))
        while queue:
            _, corner, length, previous = heapq.heappop(queue)
            if corner in far:
                continue
            far[corner] = length
            before[corner] = previous
            if corner == _GOAL:
                return self._path(before, start, end)
            if corner in last_corners:
                whole = length + last_corners[corner]
                heapq.heappush(queue, (whole, _GOAL, whole, corner))
            for peer, step in self._peers[corner]:
                if peer not in far:
                    heapq.heappush(
                        queue, (length + step + remaining[peer], peer, length + step, corner)
                    )
        return None

    def _path(self, before: dict[int, int], start: int, end: int) -> Floats:
        path = []
        corner = before[_GOAL]
        while corner != _START:
            path.append(self._corners[corner])
            corner = before[corner]
        return self._shortcut(
            np.array([self._places[start], *path[::-1], self._places[end]]), start, end
        )

    def _shortcut(self, corners: Floats, start: int, end: int) -> Floats:
        """Drop needless corners: go from each to the last one that it sees."""
        others = np.ones(len(self._boxes), dtype=np.bool_)
        others[[start, end]] = False
        count = len(corners)
        a, b = np.triu_indices(count, 1)
        seen = np.zeros((count, count), dtype=np.bool_)
        seen[a, b] = self._sees(corners[a], corners[b], others)
        kept = [0]
        while kept[-1] < count - 1:
            later = np.nonzero(seen[kept[-1]])[0]
            kept.append(max(kept[-1] + 1, int(later[-1]) if len(later) else 0))
        return corners[kept]

    def _connect(self, node: int, around: Indices) -> None:
        """Connect the corners of a box with those around it, and its own, that they see."""
        others = around[around >= node]
        own = np.repeat(np.arange(4 * node, 4 * node + 4), 4 * len(others))
        far = np.tile((4 * others[:, None] + np.arange(4)).ravel(), 4)
        away = self._corners[far] - self._corners[own]
        slope = away[:, 0] * away[:, 1]
        fits = (slope * _SLOPES[own % 4] >= 0) & (slope * _SLOPES[far % 4] >= 0) & (own < far)
        own, far, away = own[fits], far[fits], away[fits]
        free = self._sees(
            self._corners[own], self._corners[far], np.ones(len(self._boxes), dtype=np.bool_)
        )
        lengths = np.hypot(away[:, 0], away[:, 1]) + _BEND_COST
        for a, b, length in zip(
            own[free].tolist(), far[free].tolist(), lengths[free].tolist(), strict=True
        ):
            self._peers[a].append((b, length))
            self._peers[b].append((a, length))

    def _sees(self, starts: Floats, ends: Floats, boxes: Flags) -> Flags:
        """Return which of these segments cross none of those boxes."""
        if not len(starts):
            return np.empty(0, dtype=np.bool_)
        low = np.minimum(starts, ends).min(axis=0)
        high = np.maximum(starts, ends).max(axis=0)
        boxes = boxes & all_in((self._boxes[:, :2] < high) & (self._boxes[:, 2:] > low))
        found: Flags = ~any_in(crossed_boxes(starts, ends, self._boxes[boxes]))
        return found

    def _seen_from(self, node: int) -> list[tuple[int, float]]:
        """Return the corners seen from the centre of a box, with the distance to each."""
        if node not in self._sights:
            others = self._around[node][self._around[node] != node]
            far = (4 * others[:, None] + np.arange(4)).ravel()
            place = self._places[node]
            away = self._corners[far] - place
            fits = away[:, 0] * away[:, 1] * _SLOPES[far % 4] >= 0
            far, away = far[fits], away[fits]
            rest = np.arange(len(self._boxes)) != node
            free = self._sees(np.broadcast_to(place, away.shape), self._corners[far], rest)
            lengths = np.hypot(away[:, 0], away[:, 1]) + _BEND_COST
            self._sights[node] = list(zip(far[free].tolist(), lengths[free].tolist(), strict=True))
        return self._sights[node]


def _neighbourhoods(places: Floats) -> list[Indices]:
    """Return for each node itself, its neighbours on the map, and theirs."""
    count = len(places)
    near: list[set[int]] = [{node} for node in range(count)]
    if count > 1:
        for a, b in zip(*(ends.tolist() for ends in yao_graph(places)), strict=True):
            near[a].add(b)
            near[b].add(a)
    return [
        np.array(sorted(set().union(*(near[peer] for peer in peers))), dtype=np.intp)
        for peers in near
    ]
