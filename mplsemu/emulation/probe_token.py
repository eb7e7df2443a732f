"""The token that a probe carries, and the packets around it (RFC 792, RFC 4443, IEEE 802 88-B5).

The token is found anywhere in a frame, whatever headers are in front of it.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.errors import PacketError
from mplsemu.wire import icmp
from mplsemu.wire.ethernet import MIN_FRAME_BYTES, EthernetHeader, EtherType, parse_ethernet
from mplsemu.wire.icmp import ECHO_REPLY, ECHO_REQUEST, PROTOCOL

_MAGIC: Final = b"mplsemu\x01"
_LAYOUT: Final = struct.Struct("!8s8sIH")
TOKEN_BYTES: Final = _LAYOUT.size
NONCE_BYTES: Final = 8

_IPV4_PROTOCOL_AT: Final = 9
_IPV6_NEXT_HEADER_AT: Final = 6
_IPV6_HEADER_BYTES: Final = 40
_MAX_IPV4_HEADER_BYTES: Final = 60


@dataclass(frozen=True, slots=True)
class Token:
    """Identifies a packet: the run, the probe, the attempt.

    Attributes:
        nonce: of the run, 8 bytes; tells its packets from those of earlier runs.
        probe: index of the probe, 32 bits.
        attempt: how many were sent before, 16 bits.
    """

    nonce: bytes
    probe: int
    attempt: int

    def encode(self) -> bytes:
        """Return the token as it is sent."""
        return _LAYOUT.pack(_MAGIC, self.nonce, self.probe, self.attempt)

    @classmethod
    def find(cls, frame: bytes, nonce: bytes) -> Self | None:
        """Return the token of a run in a frame, None if it has none."""
        start = frame.find(_MAGIC + nonce)
        if start < 0 or len(frame) < start + TOKEN_BYTES:
            return None
        _, found, probe, attempt = _LAYOUT.unpack_from(frame, start)
        return cls(found, probe, attempt)


class Carrier(enum.Enum):
    """What kind of packet a token came in."""

    REQUEST = enum.auto()
    REPLY = enum.auto()
    ICMP_ERROR = enum.auto()
    FRAME = enum.auto()
    OTHER = enum.auto()


def carrier_of(frame: bytes) -> Carrier:
    """Return what kind of packet an Ethernet frame is; OTHER should not appear at a host.

    Lengths and checksums are left to the kernel; only the type of the ICMP message matters here.
    """
    try:
        header, payload = parse_ethernet(frame)
    except PacketError:
        return Carrier.OTHER
    packet = payload.ljust(_MAX_IPV4_HEADER_BYTES + 1, b"\xff")
    match header.ethertype:
        case EtherType.EXPERIMENTAL:
            return Carrier.FRAME
        case EtherType.IPV4 if packet[_IPV4_PROTOCOL_AT] == PROTOCOL[4]:
            return _icmp_carrier(4, packet[(packet[0] & 0xF) * 4])
        case EtherType.IPV6 if packet[_IPV6_NEXT_HEADER_AT] == PROTOCOL[6]:
            return _icmp_carrier(6, packet[_IPV6_HEADER_BYTES])
    return Carrier.OTHER


def _icmp_carrier(version: int, kind: int) -> Carrier:
    if kind == ECHO_REQUEST[version]:
        return Carrier.REQUEST
    return Carrier.REPLY if kind == ECHO_REPLY[version] else Carrier.ICMP_ERROR


def echo_request(token: Token, identifier: int, *, version: int, payload_bytes: int) -> bytes:
    """Return an echo request, ICMP or ICMPv6 by `version`, padded to a payload size.

    The kernel fills in the checksum of ICMPv6 (RFC 3542 section 3.1).
    """
    payload = token.encode().ljust(payload_bytes, b"\0")
    return icmp.echo_request(version, identifier, token.attempt, payload)


def probe_frame(
    token: Token, source_mac: str, destination_mac: str, *, vlan: int | None, payload_bytes: int
) -> bytes:
    """Return an Ethernet frame of an experimental type, tagged (IEEE 802.1Q) if `vlan` is given."""
    vlans = () if vlan is None else (vlan,)
    header = EthernetHeader(source_mac, destination_mac, vlans, EtherType.EXPERIMENTAL)
    payload = token.encode().ljust(payload_bytes, b"\0")
    return (header.to_bytes() + payload).ljust(MIN_FRAME_BYTES, b"\0")
