"""When a router must not report an error (RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e))."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.wire.ip import IpPacket, IpProtocol

_IPV4_QUERIES: Final = frozenset({0, 8, 9, 10, 13, 14, 15, 16, 17, 18})
"""ICMP types that are no errors."""
_FIRST_INFORMATIONAL: Final = 128
"""ICMPv6 types below it are errors."""
_CLASS_E: Final = 0xF000_0000


def deserves_error(packet: IpPacket) -> bool:
    """Whether a router may report an error about this packet to its source.

    Not about errors, later fragments, or packets from or to what is not one host.
    """
    if packet.is_later_fragment or not (is_one_host(packet.src) and is_one_host(packet.dst)):
        return False
    if packet.protocol == IpProtocol.ICMP and packet.src.version == 4:
        return bool(packet.payload) and packet.payload[0] in _IPV4_QUERIES
    if packet.protocol == IpProtocol.ICMPV6 and packet.src.version == 6:
        return bool(packet.payload) and packet.payload[0] >= _FIRST_INFORMATIONAL
    return True


def is_one_host(address: IPAddress) -> bool:
    """Whether an address may be that of a single host."""
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        return False
    if isinstance(address, IPv6Address):
        return True
    return int(address) >> 24 > 0 and int(address) < _CLASS_E
