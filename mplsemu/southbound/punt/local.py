"""What a gateway answers to what is for its own addresses, as a host: echo, resets, errors.

RFC 1122 section 3.2.2, RFC 4443, RFC 9293 section 3.10.7.1: as a Linux router on which nothing
listens. Pure.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.punt.icmp import IcmpError, is_one_host
from mplsemu.southbound.punt.wire import (
    ICMP,
    ICMPV6,
    IpPacket,
    checksum,
    ip_packet,
    transport_checksum,
)

_IGMP, _TCP, _UDP, _NO_NEXT_HEADER = 2, 6, 17, 59
_ECHO: Final = {ICMP: (8, 0), ICMPV6: (128, 129)}
"""Types of request and reply."""
_TCP_HEADER: Final = struct.Struct("!HHIIHHHH")
_FIN, _SYN, _RST, _ACK = 0x01, 0x02, 0x04, 0x10
_WORD: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error that the sender is told.

    Attributes:
        pointer: offset of the octet that is wrong, of a parameter problem.
    """

    error: IcmpError
    pointer: int = 0


def local_answer(
    packet: IpPacket, ttl: int, own: IPAddress | None = None
) -> bytes | Refusal | None:
    """Return the IP packet that a gateway answers with, or what error; None: it says nothing.

    Args:
        packet: for an address of the gateway; whole.
        ttl: of an answer.
        own: source of an echo reply; None is the packet's destination.
    """
    if not (is_one_host(packet.src) and is_one_host(packet.dst)):
        return None
    is_v4 = packet.src.version == 4
    if packet.protocol in {ICMP, ICMPV6}:
        is_own = packet.protocol == (ICMP if is_v4 else ICMPV6)
        return _echo_reply(packet, ttl, own or packet.dst) if is_own else _unknown(packet)
    if packet.protocol == _TCP:
        return _reset(packet, ttl)
    if packet.protocol == _UDP:
        return Refusal(IcmpError.PORT_UNREACHABLE) if _is_right_udp(packet) else None
    # a router listens to IGMP, whatever it does about it; RFC 8200 section 4.7
    is_silent = packet.protocol == (_IGMP if is_v4 else _NO_NEXT_HEADER)
    return None if is_silent else _unknown(packet)


def _unknown(packet: IpPacket) -> Refusal:
    return Refusal(IcmpError.UNKNOWN_PROTOCOL, packet.protocol_at)


def _echo_reply(packet: IpPacket, ttl: int, own: IPAddress) -> bytes | None:
    request = packet.payload
    asks, replies = _ECHO[packet.protocol]
    if len(request) < 8 or request[0] != asks:
        return None
    if _sum(packet):
        return None
    reply = bytes((replies, 0, 0, 0)) + request[4:]
    value = _sum_of(replace(packet, dst=own), reply).to_bytes(2, "big")
    whole = reply[:2] + value + reply[4:]
    return ip_packet(own, packet.src, packet.protocol, whole, ttl)


def echo_number(packet: IpPacket) -> int:
    """Return an identification for the fragments of an echo reply: of its own 32 bits."""
    return int.from_bytes(packet.payload[4:8], "big")


def _sum(packet: IpPacket) -> int:
    return _sum_of(packet, packet.payload)


def _sum_of(packet: IpPacket, message: bytes) -> int:
    if packet.protocol == ICMP:
        return checksum(message)
    return transport_checksum(packet.src, packet.dst, packet.protocol, message)


def _is_right_udp(packet: IpPacket) -> bool:
    """Whether a datagram is one: a wrong one is dropped before anybody asks for its port."""
    datagram = packet.payload
    if len(datagram) < 8:
        return False
    if packet.is_cut:  # by the data plane, so nobody can tell
        return True
    length, said = struct.unpack_from("!HH", datagram, 4)
    if not 8 <= length <= len(datagram):
        return False
    if not said:  # RFC 768: the sender made none; IPv6 wants one (RFC 8200 section 8.1)
        return packet.src.version == 4
    return not transport_checksum(packet.src, packet.dst, _UDP, datagram[:length])


def _reset(packet: IpPacket, ttl: int) -> bytes | None:
    """Return a reset to a segment for a connection that there is not (RFC 9293 3.10.7.1)."""
    segment = packet.payload
    if len(segment) < _TCP_HEADER.size or _sum(packet):
        return None
    there, here, number, acknowledged, word, *_ = _TCP_HEADER.unpack_from(segment)
    header = word >> 12 << 2
    if word & _RST or not _TCP_HEADER.size <= header <= len(segment):
        return None
    if word & _ACK:
        own, other, flags = acknowledged, 0, _RST
    else:
        length = len(segment) - header + bool(word & _SYN) + bool(word & _FIN)
        own, other, flags = 0, (number + length) % _WORD, _RST | _ACK
    unsummed = _TCP_HEADER.pack(here, there, own, other, 5 << 12 | flags, 0, 0, 0)
    value = transport_checksum(packet.src, packet.dst, _TCP, unsummed)
    made = unsummed[:16] + value.to_bytes(2, "big") + unsummed[18:]
    return ip_packet(packet.dst, packet.src, _TCP, made, ttl)
