"""ICMP and ICMPv6 errors, with the label stack of the packet they are about.

RFC 792, RFC 4443; RFC 4884 for the extension structure, RFC 4950 for the label stack in it.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Sequence
from typing import Final

from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.vpn import IPAddress
from mplsemu.wire.checksum import with_checksum
from mplsemu.wire.icmp import ICMP_HEADER_BYTES, icmp_message
from mplsemu.wire.ip import IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, IpPacket
from mplsemu.wire.mpls import stack_bytes

_MAX_IPV4_ERROR: Final = 576 - IPV4_HEADER_BYTES - ICMP_HEADER_BYTES  # RFC 1812 section 4.3.2.3
_MAX_IPV6_ERROR: Final = 1280 - IPV6_HEADER_BYTES - ICMP_HEADER_BYTES  # RFC 4443 section 2.4 (c)
_QUOTE_BEFORE_EXTENSION: Final = 128  # RFC 4884 section 4: at least this, padded with zeros
_EXTENSION_VERSION: Final = 2 << 12
_EXTENSION_CHECKSUM_AT: Final = 2
_MPLS_CLASS, _INCOMING_STACK = 1, 1


class IcmpError(enum.Enum):
    """An error that a router or a host reports: (type, code) of ICMP and of ICMPv6."""

    TTL_EXCEEDED = ((11, 0), (3, 0))
    NET_UNREACHABLE = ((3, 0), (1, 0))
    HOST_UNREACHABLE = ((3, 1), (1, 3))
    PORT_UNREACHABLE = ((3, 3), (1, 4))
    TOO_BIG = ((3, 4), (2, 0))
    UNKNOWN_PROTOCOL = ((3, 2), (4, 1))
    REASSEMBLY_TIME_EXCEEDED = ((11, 1), (3, 1))


def error_message(
    error: IcmpError,
    about: IpPacket,
    src: IPAddress,
    stack: Sequence[LabelStackEntry] = (),
    mtu: int = 0,
    pointer: int = 0,
) -> bytes:
    """Return the message that reports an error to the source of `about`.

    Args:
        error: what is wrong.
        about: the packet it is about.
        src: address of the router that reports, of the same IP version.
        stack: label stack that `about` came with, quoted as RFC 4950 says; empty: no extension.
        mtu: of the next hop, if `about` is too big for it (RFC 1191 section 4, RFC 4443 3.2).
        pointer: offset of the octet in `about` that is a parameter problem (RFC 4443 3.4).
    """
    (type4, code4), (type6, code6) = error.value
    if src.version == 4:
        quote, length = _quote(about, stack, _MAX_IPV4_ERROR, length_unit=4)
        # RFC 4884 section 4.1: the length is the second octet of what was unused
        rest = struct.pack("!BBH", 0, length, mtu) + quote
        return icmp_message(src, about.src, type4, code4, rest)
    quote, length = _quote(about, stack, _MAX_IPV6_ERROR, length_unit=8)
    # a type with an MTU or a pointer in that place takes no extension (RFC 4884 section 4)
    rest = struct.pack("!I", mtu or pointer or length << 24) + quote
    return icmp_message(src, about.src, type6, code6, rest)


def _quote(
    about: IpPacket, stack: Sequence[LabelStackEntry], room: int, length_unit: int
) -> tuple[bytes, int]:
    """Return what is quoted of a packet, and the length field that goes with it."""
    if not stack:
        return about.whole[:room], 0
    quote = about.whole[:_QUOTE_BEFORE_EXTENSION].ljust(_QUOTE_BEFORE_EXTENSION, b"\0")
    return quote + _stack_extension(stack), _QUOTE_BEFORE_EXTENSION // length_unit


def _stack_extension(stack: Sequence[LabelStackEntry]) -> bytes:
    entries = stack_bytes(stack)
    extension = struct.pack("!HBB", 4 + len(entries), _MPLS_CLASS, _INCOMING_STACK) + entries
    unsummed = struct.pack("!HH", _EXTENSION_VERSION, 0) + extension
    return with_checksum(unsummed, _EXTENSION_CHECKSUM_AT)
