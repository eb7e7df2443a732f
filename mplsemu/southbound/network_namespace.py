"""Network namespaces of other processes, entered for a while; see namespaces(7) and setns(2)."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mplsemu.errors import EmulationError, NodeGoneError, NotRootError

OWN_NAMESPACE: Final = Path("/proc/thread-self/ns/net")
"""The calling thread's."""
_CLONE_NEWNET: Final = 0x4000_0000
_libc: Final = ctypes.CDLL(None, use_errno=True)


def enter(fd: int) -> None:
    """Move the calling thread into a network namespace.

    Args:
        fd: an open descriptor of it.

    Raises:
        NotRootError, EmulationError: the kernel refuses.
    """
    if _libc.setns(fd, _CLONE_NEWNET) == 0:
        return
    number = ctypes.get_errno()
    what = "cannot enter a network namespace (setns)"
    if number == errno.EPERM:
        raise NotRootError(f"{what}: not permitted; run as root, in a container with --privileged")
    raise EmulationError(f"{what}: {os.strerror(number)}")


@contextmanager
def inside(pid: int) -> Iterator[None]:
    """Run a block in another process's network namespace, on the calling thread only.

    A socket opened inside stays in that namespace, a child started inside runs there. The block
    must not switch green threads: whatever ran next would be in the wrong namespace.

    Raises:
        NodeGoneError: the process is gone.
    """
    before = os.open(OWN_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            target = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise NodeGoneError(f"process {pid} of the lab is gone: {error.strerror}") from error
        try:
            enter(target)
        finally:
            os.close(target)
        try:
            yield
        finally:
            enter(before)
    finally:
        os.close(before)
