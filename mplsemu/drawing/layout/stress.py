"""A place for each node of a connected graph without positions: distances like numbers of hops.

Stress majorization (Gansner, Koren and North 2004), from a start by pivot MDS (Brandes and Pich
2006). Large graphs compare each node with its neighbours and some pivots only (Ortmann and others
2017).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.layout.graph import Pair, hops, neighbours
from mplsemu.drawing.layout.least_squares import LeastSquaresTerms, solve_least_squares

_ALL_PAIRS: Final = 160
_PIVOTS: Final = 40
_LONG: Final = 1.6
_PARTNERS: Final = 24
_ROUNDS: Final = 150
_STILL: Final = 2e-4
_SEED: Final = 3031


class DistanceGraph:
    """A connected graph, and the distances in it that the layout looks at."""

    def __init__(self, count: int, links: Sequence[Pair]) -> None:
        self.count = count
        self._around = neighbours(count, links)
        self._pivots = self._chosen_pivots()
        self.firsts, self.seconds, self.distances = self._compared(links)

    def start(self) -> Floats:
        """Return places by pivot MDS, shaken a little so that no two nodes coincide."""
        squares = np.stack([row for _, row in self._pivots], axis=1) ** 2
        centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
        axes: list[Floats] = []
        for number in range(2):
            axes.append(_strongest(-centred / 2, axes, number))
        places = np.stack(axes, axis=1)
        spread = max(float(np.abs(places).max()), 1e-9)
        farthest = max(row.max() for _, row in self._pivots)
        found: Floats = places / spread * farthest / 2 + 0.1 * _shaken(self.count, 0)
        return found

    def scattered(self, seed: int) -> Floats:
        """Return places by chance."""
        found: Floats = _shaken(self.count, seed) * float(self.distances.max(initial=1.0)) / 2
        return found

    def stress(self, places: Floats) -> float:
        """Return how far the places are from the distances wanted: 0 where all are right."""
        away = np.linalg.norm(places[self.firsts] - places[self.seconds], axis=1)
        return float(np.mean((away / self.distances - 1.0) ** 2)) if len(away) else 0.0

    def relaxed(self, places: Floats, rounds: int = _ROUNDS) -> Floats:
        """Return places with less stress."""
        if self.count < 2:
            return places
        weights = 1.0 / self.distances**2
        before = self.stress(places)
        for _ in range(rounds):
            away = places[self.firsts] - places[self.seconds]
            length = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
            wanted = away * (self.distances / length)[:, None]
            places = solve_least_squares(
                places, [LeastSquaresTerms.between(self.firsts, self.seconds, wanted, weights)]
            )
            now = self.stress(places)
            if before - now < _STILL * before:
                break
            before = now
        return places

    def _chosen_pivots(self) -> list[tuple[int, Floats]]:
        """Return nodes far from one another, with their distances to all."""
        wanted = self.count if self.count <= _ALL_PAIRS else _PIVOTS
        pivot = max(range(self.count), key=lambda node: (len(self._around[node]), -node))
        found: list[tuple[int, Floats]] = []
        nearest = np.full(self.count, np.inf)
        while len(found) < wanted:
            row = hops(self._around, pivot)
            found.append((pivot, row))
            nearest = np.minimum(nearest, row)
            pivot = int(np.argmax(nearest))
        return found

    def _compared(self, links: Sequence[Pair]) -> tuple[Indices, Indices, Floats]:
        pairs = {(min(a, b), max(a, b)): 1.0 for a, b in links if a != b}
        for pivot, row in self._pivots:
            for node in range(self.count):
                if node != pivot:
                    pairs[min(node, pivot), max(node, pivot)] = float(row[node])
        for pair, distance in self._by_chance():
            pairs.setdefault(pair, distance)
        ordered = sorted(pairs.items())
        ends = np.array([pair for pair, _ in ordered], dtype=np.intp).reshape(-1, 2)
        distances = np.array([distance for _, distance in ordered])
        # a long chain has to bend to fit on a page: what is far apart need not be so far
        limit = _LONG * np.sqrt(self.count)
        far = np.maximum(distances / limit, 1.0)
        return ends[:, 0], ends[:, 1], distances / np.sqrt(far)

    def _by_chance(self) -> Iterator[tuple[Pair, float]]:
        """Yield pairs of a large graph, about as far apart as the way past a pivot is long.

        Without them nothing would keep nodes apart that are as far from all pivots.
        """
        if len(self._pivots) == self.count:
            return
        rows = np.stack([row for _, row in self._pivots])
        chooser = random.Random(_SEED)
        for node in range(self.count):
            others = [chooser.randrange(self.count) for _ in range(_PARTNERS)]
            lengths = (rows[:, node, None] + rows[:, others]).min(axis=0)
            for other, length in zip(others, lengths.tolist(), strict=True):
                if other != node:
                    yield (min(node, other), max(node, other)), length


def _strongest(matrix: Floats, others: Sequence[Floats], number: int) -> Floats:
    """Return the strongest direction in which rows differ, other than `others`.

    By power iteration: unlike a library's eigenvectors its outcome is the same on all machines.
    """
    vector = _shaken(len(matrix), number + 1)[:, 0]
    for _ in range(60):
        for other in others:
            square = float(other @ other)
            if square > 1e-12:
                vector = vector - other * (float(other @ vector) / square)
        length = float(np.linalg.norm(vector))
        if length < 1e-12:
            break
        vector = matrix @ (matrix.T @ (vector / length))
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-12 else vector


def _shaken(count: int, seed: int) -> Floats:
    chooser = random.Random(_SEED + seed)
    return np.array([(chooser.random() - 0.5, chooser.random() - 0.5) for _ in range(count)])
