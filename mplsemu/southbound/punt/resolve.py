"""Address resolution on a VRF's circuits: ARP (RFC 826) and neighbour discovery (RFC 4861)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from typing import Final

from mplsemu.model.vpn import IPAddress, IPInterface
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY, may_be_a_host
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import AttachmentCircuit, Connected, Neighbour, Vrf
from mplsemu.southbound.punt.event import (
    NO_ANSWER,
    Answers,
    IntoVrf,
    Learned,
    OutOfPort,
    PendingPacket,
)
from mplsemu.southbound.punt.icmp import icmpv6_packet
from mplsemu.southbound.punt.wire import (
    BROADCAST_MAC,
    ETHERTYPE_ARP,
    ETHERTYPE_IPV6,
    ICMPV6,
    Ethernet,
    IpPacket,
    icmpv6_checksum,
    is_group_mac,
    mac_bytes,
    mac_text,
    parse_ip,
)

ALL_NODES: Final = IPv6Address("ff02::1")
_ALL_NODES_MAC: Final = "33:33:00:00:00:01"
_SOLICITED_NODE: Final = int(IPv6Address("ff02::1:ff00:0"))
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
_ARP_OF_IPV4_ON_ETHERNET: Final = (1, 0x0800, 6, 4)
_REQUEST, _REPLY = 1, 2
_SOLICITATION, _ADVERTISEMENT = 135, 136
_NEIGHBOUR_MESSAGE: Final = struct.Struct("!BBHI16s")
_SOURCE_MAC, _TARGET_MAC = 1, 2
_ROUTER, _SOLICITED, _OVERRIDE = 1 << 31, 1 << 30, 1 << 29
_ON_LINK_HOP_LIMIT: Final = 255  # RFC 4861 section 7.1: who is farther away cannot send this


def answer_arp(lsr: NodeProgram, in_port: int, frame: Ethernet) -> Answers:
    """Learn from an ARP packet whoever sent it; the data plane answers requests itself."""
    found = circuit_at(lsr, in_port)
    if found is None or frame.ethertype != ETHERTYPE_ARP or len(frame.payload) < _ARP.size:
        return NO_ANSWER
    *kind, operation, sha, spa, _tha, _tpa = _ARP.unpack_from(frame.payload)
    sender = mac_text(sha)
    if tuple(kind) != _ARP_OF_IPV4_ON_ETHERNET or operation not in {_REQUEST, _REPLY}:
        return NO_ANSWER
    if sender != frame.src:
        return NO_ANSWER
    return _learn(lsr, *found, IPv4Address(spa), sender)


def answer_neighbour_discovery(lsr: NodeProgram, in_port: int, frame: Ethernet) -> Answers:
    """Answer a neighbour solicitation for a gateway address; learn from what neighbours say."""
    found = circuit_at(lsr, in_port)
    said = _parse_neighbour_message(frame)
    if found is None or said is None:
        return NO_ANSWER
    if said.kind == _SOLICITATION:
        return _solicited(lsr, found, in_port, frame, said)
    mac = said.options.get(_TARGET_MAC)
    return _learn(lsr, *found, said.target, mac) if mac else NO_ANSWER


@dataclass(frozen=True, slots=True)
class _NeighbourMessage:
    kind: int
    src: IPAddress
    target: IPv6Address
    options: dict[int, str]


def _parse_neighbour_message(frame: Ethernet) -> _NeighbourMessage | None:
    """Return a message that RFC 4861 sections 7.1.1 and 7.1.2 call valid, else None."""
    packet = parse_ip(frame.payload, frame.ethertype)
    if packet is None or packet.src.version != 6 or packet.protocol != ICMPV6:
        return None
    message = packet.payload
    is_whole = len(message) >= _NEIGHBOUR_MESSAGE.size and not packet.is_later_fragment
    if not is_whole or packet.ttl != _ON_LINK_HOP_LIMIT:
        return None
    if icmpv6_checksum(packet.src, packet.dst, message):
        return None
    kind, code, _sum, flags, packed = _NEIGHBOUR_MESSAGE.unpack_from(message)
    options = _options(message[_NEIGHBOUR_MESSAGE.size :])
    target = IPv6Address(packed)
    is_spoilt = kind == _ADVERTISEMENT and packet.dst.is_multicast and flags & _SOLICITED
    if code or options is None or target.is_multicast or is_spoilt:
        return None
    if kind not in {_SOLICITATION, _ADVERTISEMENT}:
        return None
    return _NeighbourMessage(kind, packet.src, target, options)


def glean(lsr: NodeProgram, vrf: Vrf, frame: Ethernet, packet: IpPacket) -> Answers:
    """Ask on its circuit for the address a packet is for; the packet waits meanwhile."""
    place = _place(lsr, vrf, packet.dst)
    asked = resolution_request(lsr, vrf, packet.dst)
    if place is None or asked is None:
        return NO_ANSWER
    again = Ethernet(GATEWAY_MAC, GATEWAY_MAC, frame.ethertype, packet.whole)
    pending = PendingPacket(
        vrf=vrf.name,
        address=packet.dst,
        circuit=place[0].name,
        solicitation=asked,
        packet=IntoVrf(vrf.index, again.to_bytes()),
    )
    return Answers(packets_out=(asked,), pending=pending)


def resolution_request(lsr: NodeProgram, vrf: Vrf, address: IPAddress) -> OutOfPort | None:
    """Return what asks who has an address, None where nobody can: no circuit, or it is ours."""
    place = _place(lsr, vrf, address)
    if place is None or address in router_addresses([place[1]]):
        return None
    circuit, gateway = place
    return OutOfPort(circuit.port, solicitation(gateway, address).to_bytes())


def solicitation(gateway: IPInterface, address: IPAddress) -> Ethernet:
    """Return the frame by which a gateway asks who has an address of the same IP version."""
    own = mac_bytes(GATEWAY_MAC)
    if isinstance(gateway, IPv4Interface):
        asked = _ARP.pack(
            *_ARP_OF_IPV4_ON_ETHERNET, _REQUEST, own, gateway.ip.packed, bytes(6), address.packed
        )
        return Ethernet(BROADCAST_MAC, GATEWAY_MAC, ETHERTYPE_ARP, asked)
    group = IPv6Address(_SOLICITED_NODE | int(address) & 0xFF_FFFF)
    message = _NEIGHBOUR_MESSAGE.pack(_SOLICITATION, 0, 0, 0, address.packed)
    message += bytes((_SOURCE_MAC, 1)) + own
    whole = icmpv6_packet(gateway.ip, group, message, _ON_LINK_HOP_LIMIT)
    group_mac = mac_text(b"\x33\x33" + group.packed[-4:])
    return Ethernet(group_mac, GATEWAY_MAC, ETHERTYPE_IPV6, whole)


def circuit_at(lsr: NodeProgram, port: int) -> tuple[Vrf, AttachmentCircuit] | None:
    """Return the VRF and the circuit at a port, None if it is no VRF's."""
    for vrf in lsr.vrfs:
        for name in vrf.circuits:
            circuit = lsr.circuit_by_name[name]
            if circuit.port == port:
                return vrf, circuit
    return None


def _place(
    lsr: NodeProgram, vrf: Vrf, address: IPAddress
) -> tuple[AttachmentCircuit, IPInterface] | None:
    routes = [route for route in vrf.routes if address in route.prefix]
    best = max(routes, key=lambda route: route.prefix.prefixlen, default=None)
    if best is None or not isinstance(best.next_hop, Connected):
        return None
    circuit = lsr.circuit_by_name[best.next_hop.circuit]
    for gateway in circuit.gateways:
        if circuit.up and address in gateway.network:
            return circuit, gateway
    return None


def _learn(
    lsr: NodeProgram, vrf: Vrf, circuit: AttachmentCircuit, address: IPAddress, mac: str
) -> Answers:
    if is_group_mac(mac) or mac == GATEWAY_MAC:
        return NO_ANSWER
    # a route to fe80::/10 is in no VRF, so link-local addresses end here
    place = _place(lsr, vrf, address)
    if place is None or place[0].name != circuit.name or not may_be_a_host(address, place[1]):
        return NO_ANSWER
    neighbour = Neighbour(address, circuit.name, mac)
    return Answers(learned=(Learned(vrf.name, neighbour, neighbour not in vrf.neighbours),))


def _solicited(
    lsr: NodeProgram,
    found: tuple[Vrf, AttachmentCircuit],
    in_port: int,
    frame: Ethernet,
    said: _NeighbourMessage,
) -> Answers:
    mac = said.options.get(_SOURCE_MAC)
    learned = _learn(lsr, *found, said.src, mac).learned if mac else ()
    given = {LINK_LOCAL_GATEWAY, *(gateway.ip for gateway in found[1].gateways)}
    if said.target not in {*given, *router_addresses(found[1].gateways)}:
        return Answers(learned=learned)
    # RFC 4861 section 7.2.4: who checks for a duplicate has no address yet, so all are told
    is_probe = said.src.is_unspecified
    # RFC 4861 section 7.2.7: an advertisement for an anycast address overrides nobody's
    is_anycast = said.target not in given
    flags = _ROUTER | (0 if is_anycast else _OVERRIDE) | (0 if is_probe else _SOLICITED)
    message = _NEIGHBOUR_MESSAGE.pack(_ADVERTISEMENT, 0, 0, flags, said.target.packed)
    message += bytes((_TARGET_MAC, 1)) + mac_bytes(GATEWAY_MAC)
    dst = ALL_NODES if is_probe else said.src
    source = LINK_LOCAL_GATEWAY if is_anycast else said.target
    whole = icmpv6_packet(source, dst, message, _ON_LINK_HOP_LIMIT)
    to = _ALL_NODES_MAC if is_probe else frame.src
    reply = Ethernet(to, GATEWAY_MAC, ETHERTYPE_IPV6, whole)
    return Answers((OutOfPort(in_port, reply.to_bytes()),), learned)


def _options(data: bytes) -> dict[int, str] | None:
    """Return the link-layer addresses among the options by type; None if they are malformed."""
    found = {}
    while data:
        if len(data) < 2 or not data[1] or len(data) < data[1] * 8:
            return None
        kind, size = data[0], data[1] * 8
        if kind in {_SOURCE_MAC, _TARGET_MAC} and size == 8:
            found[kind] = mac_text(data[2:8])
        data = data[size:]
    return found
