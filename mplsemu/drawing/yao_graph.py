"""The Yao graph: which nodes of a map are neighbours, as a reader sees them.

Yao, On constructing minimum spanning trees in k-dimensional spaces and related problems, 1982.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices

_SECTORS: Final = 8
_ROWS_AT_ONCE: Final = 512


def yao_graph(places: Floats) -> tuple[Indices, Indices]:
    """Return each node with its nearest neighbour in each of eight sectors; each pair once.

    With eight sectors the graph is connected.
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
