"""Hub layout: boxes in rows above and below a hub, each with a line to it that passes no other.

Distances are measured outward from the hub's edge, so that the same code serves both sides. Lines
of outer rows run between the columns, each in its own lane.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from mplsemu.drawing.geometry import Box, Point, Size

_ASPECT: Final = 1.6
"""Width by height that a picture should have."""
_MOST_ROWS: Final = 12
_EDGE: Final = 14.0
"""Between a lane and the column beside it."""
_MOST_IN_ONE_ROW: Final = 3
_ROWS_PER_COLUMN: Final = 0.8


class FormFactor(Enum):
    """The screen that a picture is for: a wide one, or a phone's, with one box below the other."""

    WIDE = "wide"
    NARROW = "narrow"


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances of a hub layout.

    Attributes:
        first: between the hub and the first row.
        channel: between rows.
        gutter: between columns, at least.
        pitch: between lanes.
    """

    first: float
    channel: float
    gutter: float
    pitch: float


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one box stands.

    Attributes:
        x: its left edge.
        out: the distance of its nearer edge from the hub.
        route: its line's corners, x and distance, from the middle of that edge to the hub.
    """

    x: float
    out: float
    route: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the hub: where distances start, and whether they run upward.

    Attributes:
        x: of the left edge.
        y: where the distance is 0.
        is_up: whether outward is upward.
    """

    x: float
    y: float
    is_up: bool

    def point(self, x: float, out: float) -> Point:
        """Return the point at a distance."""
        return Point(self.x + x, self.y - out if self.is_up else self.y + out)

    def box(self, x: float, out: float, width: float, height: float) -> Box:
        """Return the box whose nearer edge is at a distance."""
        y = self.y - out - height if self.is_up else self.y + out
        return Box(self.x + x, y, width, height)

    def beyond(self, x: float, out: float) -> Side:
        """Return it with its origin moved."""
        at = self.point(x, out)
        return Side(at.x, at.y, self.is_up)


@dataclass(frozen=True, slots=True)
class RowBlock:
    """The rows on one side: their size, and where each box stands, in the order given."""

    width: float
    depth: float
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class HubLayout:
    """Both sides of a hub; `lower` is None if all boxes are above."""

    upper: RowBlock
    lower: RowBlock | None

    @property
    def width(self) -> float:
        """How wide the hub must be."""
        return max(self.upper.width, self.lower.width if self.lower else 0.0)

    @property
    def is_one_row(self) -> bool:
        """Whether no side has a second row."""
        return not any(
            len(slot.route) > 2
            for block in (self.upper, self.lower)
            if block
            for slot in block.slots
        )

    def places(self, box: Box) -> list[tuple[Side, Slot]]:
        """Return where the boxes stand around the hub, in the order given."""
        placed = []
        for block, is_up in ((self.upper, True), (self.lower, False)):
            if block is not None:
                x = box.x + (box.width - block.width) / 2
                side = Side(x, box.y if is_up else box.bottom, is_up)
                placed += [(side, slot) for slot in block.slots]
        return placed


def lay_out_around(
    cells: Sequence[Size], spacing: Spacing, hub: float, form_factor: FormFactor = FormFactor.WIDE
) -> HubLayout:
    """Place boxes so that the whole has about the aspect of a screen.

    Args:
        cells: sizes of the boxes, at least one, in reading order.
        spacing: the distances.
        hub: its height.
        form_factor: narrow sets as few columns as possible, all above the hub.
    """
    if form_factor is FormFactor.NARROW:
        return HubLayout(_column(cells, spacing, is_up=True), None)
    found = [_one_row(cells, spacing)]
    for rows in range(1, min(_MOST_ROWS, len(cells) // 2) + 1):
        half = math.ceil(len(cells) / 2)
        upper = _row_block(cells[:half], rows, spacing, is_up=True)
        lower = _row_block(cells[half:], rows, spacing, is_up=False)
        found.append(HubLayout(upper, lower))
    return min(found, key=lambda each: _misfit(each, hub))


def _one_row(cells: Sequence[Size], spacing: Spacing) -> HubLayout:
    return HubLayout(_row_block(cells, 1, spacing, is_up=True), None)


def _misfit(tried: HubLayout, hub: float) -> float:
    height = tried.upper.depth + hub + (tried.lower.depth if tried.lower else 0.0)
    return abs(math.log(tried.width / height / _ASPECT))


def _column(cells: Sequence[Size], spacing: Spacing, *, is_up: bool) -> RowBlock:
    return _row_block(cells, min(len(cells), _MOST_ROWS), spacing, is_up=is_up)


def block_of_rows(
    cells: Sequence[Size],
    spacing: Spacing,
    *,
    is_up: bool,
    form_factor: FormFactor = FormFactor.WIDE,
) -> RowBlock:
    """Place boxes on one side: a few in one row, more in a block; or in a column."""
    if form_factor is FormFactor.NARROW:
        return _column(cells, spacing, is_up=is_up)
    rows = (
        1 if len(cells) <= _MOST_IN_ONE_ROW else math.ceil(math.sqrt(len(cells) * _ROWS_PER_COLUMN))
    )
    return _row_block(cells, rows, spacing, is_up=is_up)


def _row_block(cells: Sequence[Size], rows: int, spacing: Spacing, *, is_up: bool) -> RowBlock:
    columns = math.ceil(len(cells) / rows)
    grid = _grid(len(cells), columns, is_up=is_up)
    lanes = _Lanes(cells, grid, columns, spacing)
    slots: dict[int, Slot] = {}
    out = spacing.first
    for number, row in enumerate(grid):
        for column, index in row:
            x = lanes.lefts[column] + (lanes.widths[column] - cells[index].width) / 2
            middle = x + cells[index].width / 2
            route = [(middle, out)]
            if number:
                lane = lanes.lane(column, number)
                bend = out - spacing.channel / 2
                route += [(middle, bend), (lane, bend), (lane, 0.0)]
            else:
                route.append((middle, 0.0))
            slots[index] = Slot(x, out, tuple(route))
        out += max(cells[index].height for _, index in row) + spacing.channel
    return RowBlock(lanes.total, out - spacing.channel, tuple(slots[i] for i in range(len(cells))))


def _grid(number: int, columns: int, *, is_up: bool) -> list[list[tuple[int, int]]]:
    """Return rows of (column, index), the innermost first; the outermost may be short."""
    short = number % columns or columns
    starts = list(range(0, number, columns))
    if is_up:  # people read downward: the outermost row comes first
        starts = [0, *range(short, number, columns)][::-1]
    rows = []
    for start in starts:
        length = short if start == starts[-1] else columns
        shift = (columns - length) // 2
        rows.append([(shift + offset, start + offset) for offset in range(length)])
    return rows


class _Lanes:
    """Columns and the gutters between them, with lanes for the lines of outer rows.

    Columns in the left half have their lanes on the right, the others on the left: so all lanes
    end well within the hub's width.
    """

    def __init__(
        self,
        cells: Sequence[Size],
        grid: Sequence[Sequence[tuple[int, int]]],
        columns: int,
        spacing: Spacing,
    ) -> None:
        self._each = len(grid) - 1
        self._columns = columns
        self._pitch = spacing.pitch
        self.widths = [0.0] * columns
        for row in grid:
            for column, index in row:
                self.widths[column] = max(self.widths[column], cells[index].width)
        if self._each:
            self.widths = [max(self.widths)] * columns
        self._gutters = [self._gutter(number, spacing.gutter) for number in range(columns + 1)]
        self.lefts = []
        x = 0.0
        for gutter, width in zip(self._gutters, self.widths, strict=False):
            x += gutter
            self.lefts.append(x)
            x += width
        self.total = x + self._gutters[-1]

    def lane(self, column: int, row: int) -> float:
        """Return the x of the lane of a box in an outer row."""
        right = self._goes_right(column)
        gutter = column + 1 if right else column
        lanes = self._lanes_in(gutter)
        start = 0.0 if gutter == 0 else self.lefts[gutter - 1] + self.widths[gutter - 1]
        start += (self._gutters[gutter] - (lanes - 1) * self._pitch) / 2
        # inner rows take the lanes nearer to their column, so that no two lines cross
        return start + self._pitch * (row - 1 if right else lanes - row)

    def _goes_right(self, column: int) -> bool:
        return 2 * column < self._columns

    def _lanes_in(self, gutter: int) -> int:
        left = gutter > 0 and self._goes_right(gutter - 1)
        right = gutter < self._columns and not self._goes_right(gutter)
        return (int(left) + int(right)) * self._each

    def _gutter(self, number: int, least: float) -> float:
        lanes = self._lanes_in(number)
        room = (lanes - 1) * self._pitch + 2 * _EDGE if lanes else 0.0
        return room if number in {0, self._columns} else max(room, least)
