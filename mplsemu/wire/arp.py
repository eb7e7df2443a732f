"""ARP messages for IPv4 over Ethernet (RFC 826)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.ethernet import EtherType, mac_bytes, mac_text

REQUEST: Final = 1
REPLY: Final = 2
REVERSE_REQUEST: Final = 3
"""Of reverse ARP (RFC 903), whose EtherType is its own."""
NO_MAC: Final = "00:00:00:00:00:00"
"""What a request has in the place of what it asks for."""

_ARP: Final = struct.Struct("!6sH6s4s6s4s")
_IPV4_OVER_ETHERNET: Final = struct.pack("!HHBB", 1, EtherType.IPV4, 6, 4)
"""Types of hardware and protocol, and the octets of their addresses."""


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP message.

    Attributes:
        operation: `REQUEST`, `REPLY`, or another number.
        sender_mac: MAC address; likewise `target_mac`.
        sender: whose IP address `sender_mac` belongs to.
        target: that is asked for, or that asked.
    """

    operation: int
    sender_mac: str
    sender: IPv4Address
    target_mac: str
    target: IPv4Address

    def to_bytes(self) -> bytes:
        """Return the message as it is sent."""
        return _ARP.pack(
            _IPV4_OVER_ETHERNET,
            self.operation,
            mac_bytes(self.sender_mac),
            self.sender.packed,
            mac_bytes(self.target_mac),
            self.target.packed,
        )

    def __str__(self) -> str:
        if self.operation == REQUEST:
            return f"ARP who has {self.target}? tell {self.sender}"
        return f"ARP {self.sender} is at {self.sender_mac}"


def parse_arp(data: bytes) -> Arp:
    """Return the message at the start of `data`.

    Raises:
        PacketError: it is cut short, or for other addresses than IPv4 over Ethernet.
    """
    if len(data) < _ARP.size:
        raise PacketError("an ARP message is cut short")
    kind, operation, sender_mac, sender, target_mac, target = _ARP.unpack_from(data)
    if kind != _IPV4_OVER_ETHERNET:
        raise PacketError("an ARP message is not about IPv4 over Ethernet")
    return Arp(
        operation,
        mac_text(sender_mac),
        IPv4Address(sender),
        mac_text(target_mac),
        IPv4Address(target),
    )
