"""Interfaces of the calling thread's namespace, taken up and down by ioctl (netdevice(7))."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable
from typing import Final

_SIOCGIFFLAGS: Final = 0x8913
_SIOCSIFFLAGS: Final = 0x8914
_IFF_UP: Final = 1
_IFF_RUNNING: Final = 0x40
_REQUEST: Final = struct.Struct("16sH22x")


def why_down(opened: socket.socket, interface: str) -> str | None:
    """Return why an interface in a socket's namespace cannot be used, None if it is up."""
    try:
        flags = _flags(opened, interface)
    except OSError as error:  # it does not exist
        return error.strerror
    return None if flags & _IFF_UP else os.strerror(errno.ENETDOWN)


def not_running(interfaces: Iterable[str]) -> list[str]:
    """Return the interfaces that carry nothing, as they or the other ends of their cables are down.

    Raises:
        OSError: there is no such interface.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        return [name for name in interfaces if not _flags(anything, name) & _IFF_RUNNING]


def _flags(opened: socket.socket, interface: str) -> int:
    answer = fcntl.ioctl(opened, _SIOCGIFFLAGS, _REQUEST.pack(interface.encode("ascii"), 0))
    flags: int = _REQUEST.unpack(answer)[1]
    return flags


def set_up(interfaces: Iterable[str], *, up: bool) -> None:
    """Take interfaces up or down.

    Raises:
        OSError: there is no such interface.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        for name in interfaces:
            flags = _flags(anything, name)
            wanted = flags | _IFF_UP if up else flags & ~_IFF_UP
            fcntl.ioctl(anything, _SIOCSIFFLAGS, _REQUEST.pack(name.encode("ascii"), wanted))
