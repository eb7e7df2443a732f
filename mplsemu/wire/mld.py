"""MLD: membership of IPv6 multicast groups (RFC 2710, RFC 3810), messages of ICMPv6."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import pseudo_header, transport_checksum, with_checksum
from mplsemu.wire.ip import IpPacket, IpProtocol, ip_packet
from mplsemu.wire.membership import Membership, Query, Report, report_of

QUERY: Final = 130
REPORT: Final = 131
DONE: Final = 132
REPORT2: Final = 143
MLD_TYPES: Final = (QUERY, REPORT, DONE, REPORT2)
"""Types of ICMPv6 messages."""
_MESSAGE: Final = struct.Struct("!BBHHH16s")
_QUERY2: Final = struct.Struct("!BBHHH16sBBH")
_HEAD2: Final = struct.Struct("!BBHHH")
_RECORD: Final = struct.Struct("!BBH16s")
_CHECKSUM_AT: Final = 2
_RESPONSE_MS: Final = 1000
_ROBUSTNESS: Final = 2
ALL_NODES: Final = IPv6Address("ff02::1")
_ROUTER_ALERT: Final = bytes((IpProtocol.ICMPV6, 0, 5, 2, 0, 0, 1, 0))
"""The hop-by-hop options header of every MLD message (RFC 3810 section 5, RFC 2711)."""


def parse_mld(packet: IpPacket) -> Membership | None:
    """Return what a message says; None of a type that is none of membership.

    Raises:
        PacketError: it is no ICMPv6, or damaged, or does not come from a neighbour.
    """
    data = packet.payload
    if packet.protocol != IpProtocol.ICMPV6 or packet.is_later_fragment or len(data) < _HEAD2.size:
        raise PacketError("no MLD message")
    if packet.ttl != 1 or transport_checksum(packet.src, packet.dst, IpProtocol.ICMPV6, data):
        raise PacketError("an MLD message is from afar, or its checksum is wrong")
    kind = data[0]
    if kind == REPORT2:
        return report_of(_records(data))
    if kind not in MLD_TYPES:
        return None
    if len(data) < _MESSAGE.size:
        raise PacketError("an MLD message is cut short")
    group = IPv6Address(_MESSAGE.unpack_from(data)[-1])
    if kind == QUERY:
        return Query(packet.src, None if group.is_unspecified else group)
    return Report(joined=(group,)) if kind == REPORT else Report(left=(group,))


def _records(data: bytes) -> list[tuple[int, int, IPv6Address]]:
    found, at = [], _HEAD2.size
    for _ in range(int.from_bytes(data[6:8])):
        if at + _RECORD.size > len(data):
            raise PacketError("an MLD report is cut short")
        kind, auxiliary, sources, group = _RECORD.unpack_from(data, at)
        found.append((kind, sources, IPv6Address(group)))
        at += _RECORD.size + 16 * sources + 4 * auxiliary
    return found


def group_query(source: IPv6Address, group: IPv6Address) -> bytes:
    """Return the packet that asks for one group; hosts ignore it unless `source` is link-local."""
    return _query(source, group, group)


def general_query(source: IPv6Address) -> bytes:
    """Return the packet that asks who is in which group, like `group_query`."""
    return _query(source, ALL_NODES, IPv6Address(0))


def _query(source: IPv6Address, dst: IPv6Address, group: IPv6Address) -> bytes:
    message = _QUERY2.pack(
        QUERY, 0, 0, _RESPONSE_MS, 0, group.packed, _ROBUSTNESS, 0, 0
    )  # fmt: skip
    pseudo = pseudo_header(source, dst, IpProtocol.ICMPV6, len(message))
    body = _ROUTER_ALERT + with_checksum(message, _CHECKSUM_AT, pseudo)
    return ip_packet(source, dst, IpProtocol.HOP_BY_HOP, body, ttl=1)
