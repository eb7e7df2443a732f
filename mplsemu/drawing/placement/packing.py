"""Components of a graph side by side: shelf packing, next fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats

ASPECT: Final = 1.6
"""Width by height of a picture that fits a screen and a page."""


def packed(sizes: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Return the upper left corners of rectangles set in rows; the whole has about `ASPECT`.

    Args:
        sizes: width and height of each, in the order in which they are set.
        gap: between them.
    """
    area = sum((width + gap) * (height + gap) for width, height in sizes)
    widest = max((width for width, _ in sizes), default=0.0)
    limit = max(widest, float(np.sqrt(area * ASPECT)))
    corners = []
    x = y = deepest = 0.0
    for width, height in sizes:
        if x > 0 and x + width > limit + 1e-6:
            x, y, deepest = 0.0, y + deepest + gap, 0.0
        corners.append((x, y))
        x += width + gap
        deepest = max(deepest, height)
    return corners


def shifted_together(parts: Sequence[tuple[Floats, Floats]], gap: float) -> list[Floats]:
    """Return the positions of parts, given with the sizes of their boxes, moved side by side."""
    corners, sizes = [], []
    for places, boxes in parts:
        low = (places - boxes / 2).min(axis=0)
        high = (places + boxes / 2).max(axis=0)
        corners.append(low)
        sizes.append((float(high[0] - low[0]), float(high[1] - low[1])))
    return [
        places - corner + np.array(target)
        for (places, _), corner, target in zip(parts, corners, packed(sizes, gap), strict=True)
    ]
