"""What commands print: lines in colour on a terminal, plain elsewhere; JSON; files."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TextIO

from rich.console import Console
from rich.text import Text

from mplsemu.errors import LabError
from mplsemu.views.text.ascii import to_ascii

_DRAWN: Final = "─│╔═●→✗"  # an encoding that has these has the others


def can_draw(encoding: str | None) -> bool:
    """Whether an encoding has the characters that pictures are drawn with."""
    try:
        _DRAWN.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_lines(lines: Iterable[Text], stream: TextIO | None = None) -> None:
    """Print lines: in colour on a terminal, in ASCII where there is nothing better."""
    stream = sys.stdout if stream is None else stream
    drawable = can_draw(stream.encoding)
    shown = (line if drawable else to_ascii(line) for line in lines)
    if not stream.isatty():
        stream.writelines(f"{line.plain}\n" for line in shown)
        return
    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in shown:
        console.print(line)


def print_json(value: Any) -> None:
    """Print one JSON value."""
    json.dump(value, sys.stdout, indent=2, allow_nan=False)  # in ASCII: any terminal takes it
    sys.stdout.write("\n")


def write_text(text: str, path: str | None) -> None:
    """Write text to a file, or to standard output where there is none.

    Raises:
        LabError: it cannot be written there.
    """
    if path is None or path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "name a file in a directory that you may write to"
        raise LabError(f"{path}: cannot be written: {reason}", remedy=remedy) from error


def terminal_width() -> int:
    """Return the width to draw in: the terminal's, from 80 to 120; 80 where there is none."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return 80
    return min(max(shutil.get_terminal_size((80, 24)).columns, 80), 120)
