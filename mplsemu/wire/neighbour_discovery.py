"""Neighbour solicitations and advertisements of IPv6 (RFC 4861 sections 4.3, 4.4, 7.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.vpn import IPAddress
from mplsemu.wire.ethernet import mac_bytes, mac_text
from mplsemu.wire.icmp import has_correct_checksum, icmp_message
from mplsemu.wire.ip import IpPacket, IpProtocol, ip_packet

ALL_NODES: Final = IPv6Address("ff02::1")
HOP_LIMIT: Final = 255
"""RFC 4861 section 7.1: a packet from farther away arrives with less."""

_SOLICITATION, _ADVERTISEMENT = 135, 136
_MESSAGE: Final = struct.Struct("!BBHI16s")
_AFTER_CHECKSUM: Final = struct.Struct("!I16s")
_ROUTER, _SOLICITED, _OVERRIDE = 1 << 31, 1 << 30, 1 << 29
_SOURCE_MAC, _TARGET_MAC = 1, 2
_OPTION_UNIT: Final = 8
_SOLICITED_NODE: Final = int(IPv6Address("ff02::1:ff00:0"))


@dataclass(frozen=True, slots=True)
class NeighbourSolicitation:
    """Asks for the MAC address of a neighbour.

    Attributes:
        src: who asks; unspecified if it checks whether its future address is free (RFC 4862).
        target: the address that is asked for.
        mac: of who asks, None if it does not say.
    """

    src: IPAddress
    target: IPv6Address
    mac: str | None

    def to_packet(self, dst: IPv6Address, dscp: int = 0) -> bytes:
        """Return the IPv6 packet that carries it."""
        return _packet(self.src, dst, _SOLICITATION, 0, self.target, _SOURCE_MAC, self.mac, dscp)


@dataclass(frozen=True, slots=True)
class NeighbourAdvertisement:
    """Says which MAC address a neighbour has.

    Attributes:
        src: who says so.
        target: the address that it is about.
        mac: of `target`, None if it is not said.
        is_router: the sender is a router.
        is_solicited: it answers a solicitation.
        overrides: it replaces what was known.
    """

    src: IPAddress
    target: IPv6Address
    mac: str | None
    is_router: bool = False
    is_solicited: bool = False
    overrides: bool = False

    def to_packet(self, dst: IPv6Address, dscp: int = 0) -> bytes:
        """Return the IPv6 packet that carries it."""
        flags = _ROUTER * self.is_router | _SOLICITED * self.is_solicited
        flags |= _OVERRIDE * self.overrides
        return _packet(
            self.src, dst, _ADVERTISEMENT, flags, self.target, _TARGET_MAC, self.mac, dscp
        )


NeighbourMessage = NeighbourSolicitation | NeighbourAdvertisement


def parse_neighbour_message(packet: IpPacket) -> NeighbourMessage:
    """Return the message of a packet that RFC 4861 sections 7.1.1 and 7.1.2 call valid.

    Raises:
        PacketError: it is none.
    """
    data = packet.payload
    if packet.src.version != 6 or packet.protocol != IpProtocol.ICMPV6 or packet.is_later_fragment:
        raise PacketError("no neighbour discovery message")
    if len(data) < _MESSAGE.size or packet.ttl != HOP_LIMIT or not has_correct_checksum(packet):
        raise PacketError("a neighbour discovery message that is not valid")
    kind, code, _sum, flags, packed = _MESSAGE.unpack_from(data)
    target = IPv6Address(packed)
    options = _options(data[_MESSAGE.size :])
    if code or target.is_multicast:
        raise PacketError("a neighbour discovery message that is not valid")
    if kind == _SOLICITATION:
        return NeighbourSolicitation(packet.src, target, options.get(_SOURCE_MAC))
    if kind != _ADVERTISEMENT or (packet.dst.is_multicast and flags & _SOLICITED):
        raise PacketError("a neighbour discovery message that is not valid")
    return NeighbourAdvertisement(
        packet.src,
        target,
        options.get(_TARGET_MAC),
        is_router=bool(flags & _ROUTER),
        is_solicited=bool(flags & _SOLICITED),
        overrides=bool(flags & _OVERRIDE),
    )


def solicited_node(address: IPAddress) -> IPv6Address:
    """Return the multicast address by which an address is asked for (RFC 4291 section 2.7.1)."""
    return IPv6Address(_SOLICITED_NODE | int(address) & 0xFF_FFFF)


def multicast_mac(group: IPv6Address) -> str:
    """Return the MAC address of an IPv6 multicast group (RFC 2464 section 7)."""
    return mac_text(b"\x33\x33" + group.packed[-4:])


def _packet(
    src: IPAddress,
    dst: IPv6Address,
    kind: int,
    flags: int,
    target: IPv6Address,
    option: int,
    mac: str | None,
    dscp: int,
) -> bytes:
    rest = _AFTER_CHECKSUM.pack(flags, target.packed)
    if mac is not None:
        rest += bytes((option, 1)) + mac_bytes(mac)
    message = icmp_message(src, dst, kind, 0, rest)
    return ip_packet(src, dst, IpProtocol.ICMPV6, message, ttl=HOP_LIMIT, dscp=dscp)


def _options(data: bytes) -> dict[int, str]:
    """Return the link-layer addresses among the options, by type."""
    found = {}
    while data:
        size = data[1] * _OPTION_UNIT if len(data) > 1 else 0
        if not size or len(data) < size:
            raise PacketError("options of a neighbour discovery message are malformed")
        if data[0] in {_SOURCE_MAC, _TARGET_MAC} and size == _OPTION_UNIT:
            found[data[0]] = mac_text(data[2:8])
        data = data[size:]
    return found
