"""A process, told from a later one with the same id (pidfd_open(2))."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Process:
    """A process.

    Attributes:
        pid: its id, which may be reused after its end.
        started: its start time in clock ticks since boot (proc(5), ``starttime``).
    """

    pid: int
    started: int

    @classmethod
    def this(cls) -> Self:
        """Return the calling process."""
        return cls.of(os.getpid())

    @classmethod
    def of(cls, pid: int) -> Self:
        """Return the process that has an id now.

        Raises:
            OSError: none has.
        """
        return cls(pid, _started(pid))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Parse the text form; None if it is malformed."""
        words = text.split()
        if len(words) != 2 or not all(word.isascii() and word.isdecimal() for word in words):
            return None
        return cls(int(words[0]), int(words[1]))

    def __str__(self) -> str:
        """Return id and start time."""
        return f"{self.pid} {self.started}"

    def is_there(self) -> bool:
        """Whether it has not ended."""
        descriptor = self.open()
        if descriptor is None:
            return False
        os.close(descriptor)
        return True

    def open(self) -> int | None:
        """Return a pidfd, to send it signals and to wait for its end; None if it has ended.

        The start time is read after the pidfd was opened: it is that of the pidfd's process.
        """
        try:
            descriptor = os.pidfd_open(self.pid)
        except (ProcessLookupError, OverflowError, ValueError):
            return None
        try:
            if self.pid > 0 and _started(self.pid) == self.started:
                return descriptor
        except OSError:  # it has just ended
            pass
        os.close(descriptor)
        return None


def _started(pid: int) -> int:
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    return int(stat.rpartition(")")[2].split()[19])  # the name may contain spaces and parentheses
