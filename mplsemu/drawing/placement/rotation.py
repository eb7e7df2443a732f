"""Rotation of a drawing to fit a page, and alignment of what nearly is in one row or column."""

from __future__ import annotations

from typing import Final

import numpy as np

from mplsemu.drawing.arrays import Floats, Indices
from mplsemu.drawing.placement.packing import ASPECT

_STEP: Final = np.radians(1)
_FEW: Final = 12
_MOST_FOR_SYMMETRY: Final = 60
_WIDE_COST: Final = (0.0, 0.25)
"""Of a drawing wider than `ASPECT`, with few nodes and with more: a wide one of few still fits."""
_MIRRORED_COST: Final = 2.0
"""Of what is not symmetric from left to right."""
_LEAST_GAIN: Final = 1e-4


def best_rotation(places: Floats, links: Indices, room: tuple[float, float]) -> Floats:
    """Return the positions rotated about their middle: level lines, symmetric, wider than high.

    Args:
        places: of the nodes, in hops.
        links: pairs of nodes.
        room: size of a node's box, in hops.
    """
    centred = places - (places.min(axis=0) + places.max(axis=0)) / 2
    best, lowest = 0.0, np.inf
    for angle in np.arange(0.0, np.pi, _STEP).tolist():
        cost = _cost(_rotated(centred, angle), links, room)
        # a tie goes to the first, so that rounding does not decide
        if cost < lowest - _LEAST_GAIN:
            best, lowest = angle, cost
    return _in_reading_order(_rotated(centred, best))


def _in_reading_order(places: Floats) -> Floats:
    """Return the drawing, mirrored if that brings the first nodes to the left and to the top."""
    order = np.arange(len(places)) - (len(places) - 1) / 2
    found: Floats = np.where(order @ places < -1e-3, -1.0, 1.0) * places
    return found


def _rotated(places: Floats, angle: float) -> Floats:
    cosine, sine = np.cos(angle), np.sin(angle)
    found: Floats = places @ np.array([[cosine, sine], [-sine, cosine]])
    return found


def _cost(places: Floats, links: Indices, room: tuple[float, float]) -> float:
    width, height = np.ptp(places, axis=0) + np.array(room)
    aspect = float(np.log(width / height / ASPECT))
    aspect = (_WIDE_COST[len(places) > _FEW] if aspect > 0 else 1.0) * aspect**2
    if not len(links):
        return aspect
    away = places[links[:, 0]] - places[links[:, 1]]
    angles = np.arctan2(away[:, 1], away[:, 0])
    slant = float(np.mean(np.sin(2 * angles) ** 2))
    if len(places) > _MOST_FOR_SYMMETRY:
        return aspect + slant
    return aspect + slant + _MIRRORED_COST * _asymmetry(places, 0) + 1.0 * _asymmetry(places, 1)


def _asymmetry(places: Floats, axis: int) -> float:
    """Return the mean distance, in hops, from each node to the nearest mirrored one."""
    mirrored = places.copy()
    mirrored[:, axis] = places[:, axis].min() + places[:, axis].max() - places[:, axis]
    away = np.linalg.norm(places[:, None] - mirrored[None], axis=2)
    return float(np.mean(np.minimum(away.min(axis=1), 0.5)))


def aligned(places: Floats, links: Indices, hop: float) -> Floats:
    """Return positions where nodes that are nearly in one row or column are so exactly.

    If there are many nodes, only where most edges become level or upright: else the rows would be
    accidental.

    Args:
        places: of the nodes.
        links: pairs of nodes.
        hop: the usual distance between linked nodes.
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
