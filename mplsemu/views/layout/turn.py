"""A drawing turned so that it lies well on a page, and lined up where it nearly is."""

from __future__ import annotations

from typing import Final

import numpy as np

from mplsemu.views.layout.arrays import Floats, Indices
from mplsemu.views.layout.pack import ASPECT

_STEP: Final = np.radians(5)
_FEW: Final = 12
_WIDE: Final = (0.0, 0.25)


def turned(places: Floats, links: Indices, room: tuple[float, float]) -> Floats:
    """Return the places turned about their middle: many lines level or upright, wide not high.

    Args:
        places: of the nodes.
        links: pairs of nodes.
        room: of a node's box, to judge the form of the whole.
    """
    middle = places.mean(axis=0)
    best: tuple[float, Floats] | None = None
    for number in range(36):
        angle = number * _STEP
        cosine, sine = np.cos(angle), np.sin(angle)
        tried = (places - middle) @ np.array([[cosine, sine], [-sine, cosine]])
        cost = _cost(tried, links, room)
        if best is None or cost < best[0] - 1e-6:
            best = (cost, tried)
    assert best is not None
    return best[1]


def _cost(places: Floats, links: Indices, room: tuple[float, float]) -> float:
    width, height = np.ptp(places, axis=0) + np.array(room)
    form = float(np.log(width / height / ASPECT))
    # a wide drawing of a few nodes still fits on a page
    form = (_WIDE[len(places) > _FEW] if form > 0 else 1.0) * form**2
    if not len(links):
        return form
    away = places[links[:, 0]] - places[links[:, 1]]
    angles = np.arctan2(away[:, 1], away[:, 0])
    return form + float(np.mean(np.sin(2 * angles) ** 2))


def lined_up(places: Floats, links: Indices, tolerance: float) -> Floats:
    """Return places where what is nearly in one row or column is so exactly.

    Of many nodes only where most links become level or upright: elsewhere it would be by chance.
    """
    found = places.copy()
    for axis in (0, 1):
        order = np.argsort(places[:, axis], kind="stable")
        group: list[int] = []
        for node in [*order.tolist(), -1]:
            if node >= 0 and group and places[node, axis] - places[group[0], axis] <= tolerance:
                group.append(node)
                continue
            if group:
                found[group, axis] = places[group, axis].mean()
            group = [node]
    if len(places) <= _FEW or not len(links):
        return found
    away = np.abs(found[links[:, 0]] - found[links[:, 1]])
    straight = np.mean(away.min(axis=1) < 1e-6)
    return found if straight >= 0.5 else places
