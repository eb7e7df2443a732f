"""What a PE or LSR answers to a punted packet; address resolution is in `resolve`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Final, assert_never

from mplsemu.model.limits import ACCESS_MTU, MIN_IPV6_MTU
from mplsemu.model.vpn import IPAddress
from mplsemu.program.gateway import GATEWAY_MAC, OWN_TTL
from mplsemu.program.martians import LINK_LOCAL
from mplsemu.program.own_addresses import subnet_router_anycast
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Connected, ViaCe, ViaNeighbour, Vrf
from mplsemu.program.sizes import next_hop_mtu
from mplsemu.southbound.punt.answers import NO_ANSWER, Answers
from mplsemu.southbound.punt.dhcp import relay_reply, relay_request
from mplsemu.southbound.punt.dhcp6 import relay_reply6, relay_request6
from mplsemu.southbound.punt.error_policy import deserves_error
from mplsemu.southbound.punt.event import IntoLfib, IntoVrf, OutOfPort, PacketOut, PuntReason
from mplsemu.southbound.punt.local import (
    NETWORK_CONTROL,
    Refusal,
    echo_identification,
    local_answer,
)
from mplsemu.southbound.punt.parsed import LabelledIp, ParsedPunt
from mplsemu.southbound.punt.resolve import (
    answer_solicitation,
    circuit_at,
    glean,
    learn_from_advertisement,
    learn_from_arp,
)
from mplsemu.wire.arp import Arp
from mplsemu.wire.ethernet import EthernetHeader, is_group_mac
from mplsemu.wire.fragments import fragment_of, router_fragments, source_fragments
from mplsemu.wire.icmp import PROTOCOL
from mplsemu.wire.icmp_error import IcmpError, error_message
from mplsemu.wire.ip import IpPacket, ethertype_of, ip_packet
from mplsemu.wire.mpls import stack_bytes
from mplsemu.wire.neighbour_discovery import NeighbourAdvertisement, NeighbourSolicitation

_MAX_TTL: Final = 255
_ROUTER_PREFIX6: Final = int(IPv6Address("fd4d:504c:5300::"))
_ERRORS: Final = {
    PuntReason.TTL_EXPIRED: IcmpError.TTL_EXCEEDED,
    PuntReason.GLEAN: IcmpError.TTL_EXCEEDED,  # not to be forwarded, so not resolved
    PuntReason.TOO_BIG: IcmpError.TTL_EXCEEDED,  # likewise
    PuntReason.NO_ROUTE: IcmpError.NET_UNREACHABLE,
}


def answer(program: Program, node: str, punt: ParsedPunt) -> Answers:
    """Return what an LSR does about a packet that its data plane could not handle.

    Raises:
        ProgramError: there is no such LSR.
    """
    lsr = program.node(node)
    match punt.content:
        case LabelledIp():
            return _label_ttl_expired(lsr, punt.ethernet, punt.content)
        case Arp():
            return learn_from_arp(lsr, punt, punt.content)
        case NeighbourAdvertisement():
            return learn_from_advertisement(lsr, punt, punt.content)
        case NeighbourSolicitation():
            answers = answer_solicitation(lsr, punt, punt.content)
            is_copy = punt.reason is PuntReason.SOLICITED  # the data plane has answered it
            return Answers(learned=answers.learned) if is_copy else answers
        case IpPacket():
            return _answer_routed(lsr, punt, punt.content)
        case _:
            assert_never(punt.content)


def unresolved(program: Program, node: str, punt: ParsedPunt) -> Answers:
    """Return what follows when an address cannot be resolved: host unreachable.

    Args:
        program: the whole network's program.
        node: the PE.
        punt: the packet that waited, as it was punted.

    Raises:
        ProgramError: there is no such LSR.
    """
    assert isinstance(punt.content, IpPacket)  # nothing else is gleaned
    return _report(program.node(node), punt, IcmpError.HOST_UNREACHABLE, punt.content)


def reassembly_expired(program: Program, node: str, punt: ParsedPunt) -> Answers:
    """Return what follows when fragments of a packet are missing (RFC 1122 section 3.3.2).

    Args:
        program: the whole network's program.
        node: the PE.
        punt: that brought its first fragment.

    Raises:
        ProgramError: there is no such LSR.
    """
    assert isinstance(punt.content, IpPacket)  # nothing else is a fragment
    error = IcmpError.REASSEMBLY_TIME_EXCEEDED
    return _report(program.node(node), punt, error, punt.content, punt.content.dst)


def router_address(lsr: NodeProgram, version: int) -> IPAddress:
    """Return the source address of an LSR's own packets outside any VRF.

    IPv6 has the router id in the low bits of a unique local prefix (RFC 4193): Linux hosts drop
    packets from IPv4-mapped addresses.
    """
    if version == 4:
        return lsr.router_id
    return IPv6Address(_ROUTER_PREFIX6 | int(lsr.router_id))


def _answer_routed(lsr: NodeProgram, punt: ParsedPunt, packet: IpPacket) -> Answers:
    if punt.reason is PuntReason.DHCP:
        found = circuit_at(lsr, punt.in_port)
        ask = relay_request if packet.dst.version == 4 else relay_request6
        return ask(*found, packet) if found is not None else NO_ANSWER
    if is_group_mac(punt.ethernet.destination):
        return NO_ANSWER
    match punt.reason:
        case PuntReason.ECHO_REQUEST6 | PuntReason.NOT_SERVED:
            return _answer_local(lsr, punt, packet)
        case PuntReason.GLEAN if packet.ttl > 1:
            vrf = _vrf(lsr, punt.service)
            return glean(lsr, vrf, punt, packet) if vrf else NO_ANSWER
        case PuntReason.TOO_BIG if packet.ttl > 1:
            return _too_big(lsr, punt, packet)
    error = _ERRORS.get(punt.reason)
    return _report(lsr, punt, error, packet) if error else NO_ANSWER


def _too_big(lsr: NodeProgram, punt: ParsedPunt, packet: IpPacket) -> Answers:
    """Fragment a packet, or tell its source how large it may be (RFC 1812 5.2.6, RFC 4443 3.2)."""
    vrf = _vrf(lsr, punt.service)
    mtu = next_hop_mtu(lsr, vrf, packet.dst) if vrf else None
    if mtu is None:
        return NO_ANSWER
    fragments = router_fragments(packet, mtu)
    if packet.is_cut and fragments is not None:
        return NO_ANSWER  # RFC 3032 section 3.4: one without DF may be discarded
    if fragments is None:
        return _report(lsr, punt, IcmpError.TOO_BIG, packet, mtu=mtu)
    header = punt.ethernet.to_bytes()
    return Answers(tuple(IntoVrf(punt.service, header + fragment) for fragment in fragments))


def _vrf(lsr: NodeProgram, service: int) -> Vrf | None:
    return next((vrf for vrf in lsr.vrfs if vrf.index == service), None)


def _reporting_vrf(lsr: NodeProgram, punt: ParsedPunt) -> Vrf | None:
    """Return the VRF that has a route back.

    For a packet from a circuit it is the circuit's VRF: an extranet may have led the packet into
    another VRF, whose routes need not lead back.
    """
    found = circuit_at(lsr, punt.in_port)
    return found[0] if found else _vrf(lsr, punt.service)


def _report(
    lsr: NodeProgram,
    punt: ParsedPunt,
    error: IcmpError,
    packet: IpPacket,
    src: IPAddress | None = None,
    mtu: int = 0,
    pointer: int = 0,
) -> Answers:
    vrf = _reporting_vrf(lsr, punt)
    if vrf is None or not deserves_error(packet):
        return NO_ANSWER
    source = src or _facing_address(lsr, vrf, punt, packet)
    on_link = _is_on_link(source, packet.src)
    message = error_message(error, packet, source, mtu=mtu, pointer=pointer)
    report = _icmp_packet(source, packet.src, message, _ttl(on_link))
    header = EthernetHeader(GATEWAY_MAC, GATEWAY_MAC, (), ethertype_of(source))
    return Answers((_send(vrf.index, punt, header, report, on_link),))


def _icmp_packet(src: IPAddress, dst: IPAddress, message: bytes, ttl: int) -> bytes:
    return ip_packet(src, dst, PROTOCOL[src.version], message, ttl=ttl, dscp=NETWORK_CONTROL)


def _is_on_link(src: IPAddress, dst: IPAddress) -> bool:
    """Whether an answer stays on the circuit by which the packet came."""
    return src in LINK_LOCAL or dst in LINK_LOCAL


def _ttl(on_link: bool) -> int:
    return OWN_TTL - 1 if on_link else OWN_TTL


def _send(
    service: int, punt: ParsedPunt, header: EthernetHeader, packet: bytes, on_link: bool
) -> PacketOut:
    if not on_link:
        return IntoVrf(service, header.to_bytes() + packet)
    back = replace(header, destination=punt.ethernet.source)
    return OutOfPort(punt.in_port, back.to_bytes() + packet)


def _facing_address(lsr: NodeProgram, vrf: Vrf, punt: ParsedPunt, packet: IpPacket) -> IPAddress:
    """Return the gateway address on the circuit a packet came by, else on the one it goes to."""
    incoming = circuit_at(lsr, punt.in_port)
    facing = [incoming[1]] if incoming else []
    facing += [lsr.circuit_by_name[name] for name in _circuits_towards(vrf, packet.dst)]
    facing += [lsr.circuit_by_name[name] for name in vrf.circuits]
    for circuit in facing:
        gateways = [
            gateway
            for gateway in circuit.gateways
            if gateway.version == packet.src.version and not gateway.ip.is_link_local
        ]
        for peer in (packet.src, packet.dst):
            for gateway in gateways:
                if peer in gateway.network:
                    return gateway.ip
        if gateways:
            return gateways[0].ip
    return router_address(lsr, packet.src.version)


def _circuits_towards(vrf: Vrf, dst: IPAddress) -> Iterator[str]:
    routes = [route for route in vrf.routes if dst in route.prefix]
    for route in sorted(routes, key=lambda route: -route.prefix.prefixlen):
        match route.next_hop:
            case Connected(circuit) | ViaCe(circuit) | ViaNeighbour(circuit, _):
                yield circuit


def _answer_local(lsr: NodeProgram, punt: ParsedPunt, packet: IpPacket) -> Answers:
    if fragment_of(packet):
        return NO_ANSWER
    vrf = _vrf(lsr, punt.service)
    pass_on = relay_reply if packet.dst.version == 4 else relay_reply6
    relayed = pass_on(lsr, vrf, packet) if vrf is not None else None
    if relayed is not None:
        return relayed
    on_link = _is_on_link(packet.dst, packet.src)
    own = _unicast(lsr, vrf, packet.dst)
    reply = local_answer(packet, _ttl(on_link), own)
    if reply is None:
        return NO_ANSWER
    if isinstance(reply, Refusal):
        return _report(lsr, punt, reply.error, packet, own, pointer=reply.pointer)
    header = replace(punt.ethernet, source=GATEWAY_MAC, destination=punt.ethernet.source)
    mtu = _own_mtu(lsr, punt, packet.src)
    fragments = source_fragments(reply, echo_identification(packet), mtu)
    return Answers(tuple(_send(punt.service, punt, header, each, on_link) for each in fragments))


def _unicast(lsr: NodeProgram, vrf: Vrf | None, address: IPAddress) -> IPAddress:
    """Return a gateway's unicast address for the subnet-router anycast address, else `address`.

    An anycast address must not be the source of a reply (RFC 4443 section 2.2).
    """
    for name in vrf.circuits if vrf is not None else ():
        for gateway in lsr.circuit_by_name[name].gateways:
            if address == subnet_router_anycast(gateway.network):
                return gateway.ip
    return address


def _own_mtu(lsr: NodeProgram, punt: ParsedPunt, dst: IPAddress) -> int:
    """Return how large a gateway's own packets to an address may be.

    IPv6 packets that cross the network have the minimum MTU: routers must not fragment them, and a
    gateway does no path MTU discovery (RFC 8200 section 5).
    """
    here, vrf = circuit_at(lsr, punt.in_port), _vrf(lsr, punt.service)
    if dst in LINK_LOCAL or vrf is None:
        return here[1].mtu if here else MIN_IPV6_MTU
    is_near = any(_circuits_towards(vrf, dst))
    if dst.version == 6 and not is_near:
        return MIN_IPV6_MTU
    mtu = next_hop_mtu(lsr, vrf, dst) or MIN_IPV6_MTU
    return mtu if is_near else min(mtu, ACCESS_MTU)  # the far PE fragments for a narrower circuit


def _label_ttl_expired(lsr: NodeProgram, ethernet: EthernetHeader, found: LabelledIp) -> Answers:
    """Report a label's expired TTL along the LSP to its end, which knows the way back.

    RFC 3032 section 2.3.2.
    """
    if not deserves_error(found.packet):
        return NO_ANSWER
    source = router_address(lsr, found.packet.src.version)
    message = error_message(IcmpError.TTL_EXCEEDED, found.packet, source, found.stack)
    report = _icmp_packet(source, found.packet.src, message, _MAX_TTL)
    onward = tuple(replace(entry, ttl=_MAX_TTL) for entry in found.stack)
    return Answers((IntoLfib(ethernet.to_bytes() + stack_bytes(onward) + report),))
