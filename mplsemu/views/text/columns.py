"""Rows of text in aligned columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, whether numbers align right in it, and its style."""

    heading: str
    right: bool = False
    style: str = ""


def columns(
    heads: Sequence[Column], rows: Sequence[Sequence[Cell]], *, indent: int = 2, gap: int = 2
) -> list[Text]:
    """Return rows under their headings, with each column as wide as its widest cell."""
    cells = [[cell if isinstance(cell, Text) else Text(cell) for cell in row] for row in rows]
    widths = [
        max([cell_len(head.heading), *(cell_len(row[i].plain) for row in cells)])
        for i, head in enumerate(heads)
    ]
    lines = []
    if any(head.heading for head in heads):
        lines.append(_line([Text(h.heading, "bold") for h in heads], heads, widths, indent, gap))
    for row in cells:
        styled = [_styled(cell, head.style) for cell, head in zip(row, heads, strict=True)]
        lines.append(_line(styled, heads, widths, indent, gap))
    return lines


def _styled(cell: Text, style: str) -> Text:
    if not style or cell.spans or cell.style:
        return cell
    return Text(cell.plain, style)


def _line(
    cells: Sequence[Text], heads: Sequence[Column], widths: Sequence[int], indent: int, gap: int
) -> Text:
    line = Text(" " * indent)
    for cell, head, width in zip(cells, heads, widths, strict=True):
        pad = " " * (width - cell_len(cell.plain))
        if head.right:
            line.append(pad)
        line.append_text(cell)
        line.append(("" if head.right else pad) + " " * gap)
    line.rstrip()
    return line


def wrapped(
    words: Sequence[str], *, width: int, indent: str, first: str | None = None, joint: str = ", "
) -> list[Text]:
    """Return words with `joint` between them, in lines of at most `width` columns.

    Args:
        words: never broken, whatever their length.
        width: of a line, in columns.
        indent: what every line starts with.
        first: what the first line starts with instead.
        joint: between two words.
    """
    lines: list[str] = []
    line = indent if first is None else first
    empty = True
    for index, word in enumerate(words):
        text = word if index == len(words) - 1 else word + joint.rstrip()
        space = "" if empty else (" " if joint.endswith(" ") else "")
        if not empty and cell_len(line + space + text) > width:
            lines.append(line)
            line, space = indent, ""
        line += space + text
        empty = False
    return [Text(text) for text in [*lines, line]]
