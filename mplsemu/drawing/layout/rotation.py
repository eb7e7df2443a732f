"""A drawing turned so that it lies well on a page, and lined up where it nearly is."""

from __future__ import annotations

from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.layout.packing import ASPECT

_STEP: Final = np.radians(1)
_FEW: Final = 12
_MANY: Final = 60
_WIDE: Final = (0.0, 0.25)


def best_rotation(places: Floats, links: Indices, room: tuple[float, float]) -> Floats:
    """Return the places turned about their middle: level lines, symmetry, wide and not high.

    Args:
        places: of the nodes, in hops.
        links: pairs of nodes.
        room: of a node's box, to judge the form of the whole.
    """
    centred = places - (places.min(axis=0) + places.max(axis=0)) / 2
    best, lowest = 0.0, np.inf
    for angle in np.arange(0.0, np.pi, _STEP).tolist():
        cost = _cost(_rotated(centred, angle), links, room)
        # of two that are as good, the first: rounding must not decide
        if cost < lowest - 1e-4:
            best, lowest = angle, cost
    return _read_on(_rotated(centred, best))


def _read_on(places: Floats) -> Floats:
    """Return the drawing or its mirror image, so that the first nodes are rather left and up."""
    order = np.arange(len(places)) - (len(places) - 1) / 2
    found: Floats = np.where(order @ places < -1e-3, -1.0, 1.0) * places
    return found


def _rotated(places: Floats, angle: float) -> Floats:
    cosine, sine = np.cos(angle), np.sin(angle)
    found: Floats = places @ np.array([[cosine, sine], [-sine, cosine]])
    return found


def _cost(places: Floats, links: Indices, room: tuple[float, float]) -> float:
    width, height = np.ptp(places, axis=0) + np.array(room)
    form = float(np.log(width / height / ASPECT))
    # a wide drawing of a few nodes still fits on a page
    form = (_WIDE[len(places) > _FEW] if form > 0 else 1.0) * form**2
    if not len(links):
        return form
    away = places[links[:, 0]] - places[links[:, 1]]
    angles = np.arctan2(away[:, 1], away[:, 0])
    slant = float(np.mean(np.sin(2 * angles) ** 2))
    if len(places) > _MANY:
        return form + slant
    return form + slant + 2.0 * _lopsided(places, 0) + 1.0 * _lopsided(places, 1)


def _lopsided(places: Floats, axis: int) -> float:
    """Return how far from symmetry places are: in hops, from each to the nearest mirrored one."""
    mirrored = places.copy()
    mirrored[:, axis] = places[:, axis].min() + places[:, axis].max() - places[:, axis]
    away = np.linalg.norm(places[:, None] - mirrored[None], axis=2)
    return float(np.mean(np.minimum(away.min(axis=1), 0.5)))


def aligned(places: Floats, links: Indices, hop: float) -> Floats:
    """Return places where what is nearly in one row or column is so exactly.

    Of many nodes only where most links become level or upright: elsewhere it would be by chance.

    Args:
        places: of the nodes.
        links: pairs of nodes.
        hop: the usual distance of linked nodes.
    """
    is_small = len(places) <= _FEW
    tolerance = hop / 12 if is_small else hop / 5
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
    if is_small or not len(links):
        return found
    away = np.abs(found[links[:, 0]] - found[links[:, 1]])
    straight = np.mean(away.min(axis=1) < 1e-6)
    return found if straight >= 0.5 else places
