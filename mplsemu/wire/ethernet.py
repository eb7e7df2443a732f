"""Ethernet headers with IEEE 802.1Q tags, EtherTypes and MAC addresses (IEEE 802.3)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.errors import PacketError

BROADCAST_MAC: Final = "ff:ff:ff:ff:ff:ff"
MIN_FRAME_BYTES: Final = 60
"""Without the frame check sequence (IEEE 802.3 section 3.2.8)."""

_MACS: Final = struct.Struct("!6s6s")
_HEADER: Final = struct.Struct("!6s6sH")
_TAG: Final = struct.Struct("!HH")
_VLAN_ID: Final = 0xFFF


class EtherType(enum.IntEnum):
    """What an Ethernet frame carries."""

    IPV4 = 0x0800
    ARP = 0x0806
    REVERSE_ARP = 0x8035
    """RFC 903."""
    VLAN = 0x8100
    """A customer's VLAN tag (IEEE 802.1Q)."""
    IPV6 = 0x86DD
    SLOW_PROTOCOLS = 0x8809
    """Link aggregation control, for one (IEEE 802.3 annex 57A)."""
    MPLS = 0x8847
    MPLS_MULTICAST = 0x8848
    """An upstream-assigned label (RFC 5332)."""
    SERVICE_VLAN = 0x88A8
    """A service VLAN tag, outside a customer's (IEEE 802.1ad)."""
    EXPERIMENTAL = 0x88B5
    """Local experimental EtherType 1 (IEEE 802): no real protocol of a customer."""


_TAGS: Final = frozenset({int(EtherType.VLAN), int(EtherType.SERVICE_VLAN)})


@dataclass(frozen=True, slots=True)
class EthernetHeader:
    """An Ethernet header; MAC addresses in lower case with colons.

    Attributes:
        source: MAC address.
        destination: MAC address.
        vlans: VLAN identifiers of its tags, outermost first.
        ethertype: of what follows the tags.
    """

    source: str
    destination: str
    vlans: tuple[int, ...]
    ethertype: int

    def to_bytes(self) -> bytes:
        """Return the header as it is sent: the innermost tag a customer's, the others service."""
        made = _MACS.pack(mac_bytes(self.destination), mac_bytes(self.source))
        for left, vlan in enumerate(self.vlans, 1 - len(self.vlans)):
            made += _TAG.pack(EtherType.SERVICE_VLAN if left else EtherType.VLAN, vlan)
        return made + self.ethertype.to_bytes(2)


def parse_ethernet(frame: bytes) -> tuple[EthernetHeader, bytes]:
    """Return a frame's header with its tags, and what follows them.

    Raises:
        PacketError: the frame ends before its header does.
    """
    if len(frame) < _HEADER.size:
        raise PacketError(f"{len(frame)} octets are no Ethernet frame")
    destination, source, ethertype = _HEADER.unpack_from(frame)
    at = _HEADER.size
    vlans: tuple[int, ...] = ()
    while ethertype in _TAGS:
        if len(frame) < at + _TAG.size:
            raise PacketError("an Ethernet frame ends in a VLAN tag")
        tag, ethertype = _TAG.unpack_from(frame, at)
        vlans += (tag & _VLAN_ID,)
        at += _TAG.size
    return EthernetHeader(mac_text(source), mac_text(destination), vlans, ethertype), frame[at:]


def tagged(frame: bytes, tags: bytes) -> bytes:
    """Return a frame with VLAN tags, as octets, behind its MAC addresses."""
    return frame[: _MACS.size] + tags + frame[_MACS.size :]


def mac_bytes(mac: str) -> bytes:
    """Return ``02:00:00:00:00:01`` as six octets."""
    return bytes.fromhex(mac.replace(":", ""))


def mac_text(octets: bytes) -> str:
    """Return six octets as ``02:00:00:00:00:01``."""
    return octets.hex(":")


def group_mac(address: IPv4Address | IPv6Address) -> str:
    """Return the MAC address of an IP multicast group (RFC 1112 6.4, RFC 2464 section 7)."""
    if address.version == 4:
        return "01:00:5e:" + (int(address) & 0x7F_FFFF).to_bytes(3).hex(":")
    return "33:33:" + address.packed[-4:].hex(":")


def is_group_mac(mac: str) -> bool:
    """Whether a MAC address is a group address: broadcast or multicast (IEEE 802 section 8.2)."""
    return bool(int(mac[:2], 16) & 1)
