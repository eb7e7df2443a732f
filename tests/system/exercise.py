"""A document of commands and what they print, run as a reader does, and compared.

A command is a line ``$ WORDS`` of an indented block; one that stands far to the right is typed in
a second terminal, while the one before it runs. Below a command stands some of what it prints, in
its order. Of that, times and numbers of processes may be others. A command that only looks is typed
again while it does not show that yet: a reader types more slowly than a test.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TIMEOUT_S: Final = 90
PATIENCE_S: Final = 20
"""How long a command that only looks is typed again."""
_LOOKS: Final = re.compile(r"mplsemu (status|show|trace)\b|.* dump-flows ")
_BLOCK: Final = "    "
_SECOND: Final = 20
"""Blanks in front of a command for the second terminal, at least."""
_REMARK: Final = re.compile(r"\s{3,}\(.*\)$")


@dataclass(slots=True)
class Command:
    """One command.

    Attributes:
        words: as typed, without ``sudo``.
        line: its number in the document.
        shown: below it in the document.
        meanwhile: what is typed in a second terminal while it runs.
    """

    words: str
    line: int
    shown: list[str] = field(default_factory=list)
    meanwhile: list[Command] = field(default_factory=list)


def commands_of(text: str) -> list[Command]:
    """Read a document."""
    found: list[Command] = []
    before: str | None = None  # the last line of a block
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith(_BLOCK):
            before = None
            continue
        inside = line[len(_BLOCK) :]
        if inside.lstrip().startswith("$ "):
            words = _REMARK.sub("", inside.lstrip()[2:]).replace("sudo ", "")
            command = Command(words, number)
            if len(inside) - len(inside.lstrip()) >= _SECOND:
                found[-1].meanwhile.append(command)
            else:
                found.append(command)
        elif found and before is not None:
            found[-1].shown.append(inside)
        else:
            continue  # a block that is no terminal
        before = inside
    return found


class Reader:
    """Types commands, and remembers which process is which.

    Args:
        directory: stands for ``/tmp`` in the document.
        root: the folder that commands are typed in.
        environment: added to that of this process.
    """

    def __init__(self, directory: Path, root: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._root = root
        programs = directory / "bin"
        programs.mkdir()
        (programs / "mplsemu").write_text(f'#!/bin/sh\nexec {sys.executable} -m mplsemu "$@"\n')
        (programs / "mplsemu").chmod(0o755)
        self._environment = {
            **os.environ,
            **environment,
            "PATH": f"{programs}:{os.environ['PATH']}:/usr/sbin:/sbin",
            "COLUMNS": "80",
        }
        self._processes: dict[str, str] = {}

    def type(self, command: Command) -> None:
        """Run a command, and demand that it prints what is shown."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            output = self._output(command)
            try:
                self._compare(command, output)
            except AssertionError:
                if _LOOKS.match(command.words) is None or time.monotonic() > deadline:
                    raise
            else:
                return

    def _output(self, command: Command) -> list[str]:
        process = self._start(command.words)
        output: list[str] = []
        listens = threading.Event()
        reading = threading.Thread(target=_read, args=(process, output, listens))
        reading.start()
        if command.meanwhile:
            assert listens.wait(TIMEOUT_S), f"{command.words} prints nothing"
            for each in command.meanwhile:
                self.type(each)
        try:
            process.wait(TIMEOUT_S)
        finally:
            process.kill()
            reading.join()
        return output

    def _start(self, words: str) -> subprocess.Popen[str]:
        for shown, real in self._processes.items():
            words = re.sub(rf"\b{shown}\b", real, words)
        return subprocess.Popen(
            ["bash", "-c", words.replace("/tmp/", f"{self._directory}/")],
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _compare(self, command: Command, output: list[str]) -> None:
        lines = iter(output)
        for shown in command.shown:
            if shown.strip() in {"", "..."}:
                continue
            wanted = re.compile(_pattern(shown))
            found = next((line for line in lines if wanted.fullmatch(_plain(line))), None)
            assert found is not None, (
                f"line {command.line}: $ {command.words}\ndoes not print, or not there:\n{shown}\n"
                f"but:\n{''.join(output)}"
            )
            self._note_processes(shown, found)

    def _note_processes(self, shown: str, found: str) -> None:
        for one, other in zip(_processes(shown), _processes(found), strict=True):
            self._processes[one] = other


def _read(process: subprocess.Popen[str], output: list[str], listens: threading.Event) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            output.append(line)
            listens.set()
    listens.set()


def _processes(line: str) -> Iterator[str]:
    return iter(re.findall(r"process (\d+)", line))


_CHANGES: Final = (
    (r"\d{2}:\d{2}:\d{2}\.\d{3}", "CLOCK"),
    (r"\d+(\.\d+)? ms\b", "TIME"),
    (r"time=[\d.]+", "time=TIME"),
    (r"\b\d+\.\d+ s\b", "SECONDS"),
    (r"process \d+", "process PID"),
    (r"@if\d+", "@ifINDEX"),
    (r"^\d+ CLOCK", "NUMBER CLOCK"),
    (r"id \d+ seq", "id ID seq"),
)
"""What differs each time, and what stands for it."""


def _plain(line: str) -> str:
    """Return a line without what differs each time, and with single blanks."""
    text = " ".join(line.split())
    for pattern, word in _CHANGES:
        text = re.sub(pattern, word, text)
    return text


def _pattern(shown: str) -> str:
    """Return what a line must be, by one of the document: ``...`` stands for anything."""
    parts = [part.strip() for part in _plain(shown).split("...")]
    return r"\s*.*\s*".join(re.escape(part) for part in parts)
