"""How wide text is.

Measured with DejaVu Sans, one of the widest fonts that viewers have: what fits with it fits with
all others.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

LINE_HEIGHT: Final = 1.35
"""Distance between baselines, in font sizes."""

ASCENT: Final = 0.76
"""How far capital letters and digits rise above the baseline, in font sizes."""

_UNKNOWN: Final = 640
"""Width of a letter that the font does not have."""
_WIDE: Final = 1020
"""Of a full-width letter of East Asia."""
_ELLIPSIS: Final = "…"


@lru_cache(maxsize=65536)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line of text, in the unit of `size`."""
    table = _widths()["bold" if bold else "regular"]
    return sum(_letter(letter, table) for letter in text) * size / 1000


@cache
def _widths() -> dict[str, dict[str, int]]:
    """Return the width of each letter in thousandths of the font size, by weight.

    The file is made from the fonts by scripts/font-widths: no font is opened to lay a picture out.
    """
    file = files("mplsemu.drawing") / "fonts" / "widths.json"
    found: dict[str, dict[str, str]] = json.loads(file.read_text(encoding="ascii"))
    return {
        weight: {letter: int(width) for width, letters in table.items() for letter in letters}
        for weight, table in found.items()
    }


def _letter(letter: str, table: dict[str, int]) -> int:
    known = table.get(letter)
    if known is not None:
        return known
    if unicodedata.combining(letter):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _UNKNOWN


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return `text`, cut to `width` with an ellipsis if it is wider."""
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle] + _ELLIPSIS, size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _ELLIPSIS


def wrapped_list(words: Sequence[str], width: float, size: float, most: int) -> list[str] | None:
    """Return words with commas in lines of `width`; None if they take more than `most` lines."""
    lines: list[str] = []
    line = ""
    for index, word in enumerate(words):
        piece = f"{word}," if index < len(words) - 1 else word
        longer = f"{line} {piece}" if line else piece
        if text_width(longer, size) <= width:
            line = longer
            continue
        if not line or len(lines) + 1 >= most:
            return None
        lines.append(line)
        line = piece
        if text_width(line, size) > width:
            return None
    return [*lines, line] if line else lines
