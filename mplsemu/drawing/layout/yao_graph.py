"""Which nodes of a map are neighbours: what a reader compares when he recognises it."""

from __future__ import annotations

from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices

_SECTORS: Final = 8
_ROWS_AT_ONCE: Final = 512


def yao_graph(places: Floats) -> tuple[Indices, Indices]:
    """Return each node with the nearest one in each of eight directions (a Yao graph).

    The graph is connected, and holds each node's nearest neighbours in all directions; each pair
    comes once.
    """
    count = len(places)
    pairs: set[tuple[int, int]] = set()
    for first in range(0, count, _ROWS_AT_ONCE):
        rows = np.arange(first, min(count, first + _ROWS_AT_ONCE))
        away = places[None, :, :] - places[rows, None, :]
        square = np.sum(away**2, axis=2)
        square[np.arange(len(rows)), rows] = np.inf
        angle = np.arctan2(away[:, :, 1], away[:, :, 0])
        sector = np.floor((angle / np.pi + 1.0) * (_SECTORS / 2)).astype(np.intp) % _SECTORS
        for wanted in range(_SECTORS):
            masked = np.where(sector == wanted, square, np.inf)
            nearest = np.argmin(masked, axis=1)
            found = np.isfinite(masked[np.arange(len(rows)), nearest])
            pairs.update(
                (min(a, b), max(a, b))
                for a, b in zip(rows[found].tolist(), nearest[found].tolist(), strict=True)
            )
    ordered = np.array(sorted(pairs), dtype=np.intp).reshape(-1, 2)
    return ordered[:, 0], ordered[:, 1]
