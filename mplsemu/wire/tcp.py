"""TCP headers without options (RFC 9293 section 3.1)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import PacketError

TCP_HEADER_BYTES: Final = 20
TCP_CHECKSUM_AT: Final = 16
TCP_FLAGS_AT: Final = 13

_HEADER: Final = struct.Struct("!HHIIHHHH")
_FLAGS: Final = 0x1FF


class TcpFlag(enum.IntFlag):
    """Control bits of a segment."""

    FIN = 0x01
    SYN = 0x02
    RST = 0x04
    PSH = 0x08
    ACK = 0x10


@dataclass(frozen=True, slots=True)
class TcpHeader:
    """A TCP header.

    Attributes:
        source: port; likewise `target`.
        sequence: number of its first octet.
        acknowledgment: number of the next octet that its sender expects.
        flags: see `TcpFlag`.
        window: as it stands in the header.
        checksum: as it stands in the header.
    """

    source: int
    target: int
    sequence: int
    acknowledgment: int
    flags: int
    window: int = 0
    checksum: int = 0

    def to_bytes(self) -> bytes:
        """Return the header as it is sent."""
        word = TCP_HEADER_BYTES // 4 << 12 | self.flags
        return _HEADER.pack(
            self.source,
            self.target,
            self.sequence,
            self.acknowledgment,
            word,
            self.window,
            self.checksum,
            0,
        )


def parse_tcp(segment: bytes) -> tuple[TcpHeader, bytes]:
    """Return a segment's header, without its options, and its data.

    Raises:
        PacketError: it is cut short, or its header has an impossible length.
    """
    if len(segment) < _HEADER.size:
        raise PacketError("a TCP header is cut short")
    source, target, sequence, acknowledgment, word, window, checksum, _urgent = _HEADER.unpack_from(
        segment
    )
    data_at = word >> 12 << 2
    if not _HEADER.size <= data_at <= len(segment):
        raise PacketError("a TCP header has an impossible length")
    header = TcpHeader(source, target, sequence, acknowledgment, word & _FLAGS, window, checksum)
    return header, segment[data_at:]
