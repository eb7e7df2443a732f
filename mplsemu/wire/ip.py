"""IP headers of both versions (RFC 791, RFC 8200)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.vpn import IPAddress
from mplsemu.wire.checksum import internet_checksum, with_checksum
from mplsemu.wire.ethernet import EtherType

IPV4_HEADER_BYTES: Final = 20
"""Without options."""
IPV6_HEADER_BYTES: Final = 40
"""Without extension headers."""
IPV4_CHECKSUM_AT: Final = 10

_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_NEXT_HEADER_AT: Final = 6
_FRAGMENT_OFFSET: Final = 0x1FFF
_EXTENSION_UNIT: Final = 8


class IpProtocol(enum.IntEnum):
    """What an IP packet carries: protocol numbers and next headers."""

    HOP_BY_HOP = 0
    ICMP = 1
    IGMP = 2
    TCP = 6
    UDP = 17
    ROUTING = 43
    FRAGMENT = 44
    ICMPV6 = 58
    NO_NEXT_HEADER = 59
    DESTINATION_OPTIONS = 60
    OSPF = 89


_EXTENSIONS: Final = frozenset(
    map(int, (IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.DESTINATION_OPTIONS))
)
_FRAGMENT: Final = int(IpProtocol.FRAGMENT)


@dataclass(frozen=True, slots=True)
class IpPacket:
    """An IP packet of either version, without what the link padded.

    Attributes:
        protocol: of the payload; for IPv6 after the extension headers.
        ttl: or hop limit.
        is_later_fragment: it does not begin with the payload's first octet.
        payload: after all headers.
        whole: the packet's bytes, header included.
        is_cut: the packet was longer than what is here.
        protocol_at: offset of `protocol` in it.
        fragment_at: offset of an IPv6 fragment header, None without one.
        fragment_named_at: offset of the next header field that announces the fragment header.
    """

    src: IPAddress
    dst: IPAddress
    protocol: int
    ttl: int
    is_later_fragment: bool
    payload: bytes
    whole: bytes
    is_cut: bool = False
    protocol_at: int = 9
    fragment_at: int | None = None
    fragment_named_at: int = 0

    @property
    def dscp(self) -> int:
        """Its DSCP (RFC 2474)."""
        if self.src.version == 4:
            return self.whole[1] >> 2
        return int.from_bytes(self.whole[:2]) >> 6 & 0x3F


def parse_ip(data: bytes, ethertype: int, *, may_be_cut: bool = False) -> IpPacket:
    """Return the IP packet at the start of `data`.

    Args:
        data: perhaps with what the link padded behind it.
        ethertype: says which version it is.
        may_be_cut: take one that is cut short too, if all its headers are there.

    Raises:
        PacketError: it is none, or it is cut short or damaged.
    """
    match ethertype:
        case EtherType.IPV4:
            packet = _parse_ipv4(data)
        case EtherType.IPV6:
            packet = _parse_ipv6(data)
        case _:
            raise PacketError(f"EtherType 0x{ethertype:04x} is not IP")
    if packet.is_cut and not may_be_cut:
        raise PacketError("an IP packet is cut short")
    return packet


def _parse_ipv4(data: bytes) -> IpPacket:
    if len(data) < _IPV4.size:
        raise PacketError("an IPv4 header is cut short")
    first, _tos, total, _id, fragment, ttl, protocol, _sum, src, dst = _IPV4.unpack_from(data)
    header = (first & 0xF) * 4
    if first >> 4 != 4 or not _IPV4.size <= header <= total or header > len(data):
        raise PacketError("lengths of an IPv4 header contradict each other")
    if internet_checksum(data[:header]):
        raise PacketError("the checksum of an IPv4 header is wrong")
    return IpPacket(
        src=IPv4Address(src),
        dst=IPv4Address(dst),
        protocol=protocol,
        ttl=ttl,
        is_later_fragment=bool(fragment & _FRAGMENT_OFFSET),
        payload=data[header:total],
        whole=data[:total],
        is_cut=total > len(data),
    )


def _parse_ipv6(data: bytes) -> IpPacket:
    if len(data) < _IPV6.size:
        raise PacketError("an IPv6 header is cut short")
    first, length, protocol, ttl, src, dst = _IPV6.unpack_from(data)
    if first >> 28 != 6:
        raise PacketError("an IPv6 header has another version")
    is_cut = _IPV6.size + length > len(data)
    end = min(_IPV6.size + length, len(data))
    at, is_later, named_at = _IPV6.size, False, _NEXT_HEADER_AT
    fragment: tuple[int | None, int] = None, 0
    # what follows the header of a later fragment is no header
    while not is_later and (protocol in _EXTENSIONS or protocol == _FRAGMENT):
        if at + _EXTENSION_UNIT > end:
            raise PacketError("an IPv6 extension header is cut short")
        size = _EXTENSION_UNIT
        if protocol == _FRAGMENT:
            is_later = bool(int.from_bytes(data[at + 2 : at + 4]) >> 3)
            fragment = at, named_at
        else:
            size *= data[at + 1] + 1
        protocol, named_at = data[at], at
        at += size
    if at > end:
        raise PacketError("an IPv6 extension header is cut short")
    return IpPacket(
        src=IPv6Address(src),
        dst=IPv6Address(dst),
        protocol=protocol,
        ttl=ttl,
        is_later_fragment=is_later,
        payload=data[at:end],
        whole=data[:end],
        is_cut=is_cut,
        protocol_at=named_at,
        fragment_at=fragment[0],
        fragment_named_at=fragment[1],
    )


def ip_packet(
    src: IPAddress, dst: IPAddress, protocol: int, payload: bytes, *, ttl: int, dscp: int = 0
) -> bytes:
    """Return an IP packet without options or extension headers.

    Args:
        src: of the same version as `dst`.
        dst: where it goes.
        protocol: of the payload.
        payload: complete with its checksum.
        ttl: or hop limit.
        dscp: 6 bits (RFC 2474).
    """
    if src.version == 6:
        first = 6 << 28 | dscp << 22
        return _IPV6.pack(first, len(payload), protocol, ttl, src.packed, dst.packed) + payload
    length = _IPV4.size + len(payload)
    unsummed = _IPV4.pack(0x45, dscp << 2, length, 0, 0, ttl, protocol, 0, src.packed, dst.packed)
    return with_checksum(unsummed, IPV4_CHECKSUM_AT) + payload


def ethertype_of(address: IPAddress) -> EtherType:
    """Return the EtherType of an address's IP version."""
    return EtherType.IPV4 if address.version == 4 else EtherType.IPV6
