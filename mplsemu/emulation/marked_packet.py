"""A packet with a token, recognised wherever it is captured and below any labels."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from mplsemu.emulation.probe_token import NONCE_BYTES, TOKEN_BYTES, Token
from mplsemu.errors import PacketError
from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.vpn import IPAddress
from mplsemu.program.packet import IpHeader
from mplsemu.wire.ethernet import MIN_FRAME_BYTES, EthernetHeader, EtherType, parse_ethernet
from mplsemu.wire.icmp import ICMP_HEADER_BYTES, PROTOCOL, echo_request, with_icmp_checksum
from mplsemu.wire.ip import IPV4_HEADER_BYTES, IPV6_HEADER_BYTES, ethertype_of, ip_packet
from mplsemu.wire.mpls import parse_stack


@dataclass(frozen=True, slots=True)
class PacketMatch:
    """A marked packet as it was captured.

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
    """An echo request, or an Ethernet frame without IP, with a unique token.

    Attributes:
        source_mac: of the host that sends it.
        destination_mac: of its first frame.
        ip: its header, None for a frame without one.
        vlans: VLAN identifiers of its tags, outermost first.
        token: identifies it.
        masks: addresses that a CE router may give it as source instead of its own (RFC 3022).
    """

    source_mac: str
    destination_mac: str
    ip: IpHeader | None
    vlans: tuple[int, ...]
    token: Token
    masks: tuple[IPAddress, ...] = ()

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
        if self.ip is None:
            ethertype, payload = EtherType.EXPERIMENTAL, self.token.encode()
        else:
            ethertype, payload = ethertype_of(self.ip.destination), _echo(self.ip, self.token)
        header = EthernetHeader(self.source_mac, self.destination_mac, self.vlans, ethertype)
        return (header.to_bytes() + payload).ljust(MIN_FRAME_BYTES, b"\0")

    def find(self, data: bytes) -> PacketMatch | None:
        """Return this packet as it is in a frame; None if it is not in it.

        Neither an answer to it nor an ICMP error about it is the packet itself.
        """
        at = data.find(self.token.encode())
        if at < 0:
            return None
        try:
            header, payload = parse_ethernet(data)
            stack, below = _labels(header, payload)
        except PacketError:
            return None
        start = at - self._headers_bytes
        if not _begins_at(start, data, below, has_labels=bool(stack)):
            return None  # it is quoted by another packet
        if self.ip is None:
            return PacketMatch(header.destination, stack, None)
        target = self.ip.destination.packed
        sources = (self.ip.source, *self.masks)
        if not any(data[: at - ICMP_HEADER_BYTES].endswith(s.packed + target) for s in sources):
            return None
        ttl = data[start + (8 if self.ip.destination.version == 4 else 7)]
        return PacketMatch(header.destination, stack, ttl)

    @property
    def _headers_bytes(self) -> int:
        """Octets of its IP and ICMP headers, in front of the token."""
        if self.ip is None:
            return 0
        is_v4 = self.ip.destination.version == 4
        return ICMP_HEADER_BYTES + (IPV4_HEADER_BYTES if is_v4 else IPV6_HEADER_BYTES)


def _echo(ip: IpHeader, token: Token) -> bytes:
    """Return an echo request with this IP header."""
    version = ip.destination.version
    identifier = int.from_bytes(token.nonce[:2])
    payload = token.encode().ljust(TOKEN_BYTES, b"\0")
    unsummed = echo_request(version, identifier, token.attempt, payload)
    message = with_icmp_checksum(ip.source, ip.destination, unsummed)
    return ip_packet(
        ip.source, ip.destination, PROTOCOL[version], message, ttl=ip.ttl, dscp=ip.dscp
    )


def _labels(header: EthernetHeader, payload: bytes) -> tuple[tuple[LabelStackEntry, ...], bytes]:
    """Return a frame's label stack, empty without one, and what is below it."""
    return parse_stack(payload) if header.ethertype == EtherType.MPLS else ((), payload)


def _begins_at(start: int, data: bytes, below: bytes, *, has_labels: bool) -> bool:
    """Whether what is below the labels begins there, or the payload of a frame that is there."""
    below_at = len(data) - len(below)
    if start == below_at:
        return True
    if not has_labels:
        return False
    try:
        _, customers = parse_ethernet(below)
    except PacketError:
        return False
    return start == len(data) - len(customers)
