"""What is in a captured frame: Ethernet, label stack, and the packet or frame below it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.vpn import IPAddress
from mplsemu.program.sizes import CONTROL_WORD_OCTETS
from mplsemu.program.stack_reading import Carried
from mplsemu.southbound.punt.wire import (
    ETHERTYPE_ARP,
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    ETHERTYPE_MPLS,
    ICMP,
    ICMPV6,
    IpPacket,
    mac_text,
    parse_ip,
    parse_stack,
)

Stack = tuple[LabelStackEntry, ...]
CarriedBy = Callable[[Stack], Carried]
"""Tells what is below a label stack; see mplsemu.program.stack_reading."""

_TAGS: Final = frozenset({0x8100, 0x88A8})
_TCP, _UDP = 6, 17
_PROTOCOLS: Final = {ICMP: "ICMP", _TCP: "TCP", _UDP: "UDP", ICMPV6: "ICMPv6", 89: "OSPF"}
_ICMP_TYPES: Final = {
    0: "echo reply",
    3: "unreachable",
    5: "redirect",
    8: "echo request",
    11: "time exceeded",
}
_ICMPV6_TYPES: Final = {
    1: "unreachable",
    2: "packet too big",
    3: "time exceeded",
    128: "echo request",
    129: "echo reply",
    133: "router solicitation",
    134: "router advertisement",
    135: "neighbour solicitation",
    136: "neighbour advertisement",
    143: "multicast listener report",
}
_ECHO: Final = frozenset({0, 8, 128, 129})
_TCP_FLAGS: Final = ((2, "S"), (1, "F"), (4, "R"), (8, "P"), (16, "."))
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")


@dataclass(frozen=True, slots=True)
class Ethernet:
    """An Ethernet header; MAC addresses in lower case with colons.

    Attributes:
        vlans: VLAN identifiers of its tags, outermost first.
        ethertype: of what is behind the tags.
    """

    source: str
    destination: str
    vlans: tuple[int, ...]
    ethertype: int


@dataclass(frozen=True, slots=True)
class Datagram:
    """An IP packet.

    Attributes:
        protocol: ``ICMP``, ``TCP``, ``UDP``, ... or its number as text.
        info: what its payload says, in one line.
        length: of the whole packet, in bytes.
    """

    source: IPAddress
    destination: IPAddress
    ttl: int
    dscp: int
    protocol: str
    info: str
    length: int

    def __str__(self) -> str:
        said = " ".join(filter(None, (self.protocol, self.info)))
        marked = f", dscp {self.dscp}" if self.dscp else ""
        return f"{self.source} > {self.destination} {said}, ttl {self.ttl}{marked}"


@dataclass(frozen=True, slots=True)
class Arp:
    """An ARP message (RFC 826)."""

    operation: int
    sender: IPv4Address
    sender_mac: str
    target: IPv4Address

    def __str__(self) -> str:
        if self.operation == 1:
            return f"ARP who has {self.target}? tell {self.sender}"
        return f"ARP {self.sender} is at {self.sender_mac}"


@dataclass(frozen=True, slots=True)
class Payload:
    """What nobody here can read: `what` it is called, and how many bytes."""

    what: str
    data: bytes

    def __str__(self) -> str:
        size = len(self.data)
        return f"{self.what}, {size} byte{'' if size == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame.

    Attributes:
        ethernet: its header.
        stack: its label stack, outermost entry first; empty without one.
        inner: what it carries: of a pseudowire's frame that is a frame again.
    """

    ethernet: Ethernet
    stack: Stack
    inner: Datagram | Arp | Frame | Payload

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels, outermost first."""
        return tuple(int(entry.label) for entry in self.stack)

    @property
    def ip(self) -> Datagram | None:
        """The customer's IP packet, however deep in it; None where there is none."""
        match self.inner:
            case Datagram():
                return self.inner
            case Frame():
                return self.inner.ip
            case _:
                return None

    def __str__(self) -> str:
        match self.inner:
            case Frame():  # over a pseudowire, the MAC addresses are the customer's
                return f"{self.inner.head}: {self.inner.inner}"
            case Payload() if not self.stack:
                return f"{self.head}: {self.inner}"
            case _:
                tags = "".join(f"vlan {vlan} " for vlan in self.ethernet.vlans)
                return f"{tags}{self.inner}"

    @property
    def head(self) -> str:
        """The Ethernet header in words."""
        tags = "".join(f", vlan {vlan}" for vlan in self.ethernet.vlans)
        return f"{self.ethernet.source} > {self.ethernet.destination}{tags}"


def dissect(data: bytes, carried_by: CarriedBy = lambda _stack: Carried.UNKNOWN) -> Frame:
    """Read a frame; what cannot be read is a `Payload`, never an exception.

    Args:
        data: the frame.
        carried_by: what is below its label stack. Where it is `Carried.UNKNOWN`, and an IPv4
            header with a right checksum stands there, it is that.
    """
    ethernet, rest = _ethernet(data)
    if ethernet.ethertype != ETHERTYPE_MPLS:
        return Frame(ethernet, (), _network(ethernet.ethertype, rest))
    parsed = parse_stack(rest)
    if parsed is None:
        return Frame(ethernet, (), Payload("a label stack without an end", rest))
    stack, below = parsed
    carried = carried_by(stack)
    match carried:
        case Carried.ETHERNET | Carried.CONTROL_WORD:
            word = CONTROL_WORD_OCTETS if carried is Carried.CONTROL_WORD else 0
            return Frame(ethernet, stack, dissect(below[word:]))
        case Carried.IPV6:
            return Frame(ethernet, stack, _network(ETHERTYPE_IPV6, below))
        case Carried.IPV4:
            return Frame(ethernet, stack, _network(ETHERTYPE_IPV4, below))
        case Carried.UNKNOWN:
            packet = parse_ip(below, ETHERTYPE_IPV4)
            inner = _datagram(packet) if packet is not None else Payload("unknown", below)
            return Frame(ethernet, stack, inner)


def labels_of(data: bytes) -> tuple[int, ...]:
    """Return the labels of a frame, outermost first, without looking further."""
    if data[12:14] != b"\x88\x47":
        return ()
    labels = []
    for at in range(14, len(data) - 3, 4):
        word = int.from_bytes(data[at : at + 4])
        labels.append(word >> 12)
        if word & 0x100:
            return tuple(labels)
    return ()


def _ethernet(data: bytes) -> tuple[Ethernet, bytes]:
    at, vlans = 12, []
    ethertype = int.from_bytes(data[at : at + 2])
    while ethertype in _TAGS and len(data) >= at + 6:
        vlans.append(int.from_bytes(data[at + 2 : at + 4]) & 0xFFF)
        at += 4
        ethertype = int.from_bytes(data[at : at + 2])
    source, destination = mac_text(data[6:12]), mac_text(data[:6])
    return Ethernet(source, destination, tuple(vlans), ethertype), data[at + 2 :]


def _network(ethertype: int, data: bytes) -> Datagram | Arp | Payload:
    if ethertype == ETHERTYPE_ARP and len(data) >= _ARP.size:
        _, _, _, _, operation, sender_mac, sender, _, target = _ARP.unpack_from(data)
        return Arp(operation, IPv4Address(sender), mac_text(sender_mac), IPv4Address(target))
    packet = parse_ip(data, ethertype)
    if packet is not None:
        return _datagram(packet)
    known = {ETHERTYPE_IPV4: "a damaged IPv4 packet", ETHERTYPE_IPV6: "a damaged IPv6 packet"}
    return Payload(known.get(ethertype, f"ethertype 0x{ethertype:04x}"), data)


def _datagram(packet: IpPacket) -> Datagram:
    traffic_class = int.from_bytes(packet.whole[:2]) >> 4 & 0xFF
    if packet.src.version == 4:
        traffic_class = packet.whole[1]
    protocol = _PROTOCOLS.get(packet.protocol, str(packet.protocol))
    info = "a fragment" if packet.is_later_fragment else _info(packet)
    return Datagram(
        packet.src,
        packet.dst,
        packet.ttl,
        traffic_class >> 2,
        protocol,
        info,
        len(packet.whole),
    )


def _info(packet: IpPacket) -> str:
    data = packet.payload
    if packet.protocol in {ICMP, ICMPV6} and len(data) >= 8:
        types = _ICMP_TYPES if packet.protocol == ICMP else _ICMPV6_TYPES
        said = types.get(data[0], f"type {data[0]}")
        if data[0] in _ECHO and data[0] in types:
            said += " id {} seq {}".format(*struct.unpack_from("!HH", data, 4))
        elif packet.protocol == ICMPV6 and data[0] in {135, 136} and len(data) >= 24:
            said += f" {IPv6Address(data[8:24])}"
        return said
    if packet.protocol in {_TCP, _UDP} and len(data) >= 8:
        source, target = struct.unpack_from("!HH", data)
        flags = ""
        if packet.protocol == _TCP and len(data) >= 14:
            flags = " [" + "".join(sign for bit, sign in _TCP_FLAGS if data[13] & bit) + "]"
        return f"port {source} > {target}{flags}"
    return ""
