"""Routing of lines on a grid of characters: around boxes, and across other lines at right angles.

Maze routing, one line after the other: Dijkstra's algorithm over cell and direction (after Lee, An
algorithm for path connections and its applications, 1961), with costs for bends and crossings.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Final

from mplsemu.views.text.canvas import EAST, NORTH, SOUTH, WEST

Point = tuple[int, int]
_STEPS: Final = {EAST: (1, 0), WEST: (-1, 0), SOUTH: (0, 1), NORTH: (0, -1)}
OPPOSITE: Final = {EAST: WEST, WEST: EAST, NORTH: SOUTH, SOUTH: NORTH}
_BEND_COST: Final = 6.0
_CROSSING_COST: Final = 8.0
_ROW_COST: Final = 2.0  # a row is twice as high as a column is wide
_BESIDE_COST: Final = 0.6
_OFF_MIDDLE_COST: Final = 0.5
_FORBIDDEN: Final = 1e9


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box: its top left corner and its size, borders included."""

    x: int
    y: int
    width: int
    height: int

    def doors(self) -> list[tuple[Point, int]]:
        """Return the cells beside the box where a line may start, each with its direction."""
        columns = range(self.x + 1, self.x + self.width - 1)
        rows = range(self.y + 1, self.y + self.height - 1)
        return [
            *(((self.x + self.width, row), EAST) for row in rows),
            *(((self.x - 1, row), WEST) for row in rows),
            *(((column, self.y + self.height), SOUTH) for column in columns),
            *(((column, self.y - 1), NORTH) for column in columns),
        ]

    def distance_from_middle(self, point: Point) -> float:
        """Return how far a door is from the middle of its side."""
        x, y = point
        if self.x <= x < self.x + self.width:
            return abs(x - (self.x + (self.width - 1) / 2))
        return abs(y - (self.y + (self.height - 1) / 2))


@dataclass(frozen=True, slots=True)
class GridPath:
    """A line: the cells from box to box, with its arms in each."""

    cells: tuple[tuple[Point, int], ...]
    start: int
    end: int


@dataclass(slots=True)
class LineRouter:
    """Routes lines one after the other; each avoids those before it."""

    width: int
    height: int
    blocked: set[Point] = field(default_factory=set)
    taken: dict[Point, int] = field(default_factory=dict)
    doors_taken: set[Point] = field(default_factory=set)

    def block(self, box: Box) -> None:
        """Keep lines out of a box."""
        self.blocked.update(
            (x, y)
            for x in range(box.x, box.x + box.width)
            for y in range(box.y, box.y + box.height)
        )

    def connect(self, source: Box, target: Box) -> GridPath | None:
        """Route a line at the least cost and take its cells; None if there is no path."""
        ends = {(p, OPPOSITE[d]): source_cost for p, d, source_cost in self._doors(target)}
        queue: list[tuple[float, Point, int, int]] = []
        cost: dict[tuple[Point, int], float] = {}
        came: dict[tuple[Point, int], tuple[Point, int] | None] = {}
        for point, direction, extra in self._doors(source):
            cost[point, direction] = extra
            came[point, direction] = None
            heapq.heappush(queue, (extra, point, direction, direction))
        best: tuple[float, tuple[Point, int], int] | None = None
        while queue:
            spent, point, direction, _ = heapq.heappop(queue)
            if best is not None and spent >= best[0]:
                break
            if spent > cost[point, direction]:
                continue
            for turn in _STEPS:
                total = (
                    spent + ends.get((point, turn), _FORBIDDEN) + self._turn(point, direction, turn)
                )
                if (point, turn) in ends and (best is None or total < best[0]):
                    best = (total, (point, direction), turn)
            for turn, place, price in self._onward(point, direction):
                state = (place, turn)
                if spent + price < cost.get(state, _FORBIDDEN):
                    cost[state] = spent + price
                    came[state] = (point, direction)
                    heapq.heappush(queue, (spent + price, place, turn, turn))
        if best is None:
            return None
        return self._take(best[1], best[2], came)

    def _doors(self, box: Box) -> list[tuple[Point, int, float]]:
        return [
            (point, direction, _OFF_MIDDLE_COST * box.distance_from_middle(point))
            for point, direction in box.doors()
            if self._free(point) and point not in self.taken and point not in self.doors_taken
        ]

    def _free(self, point: Point) -> bool:
        x, y = point
        return 0 <= x < self.width and 0 <= y < self.height and point not in self.blocked

    def _turn(self, point: Point, direction: int, turn: int) -> float:
        if turn == direction:
            return 0.0
        return _FORBIDDEN if turn == OPPOSITE[direction] or point in self.taken else _BEND_COST

    def _onward(self, point: Point, direction: int) -> list[tuple[int, Point, float]]:
        onward = []
        for turn, (dx, dy) in _STEPS.items():
            bend = self._turn(point, direction, turn)
            place = (point[0] + dx, point[1] + dy)
            if bend >= _FORBIDDEN or not self._free(place):
                continue
            price = bend + (_ROW_COST if dy else 1.0) + self._nearness(place, turn)
            if place in self.taken:
                if self.taken[place] != (NORTH | SOUTH if dx else EAST | WEST):
                    continue
                price += _CROSSING_COST
            onward.append((turn, place, price))
        return onward

    def _nearness(self, point: Point, direction: int) -> float:
        """Return the cost of running right beside a box or another line."""
        x, y = point
        sides = ((x, y - 1), (x, y + 1)) if direction in (EAST, WEST) else ((x - 1, y), (x + 1, y))
        return _BESIDE_COST * sum(side in self.blocked or side in self.taken for side in sides)

    def _take(
        self,
        last: tuple[Point, int],
        out: int,
        came: dict[tuple[Point, int], tuple[Point, int] | None],
    ) -> GridPath:
        path: list[tuple[Point, int]] = []
        state: tuple[Point, int] | None = last
        while state is not None:
            path.append(state)
            state = came[state]
        path.reverse()
        leaving = [direction for _, direction in path[1:]] + [out]
        cells = []
        for (point, entered), left in zip(path, leaving, strict=True):
            arms = OPPOSITE[entered] | left
            self.taken[point] = self.taken.get(point, 0) | arms
            cells.append((point, arms))
        self.doors_taken.update((path[0][0], path[-1][0]))
        return GridPath(tuple(cells), start=path[0][1], end=out)
