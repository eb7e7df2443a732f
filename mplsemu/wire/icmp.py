"""ICMP and ICMPv6 messages (RFC 792, RFC 4443)."""

from __future__ import annotations

import struct
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.wire.checksum import (
    internet_checksum,
    pseudo_header,
    transport_checksum,
    with_checksum,
)
from mplsemu.wire.ip import IpPacket, IpProtocol

ICMP_HEADER_BYTES: Final = 8
"""Of an echo request and of an error: type, code, checksum, and four octets by type."""
ECHO_REQUEST: Final = {4: 8, 6: 128}
"""Its type, by IP version."""
ECHO_REPLY: Final = {4: 0, 6: 129}
PROTOCOL: Final = {4: IpProtocol.ICMP, 6: IpProtocol.ICMPV6}

_CHECKSUM_AT: Final = 2
_ECHO: Final = struct.Struct("!BBHHH")


def icmp_message(src: IPAddress, dst: IPAddress, kind: int, code: int, rest: bytes) -> bytes:
    """Return a message with its checksum.

    Args:
        src: address it is sent from; says which of both protocols it is.
        dst: of the same IP version; ICMPv6 counts both in its checksum.
        kind: its type.
        code: its code.
        rest: what follows the checksum.
    """
    return with_icmp_checksum(src, dst, bytes((kind, code, 0, 0)) + rest)


def with_icmp_checksum(src: IPAddress, dst: IPAddress, message: bytes) -> bytes:
    """Return a message with the checksum that it has between two addresses."""
    pseudo = b""
    if src.version == 6:
        pseudo = pseudo_header(src, dst, IpProtocol.ICMPV6, len(message))
    return with_checksum(message, _CHECKSUM_AT, pseudo)


def has_correct_checksum(packet: IpPacket) -> bool:
    """Whether the ICMP or ICMPv6 message of a packet has the checksum that it should."""
    if packet.src.version == 4:
        return internet_checksum(packet.payload) == 0
    return transport_checksum(packet.src, packet.dst, IpProtocol.ICMPV6, packet.payload) == 0


def echo_request(version: int, identifier: int, sequence: int, payload: bytes) -> bytes:
    """Return an echo request to be sent by a raw socket, or without one to be completed.

    The checksum of ICMPv6, which depends on the addresses, is left to the kernel (RFC 3542
    section 3.1).
    """
    unsummed = _ECHO.pack(ECHO_REQUEST[version], 0, 0, identifier, sequence) + payload
    return with_checksum(unsummed, _CHECKSUM_AT) if version == 4 else unsummed


def echo_numbers(message: bytes) -> tuple[int, int]:
    """Return the identifier and the sequence number of an echo request or reply."""
    _, _, _, identifier, sequence = _ECHO.unpack_from(message)
    return identifier, sequence
