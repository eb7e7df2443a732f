"""Pictures for terminals without Unicode: one ASCII character for each character."""

from __future__ import annotations

import unicodedata
from typing import Final

from rich.text import Text

_ASCII: Final = str.maketrans(
    {
        **dict.fromkeys("─╌━╶╴", "-"),
        **dict.fromkeys("│┊┃╎╵╷", "|"),
        **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╋┠┨", "+"),
        **dict.fromkeys("═", "="),
        **dict.fromkeys("║╢╟", "#"),
        **dict.fromkeys("╔╗╚╝╞╡╤╧", "#"),
        "→": ">", "←": "<", "↔": "-", "▼": "v", "▲": "^", "▶": ">", "·": ".", "…": "~",
        "●": "o", "○": "o", "◆": "*", "✓": "+", "✗": "X", "█": "#", "░": ".",
    }
)  # fmt: skip


def to_ascii(line: Text) -> Text:
    """Return the line with every character replaced by one ASCII character, styles kept."""
    if line.plain.isascii():
        return line
    copy = line.copy()
    copy.plain = "".join(_one(char) for char in line.plain.translate(_ASCII))
    return copy


def _one(char: str) -> str:
    if char.isascii():
        return char
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() else "?"
