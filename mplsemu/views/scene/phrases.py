"""How a picture says how many, and which: short lists of names, cut where they would not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mplsemu.drawing.text_width import text_width

_SHORT: Final = 24


def count(number: int, noun: str, plural: str | None = None) -> str:
    """Return ``1 site``, ``2 sites``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def listed(words: Sequence[str], most: int = 8) -> str:
    """Return ``a, b and c``; beyond `most` words, ``a, b, c and 9 more``."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most} more"
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def others(names: Sequence[str]) -> str:
    """Name them if that is short, else say how many they are."""
    few = listed(names, 3)
    is_short = len(few) <= _SHORT or len(names) == 1
    return few if is_short else f"the other {count(len(names), 'site')}"


def complaint(number: int, parts: int, what: str, missing: Sequence[str]) -> tuple[str, str] | None:
    """Say of one of several parts what it lacks: in short, and at length; None of the only one."""
    if parts == 1:
        return None
    start = f"Part {number} of {parts}: {what}"
    return f"{start} {others(missing)}", f"{start} {listed(missing)}"


def wrapped(words: Sequence[str], width: float, size: float, most: int) -> list[str] | None:
    """Set words with commas in lines of `width`; None if that takes more than `most` lines."""
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
