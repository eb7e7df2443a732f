"""What a PE or LSR answers to a punted packet; resolution of addresses is in `resolve`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv6Address
from typing import Final

from mplsemu.model.limits import ACCESS_MTU
from mplsemu.model.vpn import IPAddress
from mplsemu.program.gateway import GATEWAY_MAC, OWN_TTL
from mplsemu.program.martians import LINK_LOCAL
from mplsemu.program.own_addresses import subnet_router_anycast
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Connected, ViaCe, Vrf
from mplsemu.program.sizes import next_hop_mtu
from mplsemu.southbound.punt.event import (
    NO_ANSWER,
    Answers,
    IntoLfib,
    IntoVrf,
    OutOfPort,
    PacketOut,
    PendingPacket,
    Punt,
    PuntReason,
)
from mplsemu.southbound.punt.fragment import fragments
from mplsemu.southbound.punt.icmp import IcmpError, deserves_error, error_packet
from mplsemu.southbound.punt.local import Refusal, echo_number, local_answer
from mplsemu.southbound.punt.own_packets import MIN_IPV6_MTU, own_fragments
from mplsemu.southbound.punt.reassembly import fragment_of
from mplsemu.southbound.punt.resolve import (
    answer_arp,
    answer_neighbour_discovery,
    circuit_at,
    glean,
)
from mplsemu.southbound.punt.wire import (
    ETHERTYPE_MPLS,
    Ethernet,
    IpPacket,
    ethertype_of,
    is_group_mac,
    parse_ethernet,
    parse_ip,
    parse_stack,
    stack_bytes,
)

_MAX_TTL: Final = 255
_ROUTER_PREFIX6: Final = int(IPv6Address("fd4d:504c:5300::"))
_ERRORS: Final = {
    PuntReason.TTL_EXPIRED: IcmpError.TTL_EXCEEDED,
    PuntReason.GLEAN: IcmpError.TTL_EXCEEDED,  # there is nobody to ask for: it may not go on
    PuntReason.TOO_BIG: IcmpError.TTL_EXCEEDED,  # likewise
    PuntReason.NO_ROUTE: IcmpError.NET_UNREACHABLE,
}


_QUOTED: Final = frozenset({*_ERRORS, PuntReason.NOT_SERVED} - {PuntReason.GLEAN})


def answer(program: Program, node: str, punt: Punt) -> Answers:
    """Return what an LSR does about a packet that its data plane could not handle.

    Whatever the bytes are, there is an answer, if often an empty one.

    Raises:
        ProgramError: there is no such LSR.
    """
    lsr = program.node(node)
    frame = parse_ethernet(punt.frame)
    if frame is None:
        return NO_ANSWER
    if frame.ethertype == ETHERTYPE_MPLS:
        expired = punt.reason is PuntReason.TTL_EXPIRED
        return _label_ttl_expired(lsr, frame) if expired else NO_ANSWER
    match punt.reason:
        case PuntReason.ARP:
            return answer_arp(lsr, punt.in_port, frame)
        case PuntReason.SOLICITED:
            return Answers(learned=answer_neighbour_discovery(lsr, punt.in_port, frame).learned)
        case PuntReason.NEIGHBOUR_DISCOVERY:
            return answer_neighbour_discovery(lsr, punt.in_port, frame)
        case _:
            return _answer_routed(lsr, punt, frame)


def unresolved(program: Program, node: str, pending: PendingPacket, in_port: int) -> Answers:
    """Return what follows when nobody answered to an address: host unreachable.

    Args:
        program: the whole network's program.
        node: the PE.
        pending: the packet that waited.
        in_port: the port it came by, as it was punted.

    Raises:
        ProgramError: there is no such LSR.
    """
    lsr = program.node(node)
    punt = Punt(PuntReason.GLEAN, in_port, pending.packet.service, pending.packet.frame)
    frame = parse_ethernet(punt.frame)
    packet = parse_ip(frame.payload, frame.ethertype) if frame else None
    if packet is None:
        return NO_ANSWER
    return _report(lsr, punt, IcmpError.HOST_UNREACHABLE, packet)


def router_address(lsr: NodeProgram, version: int) -> IPAddress:
    """Return the source address of an LSR's own packets outside any VRF.

    IPv6 has the router id in the low bits of a unique local prefix (RFC 4193): Linux hosts drop
    packets from IPv4-mapped addresses.
    """
    if version == 4:
        return lsr.router_id
    return IPv6Address(_ROUTER_PREFIX6 | int(lsr.router_id))


def _answer_routed(lsr: NodeProgram, punt: Punt, frame: Ethernet) -> Answers:
    is_quoted = punt.reason in _QUOTED  # of what a data plane has cut there is enough for that
    packet = parse_ip(frame.payload, frame.ethertype, may_be_cut=is_quoted)
    if packet is None or is_group_mac(frame.dst):
        return NO_ANSWER
    if punt.reason in {PuntReason.ECHO_REQUEST6, PuntReason.NOT_SERVED}:
        return _answer_local(lsr, punt, frame, packet)
    if punt.reason is PuntReason.GLEAN and packet.ttl > 1:
        vrf = _vrf(lsr, punt.service)
        return glean(lsr, vrf, frame, packet) if vrf else NO_ANSWER
    if punt.reason is PuntReason.TOO_BIG and packet.ttl > 1:
        return _too_big(lsr, punt, frame, packet)
    error = _ERRORS.get(punt.reason)
    return _report(lsr, punt, error, packet) if error else NO_ANSWER


def _too_big(lsr: NodeProgram, punt: Punt, frame: Ethernet, packet: IpPacket) -> Answers:
    """Fragment a packet, or tell its source how large it may be (RFC 1812 5.2.6, RFC 4443 3.2)."""
    vrf = _vrf(lsr, punt.service)
    mtu = next_hop_mtu(lsr, vrf, packet.dst) if vrf else None
    if mtu is None:
        return NO_ANSWER
    pieces = fragments(packet, mtu)
    if packet.is_cut and pieces is not None:
        return NO_ANSWER  # RFC 3032 section 3.4: one without DF may be discarded
    if pieces is None:
        return _report(lsr, punt, IcmpError.TOO_BIG, packet, mtu=mtu)
    made = (replace(frame, payload=piece).to_bytes() for piece in pieces)
    return Answers(tuple(IntoVrf(punt.service, each) for each in made))


def _vrf(lsr: NodeProgram, service: int) -> Vrf | None:
    return next((vrf for vrf in lsr.vrfs if vrf.index == service), None)


def _reporting_vrf(lsr: NodeProgram, punt: Punt) -> Vrf | None:
    """Return the VRF that knows the way back.

    That is the one of the circuit the packet came by, if it came by one: an extranet may have led
    it into another VRF since, whose routes need not lead back.
    """
    found = circuit_at(lsr, punt.in_port)
    return found[0] if found else _vrf(lsr, punt.service)


def _report(
    lsr: NodeProgram,
    punt: Punt,
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
    report = error_packet(error, packet, source, _ttl(on_link), mtu=mtu, pointer=pointer)
    frame = Ethernet(GATEWAY_MAC, GATEWAY_MAC, ethertype_of(source), report)
    return Answers((_send(vrf.index, punt, frame, on_link),))


def _is_on_link(src: IPAddress, dst: IPAddress) -> bool:
    """Whether a packet stays on the line that what it answers came by."""
    return src in LINK_LOCAL or dst in LINK_LOCAL


def _ttl(on_link: bool) -> int:
    return OWN_TTL - 1 if on_link else OWN_TTL


def _send(service: int, punt: Punt, frame: Ethernet, on_link: bool) -> PacketOut:
    if not on_link:
        return IntoVrf(service, frame.to_bytes())
    back = parse_ethernet(punt.frame)
    to = back.src if back else GATEWAY_MAC
    return OutOfPort(punt.in_port, replace(frame, dst=to).to_bytes())


def _facing_address(lsr: NodeProgram, vrf: Vrf, punt: Punt, packet: IpPacket) -> IPAddress:
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
            case Connected(circuit) | ViaCe(circuit):
                yield circuit


def _answer_local(lsr: NodeProgram, punt: Punt, frame: Ethernet, packet: IpPacket) -> Answers:
    if fragment_of(packet):
        return NO_ANSWER
    on_link = _is_on_link(packet.dst, packet.src)
    own = _unicast(lsr, _vrf(lsr, punt.service), packet.dst)
    said = local_answer(packet, _ttl(on_link), own)
    if said is None:
        return NO_ANSWER
    if isinstance(said, Refusal):
        return _report(lsr, punt, said.error, packet, own, said.pointer)
    made = (
        Ethernet(frame.src, GATEWAY_MAC, frame.ethertype, piece)
        for piece in own_fragments(said, echo_number(packet), _own_mtu(lsr, punt, packet.src))
    )
    return Answers(tuple(_send(punt.service, punt, each, on_link) for each in made))


def _unicast(lsr: NodeProgram, vrf: Vrf | None, address: IPAddress) -> IPAddress:
    """Return a gateway's own address where it was asked as a router of its subnet.

    What answers an anycast address has another source (RFC 4443 section 2.2).
    """
    for name in vrf.circuits if vrf is not None else ():
        for gateway in lsr.circuit_by_name[name].gateways:
            if address == subnet_router_anycast(gateway.network):
                return gateway.ip
    return address


def _own_mtu(lsr: NodeProgram, punt: Punt, dst: IPAddress) -> int:
    """Return how large a gateway's own packets to an address may be.

    Of IPv6 packets that cross the network all are as small as any link takes: nobody on the way
    may cut them, and a gateway remembers no path's MTU (RFC 8200 section 5).
    """
    here, vrf = circuit_at(lsr, punt.in_port), _vrf(lsr, punt.service)
    if dst in LINK_LOCAL or vrf is None:
        return here[1].mtu if here else MIN_IPV6_MTU
    is_near = any(_circuits_towards(vrf, dst))
    if dst.version == 6 and not is_near:
        return MIN_IPV6_MTU
    mtu = next_hop_mtu(lsr, vrf, dst) or MIN_IPV6_MTU
    return mtu if is_near else min(mtu, ACCESS_MTU)  # what the line at the far end takes


def reassembly_expired(program: Program, node: str, punt: Punt) -> Answers:
    """Return what follows when a packet's fragments did not all come (RFC 1122 section 3.3.2).

    Args:
        program: the whole network's program.
        node: the PE.
        punt: that brought its first fragment.

    Raises:
        ProgramError: there is no such LSR.
    """
    frame = parse_ethernet(punt.frame)
    packet = parse_ip(frame.payload, frame.ethertype) if frame else None
    if packet is None:
        return NO_ANSWER
    error = IcmpError.REASSEMBLY_TIME_EXCEEDED
    return _report(program.node(node), punt, error, packet, packet.dst)


def _label_ttl_expired(lsr: NodeProgram, frame: Ethernet) -> Answers:
    """Report a label's expired TTL along the LSP to its end, which knows the way back.

    RFC 3032 section 2.3.2. What is below the stack, an LSR in the middle can only infer; what is
    not without doubt an IP packet is dropped without a word, as that section says.
    """
    parsed = parse_stack(frame.payload)
    if parsed is None:
        return NO_ANSWER
    stack, below = parsed
    version = below[0] >> 4 if below else 0
    packet = parse_ip(below, {4: 0x0800, 6: 0x86DD}.get(version, 0))
    if packet is None or not deserves_error(packet):
        return NO_ANSWER
    source = router_address(lsr, version)
    report = error_packet(IcmpError.TTL_EXCEEDED, packet, source, _MAX_TTL, stack)
    onward = tuple(replace(entry, ttl=_MAX_TTL) for entry in stack)
    return Answers((IntoLfib(replace(frame, payload=stack_bytes(onward) + report).to_bytes()),))
