"""Standard output that waits for its reader, and acts on signals all the same.

A terminal after Ctrl-S, or a pager that waits for a key, must keep no lab from being taken down.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mplsemu.emulation.interrupts import write

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _InterruptibleWriter(io.RawIOBase):
    """Writes to a descriptor, and leaves it open.

    Attributes:
        is_over: whether what is left is thrown away: nobody waits for its reader any more.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.is_over = False

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of it; acts on signals."""
        octets = bytes(data)
        if not self.is_over:
            write(self._descriptor, octets)
        return len(octets)


@contextmanager
def interruptible_output() -> Iterator[None]:
    """Have what is printed in a block wait for its reader no longer than until a signal comes."""
    usual = sys.stdout
    try:
        raw = _InterruptibleWriter(usual.fileno())
    except (OSError, ValueError):  # something else stands for standard output
        yield
        return
    usual.flush()
    sys.stdout = patient = io.TextIOWrapper(
        io.BufferedWriter(raw),
        encoding=usual.encoding,
        errors=usual.errors,
        line_buffering=raw.isatty(),
    )
    try:
        yield
        patient.flush()
    finally:
        sys.stdout = usual
        raw.is_over = True
        with suppress(OSError, ValueError):
            patient.close()
