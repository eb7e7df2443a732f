"""IGMP: membership of IPv4 multicast groups (RFC 1112, RFC 2236, RFC 3376)."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import internet_checksum, with_checksum
from mplsemu.wire.ip import IpPacket, IpProtocol, ip_packet
from mplsemu.wire.membership import Membership, Query, Report, report_of

_QUERY: Final = 0x11
_REPORTS: Final = (0x12, 0x16)
"""Version 1 and 2."""
_LEAVE: Final = 0x17
_REPORT3: Final = 0x22
_MESSAGE: Final = struct.Struct("!BBH4s")
_QUERY3: Final = struct.Struct("!BBH4sBBH")
_RECORD: Final = struct.Struct("!BBH4s")
_CHECKSUM_AT: Final = 2
_RESPONSE_TENTHS: Final = 10
_ROBUSTNESS: Final = 2
NO_ADDRESS: Final = IPv4Address("0.0.0.0")
ALL_SYSTEMS: Final = IPv4Address("224.0.0.1")


def parse_igmp(packet: IpPacket) -> Membership | None:
    """Return what a message says; None of a type that is none of membership.

    Raises:
        PacketError: it is no IGMP, or damaged.
    """
    data = packet.payload
    if packet.protocol != IpProtocol.IGMP or packet.is_later_fragment:
        raise PacketError("no IGMP message")
    if len(data) < _MESSAGE.size or internet_checksum(data):
        raise PacketError("an IGMP message is cut short, or its checksum is wrong")
    kind, _code, _sum, packed = _MESSAGE.unpack_from(data)
    group = IPv4Address(packed)
    match kind:
        case 0x11:
            return Query(packet.src, group if group != NO_ADDRESS else None)
        case 0x12 | 0x16:
            return Report(joined=(group,))
        case 0x17:
            return Report(left=(group,))
        case 0x22:
            return report_of(_records(data))
        case _:
            return None


def _records(data: bytes) -> list[tuple[int, int, IPv4Address]]:
    found, at = [], _MESSAGE.size
    for _ in range(int.from_bytes(data[6:8])):
        if at + _RECORD.size > len(data):
            raise PacketError("an IGMP report is cut short")
        kind, auxiliary, sources, group = _RECORD.unpack_from(data, at)
        found.append((kind, sources, IPv4Address(group)))
        at += _RECORD.size + 4 * (sources + auxiliary)
    return found


def group_query(group: IPv4Address) -> bytes:
    """Return the packet by which who is no querier asks for one group (RFC 4541 section 2.1.1).

    Its source is 0.0.0.0, so that it takes part in no election.
    """
    return _query(group, group)


def general_query() -> bytes:
    """Return the packet by which who is no querier asks who is in which group."""
    return _query(ALL_SYSTEMS, NO_ADDRESS)


def _query(dst: IPv4Address, group: IPv4Address) -> bytes:
    message = _QUERY3.pack(_QUERY, _RESPONSE_TENTHS, 0, group.packed, _ROBUSTNESS, 0, 0)
    body = with_checksum(message, _CHECKSUM_AT)
    return ip_packet(NO_ADDRESS, dst, IpProtocol.IGMP, body, ttl=1)
