"""How much room text takes.

Measured with DejaVu Sans, which is among the widest of the fonts that viewers have, so what fits
here fits everywhere.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from mplsemu.drawing.widths import BOLD, REGULAR

LINE_HEIGHT: Final = 1.35
"""Distance between baselines, in font sizes."""

ASCENT: Final = 0.76
"""How far capital letters and digits rise above the baseline, in font sizes."""

_UNKNOWN: Final = 640
_WIDE: Final = 1020
_ELLIPSIS: Final = "…"
_REGULAR: Final = {letter: width for width, letters in REGULAR.items() for letter in letters}
_BOLD: Final = {letter: width for width, letters in BOLD.items() for letter in letters}


@lru_cache(maxsize=65536)
def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line of text is, in the unit of `size`."""
    table = _BOLD if bold else _REGULAR
    return sum(_letter(letter, table) for letter in text) * size / 1000


def _letter(letter: str, table: dict[str, int]) -> int:
    known = table.get(letter)
    if known is not None:
        return known
    if unicodedata.combining(letter):
        return 0
    return _WIDE if unicodedata.east_asian_width(letter) in "WF" else _UNKNOWN


def shortened(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """Return `text`, or as much of its beginning as fits with an ellipsis behind it."""
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
