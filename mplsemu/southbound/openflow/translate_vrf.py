"""Flows of a PE's VRFs: gateways, routes, delivery to circuits and VPN labels (RFC 4364)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.diffserv import TC_BITS
from mplsemu.program.gateway import (
    GATEWAY_MAC,
    LINK_LOCAL_GATEWAY,
    OWN_TTL,
    PIPE_TTL,
    broadcast_addresses,
)
from mplsemu.program.martians import LINK_LOCAL, NEVER_ROUTED, NO_SOURCES
from mplsemu.program.own_addresses import router_addresses
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    NextHop,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)
from mplsemu.southbound.openflow.actions import (
    Action,
    DecTtl,
    InPort,
    Move,
    OutputRegister,
    PushMpls,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import (
    FORGET_PORT,
    FROM_GROUP_ADDRESS,
    IP_VERSIONS,
    IS_ARP,
    IS_IPV4,
    IS_IPV6,
    Lsr,
    mac_number,
)
from mplsemu.southbound.openflow.match import (
    ARP_OP,
    ARP_SHA,
    ARP_SPA,
    ARP_THA,
    ARP_TPA,
    ETH_DST,
    ETH_SRC,
    ICMPV4_TYPE,
    ICMPV6_TYPE,
    IN_PORT,
    IP_FRAGMENT,
    IP_PROTO,
    IP_TTL,
    IPV4_DST,
    IPV4_SRC,
    IPV6_DST,
    METADATA,
    MPLS_LABEL,
    MPLS_TC,
    MPLS_TTL,
    Field,
    Match,
    Term,
    prefix_terms,
)
from mplsemu.southbound.openflow.pipeline import (
    LABEL_BITS,
    REG_PORT,
    REG_SCRATCH,
    REG_SERVICE_LABEL,
    REG_SIZE,
    REG_TC,
    REG_TUNNEL,
    Priority,
    Table,
)
from mplsemu.southbound.openflow.translate_choices import choose
from mplsemu.southbound.openflow.translate_dhcp import relay_flows
from mplsemu.southbound.openflow.translate_neighbours import (
    common_neighbour_flows,
    neighbour_flows,
)
from mplsemu.southbound.openflow.translate_ports import DSCP_CLASS_TO_TC
from mplsemu.southbound.openflow.translate_punts import copy_of, punt
from mplsemu.southbound.openflow.translate_sources import from_prefix, source_flows
from mplsemu.southbound.openflow.translate_tags import departure_actions
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.route_ways import RouteWays

_ARP_REQUEST: Final = Term(ARP_OP, 1)
_ARP_REPLY: Final = 2
_ICMP: Final = Term(IP_PROTO, 1)
_ICMPV6: Final = Term(IP_PROTO, 58)
_SILENT: Final = (
    (IS_IPV4, _ICMP),
    (IS_IPV4, Term(IP_PROTO, 2)),
    (IS_IPV6, _ICMPV6),
    (IS_IPV6, Term(IP_PROTO, 59)),
)
"""Other ICMP, IGMP, no next header: a gateway drops these silently."""
_ANY_FRAGMENT: Final = Term(IP_FRAGMENT, 1, 1)
_ECHO_REQUEST: Final = Term(ICMPV4_TYPE, 8)
_ECHO_REPLY: Final = 0
_ECHO_REQUEST6: Final = Term(ICMPV6_TYPE, 128)
_NEIGHBOUR_DISCOVERY: Final = (Term(ICMPV6_TYPE, 135), Term(ICMPV6_TYPE, 136))
_GATEWAY: Final = mac_number(GATEWAY_MAC)
_TO_GATEWAY: Final = Term(ETH_DST, _GATEWAY)
_MAC_BITS, _IPV4_BITS = 48, 32


def vrf_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of all VRFs of a PE; none where it has no VRF.

    Raises:
        ProgramError: a VRF names what this PE does not have.
    """
    if not lsr.node.vrfs:
        return
    yield from common_neighbour_flows()
    yield from _input_flows()
    yield from _local_flows()
    yield from _common_fib_flows()
    yield from _delivery_flows()
    yield from _tagged_delivery_flows(lsr)
    yield from _imposition_flows(lsr)
    for vrf in lsr.node.vrfs:
        circuits = [circuit for circuit in map(lsr.circuit, vrf.circuits) if circuit.up]
        yield from source_flows(lsr, vrf)
        yield from neighbour_flows(lsr, circuits)
        yield from relay_flows(circuits)
        yield from _gateway_flows(lsr, vrf, circuits)
        ways = RouteWays(lsr, vrf)
        yield from _route_flows(lsr, vrf, ways)


def _address_field(address: IPAddress) -> tuple[Term, Field]:
    return (IS_IPV4, IPV4_DST) if address.version == 4 else (IS_IPV6, IPV6_DST)


def _to_prefix(prefix: IPNetwork) -> tuple[Term, ...]:
    is_version, field = _address_field(prefix.network_address)
    terms = prefix_terms(field, int(prefix.network_address), prefix.prefixlen)
    return is_version, *terms


def _to_address(address: IPAddress) -> tuple[Term, Term]:
    is_version, field = _address_field(address)
    return is_version, Term(field, int(address))


def _input_flows() -> Iterator[Flow]:
    table = Table.VRF_INPUT
    yield Flow(table, Priority.NORMAL, Match.of(IS_ARP), punt(PuntReason.ARP))
    for is_version in IP_VERSIONS:
        match = Match.of(is_version, _TO_GATEWAY)
        yield Flow(table, Priority.NORMAL, match, goto=Table.VRF_FIB)
    for icmp_type in _NEIGHBOUR_DISCOVERY:
        match = Match.of(IS_IPV6, _ICMPV6, icmp_type)
        yield Flow(table, Priority.SPECIFIC, match, punt(PuntReason.NEIGHBOUR_DISCOVERY))
    link_local = Match.of(IS_IPV6, _TO_GATEWAY, Term(IPV6_DST, int(LINK_LOCAL_GATEWAY)))
    # a different priority: neighbour discovery matches packets to this address, too
    yield Flow(table, Priority.NORMAL + 1, link_local, goto=Table.VRF_LOCAL)
    for (
        prefix
    ) in NO_SOURCES:  # below neighbour discovery, which is needed before there is an address
        yield Flow(table, Priority.NORMAL + 2, Match.of(*from_prefix(prefix)))
    yield Flow(table, Priority.REFUSED, Match.of(FROM_GROUP_ADDRESS))


def _local_flows() -> Iterator[Flow]:
    table = Table.VRF_LOCAL
    echo_reply = (
        Move(IPV4_SRC, REG_SCRATCH, _IPV4_BITS),
        Move(IPV4_DST, IPV4_SRC, _IPV4_BITS),
        Move(REG_SCRATCH, IPV4_DST, _IPV4_BITS),
        SetField(ICMPV4_TYPE, _ECHO_REPLY),
        SetField(IP_TTL, OWN_TTL),
        Resubmit(Table.VRF_FIB),
    )
    yield Flow(table, Priority.NORMAL, Match.of(IS_IPV4, _ICMP, _ECHO_REQUEST), echo_reply)
    echo6 = Match.of(IS_IPV6, _ICMPV6, _ECHO_REQUEST6)
    yield Flow(table, Priority.NORMAL, echo6, punt(PuntReason.ECHO_REQUEST6))
    for is_version in IP_VERSIONS:
        fragment = Match.of(is_version, _ANY_FRAGMENT)
        yield Flow(table, Priority.SPECIFIC, fragment, punt(PuntReason.FRAGMENT))
        # TCP, UDP and unknown protocols: the controller distinguishes them
        yield Flow(table, Priority.BROAD, Match.of(is_version), punt(PuntReason.NOT_SERVED))
    for is_version, protocol in _SILENT:
        yield Flow(table, Priority.BROAD + 1, Match.of(is_version, protocol))


def _common_fib_flows() -> Iterator[Flow]:
    for prefix in NEVER_ROUTED:
        yield Flow(Table.VRF_FIB, Priority.NEVER_ROUTED, Match.of(*_to_prefix(prefix)))
    # only the gateway is on the link of such a source
    from_link = Match.of(*from_prefix(LINK_LOCAL))
    yield Flow(Table.VRF_FIB, Priority.NEVER_ROUTED_FROM, from_link)
    for is_version in IP_VERSIONS:
        actions = punt(PuntReason.NO_ROUTE)
        yield Flow(Table.VRF_FIB, Priority.DEFAULT, Match.of(is_version), actions)


def _expiry_flows(table: Table) -> Iterator[Flow]:
    """Yield flows that punt an expiring TTL before dec_ttl would, whose packet-in has no sender."""
    for is_version in IP_VERSIONS:
        for ttl in (0, 1):
            match = Match.of(is_version, Term(IP_TTL, ttl))
            yield Flow(table, Priority.SPECIFIC, match, punt(PuntReason.TTL_EXPIRED))


def _size_flows(table: Table) -> Iterator[Flow]:
    """Yield the flows of packets that are too large; an expired TTL comes before them."""
    for is_version in IP_VERSIONS:
        match = Match.of(is_version, Term(REG_SIZE, 1))
        yield Flow(table, Priority.NORMAL + 1, match, punt(PuntReason.TOO_BIG))


def _delivery_flows() -> Iterator[Flow]:
    actions = (
        DecTtl(),
        SetField(ETH_SRC, _GATEWAY),
        FORGET_PORT,
        OutputRegister(REG_PORT),
    )
    for is_version in IP_VERSIONS:
        yield Flow(Table.VRF_DELIVER, Priority.NORMAL, Match.of(is_version), actions)
    yield from _expiry_flows(Table.VRF_DELIVER)
    yield from _size_flows(Table.VRF_DELIVER)


def _tagged_delivery_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows by which packets leave on circuits that tags, or their lack, delimit."""
    routed = [name for vrf in lsr.node.vrfs for name in vrf.circuits]
    for circuit in map(lsr.circuit, routed):
        if not (circuit.up and circuit.is_delimited):
            continue
        actions = (DecTtl(), SetField(ETH_SRC, _GATEWAY), *departure_actions(circuit))
        fits = Term(REG_SIZE, 0), Term(REG_PORT, circuit.port)
        for is_version in IP_VERSIONS:
            match = Match.of(is_version, *fits)
            yield Flow(Table.VRF_DELIVER, Priority.NORMAL + 1, match, actions)


def _imposition_flows(lsr: Lsr) -> Iterator[Flow]:
    # push_mpls copies the TTL of IP, which is the uniform model (RFC 3443 section 3.1)
    ttl = () if lsr.is_uniform else (SetField(MPLS_TTL, PIPE_TTL),)
    actions: tuple[Action, ...] = (
        DecTtl(),
        FORGET_PORT,
        *_choice(lsr),
        DSCP_CLASS_TO_TC,
        PushMpls(),
        Move(REG_SERVICE_LABEL, MPLS_LABEL, LABEL_BITS),
        Move(REG_TC, MPLS_TC, TC_BITS),
        *ttl,
    )
    for is_version in IP_VERSIONS:
        match = Match.of(is_version)
        yield Flow(Table.VRF_IMPOSE, Priority.NORMAL, match, actions, Table.TUNNEL_L3)
    yield from _expiry_flows(Table.VRF_IMPOSE)
    yield from _size_flows(Table.VRF_IMPOSE)


def _choice(lsr: Lsr) -> tuple[Action, ...]:
    hops = (hop for vrf in lsr.node.vrfs for route in vrf.routes for hop in route.next_hops)
    if any(isinstance(hop, ViaPe) and lsr.nhlfe_count(hop.egress) > 1 for hop in hops):
        return (Resubmit(Table.WAYS),)
    return ()


def _gateway_flows(lsr: Lsr, vrf: Vrf, circuits: list[AttachmentCircuit]) -> Iterator[Flow]:
    own = Term(METADATA, vrf.index)
    seen: set[IPAddress] = set()
    for circuit in circuits:
        for gateway in circuit.gateways:
            if gateway.version == 4:
                yield _arp_reply(lsr, circuit, int(gateway.ip))
        for address in router_addresses(circuit.gateways):
            # circuits of one VRF may share an address: it is answered in the same way on each
            if address in seen or address.is_link_local:
                continue
            seen.add(address)
            match = Match.of(own, *_to_address(address))
            yield Flow(Table.VRF_FIB, Priority.GATEWAY, match, goto=Table.VRF_LOCAL)
    yield from _broadcast_flows(own, circuits)


def _broadcast_flows(own: Term, circuits: list[AttachmentCircuit]) -> Iterator[Flow]:
    networks = {gateway.network for circuit in circuits for gateway in circuit.gateways}
    # a network within another may have the same
    found = {address for network in networks for address in broadcast_addresses(network)}
    for address in sorted(found, key=int):
        match = Match.of(own, *_to_address(address))
        yield Flow(Table.VRF_FIB, Priority.NEVER_ROUTED, match)


def _arp_reply(lsr: Lsr, circuit: AttachmentCircuit, gateway: int) -> Flow:
    port = circuit.port
    match = Match.of(Term(IN_PORT, port), IS_ARP, _ARP_REQUEST, Term(ARP_TPA, gateway))
    actions = (
        *copy_of(PuntReason.ARP, lsr, port),  # the controller learns who asked
        Move(ETH_SRC, ETH_DST, _MAC_BITS),
        SetField(ETH_SRC, _GATEWAY),
        SetField(ARP_OP, _ARP_REPLY),
        Move(ARP_SHA, ARP_THA, _MAC_BITS),
        SetField(ARP_SHA, _GATEWAY),
        Move(ARP_SPA, ARP_TPA, _IPV4_BITS),
        SetField(ARP_SPA, gateway),
        *(departure_actions(circuit) if circuit.is_delimited else (InPort(),)),
    )
    return Flow(Table.VRF_INPUT, Priority.SPECIFIC, match, actions)


def _route_flows(lsr: Lsr, vrf: Vrf, ways: RouteWays) -> Iterator[Flow]:
    own = Term(METADATA, vrf.index)
    for neighbour in vrf.neighbours:
        circuit = lsr.circuit(neighbour.circuit)
        if circuit.up:
            match = Match.of(own, *_to_address(neighbour.address))
            actions = _deliver(circuit.port, neighbour.mac)
            yield Flow(Table.VRF_FIB, Priority.NEIGHBOUR, match, actions, Table.VRF_SIZE)
    known: dict[NextHop, tuple[tuple[Action, ...], Table | None]] = {}
    for route in vrf.routes:
        hop = route.next_hop
        if hop not in known:
            known[hop] = _forward(lsr, vrf, hop)
        actions, goto = known[hop]
        if route.more:
            actions = choose(ways.of(route)[0])
        match = Match.of(own, *_to_prefix(route.prefix))
        priority = Priority.ROUTE + route.prefix.prefixlen
        yield Flow(Table.VRF_FIB, priority, match, actions, goto)


def _deliver(port: int, mac: str) -> tuple[Action, ...]:
    return SetField(ETH_DST, mac_number(mac)), SetField(REG_PORT, port)


def _forward(lsr: Lsr, vrf: Vrf, hop: NextHop) -> tuple[tuple[Action, ...], Table | None]:
    match hop:
        case Connected():
            return punt(PuntReason.GLEAN), None
        case ViaCe(name) | ViaAsbr(name):
            mac = lsr.ce(vrf, name).mac if isinstance(hop, ViaCe) else GATEWAY_MAC
            return _deliver(lsr.circuit(name).port, mac), Table.VRF_SIZE
        case ViaNeighbour(name, address):
            neighbour = lsr.neighbour(vrf, name, address)
            if neighbour is None:
                return punt(PuntReason.GLEAN), None
            return _deliver(lsr.circuit(name).port, neighbour.mac), Table.VRF_SIZE
        case ViaPe(egress, label):
            to_pe = SetField(REG_TUNNEL, lsr.egress(egress))
            return (to_pe, SetField(REG_SERVICE_LABEL, int(label))), Table.VRF_SIZE
        case ViaVrf(name):
            other = lsr.imported_vrf(vrf, name)
            return (SetField(METADATA, other.index), Resubmit(Table.VRF_FIB)), None
