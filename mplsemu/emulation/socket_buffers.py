"""Larger buffers for the packet sockets of another process (packet(7), socket(7)).

Open vSwitch in userspace receives through one socket per port, and sends through one socket for all
ports. The kernel's usual limit is 212,992 octets including overhead: some 90 full frames. That is
less than a burst of TCP, and less than the queue of a 30 Mbit/s line: packets would be lost
although no line is congested.
"""

from __future__ import annotations

import ctypes
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_log: Final = logging.getLogger(__name__)

RECEIVED_BYTES: Final = 4 << 20
"""Of each port. The kernel doubles it: 3,500 full frames, some 60 ms of work for Open vSwitch."""
SENT_BYTES: Final = 1 << 29
"""Of all ports together: covers the queues of lines, which have their own limits."""

_SO_SNDBUFFORCE, _SO_RCVBUFFORCE = 32, 33
_SYS_PIDFD_GETFD: Final = 438
_libc: Final = ctypes.CDLL(None, use_errno=True)


def enlarge_packet_buffers(pid: int) -> int:
    """Enlarge the buffers of a process's packet sockets; return how many there are.

    If that is not permitted, it is logged, and they stay as they are.

    Args:
        pid: of a process of the same user.
    """
    widened = 0
    try:
        pidfd = os.pidfd_open(pid)
        try:
            for descriptor in _packet_sockets(pid):
                with socket.socket(fileno=_duplicate(pidfd, descriptor)) as each:
                    each.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, RECEIVED_BYTES)
                    each.setsockopt(socket.SOL_SOCKET, _SO_SNDBUFFORCE, SENT_BYTES)
                widened += 1
        finally:
            os.close(pidfd)
    except OSError as error:
        _log.warning(
            "bursts may lose packets: the sockets of process %d stay small: %s", pid, error
        )
    return widened


def _packet_sockets(pid: int) -> Iterator[int]:
    """Yield a process's descriptors of packet sockets in its network namespace."""
    process = Path("/proc", str(pid))
    lines = (process / "net/packet").read_text().splitlines()[1:]
    names = {f"socket:[{line.split()[8]}]" for line in lines}
    for descriptor in (process / "fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            if str(descriptor.readlink()) in names:
                yield int(descriptor.name)


def _duplicate(pidfd: int, descriptor: int) -> int:
    """Return a duplicate of another process's descriptor (pidfd_getfd(2))."""
    found: int = _libc.syscall(_SYS_PIDFD_GETFD, pidfd, descriptor, 0)
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return found
