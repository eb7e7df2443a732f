"""Map projection: geographic positions on a plane, east to the right and north up."""

from __future__ import annotations

import numpy as np

from mplsemu.drawing.arrays import Floats


def projected(positions: Floats) -> Floats:
    """Return longitudes and latitudes (degrees) as points on a plane, in degrees of latitude.

    Equirectangular, with the middle latitude true to scale. The map is cut at the widest gap
    between longitudes, so that a network across the Pacific stays in one piece.
    """
    longitudes = _cut(positions[:, 0])
    latitudes = np.clip(positions[:, 1], -89.0, 89.0)
    middle = np.radians((latitudes.min() + latitudes.max()) / 2)
    return np.stack((longitudes * max(np.cos(middle), 0.2), -latitudes), axis=1)


def _cut(longitudes: Floats) -> Floats:
    wrapped = np.mod(longitudes + 180.0, 360.0)
    ordered = np.sort(wrapped)
    gaps = np.diff(ordered, append=ordered[0] + 360.0)
    widest = int(np.argmax(gaps))
    # the usual cut, with Greenwich in the middle, unless another gap is wider
    if gaps[widest] <= gaps[-1] + 1e-9:
        return wrapped
    first = ordered[(widest + 1) % len(ordered)]
    return np.where(wrapped < first - 1e-9, wrapped + 360.0, wrapped)
