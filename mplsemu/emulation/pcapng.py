"""Writes pcapng files: several named interfaces in one file, packets with comments.

The format is draft-ietf-opsawg-pcapng. Blocks are written in order and never changed, so the output
may be a pipe.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_SECTION: Final = 0x0A0D0D0A
_INTERFACE: Final = 1
_STATISTICS: Final = 5
_PACKET: Final = 6
_BYTE_ORDER: Final = 0x1A2B3C4D
_UNKNOWN_LENGTH: Final = 0xFFFF_FFFF_FFFF_FFFF
_ETHERNET: Final = 1
_NANOSECONDS: Final = b"\x09"

_END, _COMMENT = 0, 1
_SHB_APPLICATION: Final = 4
_IF_NAME, _IF_DESCRIPTION, _IF_RESOLUTION, _IF_FILTER = 2, 3, 9, 11
_EPB_FLAGS: Final = 2
_ISB_START, _ISB_END, _ISB_DROPPED = 2, 3, 5
_INBOUND, _OUTBOUND = 1, 2
_MAX_TEXT_BYTES: Final = 65_535

Option = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Interface:
    """The description of an interface in the file.

    Attributes:
        name: shown with every packet.
        description: where it is.
        filter: which packets were captured; empty for all.
    """

    name: str
    description: str = ""
    filter: str = ""


class PcapngWriter:
    """Writes one section: the header in the constructor, then packets, then the statistics.

    Args:
        write: called with bytes; its exceptions are passed on.
        application: the program that writes it.
        interfaces: packets refer to them by index.
        comment: about the whole capture.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        application: str,
        interfaces: Sequence[Interface],
        comment: str = "",
    ) -> None:
        self._write = write
        options = [(_COMMENT, _text(comment)), (_SHB_APPLICATION, _text(application))]
        blocks = [
            _block(_SECTION, struct.pack("=IHHQ", _BYTE_ORDER, 1, 0, _UNKNOWN_LENGTH), options)
        ]
        for interface in interfaces:
            options = [
                (_IF_NAME, _text(interface.name)),
                (_IF_DESCRIPTION, _text(interface.description)),
                (_IF_RESOLUTION, _NANOSECONDS),
                (_IF_FILTER, b"\0" + _text(interface.filter) if interface.filter else b""),
            ]
            blocks.append(_block(_INTERFACE, struct.pack("=HHI", _ETHERNET, 0, 0), options))
        write(b"".join(blocks))

    def packet(
        self, interface: int, time_ns: int, data: bytes, *, outgoing: bool, comment: str = ""
    ) -> None:
        """Write a packet.

        Args:
            interface: its index.
            time_ns: since 1970.
            data: the whole frame.
            outgoing: whether the interface sent it.
            comment: about it.
        """
        length = len(data)
        head = struct.pack(
            "=IIIII", interface, time_ns >> 32, time_ns & 0xFFFF_FFFF, length, length
        )
        options = [
            (_EPB_FLAGS, struct.pack("=I", _OUTBOUND if outgoing else _INBOUND)),
            (_COMMENT, _text(comment)),
        ]
        self._write(_block(_PACKET, head + _padded(data), options))

    def statistics(self, interface: int, start_ns: int, end_ns: int, lost: int) -> None:
        """Write from when to when an interface was captured, and how many packets were lost."""
        head = struct.pack("=III", interface, end_ns >> 32, end_ns & 0xFFFF_FFFF)
        options = [
            (_ISB_START, struct.pack("=II", start_ns >> 32, start_ns & 0xFFFF_FFFF)),
            (_ISB_END, struct.pack("=II", end_ns >> 32, end_ns & 0xFFFF_FFFF)),
            (_ISB_DROPPED, struct.pack("=Q", lost)),
        ]
        self._write(_block(_STATISTICS, head, options))


def _block(kind: int, body: bytes, options: Sequence[Option]) -> bytes:
    given = [option for option in options if option[1]]
    tail = b"".join(struct.pack("=HH", code, len(value)) + _padded(value) for code, value in given)
    if given:
        tail += struct.pack("=HH", _END, 0)
    length = 12 + len(body) + len(tail)
    return struct.pack("=II", kind, length) + body + tail + struct.pack("=I", length)


def _padded(data: bytes) -> bytes:
    """Return data, padded to 32 bits."""
    return data + b"\0" * (-len(data) % 4)


def _text(text: str) -> bytes:
    return text.encode("utf-8", "replace")[:_MAX_TEXT_BYTES]
