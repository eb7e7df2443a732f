"""Lines on a map of characters: from box to box, around boxes, over other lines at right angles."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import Final

from mplsemu.views.text.canvas import EAST, NORTH, SOUTH, WEST

Point = tuple[int, int]
_STEPS: Final = {EAST: (1, 0), WEST: (-1, 0), SOUTH: (0, 1), NORTH: (0, -1)}
OPPOSITE: Final = {EAST: WEST, WEST: EAST, NORTH: SOUTH, SOUTH: NORTH}
_BEND: Final = 6.0
_CROSSING: Final = 8.0
_ROW: Final = 2.0  # a row is twice as high as a column is wide


@dataclass(frozen=True, slots=True)
class Box:
    """A node's box: its top left corner and its size, borders included."""

    x: int
    y: int
    width: int
    height: int

    def doors(self) -> list[tuple[Point, int]]:
        """Cells beside the box where a line may start, each with the direction away from it."""
        columns = range(self.x + 1, self.x + self.width - 1)
        rows = range(self.y + 1, self.y + self.height - 1)
        return [
            *(((self.x + self.width, row), EAST) for row in rows),
            *(((self.x - 1, row), WEST) for row in rows),
            *(((column, self.y + self.height), SOUTH) for column in columns),
            *(((column, self.y - 1), NORTH) for column in columns),
        ]

    def distance_from_middle(self, point: Point) -> float:
        """How far a door is from the middle of its side, so that lines leave there."""
        x, y = point
        if self.x <= x < self.x + self.width:
            return abs(x - (self.x + (self.width - 1) / 2))
        return abs(y - (self.y + (self.height - 1) / 2))


@dataclass(frozen=True, slots=True)
class GridPath:
    """A line: the cells from one box's side to the other's, and the arms it has in each."""

    cells: tuple[tuple[Point, int], ...]
    start: int
    end: int


@dataclass(slots=True)
class LineRouter:
    """Finds ways for lines, one after the other; earlier ones are in the way of later ones."""

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
        """Find the cheapest way between two boxes and take its cells; None where there is none."""
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
                total = spent + ends.get((point, turn), 1e9) + self._turn(point, direction, turn)
                if (point, turn) in ends and (best is None or total < best[0]):
                    best = (total, (point, direction), turn)
            for turn, place, price in self._onward(point, direction):
                state = (place, turn)
                if spent + price < cost.get(state, 1e9):
                    cost[state] = spent + price
                    came[state] = (point, direction)
                    heapq.heappush(queue, (spent + price, place, turn, turn))
        if best is None:
            return None
        return self._take(best[1], best[2], came)

    def _doors(self, box: Box) -> list[tuple[Point, int, float]]:
        return [
            (point, direction, 0.5 * box.distance_from_middle(point))
            for point, direction in box.doors()
            if self._free(point) and point not in self.taken and point not in self.doors_taken
        ]

    def _free(self, point: Point) -> bool:
        x, y = point
        return 0 <= x < self.width and 0 <= y < self.height and point not in self.blocked

    def _turn(self, point: Point, direction: int, turn: int) -> float:
        if turn == direction:
            return 0.0
        return 1e9 if turn == OPPOSITE[direction] or point in self.taken else _BEND

    def _onward(self, point: Point, direction: int) -> list[tuple[int, Point, float]]:
        onward = []
        for turn, (dx, dy) in _STEPS.items():
            bend = self._turn(point, direction, turn)
            place = (point[0] + dx, point[1] + dy)
            if bend >= 1e9 or not self._free(place):
                continue
            price = bend + (_ROW if dy else 1.0) + self._nearness(place, turn)
            if place in self.taken:
                if self.taken[place] != (NORTH | SOUTH if dx else EAST | WEST):
                    continue
                price += _CROSSING
            onward.append((turn, place, price))
        return onward

    def _nearness(self, point: Point, direction: int) -> float:
        """Make it dearer to run right beside a box or another line."""
        x, y = point
        sides = ((x, y - 1), (x, y + 1)) if direction in (EAST, WEST) else ((x - 1, y), (x + 1, y))
        return 0.6 * sum(side in self.blocked or side in self.taken for side in sides)

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
