"""Fragmentation of IPv4 packets by a router (RFC 791 section 3.2, RFC 1812 section 4.2.2.7)."""

from __future__ import annotations

import struct
from typing import Final

from mplsemu.southbound.punt.wire import IpPacket, checksum

_FIXED: Final = 20
_UNIT: Final = 8
_DONT_FRAGMENT, _MORE, _OFFSET = 0x4000, 0x2000, 0x1FFF
_END_OF_OPTIONS, _NO_OPERATION = 0, 1
_COPIED: Final = 0x80
"""Of an option's type: it goes along in every fragment (RFC 791 section 3.1)."""


def fragments(packet: IpPacket, mtu: int) -> tuple[bytes, ...] | None:
    """Return what a router sends where a packet is too large, in order; the packet if it is not.

    None where it must not be cut: it is IPv6, or has DF set; or where nothing would fit.

    Args:
        packet: whose header is sound.
        mtu: octets of the largest packet.
    """
    if len(packet.whole) <= mtu:
        return (packet.whole,)
    if packet.src.version != 4:
        return None
    (word,) = struct.unpack_from("!H", packet.whole, 6)
    header = packet.whole[: len(packet.whole) - len(packet.payload)]
    later = header[:_FIXED] + _copied_options(header[_FIXED:])
    if word & _DONT_FRAGMENT or mtu - len(header) < _UNIT:
        return None
    made = []
    at = 0
    while at < len(packet.payload):
        head = later if at else header
        room = mtu - len(head)
        is_last = at + room >= len(packet.payload)
        piece = packet.payload[at:] if is_last else packet.payload[at : at + room // _UNIT * _UNIT]
        more = word & _MORE if is_last else _MORE
        made.append(_headed(head, (word & _OFFSET) + at // _UNIT | more, piece))
        at += len(piece)
    return tuple(made)


def _headed(header: bytes, word: int, payload: bytes) -> bytes:
    """Return a fragment: the header with its own length, flags and offset, and checksum."""
    made = bytearray(header)
    made[0] = 4 << 4 | len(header) // 4
    struct.pack_into("!H", made, 2, len(header) + len(payload))
    struct.pack_into("!H", made, 6, word)
    struct.pack_into("!H", made, 10, 0)
    struct.pack_into("!H", made, 10, checksum(bytes(made)))
    return bytes(made) + payload


def _copied_options(options: bytes) -> bytes:
    """Return the options that go along in every fragment, padded to whole words."""
    kept = b""
    at = 0
    while at < len(options) and options[at] != _END_OF_OPTIONS:
        size = 1 if options[at] == _NO_OPERATION else (options[at + 1 : at + 2] or b"\0")[0]
        if size == 0 or at + size > len(options):
            break  # no option that can be read
        if options[at] & _COPIED:
            kept += options[at : at + size]
        at += size
    return kept + bytes(-len(kept) % 4)
