"""Ethernet, IP and label stack headers in bytes; what does not parse is None, never an exception.

RFC 791, RFC 8200, RFC 3032. Nothing here trusts a length that stands in a packet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.model.vpn import IPAddress

ETHERTYPE_IPV4: Final = 0x0800
ETHERTYPE_ARP: Final = 0x0806
ETHERTYPE_IPV6: Final = 0x86DD
ETHERTYPE_MPLS: Final = 0x8847
ICMP: Final = 1
ICMPV6: Final = 58
BROADCAST_MAC: Final = "ff:ff:ff:ff:ff:ff"

_ETHERNET: Final = struct.Struct("!6s6sH")
_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_MORE_STACK: Final = 4
_NEXT_HEADER_AT: Final = 6
_EXTENSION_HEADERS: Final = frozenset({0, 43, 60})
_FRAGMENT_HEADER: Final = 44
_INTERNETWORK_CONTROL: Final = 0xC0
"""DSCP CS6: RFC 1812 section 4.3.2.5 wants precedence 6 for a router's ICMP errors."""


@dataclass(frozen=True, slots=True)
class Ethernet:
    """An untagged Ethernet frame; MAC addresses in lower case with colons."""

    dst: str
    src: str
    ethertype: int
    payload: bytes

    def to_bytes(self) -> bytes:
        """Return the frame as it stands on the wire."""
        head = _ETHERNET.pack(mac_bytes(self.dst), mac_bytes(self.src), self.ethertype)
        return head + self.payload


@dataclass(frozen=True, slots=True)
class IpPacket:
    """An IP packet of either version, without what the link padded.

    Attributes:
        protocol: of the payload; for IPv6 after the extension headers.
        ttl: or hop limit.
        is_later_fragment: it does not begin with the payload's first octet.
        payload: after all headers.
        whole: the packet's bytes, header included.
        is_cut: more of it was sent than is here.
        protocol_at: where `protocol` stands in it.
        fragment_at: where an IPv6 fragment header begins, None without one; `fragment_named_at`:
            where its kind stands.
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


def parse_ethernet(frame: bytes) -> Ethernet | None:
    """Return the frame, None if it is too short for a header."""
    if len(frame) < _ETHERNET.size:
        return None
    dst, src, ethertype = _ETHERNET.unpack_from(frame)
    return Ethernet(mac_text(dst), mac_text(src), ethertype, frame[_ETHERNET.size :])


def parse_ip(data: bytes, ethertype: int, *, may_be_cut: bool = False) -> IpPacket | None:
    """Return the IP packet at the start of `data`, None if it is none, cut short or damaged.

    Args:
        data: perhaps with what the link padded behind it.
        ethertype: says which version it is.
        may_be_cut: take one that is cut short too, where all its headers are there.
    """
    match ethertype:
        case 0x0800:
            packet = _parse_ipv4(data)
        case 0x86DD:
            packet = _parse_ipv6(data)
        case _:
            return None
    return packet if packet is None or may_be_cut or not packet.is_cut else None


def _parse_ipv4(data: bytes) -> IpPacket | None:
    if len(data) < _IPV4.size:
        return None
    first, _tos, total, _id, fragment, ttl, protocol, _sum, src, dst = _IPV4.unpack_from(data)
    header = (first & 0xF) * 4
    if first >> 4 != 4 or not _IPV4.size <= header <= total or header > len(data):
        return None
    if checksum(data[:header]):
        return None
    return IpPacket(
        src=IPv4Address(src),
        dst=IPv4Address(dst),
        protocol=protocol,
        ttl=ttl,
        is_later_fragment=bool(fragment & 0x1FFF),
        payload=data[header:total],
        whole=data[:total],
        is_cut=total > len(data),
    )


def _parse_ipv6(data: bytes) -> IpPacket | None:
    if len(data) < _IPV6.size:
        return None
    first, length, protocol, ttl, src, dst = _IPV6.unpack_from(data)
    end = _IPV6.size + length
    if first >> 28 != 6:
        return None
    is_cut = end > len(data)
    end = min(end, len(data))
    at, later, named_at = _IPV6.size, False, _NEXT_HEADER_AT
    fragment: tuple[int | None, int] = None, 0
    # what follows in a later fragment is no header
    while not later and (protocol in _EXTENSION_HEADERS or protocol == _FRAGMENT_HEADER):
        if at + 8 > end:
            return None
        if protocol == _FRAGMENT_HEADER:
            later = bool(int.from_bytes(data[at + 2 : at + 4], "big") >> 3)
            size, fragment = 8, (at, named_at)
        else:
            size = (data[at + 1] + 1) * 8
        protocol, named_at = data[at], at
        at += size
    if at > end:
        return None
    return IpPacket(
        src=IPv6Address(src),
        dst=IPv6Address(dst),
        protocol=protocol,
        ttl=ttl,
        is_later_fragment=later,
        payload=data[at:end],
        whole=data[:end],
        is_cut=is_cut,
        protocol_at=named_at,
        fragment_at=fragment[0],
        fragment_named_at=fragment[1],
    )


def parse_stack(data: bytes) -> tuple[tuple[LabelStackEntry, ...], bytes] | None:
    """Return a label stack, outermost entry first, and what is below it (RFC 3032 2.1)."""
    entries = []
    for at in range(0, len(data) - _MORE_STACK + 1, _MORE_STACK):
        word = int.from_bytes(data[at : at + _MORE_STACK], "big")
        entries.append(LabelStackEntry(Label(word >> 12), word >> 9 & 7, word & 0xFF))
        if word & 0x100:
            return tuple(entries), data[at + _MORE_STACK :]
    return None


def stack_bytes(entries: tuple[LabelStackEntry, ...]) -> bytes:
    """Return a label stack as it stands on the wire, the last entry marked as such."""
    words = [entry.label << 12 | entry.tc << 9 | entry.ttl for entry in entries]
    words[-1] |= 0x100
    return struct.pack(f"!{len(words)}I", *words)


def ip_packet(src: IPAddress, dst: IPAddress, protocol: int, payload: bytes, ttl: int) -> bytes:
    """Return an IP packet of a router's own, marked as network control.

    Args:
        src: of the same version as `dst`.
        dst: where it goes.
        protocol: of the payload.
        payload: complete with its checksum.
        ttl: or hop limit.
    """
    if src.version == 6:
        first = 6 << 28 | _INTERNETWORK_CONTROL << 20
        return _IPV6.pack(first, len(payload), protocol, ttl, src.packed, dst.packed) + payload
    fields = (0x45, _INTERNETWORK_CONTROL, _IPV4.size + len(payload), 0, 0, ttl, protocol)
    unsummed = _IPV4.pack(*fields, 0, src.packed, dst.packed)
    return _IPV4.pack(*fields, checksum(unsummed), src.packed, dst.packed) + payload


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071); 0 over data that holds a right one."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def icmpv6_checksum(src: IPAddress, dst: IPAddress, message: bytes) -> int:
    """Return the checksum of an ICMPv6 message with its pseudo-header (RFC 8200 section 8.1)."""
    return transport_checksum(src, dst, ICMPV6, message)


def transport_checksum(src: IPAddress, dst: IPAddress, protocol: int, data: bytes) -> int:
    """Return a checksum with the pseudo-header; 0 over data that holds a right one.

    RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1: of both IP versions it adds up alike.
    """
    pseudo = src.packed + dst.packed + struct.pack("!I3xB", len(data), protocol)
    return checksum(pseudo + data)


def mac_bytes(mac: str) -> bytes:
    """Return ``02:00:00:00:00:01`` as six octets."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(octets: bytes) -> str:
    """Return six octets as ``02:00:00:00:00:01``."""
    return octets.hex(":")


def is_group_mac(mac: str) -> bool:
    """Whether a MAC address is broadcast or multicast."""
    return bool(mac_bytes(mac)[0] & 1)


def ethertype_of(address: IPAddress) -> int:
    """Return the Ethernet type of an address's IP version."""
    return ETHERTYPE_IPV4 if address.version == 4 else ETHERTYPE_IPV6
