"""ICMP and ICMPv6 errors of a router, and when there must be none.

RFC 792, RFC 4443, RFC 1122 section 3.2.2; RFC 4884 and RFC 4950 for label stacks in them.
"""

from __future__ import annotations

import enum
import struct
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.punt.wire import (
    ICMP,
    ICMPV6,
    IpPacket,
    checksum,
    icmpv6_checksum,
    ip_packet,
    stack_bytes,
)

_IPV4_QUERIES: Final = frozenset({0, 8, 9, 10, 13, 14, 15, 16, 17, 18})
_FIRST_INFORMATIONAL: Final = 128
_MAX_IPV4_ERROR: Final = 576  # RFC 1812 section 4.3.2.3
_MAX_IPV6_ERROR: Final = 1280  # RFC 4443 section 2.4 (c)
_IPV4_HEADERS: Final = 28
_IPV6_HEADERS: Final = 48
_QUOTE_BEFORE_EXTENSION: Final = 128  # RFC 4884 section 4: at least this, padded with zeros
_EXTENSION_VERSION: Final = 2 << 12
_MPLS_CLASS, _INCOMING_STACK = 1, 1
_CLASS_E: Final = 0xF000_0000


class IcmpError(enum.Enum):
    """An error a router reports: (type, code) of ICMP and of ICMPv6."""

    TTL_EXCEEDED = ((11, 0), (3, 0))
    NET_UNREACHABLE = ((3, 0), (1, 0))
    HOST_UNREACHABLE = ((3, 1), (1, 3))
    PORT_UNREACHABLE = ((3, 3), (1, 4))
    TOO_BIG = ((3, 4), (2, 0))
    UNKNOWN_PROTOCOL = ((3, 2), (4, 1))
    REASSEMBLY_TIME_EXCEEDED = ((11, 1), (3, 1))


def deserves_error(packet: IpPacket) -> bool:
    """Return whether a router may report an error about this packet to its source.

    Not about errors, later fragments, or packets to or from what is not one host (RFC 1122
    section 3.2.2, RFC 4443 section 2.4 (e)).
    """
    if packet.is_later_fragment or not (is_one_host(packet.src) and is_one_host(packet.dst)):
        return False
    if packet.protocol == ICMP and packet.src.version == 4:
        return bool(packet.payload) and packet.payload[0] in _IPV4_QUERIES
    if packet.protocol == ICMPV6 and packet.src.version == 6:
        return bool(packet.payload) and packet.payload[0] >= _FIRST_INFORMATIONAL
    return True


def error_packet(
    error: IcmpError,
    about: IpPacket,
    src: IPAddress,
    ttl: int,
    stack: tuple[LabelStackEntry, ...] = (),
    mtu: int = 0,
    pointer: int = 0,
) -> bytes:
    """Return the IP packet that reports an error to the source of `about`.

    Args:
        error: what is wrong.
        about: the packet it is about.
        src: address of the router that reports, of the same IP version.
        ttl: of the report.
        stack: label stack with which `about` came, quoted as RFC 4950 says; empty: no extension.
        mtu: of the next hop, where `about` is too big for it (RFC 1191 section 4, RFC 4443 3.2).
        pointer: of an ICMPv6 parameter problem: which octet of `about` it is (RFC 4443 3.4).
    """
    (type4, code4), (type6, code6) = error.value
    if isinstance(src, IPv4Address):
        rest, length = _body(about, stack, _MAX_IPV4_ERROR - _IPV4_HEADERS, length_unit=4)
        # RFC 4884 section 4.1: the length is the second octet of what was unused
        unsummed = struct.pack("!BBHBBH", type4, code4, 0, 0, length, mtu) + rest
        message = unsummed[:2] + checksum(unsummed).to_bytes(2, "big") + unsummed[4:]
        return ip_packet(src, about.src, ICMP, message, ttl)
    rest, length = _body(about, stack, _MAX_IPV6_ERROR - _IPV6_HEADERS, length_unit=8)
    # of a type that has an MTU or a pointer there, no length: it takes no extension (RFC 4884 4)
    message = struct.pack("!BBHI", type6, code6, 0, mtu or pointer or length << 24) + rest
    return icmpv6_packet(src, about.src, message, ttl)


def icmpv6_packet(src: IPAddress, dst: IPAddress, unsummed: bytes, ttl: int) -> bytes:
    """Return the IPv6 packet for an ICMPv6 message whose checksum field is still 0."""
    value = icmpv6_checksum(src, dst, unsummed).to_bytes(2, "big")
    return ip_packet(src, dst, ICMPV6, unsummed[:2] + value + unsummed[4:], ttl)


def _body(
    about: IpPacket, stack: tuple[LabelStackEntry, ...], room: int, length_unit: int
) -> tuple[bytes, int]:
    if not stack:
        return about.whole[:room], 0
    quote = about.whole[:_QUOTE_BEFORE_EXTENSION].ljust(_QUOTE_BEFORE_EXTENSION, b"\0")
    return quote + _stack_extension(stack), _QUOTE_BEFORE_EXTENSION // length_unit


def _stack_extension(stack: tuple[LabelStackEntry, ...]) -> bytes:
    entries = stack_bytes(stack)
    thing = struct.pack("!HBB", 4 + len(entries), _MPLS_CLASS, _INCOMING_STACK) + entries
    unsummed = struct.pack("!HH", _EXTENSION_VERSION, 0) + thing
    return struct.pack("!HH", _EXTENSION_VERSION, checksum(unsummed)) + thing


def is_one_host(address: IPAddress) -> bool:
    """Whether an address may be that of one host."""
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        return False
    if isinstance(address, IPv6Address):
        return True
    return int(address) >> 24 > 0 and int(address) < _CLASS_E
