"""IP fragments: cut by a router (IPv4) or by the source (both versions), read, and joined again.

RFC 791 section 3.2, RFC 1812 section 4.2.2.7; RFC 8200 section 4.5.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import with_checksum
from mplsemu.wire.ip import (
    IPV4_CHECKSUM_AT,
    IPV4_HEADER_BYTES,
    IPV6_HEADER_BYTES,
    IpPacket,
    IpProtocol,
)

MAX_PACKET_BYTES: Final = 0xFFFF
FRAGMENT_UNIT: Final = 8
"""Octets in which offsets are counted: every fragment but the last is a multiple."""

_DONT_FRAGMENT, _MORE, _OFFSET = 0x4000, 0x2000, 0x1FFF
_OFFSET6, _MORE6 = 0xFFF8, 1
_END_OF_OPTIONS, _NO_OPERATION = 0, 1
_COPIED: Final = 0x80
"""Of an option's type: the option is copied into every fragment (RFC 791 section 3.1)."""
_FRAGMENT_HEADER: Final = struct.Struct("!BxHI")


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of an IP packet.

    Attributes:
        identification: what the packet's fragments have in common, beside the addresses.
        offset: in octets.
        more: whether it is not the last.
        head: the headers in front of the data, without a fragment header.
        data: octets of the packet, from `offset` on.
    """

    identification: int
    offset: int
    more: bool
    head: bytes
    data: bytes


def fragment_of(packet: IpPacket) -> Fragment | None:
    """Return which fragment a packet is, None if it is whole."""
    whole = packet.whole
    if packet.src.version == 4:
        identification, word = struct.unpack_from("!HH", whole, 4)
        if not word & (_MORE | _OFFSET):
            return None
        start = 4 * (whole[0] & 0xF)
        head = whole[:6] + bytes(2) + whole[8:start]
        offset, more = FRAGMENT_UNIT * (word & _OFFSET), bool(word & _MORE)
        return Fragment(identification, offset, more, head, whole[start:])
    at = packet.fragment_at
    if at is None:
        return None
    word, identification = struct.unpack_from("!HI", whole, at + 2)
    if not word & (_OFFSET6 | _MORE6):  # an atomic fragment is whole (RFC 6946)
        return None
    named = packet.fragment_named_at
    head = whole[:named] + whole[at : at + 1] + whole[named + 1 : at]
    data = whole[at + _FRAGMENT_HEADER.size :]
    return Fragment(identification, word & _OFFSET6, bool(word & _MORE6), head, data)


def joined(head: bytes, data: bytes) -> bytes:
    """Return the packet whose fragments are all there.

    Args:
        head: of its first fragment, see `Fragment`.
        data: of all fragments, in order.

    Raises:
        PacketError: no packet is that long.
    """
    if head[0] >> 4 == 6:
        length = len(head) - IPV6_HEADER_BYTES + len(data)
        made = head[:4] + (length & MAX_PACKET_BYTES).to_bytes(2) + head[6:]
    else:
        length = len(head) + len(data)
        made = _ipv4_header(head, 0, length & MAX_PACKET_BYTES)
    if length > MAX_PACKET_BYTES:
        raise PacketError(f"fragments of a packet of {length} octets")
    return made + data


def router_fragments(packet: IpPacket, mtu: int) -> tuple[bytes, ...] | None:
    """Return what a router sends of a packet, in order; the packet itself if it is small enough.

    None if it must not be fragmented (it is IPv6, or has DF set), or if no fragment would fit.

    Args:
        packet: whose header is correct.
        mtu: octets of the largest packet.
    """
    if len(packet.whole) <= mtu:
        return (packet.whole,)
    (word,) = struct.unpack_from("!H", packet.whole, 6)
    if packet.src.version != 4 or word & _DONT_FRAGMENT:
        return None
    header = packet.whole[: len(packet.whole) - len(packet.payload)]
    if mtu - len(header) < FRAGMENT_UNIT:
        return None
    return tuple(_cut4(header, word, packet.payload, mtu))


def source_fragments(whole: bytes, identification: int, mtu: int) -> tuple[bytes, ...]:
    """Return a packet of our own as its source sends it, in order: itself if it is small enough.

    Args:
        whole: a packet without options or extension headers.
        identification: of its fragments, 32 bits.
        mtu: octets of the largest packet that the next hop takes.
    """
    if len(whole) <= mtu:
        return (whole,)
    if whole[0] >> 4 == 6:
        return tuple(_cut6(whole, identification, mtu))
    short = (identification ^ identification >> 16) & 0xFFFF
    header = whole[:4] + short.to_bytes(2) + whole[6:IPV4_HEADER_BYTES]
    return tuple(_cut4(header, 0, whole[IPV4_HEADER_BYTES:], mtu))


def _cut4(header: bytes, word: int, payload: bytes, mtu: int) -> Iterator[bytes]:
    """Yield fragments of an IPv4 payload; `word` has the flags and the offset it came with."""
    later = header[:IPV4_HEADER_BYTES] + _copied_options(header[IPV4_HEADER_BYTES:])
    at = 0
    while at < len(payload):
        head = later if at else header
        room = mtu - len(head)
        is_last = at + room >= len(payload)
        data = payload[at:] if is_last else payload[at : at + room // FRAGMENT_UNIT * FRAGMENT_UNIT]
        more = word & _MORE if is_last else _MORE
        offset = (word & _OFFSET) + at // FRAGMENT_UNIT
        yield _ipv4_header(head, offset | more, len(head) + len(data)) + data
        at += len(data)


def _cut6(whole: bytes, identification: int, mtu: int) -> Iterator[bytes]:
    head, payload = whole[:IPV6_HEADER_BYTES], whole[IPV6_HEADER_BYTES:]
    unfragmentable = IPV6_HEADER_BYTES + _FRAGMENT_HEADER.size
    room = (mtu - unfragmentable) // FRAGMENT_UNIT * FRAGMENT_UNIT
    for at in range(0, len(payload), room):
        data = payload[at : at + room]
        more = at + room < len(payload)
        length = _FRAGMENT_HEADER.size + len(data)
        start = head[:4] + struct.pack("!HB", length, IpProtocol.FRAGMENT) + head[7:]
        yield start + _FRAGMENT_HEADER.pack(head[6], at | more, identification) + data


def _ipv4_header(header: bytes, word: int, length: int) -> bytes:
    """Return a header with its own length in words, total length, flags and offset, checksum."""
    made = bytearray(header)
    made[0] = 4 << 4 | len(header) // 4
    struct.pack_into("!H", made, 2, length)
    struct.pack_into("!H", made, 6, word)
    return with_checksum(bytes(made), IPV4_CHECKSUM_AT)


def _copied_options(options: bytes) -> bytes:
    """Return the options that are copied into every fragment, padded to whole words."""
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
