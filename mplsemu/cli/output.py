"""Output of commands: lines, in colour on a terminal; JSON; files."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, TextIO

from rich.console import Console
from rich.text import Text

from mplsemu.errors import EmulationError, LabError
from mplsemu.running.exit_signals import cleanup_on_signal
from mplsemu.views.text.ascii import to_ascii

_DRAWN: Final = "─│╔═●→✗"  # an encoding that has these has the rest


def can_draw(encoding: str | None) -> bool:
    """Whether an encoding has the characters that pictures are drawn with."""
    try:
        _DRAWN.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def print_lines(lines: Iterable[Text], stream: TextIO | None = None) -> None:
    """Print lines: in colour on a terminal, in ASCII if the encoding has no more."""
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
    json.dump(value, sys.stdout, indent=2, allow_nan=False)  # in ASCII, for any terminal
    sys.stdout.write("\n")


def write_text(text: str, path: str | None) -> None:
    """Write text to a file, or to standard output if `path` is None.

    Raises:
        LabError: it cannot be written there.
    """
    with output_to(path) as write:
        write(text)


@contextmanager
def output_to(path: str | None) -> Iterator[Callable[[str | bytes], object]]:
    """Open a file, or standard output if `path` is None, before there is something to write.

    So no work is done for a file that cannot be written. If the work fails, an existing file keeps
    its content, and no new one is left.

    Raises:
        LabError: it cannot be written there.
    """
    if path is None or path == "-":
        yield _print
        return
    try:
        is_new = not Path(path).exists()
        stream = Path(path).open("ab")  # noqa: SIM115 (closed below)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        remedy = "name a file in a directory that you may write to"
        raise LabError(f"{path}: cannot be written: {reason}", remedy=remedy) from error
    try:
        with ExitStack() as stack:
            if is_new:
                stack.enter_context(cleanup_on_signal(partial(os.unlink, path)))
            stack.enter_context(stream)
            yield lambda content: _replace(stream, content)
    except BaseException:
        if is_new:
            Path(path).unlink(missing_ok=True)
        raise


def write_files(directory: Path, files: Mapping[str, str]) -> None:
    """Write texts to files of a directory, which is made if it is not there.

    Raises:
        EmulationError: they cannot be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (directory / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise EmulationError(f"cannot write {directory}: {error.strerror}") from None


def _print(content: str | bytes) -> None:
    if isinstance(content, str):
        sys.stdout.write(content)
    else:
        sys.stdout.buffer.write(content)


def _replace(stream: BinaryIO, content: str | bytes) -> None:
    if stat.S_ISREG(os.fstat(stream.fileno()).st_mode):  # a pipe or device cannot be replaced
        stream.truncate(0)
    stream.write(content.encode() if isinstance(content, str) else content)


def terminal_width() -> int:
    """Return the width to draw in: the terminal's, within 80 to 120; 80 without a terminal."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return 80
    return min(max(shutil.get_terminal_size((80, 24)).columns, 80), 120)
