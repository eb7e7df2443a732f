"""A process of this machine, told from a later one of the same number (pidfd_open(2))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Process:
    """A process.

    Attributes:
        pid: its number, which another one may have once it is gone.
        started: when it began, in clock ticks since the machine did (proc(5), ``starttime``).
    """

    pid: int
    started: int

    @classmethod
    def this(cls) -> Self:
        """Return the process that asks."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the process that has a number now.

        Raises:
            OSError: there is none.
        """
        return cls(pid, _started(pid))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Read what `str` gives; None where it is not that."""
        words = text.split()
        if len(words) != 2 or not all(word.isascii() and word.isdecimal() for word in words):
            return None
        return cls(int(words[0]), int(words[1]))

    def __str__(self) -> str:
        """Return number and beginning."""
        return f"{self.pid} {self.started}"

    def is_there(self) -> bool:
        """Whether it has not ended."""
        descriptor = self.open()
        if descriptor is None:
            return False
        os.close(descriptor)
        return True

    def open(self) -> int | None:
        """Return a descriptor of it, to send it signals and to wait for its end; None: it is gone.

        Whoever has the number now is looked at behind the descriptor: it is that process's.
        """
        try:
            descriptor = os.pidfd_open(self.pid)
        except (ProcessLookupError, OverflowError, ValueError):
            return None
        try:
            if self.pid > 0 and _started(self.pid) == self.started:
                return descriptor
        except OSError:  # it has ended just now
            pass
        os.close(descriptor)
        return None


def _started(pid: int) -> int:
    said = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(said.rpartition(")")[2].split()[19])  # a program's name may have spaces and brackets
