"""Where the routers of a small network stand on a map of characters.

A search over the cells of a coarse grid: short links, few links through or over others, and where
positions are known, east to the right and north up. The same network gives the same map.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

Cell = tuple[int, int]
_ROUNDS: Final = 1500
_SEED: Final = 3031


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of so many columns and rows."""

    columns: int
    rows: int

    def cells(self) -> list[Cell]:
        """Every cell, row by row."""
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
    for _ in range(2):
        found = search.improve(_start(wanted, grid, chooser), grid, chooser)
        if best is None or found[0] < best[0]:
            best = found
    return best[1] if best else []


def _wanted(
    positions: Sequence[tuple[float, float] | None], grid: Grid
) -> list[tuple[float, float] | None]:
    """Return where on the grid each node would stand by its position alone."""
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
    """Local search: move a node to another cell, or swap two, and keep what is no worse."""

    links: tuple[tuple[int, ...], ...]
    wanted: list[tuple[float, float] | None]

    def improve(
        self, cells: list[Cell], grid: Grid, chooser: random.Random
    ) -> tuple[float, list[Cell]]:
        every = grid.cells()
        cost = self.cost(cells)
        for _ in range(_ROUNDS):
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
            total += across + down + (0.7 if across and down else 0)
            total += 3 * sum(_between(cells[a], cells[b], cell) for cell in cells)
            for c, d in self.links[index + 1 :]:
                if not {a, b} & {c, d} and _cross(cells[a], cells[b], cells[c], cells[d]):
                    total += 2.5
        total += sum(
            0.8 * _far(want, cell)
            for cell, want in zip(cells, self.wanted, strict=True)
            if want is not None
        )
        # a map wider than high, and not spread without need
        return total + 0.05 * sum(x + 2 * y for x, y in cells)


def _side(a: Cell, b: Cell, c: Cell) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Cell, b: Cell, c: Cell) -> bool:
    """Whether `c` lies on the straight line from `a` to `b`, its ends excluded."""
    if c in (a, b) or _side(a, b, c):
        return False
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _cross(a: Cell, b: Cell, c: Cell, d: Cell) -> bool:
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0
