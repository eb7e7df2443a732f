"""Reading a file or pipe that a user names, bounded in time and size."""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path
from typing import Final

IDLE_TIMEOUT_S: Final = 10.0
"""How long a pipe may be silent: a shell's ``<(...)``, or a FIFO without a writer."""
_PIECE: Final = 1 << 16


def read_file(path: str | Path, most: int, idle_timeout_s: float = IDLE_TIMEOUT_S) -> bytes:
    """Return the contents of a file or pipe, at most one octet more than `most`.

    Raises:
        OSError: it cannot be read, or says nothing for too long.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        said = bytearray()
        while len(said) <= most:
            if not is_file and not _has_more(descriptor, idle_timeout_s):
                raise OSError(errno.ETIMEDOUT, f"nothing has come from it for {idle_timeout_s:g} s")
            try:
                piece = os.read(descriptor, min(_PIECE, most + 1 - len(said)))
            except BlockingIOError:  # another reader was faster
                continue
            if not piece:
                break
            said += piece
    finally:
        os.close(descriptor)
    return bytes(said)


def _has_more(descriptor: int, idle_timeout_s: float) -> bool:
    """Wait for data or the end of file."""
    poller = select.poll()
    poller.register(descriptor, select.POLLIN)
    return bool(poller.poll(idle_timeout_s * 1000))


def read_bounded(path: str | Path, most: int = 512_000_000) -> bytes:
    """Return the contents of a file or pipe.

    Raises:
        OSError: it cannot be read, says nothing for too long, or has more octets than `most`.
    """
    said = read_file(path, most)
    if len(said) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} octets")
    return said
