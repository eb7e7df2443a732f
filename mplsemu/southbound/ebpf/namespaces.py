"""Sockets in the network namespaces of LSRs; see namespaces(7) and setns(2)."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from mplsemu.errors import EmulationError

_CLONE_NEWNET: Final = 0x4000_0000
_OWN: Final = Path("/proc/thread-self/ns/net")
_libc: Final = ctypes.CDLL(None, use_errno=True)
_T = TypeVar("_T")


def opened_inside(pid: int, open_it: Callable[[], _T]) -> _T:
    """Have something opened in another process's network namespace, where it then stays.

    Args:
        pid: of the process.
        open_it: opens it; on the calling thread, which is in that namespace meanwhile.

    Raises:
        EmulationError: the process is gone, or this one may not go there.
    """
    before = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            target = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise EmulationError(f"process {pid} of the lab is gone: {error.strerror}") from error
        try:
            _enter(target)
        finally:
            os.close(target)
        try:
            return open_it()
        finally:
            _enter(before)
    finally:
        os.close(before)


def _enter(fd: int) -> None:
    if _libc.setns(fd, _CLONE_NEWNET):
        reason = os.strerror(ctypes.get_errno())
        raise EmulationError(f"cannot enter a network namespace: {reason}; run as root")
