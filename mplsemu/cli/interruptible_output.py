"""Standard output that acts on signals while it waits for its reader.

A terminal stopped by Ctrl-S, or a pager that waits for a key, must not keep a lab from going down.
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
        is_over: whether further output is dropped.
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
        """Return True."""
        return True

    def write(self, data: ReadableBuffer, /) -> int:
        """Write all of the data; acts on signals."""
        octets = bytes(data)
        if not self.is_over:
            write(self._descriptor, octets)
        return len(octets)


@contextmanager
def interruptible_output() -> Iterator[None]:
    """Make what is printed in a block interruptible by signals."""
    usual = sys.stdout
    try:
        raw = _InterruptibleWriter(usual.fileno())
    except (OSError, ValueError):  # standard output is replaced, as in a test
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
