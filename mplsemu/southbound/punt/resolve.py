"""Address resolution on a VRF's circuits: ARP (RFC 826) and neighbour discovery (RFC 4861)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from typing import Final

from mplsemu.model.vpn import IPAddress, IPInterface
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY, may_be_a_host
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.program import NodeProgram
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    Neighbour,
    Route,
    ViaNeighbour,
    Vrf,
)
from mplsemu.southbound.punt.answers import NO_ANSWER, Answers, Learned, PendingPacket
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort
from mplsemu.southbound.punt.local import NETWORK_CONTROL
from mplsemu.southbound.punt.parsed import ParsedPunt
from mplsemu.wire.arp import NO_MAC, REPLY, REQUEST, Arp
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType, is_group_mac
from mplsemu.wire.ip import IpPacket
from mplsemu.wire.neighbour_discovery import (
    ALL_NODES,
    NeighbourAdvertisement,
    NeighbourSolicitation,
    multicast_mac,
    solicited_node,
)

_ALL_NODES_MAC: Final = multicast_mac(ALL_NODES)


def learn_from_arp(lsr: NodeProgram, punt: ParsedPunt, message: Arp) -> Answers:
    """Learn the sender of an ARP message; the data plane answers requests itself."""
    found = circuit_at(lsr, punt.in_port)
    if found is None or message.operation not in {REQUEST, REPLY}:
        return NO_ANSWER
    if message.sender_mac != punt.ethernet.source:
        return NO_ANSWER
    return _learn(lsr, *found, message.sender, message.sender_mac)


def learn_from_advertisement(
    lsr: NodeProgram, punt: ParsedPunt, message: NeighbourAdvertisement
) -> Answers:
    """Learn the neighbour that an advertisement is about."""
    found = circuit_at(lsr, punt.in_port)
    if found is None or message.mac is None:
        return NO_ANSWER
    return _learn(lsr, *found, message.target, message.mac)


def answer_solicitation(
    lsr: NodeProgram, punt: ParsedPunt, message: NeighbourSolicitation
) -> Answers:
    """Answer a neighbour solicitation for a gateway address, and learn its sender."""
    found = circuit_at(lsr, punt.in_port)
    if found is None:
        return NO_ANSWER
    learned = _learn(lsr, *found, message.src, message.mac).learned if message.mac else ()
    gateways = found[1].gateways
    unicast = {LINK_LOCAL_GATEWAY, *(gateway.ip for gateway in gateways)}
    if message.target not in {*unicast, *router_addresses(gateways)}:
        return Answers(learned=learned)
    packet, destination = _advertisement(message, is_anycast=message.target not in unicast)
    to = _ALL_NODES_MAC if destination == ALL_NODES else punt.ethernet.source
    header = EthernetHeader(GATEWAY_MAC, to, (), EtherType.IPV6)
    return Answers((OutOfPort(punt.in_port, header.to_bytes() + packet),), learned)


def _advertisement(
    message: NeighbourSolicitation, *, is_anycast: bool
) -> tuple[bytes, IPv6Address]:
    """Return the packet that answers a solicitation, and where it goes."""
    # RFC 4861 section 7.2.4: during duplicate detection the sender has no address: tell all nodes
    is_duplicate_check = message.src.is_unspecified
    made = NeighbourAdvertisement(
        LINK_LOCAL_GATEWAY if is_anycast else message.target,
        message.target,
        GATEWAY_MAC,
        is_router=True,
        is_solicited=not is_duplicate_check,
        # RFC 4861 section 7.2.7: an advertisement for an anycast address overrides none
        overrides=not is_anycast,
    )
    destination = ALL_NODES if is_duplicate_check else IPv6Address(message.src)
    return made.to_packet(destination, NETWORK_CONTROL), destination


def glean(lsr: NodeProgram, vrf: Vrf, punt: ParsedPunt, packet: IpPacket) -> Answers:
    """Resolve a packet's next hop on its circuit; the packet waits meanwhile.

    The next hop is its destination, or that of a static route to it.
    """
    wanted = _next_hop(vrf, packet.dst)
    place = _place(lsr, vrf, wanted)
    request = resolution_request(lsr, vrf, wanted)
    if place is None or request is None:
        return NO_ANSWER
    header = EthernetHeader(GATEWAY_MAC, GATEWAY_MAC, (), punt.ethernet.ethertype)
    owner = lsr.vrf_of_circuit.get(place[0].name, vrf)  # which learns what is on the circuit
    pending = PendingPacket(
        vrf=owner.name,
        address=wanted,
        circuit=place[0].name,
        solicitation=request,
        packet=IntoVrf(vrf.index, header.to_bytes() + packet.whole),
        punt=punt,
    )
    return Answers(packets_out=(request,), pending=pending)


def resolution_request(lsr: NodeProgram, vrf: Vrf, address: IPAddress) -> OutOfPort | None:
    """Return the request for an address; None if it is on no circuit, or is our own."""
    place = _place(lsr, vrf, address)
    if place is None or address in router_addresses([place[1]]):
        return None
    circuit, gateway = place
    return OutOfPort(circuit.port, solicitation(gateway, address))


def solicitation(gateway: IPInterface, address: IPAddress) -> bytes:
    """Return the frame by which a gateway asks who has an address of the same IP version."""
    if isinstance(gateway, IPv4Interface):
        header = EthernetHeader(GATEWAY_MAC, BROADCAST_MAC, (), EtherType.ARP)
        request = Arp(REQUEST, GATEWAY_MAC, gateway.ip, NO_MAC, IPv4Address(address))
        return header.to_bytes() + request.to_bytes()
    group = solicited_node(address)
    asked = NeighbourSolicitation(gateway.ip, IPv6Address(address), GATEWAY_MAC)
    header = EthernetHeader(GATEWAY_MAC, multicast_mac(group), (), EtherType.IPV6)
    return header.to_bytes() + asked.to_packet(group, NETWORK_CONTROL)


def circuit_at(lsr: NodeProgram, port: int) -> tuple[Vrf, AttachmentCircuit] | None:
    """Return the VRF and the circuit at a port, None if the port is in no VRF."""
    for vrf in lsr.vrfs:
        for name in vrf.circuits:
            circuit = lsr.circuit_by_name[name]
            if circuit.port == port:
                return vrf, circuit
    return None


def _next_hop(vrf: Vrf, address: IPAddress) -> IPAddress:
    route = _best(vrf, address)
    hop = route.next_hop if route is not None else None
    return hop.address if isinstance(hop, ViaNeighbour) else address


def _best(vrf: Vrf, address: IPAddress) -> Route | None:
    routes = [route for route in vrf.routes if address in route.prefix]
    return max(routes, key=lambda route: route.prefix.prefixlen, default=None)


def _place(
    lsr: NodeProgram, vrf: Vrf, address: IPAddress
) -> tuple[AttachmentCircuit, IPInterface] | None:
    best = _best(vrf, address)
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
