"""Stress majorisation: nodes without positions stand as far apart as they are in hops.

- Majorisation: Gansner, Koren and North, Graph drawing by stress majorization, 2004.
- Initial positions by pivot MDS: Brandes and Pich, Eigensolver methods for progressive
  multidimensional scaling of large data, 2006.
- Sparse stress for large graphs, where each node is compared with its neighbours and some pivots
  only: Ortmann, Klimenta and Brandes, A sparse stress model, 2017.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.graph import Pair, hops, neighbours
from mplsemu.drawing.placement.least_squares import LeastSquaresTerms, solve_least_squares

_MOST_NODES_OF_ALL_PAIRS: Final = 160
"""Up to here every node is compared with every other; beyond, the stress is sparse."""
_PIVOTS: Final = 40
_LONG: Final = 1.6
"""Distance that is kept in full, for the square root of the number of nodes."""
_RANDOM_PARTNERS: Final = 24
"""Of each node, beside neighbours and pivots."""
_MOST_ROUNDS: Final = 150
_LEAST_GAIN: Final = 2e-4
"""Share of the stress that a round must save, or it is the last."""
_JITTER: Final = 0.1
_POWER_ROUNDS: Final = 60
_SEED: Final = 3031


class DistanceGraph:
    """A connected graph, with the distances in hops that its nodes should stand apart."""

    def __init__(self, count: int, links: Sequence[Pair]) -> None:
        self.count = count
        self._around = neighbours(count, links)
        self._pivots = self._chosen_pivots()
        self.firsts, self.seconds, self.distances = self._compared(links)

    def pivot_mds(self) -> Floats:
        """Return positions by pivot MDS, jittered so that no two nodes coincide."""
        squares = np.stack([row for _, row in self._pivots], axis=1) ** 2
        centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
        axes: list[Floats] = []
        for number in range(2):
            axes.append(_strongest(-centred / 2, axes, number))
        places = np.stack(axes, axis=1)
        spread = max(float(np.abs(places).max()), 1e-9)
        farthest = max(row.max() for _, row in self._pivots)
        found: Floats = places / spread * farthest / 2 + _JITTER * _random_positions(self.count, 0)
        return found

    def random_positions(self, seed: int) -> Floats:
        """Return random positions."""
        found: Floats = (
            _random_positions(self.count, seed) * float(self.distances.max(initial=1.0)) / 2
        )
        return found

    def stress(self, places: Floats) -> float:
        """Return the stress: the mean square of the relative errors of all distances."""
        away = np.linalg.norm(places[self.firsts] - places[self.seconds], axis=1)
        return float(np.mean((away / self.distances - 1.0) ** 2)) if len(away) else 0.0

    def majorised(self, places: Floats) -> Floats:
        """Return positions of less stress, found from `places` on."""
        if self.count < 2:
            return places
        weights = 1.0 / self.distances**2
        before = self.stress(places)
        for _ in range(_MOST_ROUNDS):
            away = places[self.firsts] - places[self.seconds]
            length = np.maximum(np.linalg.norm(away, axis=1), 1e-9)
            wanted = away * (self.distances / length)[:, None]
            places = solve_least_squares(
                places, [LeastSquaresTerms.between(self.firsts, self.seconds, wanted, weights)]
            )
            now = self.stress(places)
            if before - now < _LEAST_GAIN * before:
                break
            before = now
        return places

    def _chosen_pivots(self) -> list[tuple[int, Floats]]:
        """Return pivots, each as far as possible from those before it, with their distances."""
        wanted = self.count if self.count <= _MOST_NODES_OF_ALL_PAIRS else _PIVOTS
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
        for pair, distance in self._random_pairs():
            pairs.setdefault(pair, distance)
        ordered = sorted(pairs.items())
        ends = np.array([pair for pair, _ in ordered], dtype=np.intp).reshape(-1, 2)
        distances = np.array([distance for _, distance in ordered])
        # long distances shrink to their square root: a long chain must bend to fit on a page
        limit = _LONG * np.sqrt(self.count)
        far = np.maximum(distances / limit, 1.0)
        return ends[:, 0], ends[:, 1], distances / np.sqrt(far)

    def _random_pairs(self) -> Iterator[tuple[Pair, float]]:
        """Yield random pairs of a large graph, with the length of the shortest path over a pivot.

        Without them nothing keeps nodes apart that are equally far from every pivot.
        """
        if len(self._pivots) == self.count:
            return
        rows = np.stack([row for _, row in self._pivots])
        chooser = random.Random(_SEED)
        for node in range(self.count):
            others = [chooser.randrange(self.count) for _ in range(_RANDOM_PARTNERS)]
            lengths = (rows[:, node, None] + rows[:, others]).min(axis=0)
            for other, length in zip(others, lengths.tolist(), strict=True):
                if other != node:
                    yield (min(node, other), max(node, other)), length


def _strongest(matrix: Floats, others: Sequence[Floats], number: int) -> Floats:
    """Return the principal axis of the rows that is orthogonal to `others`.

    Power iteration: unlike a library's eigenvectors it gives the same on all machines.
    """
    vector = _random_positions(len(matrix), number + 1)[:, 0]
    for _ in range(_POWER_ROUNDS):
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


def _random_positions(count: int, seed: int) -> Floats:
    chooser = random.Random(_SEED + seed)
    return np.array([(chooser.random() - 0.5, chooser.random() - 0.5) for _ in range(count)])
