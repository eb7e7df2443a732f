"""Wishes about where nodes stand to one another, and the places that meet them best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices

_STEPS: Final = 80
_PRECISE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class LeastSquaresTerms:
    """Wishes of the form "the sum of factor times place, over three nodes, shall be this vector".

    Attributes:
        nodes: three of them, shape (m, 3); a pair names any node with factor 0 as the third.
        factors: of each.
        wanted: the vectors, shape (m, 2).
        weights: how much it matters that a wish is met.
    """

    nodes: Indices
    factors: Floats
    wanted: Floats
    weights: Floats

    @classmethod
    def between(
        cls, firsts: Indices, seconds: Indices, wanted: Floats, weights: Floats
    ) -> LeastSquaresTerms:
        """Return wishes that `firsts` stand at `wanted` as seen from `seconds`."""
        factors = np.tile((1.0, -1.0, 0.0), (len(firsts), 1))
        return cls(np.stack((firsts, seconds, seconds), axis=1), factors, wanted, weights)


def solve_least_squares(places: Floats, relations: Sequence[LeastSquaresTerms]) -> Floats:
    """Return places that meet the wishes best, by least squares, found from `places` on.

    Conjugate gradients with a diagonal preconditioner; a slight wish to stay makes the solution
    the only one.
    """
    nodes = np.concatenate([r.nodes for r in relations])
    factors = np.concatenate([r.factors for r in relations])
    wanted = np.concatenate([r.wanted for r in relations])
    weights = np.concatenate([r.weights for r in relations])
    if not len(weights):
        return places
    system = _System(nodes, factors, weights, len(places))
    found = places.copy()
    residual = system.gathered(wanted - system.sums(found))
    step = residual / system.diagonal
    square = np.sum(residual * step, axis=0)
    enough = square * _PRECISE**2
    for _ in range(_STEPS):
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


class _System:
    """The normal equations, never written out as a matrix."""

    def __init__(self, nodes: Indices, factors: Floats, weights: Floats, count: int) -> None:
        used = range(3 if factors[:, 2].any() else 2)
        self._columns = [(nodes[:, k], factors[:, k, None]) for k in used]
        self._weights = weights[:, None]
        self._count = count
        own = np.zeros(count)
        for column, factor in self._columns:
            own += np.bincount(column, (factor**2 * self._weights)[:, 0], minlength=count)
        self._stay = 1e-6 * max(float(own.max(initial=0.0)), 1e-12)
        self.diagonal = (own + self._stay)[:, None]

    def sums(self, places: Floats) -> Floats:
        """Return the left side of every wish."""
        found = np.zeros((len(self._weights), 2))
        for column, factor in self._columns:
            found += places[column] * factor
        return found

    def gathered(self, vectors: Floats) -> Floats:
        """Return what the wishes add up to at each node."""
        weighted = vectors * self._weights
        found = np.zeros((self._count, 2))
        for column, factor in self._columns:
            part = weighted * factor
            for axis in (0, 1):
                found[:, axis] += np.bincount(column, part[:, axis], minlength=self._count)
        return found

    def times(self, places: Floats) -> Floats:
        """Return the matrix times a vector of places."""
        return self.gathered(self.sums(places)) + self._stay * places
