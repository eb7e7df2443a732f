"""A packet that can be told from all others wherever it is seen, below whatever labels."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.emulation.probe_token import (
    ETHERTYPE_EXPERIMENTAL,
    NONCE_BYTES,
    TOKEN_BYTES,
    Token,
    echo_request,
    internet_checksum,
)
from mplsemu.model.labels import LabelStackEntry
from mplsemu.program.packet import IpHeader
from mplsemu.southbound.punt.wire import (
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_MPLS,
    ICMP,
    ICMPV6,
    icmpv6_checksum,
    mac_bytes,
    parse_stack,
)

_IPV4: Final = struct.Struct("!BBHHHBBH4s4s")
_IPV6: Final = struct.Struct("!IHBB16s16s")
_ICMP_HEADER_BYTES: Final = 8
_ETHERNET_BYTES: Final = 14
_TAGS: Final = frozenset({0x8100, 0x88A8})
_MIN_FRAME_BYTES: Final = 60


@dataclass(frozen=True, slots=True)
class PacketMatch:
    """A marked packet as it was seen.

    Attributes:
        destination_mac: of the outermost Ethernet header.
        stack: its label stack, outermost entry first.
        ip_ttl: of the IP packet, None without one.
    """

    destination_mac: str
    stack: tuple[LabelStackEntry, ...]
    ip_ttl: int | None


@dataclass(frozen=True, slots=True)
class MarkedPacket:
    """An echo request, or an Ethernet frame without IP, with a token of its own.

    Attributes:
        source_mac: of the host that sends it.
        destination_mac: that it sends it to.
        ip: its header, None for a frame without one.
        vlans: VLAN identifiers of its tags, outermost first.
        token: tells it from all others.
    """

    source_mac: str
    destination_mac: str
    ip: IpHeader | None
    vlans: tuple[int, ...]
    token: Token

    @classmethod
    def make(
        cls,
        source_mac: str,
        destination_mac: str,
        ip: IpHeader | None,
        vlans: tuple[int, ...] = (),
    ) -> Self:
        """Return a packet with a new token."""
        token = Token(os.urandom(NONCE_BYTES), 0, 0)
        return cls(source_mac, destination_mac, ip, vlans, token)

    def to_bytes(self) -> bytes:
        """Return the frame as the host sends it."""
        frame = mac_bytes(self.destination_mac) + mac_bytes(self.source_mac)
        for depth, vlan in enumerate(self.vlans):
            inner = depth == len(self.vlans) - 1
            frame += struct.pack("!HH", 0x8100 if inner else 0x88A8, vlan)
        if self.ip is None:
            frame += struct.pack("!H", ETHERTYPE_EXPERIMENTAL) + self.token.encode()
        else:
            ethertype = ETHERTYPE_IPV4 if self.ip.destination.version == 4 else ETHERTYPE_IPV6
            frame += struct.pack("!H", ethertype) + _echo(self.ip, self.token)
        return frame.ljust(_MIN_FRAME_BYTES, b"\0")

    def find(self, data: bytes) -> PacketMatch | None:
        """Return this packet as it is in a frame; None if the frame is another one.

        Neither an answer to it nor an ICMP error about it is the packet itself.
        """
        encoded = self.token.encode()
        at = data.find(encoded)
        if at < 0:
            return None
        body, stack = _below_the_labels(data)
        if self.ip is None:
            start = at
        elif self.ip.destination.version == 4:
            start = at - _ICMP_HEADER_BYTES - _IPV4.size
        else:
            start = at - _ICMP_HEADER_BYTES - _IPV6.size
        if start != body and not (stack and start == _behind_ethernet(data, body)):
            return None  # it is quoted, deeper in another packet
        ttl = None
        if self.ip is not None:
            addresses = self.ip.source.packed + self.ip.destination.packed
            if (
                data[at - _ICMP_HEADER_BYTES - len(addresses) : at - _ICMP_HEADER_BYTES]
                != addresses
            ):
                return None
            ttl = data[start + 8] if self.ip.destination.version == 4 else data[start + 7]
        return PacketMatch(data[:6].hex(":"), stack, ttl)


def _echo(ip: IpHeader, token: Token) -> bytes:
    """Return an echo request with a header of one's own choice."""
    version = ip.destination.version
    identifier = int.from_bytes(token.nonce[:2])
    message = echo_request(token, identifier, version=version, payload_bytes=TOKEN_BYTES)
    source, destination = ip.source.packed, ip.destination.packed
    if version == 6:
        checksum = icmpv6_checksum(ip.source, ip.destination, message)
        message = message[:2] + struct.pack("!H", checksum) + message[4:]
        first = 6 << 28 | ip.dscp << 22
        return _IPV6.pack(first, len(message), ICMPV6, ip.ttl, source, destination) + message
    length = _IPV4.size + len(message)
    fields = (0x45, ip.dscp << 2, length, 0, 0, ip.ttl, ICMP)
    checksum = internet_checksum(_IPV4.pack(*fields, 0, source, destination))
    return _IPV4.pack(*fields, checksum, source, destination) + message


def _below_the_labels(data: bytes) -> tuple[int, tuple[LabelStackEntry, ...]]:
    """Return where what follows the Ethernet header and the labels begins, and the labels."""
    at = _behind_ethernet(data, 0)
    if data[at - 2 : at] != struct.pack("!H", ETHERTYPE_MPLS):
        return at, ()
    parsed = parse_stack(data[at:])
    if parsed is None:
        return at, ()
    stack, below = parsed
    return len(data) - len(below), stack


def _behind_ethernet(data: bytes, at: int) -> int:
    """Return where the payload of the Ethernet frame that begins at `at` does."""
    end = at + _ETHERNET_BYTES
    while int.from_bytes(data[end - 2 : end]) in _TAGS:
        end += 4
    return end
