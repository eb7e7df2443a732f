"""UDP headers (RFC 768)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import PacketError

UDP_HEADER_BYTES: Final = 8
UDP_LENGTH_AT: Final = 4
UDP_CHECKSUM_AT: Final = 6

_HEADER: Final = struct.Struct("!HHHH")


@dataclass(frozen=True, slots=True)
class UdpHeader:
    """A UDP header.

    Attributes:
        source: port; likewise `target`.
        length: of header and data, as it stands in the header.
        checksum: 0 if the sender made none.
    """

    source: int
    target: int
    length: int
    checksum: int

    def to_bytes(self) -> bytes:
        """Return the header as it is sent."""
        return _HEADER.pack(self.source, self.target, self.length, self.checksum)


def parse_udp(datagram: bytes) -> UdpHeader:
    """Return a datagram's header.

    Raises:
        PacketError: it is cut short.
    """
    if len(datagram) < _HEADER.size:
        raise PacketError("a UDP header is cut short")
    return UdpHeader(*_HEADER.unpack_from(datagram))
