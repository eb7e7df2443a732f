"""The token that a probe carries, and the packets around it (RFC 792, RFC 4443, IEEE 802 88-B5).

Whoever sees the token anywhere in a frame knows which probe it was, however it is wrapped.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from typing import Final, Self

ETHERTYPE_EXPERIMENTAL: Final = 0x88B5
"""IEEE Std 802 local experimental EtherType 1: no real protocol of a customer."""

_MAGIC: Final = b"mplsemu\x01"
_LAYOUT: Final = struct.Struct("!8s8sIH")
TOKEN_BYTES: Final = _LAYOUT.size
NONCE_BYTES: Final = 8

_ETHERTYPE_VLAN: Final = 0x8100
_ETHERTYPE_IPV4: Final = 0x0800
_ETHERTYPE_IPV6: Final = 0x86DD
_MIN_FRAME_BYTES: Final = 60
_ICMP_ECHO_REPLY: Final = 0
_ICMP_ECHO: Final = 8
_ICMPV6_ECHO: Final = 128
_ICMPV6_ECHO_REPLY: Final = 129
_PROTOCOL_ICMP: Final = 1
_PROTOCOL_ICMPV6: Final = 58
_IPV6_HEADER_BYTES: Final = 40
_MAX_IPV4_HEADER_BYTES: Final = 60


@dataclass(frozen=True, slots=True)
class Token:
    """What identifies one packet of one probe of one run.

    Attributes:
        nonce: of the run, 8 bytes; packets of an earlier run are not mistaken for ours.
        probe: index of the probe, 32 bits.
        attempt: how many were sent before, 16 bits.
    """

    nonce: bytes
    probe: int
    attempt: int

    def encode(self) -> bytes:
        """Return the bytes that go on the wire."""
        return _LAYOUT.pack(_MAGIC, self.nonce, self.probe, self.attempt)

    @classmethod
    def find(cls, frame: bytes, nonce: bytes) -> Self | None:
        """Return the token of a run that a frame carries anywhere, None if it carries none."""
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
    """Return what kind of packet an Ethernet frame is; OTHER what should not be at a host."""
    offset = 12
    ethertype = int.from_bytes(frame[offset : offset + 2])
    while ethertype == _ETHERTYPE_VLAN:
        offset += 4
        ethertype = int.from_bytes(frame[offset : offset + 2])
    packet = frame[offset + 2 :].ljust(_MAX_IPV4_HEADER_BYTES + 1, b"\xff")
    known: dict[int, Carrier] = {}
    kind = -1
    if ethertype == ETHERTYPE_EXPERIMENTAL:
        return Carrier.FRAME
    if ethertype == _ETHERTYPE_IPV4 and packet[9] == _PROTOCOL_ICMP:
        known = {_ICMP_ECHO: Carrier.REQUEST, _ICMP_ECHO_REPLY: Carrier.REPLY}
        kind = packet[(packet[0] & 0xF) * 4]
    elif ethertype == _ETHERTYPE_IPV6 and packet[6] == _PROTOCOL_ICMPV6:
        known = {_ICMPV6_ECHO: Carrier.REQUEST, _ICMPV6_ECHO_REPLY: Carrier.REPLY}
        kind = packet[_IPV6_HEADER_BYTES]
    return known.get(kind, Carrier.ICMP_ERROR) if known else Carrier.OTHER


def echo_request(token: Token, identifier: int, *, version: int, payload_bytes: int) -> bytes:
    """Return an echo request, ICMP or ICMPv6 by `version`, padded to a payload size.

    The kernel fills in the checksum of ICMPv6 (RFC 3542 section 3.1).
    """
    kind = _ICMP_ECHO if version == 4 else _ICMPV6_ECHO
    sequence = token.attempt
    payload = token.encode().ljust(payload_bytes, b"\0")
    checksum = 0
    if version == 4:
        checksum = internet_checksum(
            struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + payload
        )
    return struct.pack("!BBHHH", kind, 0, checksum, identifier, sequence) + payload


def probe_frame(
    token: Token, source_mac: str, destination_mac: str, *, vlan: int | None, payload_bytes: int
) -> bytes:
    """Return an Ethernet frame that only we know, tagged (IEEE 802.1Q) if `vlan` is given."""
    header = bytes.fromhex((destination_mac + source_mac).replace(":", ""))
    if vlan is not None:
        header += struct.pack("!HH", _ETHERTYPE_VLAN, vlan)
    header += struct.pack("!H", ETHERTYPE_EXPERIMENTAL)
    frame = header + token.encode().ljust(payload_bytes, b"\0")
    return frame.ljust(_MIN_FRAME_BYTES, b"\0")


def internet_checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
