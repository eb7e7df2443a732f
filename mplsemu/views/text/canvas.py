"""A grid of characters to draw on: text, boxes, and lines that join where they meet."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from rich.cells import cell_len
from rich.text import Text

NORTH, EAST, SOUTH, WEST = 1, 2, 4, 8
_ARMS: Final = dict(zip([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
                        " ╵╶└╷│┌├╴┘─┴┐┤┬┼", strict=True))  # fmt: skip
_DASHED: Final = {NORTH | SOUTH: "┊", EAST | WEST: "╌"}


class Border(enum.Enum):
    """Corners and sides of a box: top left, top right, bottom left, bottom right, across, down."""

    LIGHT = "┌┐└┘─│"
    ROUND = "╭╮╰╯─│"
    HEAVY = "┏┓┗┛━┃"
    DOUBLE = "╔╗╚╝═║"


@dataclass(slots=True)
class _Cell:
    char: str = " "
    style: str = ""
    arms: int = 0
    dashed: bool = False


@dataclass(slots=True)
class Canvas:
    """Characters at column x and row y, both from 0; it grows as needed."""

    _cells: dict[tuple[int, int], _Cell] = field(default_factory=dict)
    _height: int = 0

    @property
    def height(self) -> int:
        """Number of rows, from the top to the last one in use."""
        return self._height

    def write(self, x: int, y: int, text: str, style: str = "") -> None:
        """Write `text` from column `x` on; a wide character takes two columns."""
        for char in text:
            width = cell_len(char)
            if width == 0:  # a combining mark joins the character before it
                self._at(x - 1, y).char += char
                continue
            self._cells[x, y] = _Cell(char, style)
            if width == 2:
                self._cells[x + 1, y] = _Cell("", style)
            x += width
        self._height = max(self._height, y + 1)

    def across(self, x: int, to: int, y: int, style: str = "", *, dashed: bool = False) -> None:
        """Draw a line from column `x` to column `to`, ends included."""
        for column in range(x, to + 1):
            arms = (WEST if column > x else 0) | (EAST if column < to else 0)
            self._arm(column, y, arms, style, dashed=dashed)

    def down(self, x: int, y: int, to: int, style: str = "", *, dashed: bool = False) -> None:
        """Draw a line from row `y` to row `to`, ends included."""
        for row in range(y, to + 1):
            arms = (NORTH if row > y else 0) | (SOUTH if row < to else 0)
            self._arm(x, row, arms, style, dashed=dashed)

    def arm(self, x: int, y: int, arms: int, style: str = "") -> None:
        """Add the directions `arms` to the line in one cell."""
        self._arm(x, y, arms, style, dashed=False)

    def box(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        border: Border,
        style: str = "",
    ) -> None:
        """Draw the outline of a box of that many columns and rows, borders included."""
        top_left, top_right, bottom_left, bottom_right, side, down = border.value
        self.write(x, y, top_left + side * (width - 2) + top_right, style)
        for row in range(y + 1, y + height - 1):
            self.write(x, row, down, style)
            self.write(x + width - 1, row, down, style)
        self.write(x, y + height - 1, bottom_left + side * (width - 2) + bottom_right, style)

    def lines(self) -> list[Text]:
        """Return the rows from the top down, without blanks at their ends."""
        rows: dict[int, list[tuple[int, _Cell]]] = {}
        for (x, y), cell in sorted(self._cells.items(), key=lambda item: (item[0][1], item[0][0])):
            rows.setdefault(y, []).append((x, cell))
        return [_row(rows.get(y, [])) for y in range(self._height)]

    def _at(self, x: int, y: int) -> _Cell:
        self._height = max(self._height, y + 1)
        return self._cells.setdefault((x, y), _Cell())

    def _arm(self, x: int, y: int, arms: int, style: str, *, dashed: bool) -> None:
        cell = self._at(x, y)
        if cell.char != " " and not cell.arms:  # text stays in front of lines
            return
        cell.arms |= arms
        cell.dashed = dashed
        cell.style = style
        cell.char = _DASHED.get(cell.arms, "") if dashed else ""
        cell.char = cell.char or _ARMS[cell.arms]


def _row(cells: list[tuple[int, _Cell]]) -> Text:
    runs: list[tuple[str, list[str]]] = []  # neighbours of one style are one span
    column = 0
    for x, cell in cells:
        gap = " " * (x - column)
        if runs and (runs[-1][0] == cell.style or not cell.char):
            runs[-1][1].append(gap + cell.char)
        else:
            runs += [("", [gap]), (cell.style, [cell.char])]
        column = max(column, x + 1)
    line = Text()
    for style, chars in runs:
        line.append("".join(chars), style or None)
    line.rstrip()
    return line


def shorten(text: str, width: int) -> str:
    """Return `text`, cut to `width` columns with an ellipsis if it is wider."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[:-1]
    return text + "…"
