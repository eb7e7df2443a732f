"""Weighted least squares over positions: how far apart nodes should stand, met as well as can be.

By conjugate gradients: Hestenes and Stiefel, Methods of conjugate gradients for solving linear
systems, 1952. SciPy has them too, but takes three times as long to import as NumPy (ADR 17).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices

_MOST_STEPS: Final = 80
_TOLERANCE: Final = 1e-3
"""Of the residual, in shares of what it is at first."""


@dataclass(frozen=True, slots=True)
class LeastSquaresTerms:
    """Terms ``weight * |sum of factor * position - wanted|²``, each over two or three nodes.

    Attributes:
        nodes: shape (m, 3); a term of two nodes repeats one, with factor 0.
        factors: of the nodes' positions, shape (m, 3).
        wanted: vectors, shape (m, 2).
        weights: shape (m,).
    """

    nodes: Indices
    factors: Floats
    wanted: Floats
    weights: Floats

    @classmethod
    def between(
        cls, firsts: Indices, seconds: Indices, wanted: Floats, weights: Floats
    ) -> LeastSquaresTerms:
        """Return terms that want `firsts` to stand at `wanted`, seen from `seconds`."""
        factors = np.tile((1.0, -1.0, 0.0), (len(firsts), 1))
        return cls(np.stack((firsts, seconds, seconds), axis=1), factors, wanted, weights)


def solve_least_squares(places: Floats, terms: Sequence[LeastSquaresTerms]) -> Floats:
    """Return the positions with the least sum of terms, found from `places` on.

    Conjugate gradients with a Jacobi preconditioner. A slight pull to where each node is makes the
    solution unique: the terms alone do not say where the whole stands.
    """
    nodes = np.concatenate([r.nodes for r in terms])
    factors = np.concatenate([r.factors for r in terms])
    wanted = np.concatenate([r.wanted for r in terms])
    weights = np.concatenate([r.weights for r in terms])
    if not len(weights):
        return places
    system = _NormalEquations(nodes, factors, weights, len(places))
    found = places.copy()
    residual = system.gathered(wanted - system.sums(found))
    step = residual / system.diagonal
    square = np.sum(residual * step, axis=0)
    enough = square * _TOLERANCE**2
    for _ in range(_MOST_STEPS):
        moved = system.times(step)
        along = np.sum(step * moved, axis=0)
        share = np.divide(square, along, out=np.zeros(2), where=along > 0)
        found += share * step
        residual -= share * moved
        scaled = residual / system.diagonal
        now = np.sum(residual * scaled, axis=0)
        if np.all(now <= enough):
            break
        step = scaled + np.divide(now, square, out=np.zeros(2), where=square > 0) * step
        square = now
    return found


class _NormalEquations:
    """The matrix of the normal equations, as an operator: it is never written out."""

    def __init__(self, nodes: Indices, factors: Floats, weights: Floats, count: int) -> None:
        used = range(3 if factors[:, 2].any() else 2)
        self._columns = [(nodes[:, k], factors[:, k, None]) for k in used]
        self._weights = weights[:, None]
        self._count = count
        own = np.zeros(count)
        for column, factor in self._columns:
            own += np.bincount(column, (factor**2 * self._weights)[:, 0], minlength=count)
        self._pull = 1e-6 * max(float(own.max(initial=0.0)), 1e-12)
        self.diagonal = (own + self._pull)[:, None]

    def sums(self, places: Floats) -> Floats:
        """Return the sum of factor times position of every term."""
        found = np.zeros((len(self._weights), 2))
        for column, factor in self._columns:
            found += places[column] * factor
        return found

    def gathered(self, vectors: Floats) -> Floats:
        """Return the weighted vectors of the terms, added up at each node (the transpose)."""
        weighted = vectors * self._weights
        found = np.zeros((self._count, 2))
        for column, factor in self._columns:
            part = weighted * factor
            for axis in (0, 1):
                found[:, axis] += np.bincount(column, part[:, axis], minlength=self._count)
        return found

    def times(self, places: Floats) -> Floats:
        """Return the matrix times a vector of positions."""
        return self.gathered(self.sums(places)) + self._pull * places
