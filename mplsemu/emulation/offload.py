"""Checksum offload of an interface, by the ioctl that ``ethtool -K IF tx off`` uses (ethtool(8)).

A veth with offload on sends packets without a checksum. Linux at the other end accepts them; Open
vSwitch in userspace forwards them as they are, and TCP hangs.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
from typing import Final

_SIOCETHTOOL: Final = 0x8946
_ETHTOOL_STXCSUM: Final = 0x17


def turn_off_checksum_offload(interface: str) -> None:
    """Turn checksum offload off at an interface of the calling thread's namespace.

    Raises:
        OSError: there is no such interface.
    """
    value = ctypes.create_string_buffer(struct.pack("=II", _ETHTOOL_STXCSUM, 0))
    request = struct.pack("16sP8x", interface.encode("ascii"), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        fcntl.ioctl(anything, _SIOCETHTOOL, request)
