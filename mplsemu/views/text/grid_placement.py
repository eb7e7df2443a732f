"""Placement of the routers of a small network on a grid, for a map of characters.

Local search with random moves: short links, few that cross or pass through a router, and if
positions are known, east to the right and north up. The seed is fixed: the same network gives the
same map. The layout of SVG pictures is no use here (ADR 17).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

Cell = tuple[int, int]
_MOVES: Final = 1500
_STARTS: Final = 2
_SEED: Final = 3031

_DIAGONAL_COST: Final = 0.7
_THROUGH_COST: Final = 3
_CROSSING_COST: Final = 2.5
_POSITION_COST: Final = 0.8
_SIZE_COST: Final = 0.05


@dataclass(frozen=True, slots=True)
class Grid:
    """The size of a grid."""

    columns: int
    rows: int

    def cells(self) -> list[Cell]:
        """Return all cells, row by row."""
        return [(x, y) for y in range(self.rows) for x in range(self.columns)]


def place(
    links: Sequence[tuple[int, int]], positions: Sequence[tuple[float, float] | None], grid: Grid
) -> list[Cell]:
    """Return a cell (column, row from the top) for each node.

    Args:
        links: pairs of nodes, by index.
        positions: longitude and latitude of each node, where known.
        grid: with at least as many cells as there are nodes.
    """
    wanted = _wanted(positions, grid)
    search = _GridSearch(tuple(dict.fromkeys(tuple(sorted(pair)) for pair in links)), wanted)
    chooser = random.Random(_SEED)
    best: tuple[float, list[Cell]] | None = None
    for _ in range(_STARTS):
        found = search.improve(_start(wanted, grid, chooser), grid, chooser)
        if best is None or found[0] < best[0]:
            best = found
    return best[1] if best else []


def _wanted(
    positions: Sequence[tuple[float, float] | None], grid: Grid
) -> list[tuple[float, float] | None]:
    """Return where on the grid the position of each node is."""
    known = [position for position in positions if position is not None]
    if len(known) < 2:
        return [None] * len(positions)
    west, south = (min(p[axis] for p in known) for axis in (0, 1))
    width, height = (max(p[axis] for p in known) - low for axis, low in ((0, west), (1, south)))
    return [
        None
        if p is None
        else (
            (p[0] - west) / (width or 1) * (grid.columns - 1),
            (1 - (p[1] - south) / (height or 1)) * (grid.rows - 1),
        )
        for p in positions
    ]


def _start(
    wanted: list[tuple[float, float] | None], grid: Grid, chooser: random.Random
) -> list[Cell]:
    free = grid.cells()
    chooser.shuffle(free)
    cells = []
    for want in wanted:
        cell = free[-1] if want is None else min(free, key=partial(_far, want))
        free.remove(cell)
        cells.append(cell)
    return cells


def _far(want: tuple[float, float], cell: Cell) -> float:
    return (cell[0] - want[0]) ** 2 + (cell[1] - want[1]) ** 2


@dataclass(slots=True)
class _GridSearch:
    """Moves a node to another cell, or swaps two, and keeps what is not worse."""

    links: tuple[tuple[int, ...], ...]
    wanted: list[tuple[float, float] | None]

    def improve(
        self, cells: list[Cell], grid: Grid, chooser: random.Random
    ) -> tuple[float, list[Cell]]:
        every = grid.cells()
        cost = self.cost(cells)
        for _ in range(_MOVES):
            node, target = chooser.randrange(len(cells)), chooser.choice(every)
            tried = [cells[node] if cell == target else cell for cell in cells]
            tried[node] = target
            tried_cost = self.cost(tried)
            if tried_cost <= cost:
                cells, cost = tried, tried_cost
        return cost, cells

    def cost(self, cells: list[Cell]) -> float:
        total = 0.0
        for index, (a, b) in enumerate(self.links):
            (ax, ay), (bx, by) = cells[a], cells[b]
            across, down = abs(ax - bx), abs(ay - by)
            total += across + down + (_DIAGONAL_COST if across and down else 0)
            total += _THROUGH_COST * sum(_between(cells[a], cells[b], cell) for cell in cells)
            for c, d in self.links[index + 1 :]:
                if not {a, b} & {c, d} and _cross(cells[a], cells[b], cells[c], cells[d]):
                    total += _CROSSING_COST
        total += sum(
            _POSITION_COST * _far(want, cell)
            for cell, want in zip(cells, self.wanted, strict=True)
            if want is not None
        )
        # compact, and wider than high: a row costs as much as two columns
        return total + _SIZE_COST * sum(x + 2 * y for x, y in cells)


def _side(a: Cell, b: Cell, c: Cell) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Cell, b: Cell, c: Cell) -> bool:
    """Whether `c` lies on the straight line from `a` to `b`, its ends excluded."""
    if c in (a, b) or _side(a, b, c):
        return False
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _cross(a: Cell, b: Cell, c: Cell, d: Cell) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0
