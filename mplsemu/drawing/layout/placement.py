"""Where nodes stand: by their geographic positions where most have one, else by the graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.layout.distances import LayoutDistances
from mplsemu.drawing.layout.graph import Pair, components, neighbours
from mplsemu.drawing.layout.layout_graph import LayoutGraph
from mplsemu.drawing.layout.least_squares import LeastSquaresTerms, solve_least_squares
from mplsemu.drawing.layout.local_search import is_small, locally_optimised
from mplsemu.drawing.layout.overlap_removal import Clearances, remove_overlaps
from mplsemu.drawing.layout.packing import shifted_together
from mplsemu.drawing.layout.projection import projected
from mplsemu.drawing.layout.rotation import aligned, best_rotation
from mplsemu.drawing.layout.stress import DistanceGraph
from mplsemu.drawing.layout.yao_graph import yao_graph

_MOSTLY: Final = 0.6
_FAR: Final = 2.5
_GOLDEN: Final = np.pi * (3 - np.sqrt(5))
_LABEL_STUBS: Final = 24.0
_FEW: Final = 40
_FILLED: Final = 0.2
_FLAT: Final = np.array((1.0, 0.8))
"""A hop to the side and one up: boxes are wider than high, and so is a page."""


def place_nodes(subject: LayoutGraph, measures: LayoutDistances) -> Floats:
    """Return the middles of the nodes' boxes; no two boxes come near each other."""
    return _Placing(subject, measures).places()


class _Placing:
    def __init__(self, subject: LayoutGraph, measures: LayoutDistances) -> None:
        self._subject = subject
        self._measures = measures
        self._count = len(subject.nodes)
        self._pairs: list[Pair] = [tie.ends for tie in subject.edges]
        self._sizes = np.array([(b.size.width, b.size.height) for b in subject.nodes])

    def places(self) -> Floats:
        """Place the parts that have positions on a map, and the others beside it."""
        parts = components(self._count, self._pairs)
        on_map: list[int] = []
        if self._is_geographic():
            on_map = sorted(n for part in parts for n in part if self._has_position(part))
            parts = [part for part in parts if not self._has_position(part)]
        done: list[tuple[list[int], Floats]] = []
        if on_map:
            done.append((on_map, self._finished(on_map, self._map(on_map))))
        done += [(part, self._finished(part, self._drawn(part), tidy=True)) for part in parts]
        gap = 1.5 * max(self._measures.gap)
        moved = shifted_together([(places, self._sizes[part]) for part, places in done], gap)
        found = np.zeros((self._count, 2))
        for (part, _), places in zip(done, moved, strict=True):
            found[part] = places
        return found

    def _has_position(self, part: Sequence[int]) -> bool:
        return any(self._subject.nodes[node].position is not None for node in part)

    def _is_geographic(self) -> bool:
        known = [b.position for b in self._subject.nodes if b.position is not None]
        are_most = len(known) >= max(_MOSTLY * self._count, 2)
        return are_most and len(set(known)) >= _MOSTLY * len(known)

    def _inside(self, part: Sequence[int]) -> list[Pair]:
        """Return the links among these nodes, which are numbered anew."""
        number = {node: index for index, node in enumerate(part)}
        return [(number[a], number[b]) for a, b in self._pairs if a in number and b in number]

    def _map(self, part: Sequence[int]) -> Floats:
        nodes = [self._subject.nodes[node] for node in part]
        known = np.array([body.position is not None for body in nodes])
        places = np.zeros((len(part), 2))
        places[known] = projected(np.array([b.position for b in nodes if b.position is not None]))
        _fill_in(places, known, neighbours(len(part), self._inside(part)))
        places = _compressed(_scattered(places))
        return places * self._map_scale(part, places)

    def _map_scale(self, part: Sequence[int], places: Floats) -> float:
        """Return px per unit: as small as crowded places allow, which grow later."""
        gap = np.array(self._measures.gap)
        area = float(np.prod(self._sizes[part] + gap, axis=1).sum())
        extent = np.maximum(np.ptp(places, axis=0), np.ptp(places, axis=0).max() / 4)
        scale = np.sqrt(area / self._measures.filled / float(np.prod(extent)))
        return float(scale)

    def _drawn(self, part: Sequence[int]) -> Floats:
        pairs = self._inside(part)
        if len(part) == 1:
            return np.zeros((1, 2))
        graph = DistanceGraph(len(part), pairs)
        inner = [self._subject.nodes[node].is_inner for node in part]
        small = is_small(len(part), pairs)
        places = locally_optimised(graph, pairs, inner) if small else graph.relaxed(graph.start())
        room = self._sizes[part].mean(axis=0) / self._measures.hop
        places = best_rotation(places, _as_array(pairs), (float(room[0]), float(room[1])))
        found: Floats = places * self._hop(part, places) * _FLAT
        return found

    def _hop(self, part: Sequence[int], places: Floats) -> float:
        """Return px per hop: less in a wide graph, more in one where everything is near."""
        hop = self._measures.hop
        gap = np.array(self._measures.gap)
        area = float(np.prod(self._sizes[part] + gap, axis=1).sum())
        extent = float(np.prod(np.ptp(places, axis=0) + 1.0))
        wanted = np.sqrt(area / _FILLED / extent)
        return float(np.clip(wanted, 0.5 * hop, 10 * hop)) if len(part) > _FEW else hop

    def _finished(self, part: Sequence[int], places: Floats, *, tidy: bool = False) -> Floats:
        numbers = set(part)
        edges = [tie for tie in self._subject.edges if tie.ends[0] in numbers]
        links = _as_array(self._inside(part))
        shortest = self._measures.shortest
        lengths = np.array([
            max(shortest, tie.text.width + _LABEL_STUBS if tie.text else 0.0) for tie in edges
        ])  # fmt: skip
        apart = links[:, 0] != links[:, 1]
        room = Clearances(
            gap=self._measures.gap,
            clearance=self._measures.clearance * 1.5 if self._measures.steps_aside else None,
            lengths=lengths[apart],
            rounds=self._measures.rounds,
        )
        sizes, links = self._sizes[part], links[apart]
        places = remove_overlaps(places, sizes, links, room)
        if tidy and len(part) <= 60:
            places = remove_overlaps(aligned(places, links, self._measures.hop), sizes, links, room)
        return places


def _as_array(pairs: Sequence[Pair]) -> Indices:
    return np.array(pairs, dtype=np.intp).reshape(-1, 2)


def _fill_in(places: Floats, known: np.ndarray, around: Sequence[Sequence[int]]) -> None:
    """Put nodes without a position amid their neighbours."""
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


def _scattered(places: Floats) -> Floats:
    """Return places that all differ: those that coincide go round in a spiral, a little."""
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
            angle = number * _GOLDEN
            found[node] += reach * np.array((np.cos(angle), np.sin(angle)))
    return found


def _compressed(places: Floats) -> Floats:
    """Return the map with wide empty spaces made narrower: an ocean says little."""
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
