"""What a gateway answers, as a host, to packets for its own addresses: echoes, resets, errors.

RFC 1122 section 3.2.2, RFC 4443, RFC 9293 section 3.10.7.1: like a Linux router on which nothing
listens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.punt.error_policy import is_one_host
from mplsemu.wire.checksum import pseudo_header, transport_checksum, with_checksum
from mplsemu.wire.icmp import (
    ECHO_REPLY,
    ECHO_REQUEST,
    ICMP_HEADER_BYTES,
    PROTOCOL,
    has_correct_checksum,
    icmp_message,
)
from mplsemu.wire.icmp_error import IcmpError
from mplsemu.wire.ip import IpPacket, IpProtocol, ip_packet
from mplsemu.wire.tcp import TCP_CHECKSUM_AT, TCP_HEADER_BYTES, TcpFlag, TcpHeader, parse_tcp
from mplsemu.wire.udp import UDP_HEADER_BYTES, parse_udp

NETWORK_CONTROL: Final = 48
"""DSCP CS6: RFC 1812 section 4.3.2.5 wants precedence 6 for a router's ICMP errors."""
_SEQUENCE_SPACE: Final = 1 << 32


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
    """Return the IP packet that a gateway answers with, or which error; None: it is silent.

    Args:
        packet: for an address of the gateway; whole.
        ttl: of an answer.
        own: source of an echo reply; None is the packet's destination.
    """
    if not (is_one_host(packet.src) and is_one_host(packet.dst)):
        return None
    match packet.protocol:
        case IpProtocol.ICMP | IpProtocol.ICMPV6:
            if packet.protocol != PROTOCOL[packet.src.version]:
                return _unknown(packet)
            return _echo_reply(packet, ttl, own or packet.dst)
        case IpProtocol.TCP:
            return _reset(packet, ttl)
        case IpProtocol.UDP:
            return Refusal(IcmpError.PORT_UNREACHABLE) if is_correct_udp(packet) else None
    # a router listens to IGMP, even if it ignores it; RFC 8200 section 4.7
    silent = IpProtocol.IGMP if packet.src.version == 4 else IpProtocol.NO_NEXT_HEADER
    return None if packet.protocol == silent else _unknown(packet)


def echo_identification(packet: IpPacket) -> int:
    """Return an identification for the fragments of an echo reply: the request's 32 bits."""
    return int.from_bytes(packet.payload[4:ICMP_HEADER_BYTES])


def _unknown(packet: IpPacket) -> Refusal:
    return Refusal(IcmpError.UNKNOWN_PROTOCOL, packet.protocol_at)


def _echo_reply(packet: IpPacket, ttl: int, own: IPAddress) -> bytes | None:
    request, version = packet.payload, packet.src.version
    if len(request) < ICMP_HEADER_BYTES or request[0] != ECHO_REQUEST[version]:
        return None
    if not has_correct_checksum(packet):
        return None
    reply = icmp_message(own, packet.src, ECHO_REPLY[version], 0, request[4:])
    return ip_packet(own, packet.src, packet.protocol, reply, ttl=ttl, dscp=NETWORK_CONTROL)


def is_correct_udp(packet: IpPacket) -> bool:
    """Whether a datagram is one: a damaged one is dropped before its port is looked at."""
    try:
        header = parse_udp(packet.payload)
    except PacketError:
        return False
    if packet.is_cut:  # by the data plane: the checksum cannot be verified
        return True
    if not UDP_HEADER_BYTES <= header.length <= len(packet.payload):
        return False
    if not header.checksum:  # RFC 768: the sender made none; IPv6 demands one (RFC 8200 8.1)
        return packet.src.version == 4
    datagram = packet.payload[: header.length]
    return not transport_checksum(packet.src, packet.dst, IpProtocol.UDP, datagram)


def _reset(packet: IpPacket, ttl: int) -> bytes | None:
    """Return a reset for a segment of a connection that does not exist (RFC 9293 3.10.7.1)."""
    if transport_checksum(packet.src, packet.dst, IpProtocol.TCP, packet.payload):
        return None
    try:
        segment, data = parse_tcp(packet.payload)
    except PacketError:
        return None
    if segment.flags & TcpFlag.RST:
        return None
    if segment.flags & TcpFlag.ACK:
        sequence, acknowledgment, flags = segment.acknowledgment, 0, TcpFlag.RST
    else:
        length = len(data) + bool(segment.flags & TcpFlag.SYN) + bool(segment.flags & TcpFlag.FIN)
        sequence, acknowledgment = 0, (segment.sequence + length) % _SEQUENCE_SPACE
        flags = TcpFlag.RST | TcpFlag.ACK
    reset = TcpHeader(segment.target, segment.source, sequence, acknowledgment, flags).to_bytes()
    pseudo = pseudo_header(packet.dst, packet.src, IpProtocol.TCP, TCP_HEADER_BYTES)
    return ip_packet(
        packet.dst,
        packet.src,
        IpProtocol.TCP,
        with_checksum(reset, TCP_CHECKSUM_AT, pseudo),
        ttl=ttl,
        dscp=NETWORK_CONTROL,
    )
