"""What is in a captured frame: Ethernet, label stack, and the packet or frame below it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final, assert_never

from mplsemu.errors import PacketError
from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.vpn import IPAddress
from mplsemu.program.sizes import CONTROL_WORD_OCTETS
from mplsemu.program.stack_reading import Carried
from mplsemu.wire.arp import Arp, parse_arp
from mplsemu.wire.ethernet import EthernetHeader, EtherType, parse_ethernet
from mplsemu.wire.icmp import ECHO_REPLY, ECHO_REQUEST, ICMP_HEADER_BYTES, PROTOCOL, echo_numbers
from mplsemu.wire.ip import IpPacket, IpProtocol, parse_ip
from mplsemu.wire.mpls import parse_stack
from mplsemu.wire.tcp import TCP_FLAGS_AT, TcpFlag

Stack = tuple[LabelStackEntry, ...]
CarriedBy = Callable[[Stack], Carried]
"""Tells what is below a label stack; see mplsemu.program.stack_reading."""

_NAMES: Final[dict[int, str]] = {
    IpProtocol.ICMP: "ICMP",
    IpProtocol.TCP: "TCP",
    IpProtocol.UDP: "UDP",
    IpProtocol.ICMPV6: "ICMPv6",
    IpProtocol.OSPF: "OSPF",
}
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
_ECHOES: Final = frozenset({*ECHO_REQUEST.values(), *ECHO_REPLY.values()})
_NEIGHBOUR_MESSAGES: Final = frozenset({135, 136})
_NEIGHBOUR_TARGET: Final = slice(8, 24)
_TCP_FLAGS: Final = (
    (TcpFlag.SYN, "S"),
    (TcpFlag.FIN, "F"),
    (TcpFlag.RST, "R"),
    (TcpFlag.PSH, "P"),
    (TcpFlag.ACK, "."),
)
_PORTS_BYTES: Final = 8
"""Of a TCP or UDP header, quoted in every ICMP error."""
_NO_ETHERNET: Final = EthernetHeader("", "", (), 0)


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
        summary = " ".join(filter(None, (self.protocol, self.info)))
        marked = f", dscp {self.dscp}" if self.dscp else ""
        return f"{self.source} > {self.destination} {summary}, ttl {self.ttl}{marked}"


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

    ethernet: EthernetHeader
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
    try:
        ethernet, rest = parse_ethernet(data)
    except PacketError:
        return Frame(_NO_ETHERNET, (), Payload("no Ethernet frame", data))
    if ethernet.ethertype != EtherType.MPLS:
        return Frame(ethernet, (), _network(ethernet.ethertype, rest))
    try:
        stack, below = parse_stack(rest)
    except PacketError:
        return Frame(ethernet, (), Payload("a label stack without an end", rest))
    return Frame(ethernet, stack, _below(below, carried_by(stack)))


def _below(data: bytes, carried: Carried) -> Datagram | Arp | Frame | Payload:
    """Return what is below a label stack."""
    match carried:
        case Carried.ETHERNET:
            return dissect(data)
        case Carried.CONTROL_WORD:
            return dissect(data[CONTROL_WORD_OCTETS:])
        case Carried.IPV6:
            return _network(EtherType.IPV6, data)
        case Carried.IPV4:
            return _network(EtherType.IPV4, data)
        case Carried.UNKNOWN:
            try:
                return _datagram(parse_ip(data, EtherType.IPV4))
            except PacketError:
                return Payload("unknown", data)
    assert_never(carried)


def _network(ethertype: int, data: bytes) -> Datagram | Arp | Payload:
    try:
        match ethertype:
            case EtherType.ARP:
                return parse_arp(data)
            case EtherType.IPV4 | EtherType.IPV6:
                return _datagram(parse_ip(data, ethertype))
    except PacketError:
        if ethertype == EtherType.IPV4:
            return Payload("a damaged IPv4 packet", data)
        if ethertype == EtherType.IPV6:
            return Payload("a damaged IPv6 packet", data)
    return Payload(f"ethertype 0x{ethertype:04x}", data)


def _datagram(packet: IpPacket) -> Datagram:
    protocol = _NAMES.get(packet.protocol, str(packet.protocol))
    info = "a fragment" if packet.is_later_fragment else _info(packet)
    length = len(packet.whole)
    return Datagram(packet.src, packet.dst, packet.ttl, packet.dscp, protocol, info, length)


def _info(packet: IpPacket) -> str:
    if len(packet.payload) < _PORTS_BYTES:
        return ""
    match packet.protocol:
        case IpProtocol.ICMP | IpProtocol.ICMPV6:
            return _icmp_info(packet)
        case IpProtocol.TCP | IpProtocol.UDP:
            return _ports_info(packet)
    return ""


def _icmp_info(packet: IpPacket) -> str:
    data = packet.payload
    is_v4 = packet.protocol == PROTOCOL[4]
    types = _ICMP_TYPES if is_v4 else _ICMPV6_TYPES
    name = types.get(data[0], f"type {data[0]}")
    if data[0] in _ECHOES and data[0] in types:
        return "{} id {} seq {}".format(name, *echo_numbers(data[:ICMP_HEADER_BYTES]))
    target = data[_NEIGHBOUR_TARGET]
    if not is_v4 and data[0] in _NEIGHBOUR_MESSAGES and len(target) == 16:
        return f"{name} {IPv6Address(target)}"
    return name


def _ports_info(packet: IpPacket) -> str:
    data = packet.payload
    ports = f"port {int.from_bytes(data[:2])} > {int.from_bytes(data[2:4])}"
    if packet.protocol != IpProtocol.TCP or len(data) <= TCP_FLAGS_AT:
        return ports
    flags = "".join(sign for flag, sign in _TCP_FLAGS if data[TCP_FLAGS_AT] & flag)
    return f"{ports} [{flags}]"
