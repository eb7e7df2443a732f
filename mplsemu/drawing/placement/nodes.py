"""Node placement: by geographic positions if most nodes have one, else by the graph alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.distances import LayoutDistances
from mplsemu.drawing.graph import Pair, components, neighbours
from mplsemu.drawing.layout_graph import LayoutGraph
from mplsemu.drawing.placement.least_squares import LeastSquaresTerms, solve_least_squares
from mplsemu.drawing.placement.local_search import is_small, locally_optimised
from mplsemu.drawing.placement.overlap_removal import Clearances, remove_overlaps
from mplsemu.drawing.placement.packing import shifted_together
from mplsemu.drawing.placement.projection import projected
from mplsemu.drawing.placement.rotation import aligned, best_rotation
from mplsemu.drawing.placement.stress import DistanceGraph
from mplsemu.drawing.yao_graph import yao_graph

_MOST: Final = 0.6
"""Share of the nodes that must have a position, each one of its own, for a map."""
_FAR: Final = 2.5
"""Distance of neighbours on a map, in medians, beyond which it is compressed."""
_GOLDEN_ANGLE: Final = np.pi * (3 - np.sqrt(5))
_STUBS: Final = 24.0
"""What is seen of a line on both sides of its label."""
_MOST_WITH_FIXED_HOP: Final = 40
_MOST_ALIGNED: Final = 60
_FILLED: Final = 0.2
"""Share of a large drawing that boxes with their gaps take."""
_HOP_SCALES: Final = (0.5, 10)
_HOP_ASPECT: Final = np.array((1.0, 0.8))
"""Of a hop to the side and one up: boxes are wider than high, and so is a page."""


def place_nodes(graph: LayoutGraph, distances: LayoutDistances) -> Floats:
    """Return the centres of the nodes' boxes, no two of which come close."""
    return _Placement(graph, distances).places()


class _Placement:
    def __init__(self, graph: LayoutGraph, distances: LayoutDistances) -> None:
        self._graph = graph
        self._distances = distances
        self._count = len(graph.nodes)
        self._pairs: list[Pair] = [edge.ends for edge in graph.edges]
        self._sizes = np.array([(b.size.width, b.size.height) for b in graph.nodes])

    def places(self) -> Floats:
        """Place components that have positions on a map, and the others beside it."""
        parts = components(self._count, self._pairs)
        on_map: list[int] = []
        if self._is_geographic():
            on_map = sorted(n for part in parts for n in part if self._has_position(part))
            parts = [part for part in parts if not self._has_position(part)]
        done: list[tuple[list[int], Floats]] = []
        if on_map:
            done.append((on_map, self._finished(on_map, self._map(on_map))))
        done += [(part, self._finished(part, self._drawn(part), align=True)) for part in parts]
        gap = 1.5 * max(self._distances.gap)
        moved = shifted_together([(places, self._sizes[part]) for part, places in done], gap)
        found = np.zeros((self._count, 2))
        for (part, _), places in zip(done, moved, strict=True):
            found[part] = places
        return found

    def _has_position(self, part: Sequence[int]) -> bool:
        return any(self._graph.nodes[node].position is not None for node in part)

    def _is_geographic(self) -> bool:
        known = [b.position for b in self._graph.nodes if b.position is not None]
        are_most = len(known) >= max(_MOST * self._count, 2)
        return are_most and len(set(known)) >= _MOST * len(known)

    def _inside(self, part: Sequence[int]) -> list[Pair]:
        """Return the edges among these nodes, with the nodes renumbered."""
        number = {node: index for index, node in enumerate(part)}
        return [(number[a], number[b]) for a, b in self._pairs if a in number and b in number]

    def _map(self, part: Sequence[int]) -> Floats:
        nodes = [self._graph.nodes[node] for node in part]
        known = np.array([node.position is not None for node in nodes])
        places = np.zeros((len(part), 2))
        places[known] = projected(np.array([n.position for n in nodes if n.position is not None]))
        _place_between_neighbours(places, known, neighbours(len(part), self._inside(part)))
        places = _compressed(_distinct(places))
        return places * self._map_scale(part, places)

    def _map_scale(self, part: Sequence[int], places: Floats) -> float:
        """Return px per unit: small, for overlap removal enlarges what is crowded."""
        gap = np.array(self._distances.gap)
        area = float(np.prod(self._sizes[part] + gap, axis=1).sum())
        extent = np.maximum(np.ptp(places, axis=0), np.ptp(places, axis=0).max() / 4)
        scale = np.sqrt(area / self._distances.filled / float(np.prod(extent)))
        return float(scale)

    def _drawn(self, part: Sequence[int]) -> Floats:
        pairs = self._inside(part)
        if len(part) == 1:
            return np.zeros((1, 2))
        graph = DistanceGraph(len(part), pairs)
        inner = [self._graph.nodes[node].is_inner for node in part]
        if is_small(len(part), pairs):
            places = locally_optimised(graph, pairs, inner)
        else:
            places = graph.majorised(graph.pivot_mds())
        room = self._sizes[part].mean(axis=0) / self._distances.hop
        places = best_rotation(places, _as_array(pairs), (float(room[0]), float(room[1])))
        found: Floats = places * self._hop(part, places) * _HOP_ASPECT
        return found

    def _hop(self, part: Sequence[int], places: Floats) -> float:
        """Return px per hop: fewer in a graph of long paths, more in one where all is near."""
        hop = self._distances.hop
        if len(part) <= _MOST_WITH_FIXED_HOP:
            return hop
        low, high = _HOP_SCALES
        gap = np.array(self._distances.gap)
        area = float(np.prod(self._sizes[part] + gap, axis=1).sum())
        extent = float(np.prod(np.ptp(places, axis=0) + 1.0))
        wanted = np.sqrt(area / _FILLED / extent)
        return float(np.clip(wanted, low * hop, high * hop))

    def _finished(self, part: Sequence[int], places: Floats, *, align: bool = False) -> Floats:
        numbers = set(part)
        edges = [edge for edge in self._graph.edges if edge.ends[0] in numbers]
        links = _as_array(self._inside(part))
        shortest = self._distances.shortest
        lengths = np.array([
            max(shortest, edge.text.width + _STUBS if edge.text else 0.0) for edge in edges
        ])  # fmt: skip
        apart = links[:, 0] != links[:, 1]
        room = Clearances(
            gap=self._distances.gap,
            clearance=self._distances.clearance * 1.5 if self._distances.nodes_yield else None,
            lengths=lengths[apart],
            rounds=self._distances.rounds,
        )
        sizes, links = self._sizes[part], links[apart]
        places = remove_overlaps(places, sizes, links, room)
        if align and len(part) <= _MOST_ALIGNED:
            places = remove_overlaps(
                aligned(places, links, self._distances.hop), sizes, links, room
            )
        return places


def _as_array(pairs: Sequence[Pair]) -> Indices:
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _place_between_neighbours(
    places: Floats, known: np.ndarray, around: Sequence[Sequence[int]]
) -> None:
    """Put nodes without a position at the centroid of neighbours that have one."""
    done = known.copy()
    while not done.all():
        ready = [
            (node, [peer for peer in around[node] if done[peer]])
            for node in np.nonzero(~done)[0].tolist()
        ]
        for node, peers in ready:
            if peers:
                places[node] = places[peers].mean(axis=0)
                done[node] = True


def _distinct(places: Floats) -> Floats:
    """Return distinct positions: nodes that coincide are set on a small sunflower spiral."""
    extent = max(float(np.ptp(places, axis=0).max()), 1e-6)
    step = extent / 400 / np.sqrt(len(places))
    seen: dict[tuple[int, int], int] = {}
    found = places.copy()
    for node, (x, y) in enumerate(places.tolist()):
        key = (round(x / step), round(y / step))
        number = seen.get(key, 0)
        seen[key] = number + 1
        if number:
            reach = step * np.sqrt(number)
            angle = number * _GOLDEN_ANGLE
            found[node] += reach * np.array((np.cos(angle), np.sin(angle)))
    return found


def _compressed(places: Floats) -> Floats:
    """Return the map with long distances shortened to their logarithm: oceans say little."""
    if len(places) < 4:
        return places
    firsts, seconds = yao_graph(places)
    away = places[firsts] - places[seconds]
    length = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
    limit = _FAR * float(np.median(length))
    factor = np.where(length > limit, limit * (1 + np.log(length / limit)) / length, 1.0)
    wanted = away * factor[:, None]
    weights = 1 / np.maximum(np.sum(wanted**2, axis=1), (limit / 50) ** 2)
    return solve_least_squares(
        places, [LeastSquaresTerms.between(firsts, seconds, wanted, weights)]
    )
