"""What a VRF does with a packet: longest prefix match and delivery (RFC 4364 section 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import assert_never

from mplsemu.model.names import ce_name
from mplsemu.model.vpn import IPAddress, IPNetwork
from mplsemu.program.ce_router import OnLan, ToPe, send_back, way_of
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY, PIPE_TTL
from mplsemu.program.martians import LINK_LOCAL, is_martian_source
from mplsemu.program.mtu_check import fit_mtu
from mplsemu.program.nat import translated
from mplsemu.program.packet import IpHeader
from mplsemu.program.path import Punted, TtlExpired, Unresolved, WalkHop
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
from mplsemu.program.sizes import tunnel_mtu
from mplsemu.program.walk_state import Copy, WalkState, delivered
from mplsemu.wire.ethernet import is_group_mac


def take_in(state: WalkState, copy: Copy, circuit: AttachmentCircuit, vrf: Vrf) -> None:
    """Take a frame in from a VRF's circuit, as a router does."""
    packet = state.packet
    if is_group_mac(packet.source_mac):
        # IEEE 802.3 section 3.2.3: a source address is an individual's
        state.drop(copy, "sent from a group address", vrf=vrf.name)
    elif packet.vlans:
        state.drop(copy, "VLAN-tagged on a routed circuit", vrf=vrf.name)
    elif packet.ip is None:
        state.drop(copy, "not an IP packet", vrf=vrf.name)
    elif packet.ip.source.version == 4 and packet.destination_mac != GATEWAY_MAC:
        state.drop(copy, "not for the gateway's MAC address", vrf=vrf.name)
    elif _is_foreign(state, copy, circuit, vrf, packet.ip.source):
        state.drop(copy, f"{packet.ip.source} is not on {circuit.name}", vrf=vrf.name)
    elif packet.destination_mac != GATEWAY_MAC:  # IPv6: a router hears solicitations of a group
        state.drop(copy, "not for the gateway's MAC address", vrf=vrf.name)
    elif is_martian_source(packet.ip.source):
        state.drop(copy, f"nobody sends from {packet.ip.source}", vrf=vrf.name)
    elif packet.ip.destination == LINK_LOCAL_GATEWAY:
        _answer(state, copy, vrf, vrf, packet.ip.destination)
    else:
        route(state, copy, vrf)


def _is_foreign(
    state: WalkState, copy: Copy, circuit: AttachmentCircuit, vrf: Vrf, source: IPAddress
) -> bool:
    """Whether sources are validated and this one is another circuit's; martians are nobody's."""
    if not circuit.strict_urpf or is_martian_source(source):
        return False
    return not _is_from(state, copy, circuit, vrf, source)


def _is_from(
    state: WalkState, copy: Copy, circuit: AttachmentCircuit, vrf: Vrf, source: IPAddress
) -> bool:
    """Whether a VRF would send to an address by this circuit (RFC 3704 section 2.2).

    Link-local addresses are in no VRF's routes, and go no further than the gateway anyway.
    """
    if source in LINK_LOCAL:
        return True
    gateways = state.tables.gateways(copy.node, vrf)
    if source in gateways.own or gateways.is_unroutable(source):
        return False
    found = state.tables.fib(copy.node, vrf).look_up(source)
    back = found.next_hop if found is not None else None
    return isinstance(back, Connected | ViaCe | ViaNeighbour) and back.circuit == circuit.name


def _answer(state: WalkState, copy: Copy, first: Vrf, vrf: Vrf, address: IPAddress) -> None:
    copy.actions.append(f"{address} is the gateway's own")
    state.end(copy, Punted(copy.node.name, vrf.name, address), vrf=first.name)


def route(state: WalkState, copy: Copy, vrf: Vrf) -> None:
    """Look the packet up in a VRF, and in those it imports from at this same PE."""
    assert state.packet.ip is not None
    ip = state.packet.ip
    looked_in: set[str] = set()
    table: Vrf | None = vrf
    while table is not None:
        if table.name in looked_in:
            state.drop(copy, "loop", vrf=vrf.name)
            return
        looked_in.add(table.name)
        table = _route_in(state, copy, vrf, table, ip)


def _route_in(state: WalkState, copy: Copy, first: Vrf, vrf: Vrf, ip: IpHeader) -> Vrf | None:
    """Route by one VRF; return the VRF to look in instead where the route was imported."""
    node, address = copy.node, ip.destination
    gateways = state.tables.gateways(node, vrf)
    if address in gateways.own:
        _answer(state, copy, first, vrf, address)
        return None
    if gateways.is_unroutable(address):
        state.drop(copy, f"{address} is never routed", vrf=first.name)
        return None
    if ip.source in LINK_LOCAL:  # only the gateway is on its link
        state.drop(copy, f"from {ip.source} nothing is routed", vrf=first.name)
        return None
    found = state.tables.fib(node, vrf).look_up(address)
    if found is None:
        state.drop(copy, f"no route to {address} in VRF {vrf.name}", vrf=first.name)
        return None
    if found.more:
        for path, next_hop in zip(copy.spread(len(found.ways)), found.next_hops, strict=True):
            _deliver_by(state, path, first, vrf, found.prefix, next_hop)
        return None
    return _deliver_by(state, copy, first, vrf, found.prefix, found.next_hop)


def _deliver_by(
    state: WalkState, copy: Copy, first: Vrf, vrf: Vrf, prefix: IPNetwork, next_hop: NextHop
) -> Vrf | None:
    """Send by one next hop of a route; return the VRF to look in instead, if it is imported."""
    assert state.packet.ip is not None
    node, address = copy.node, state.packet.ip.destination
    match next_hop:
        case ViaVrf(name):
            copy.actions.append(f"{prefix} is imported from {name}")
            imported = node.vrf_by_name.get(name)
            if imported is None:
                state.drop(copy, f"no VRF {name} here", vrf=first.name)
            return imported
        case ViaPe(egress, label):
            copy.actions.append(f"{prefix} is at {egress}")
            if state.decrement(copy, first) and fit_mtu(
                state, copy, tunnel_mtu(node, egress), first
            ):
                ttl = copy.ttl if state.is_uniform and copy.ttl is not None else PIPE_TTL
                state.enter_tunnel(copy, egress, label, ttl, vrf=first.name)
        case ViaCe(name):
            copy.actions.append(f"{prefix} is behind the CE of {name}")
            circuit = node.circuit_by_name[name]
            if state.decrement(copy, first) and fit_mtu(state, copy, circuit.mtu, first):
                _deliver_to_ce(state, copy, circuit, first, address)
        case ViaAsbr(name):
            circuit = node.circuit_by_name[name]
            if state.decrement(copy, first) and fit_mtu(state, copy, circuit.mtu, first):
                _hand_over(state, copy, circuit, first, prefix)
        case Connected(name):
            copy.actions.append(f"{prefix} is on {name}")
            _deliver_to_lan(state, copy, node.circuit_by_name[name], first, vrf, address)
        case ViaNeighbour(name, via):
            copy.actions.append(f"{prefix} is behind {via} on {name}")
            _deliver_to_lan(state, copy, node.circuit_by_name[name], first, vrf, via)
        case _:
            assert_never(next_hop)
    return None


def _deliver_to_lan(
    state: WalkState,
    copy: Copy,
    circuit: AttachmentCircuit,
    first: Vrf,
    vrf: Vrf,
    address: IPAddress,
) -> None:
    """Deliver by an address on a circuit's LAN, if its MAC address is known.

    Args:
        state: of the walk.
        copy: to be delivered.
        circuit: its LAN.
        first: the VRF that the copy entered.
        vrf: that routes it.
        address: of the station that gets it: the destination, or the next hop of a static route.
    """
    neighbour = next((each for each in vrf.neighbours if each.address == address), None)
    if neighbour is None or not circuit.up:
        copy.actions.append("its MAC address is unknown")
        state.end(copy, Unresolved(copy.node.name, circuit.name, address), vrf=first.name)
    elif state.decrement(copy, first):
        lan = copy.node.circuit_by_name[neighbour.circuit]
        if fit_mtu(state, copy, lan.mtu, first):
            copy.actions.append("deliver")
            assert state.packet.ip is not None
            end = delivered(lan, state.packet.ip.destination, neighbour.mac)
            state.end(copy, end, vrf=first.name)


def _deliver_to_ce(
    state: WalkState, copy: Copy, circuit: AttachmentCircuit, vrf: Vrf, address: IPAddress
) -> None:
    """Deliver to a CE router and, through it, to a host on its LAN."""
    if circuit.ce is None or not circuit.up:
        state.drop(copy, f"no CE router on {circuit.name}", vrf=vrf.name)
        return
    copy.actions.append("deliver to the CE")
    way = way_of(circuit, circuit.ce, address, from_pe=True)
    if isinstance(way, ToPe):
        for back, line in send_back(state, copy, circuit, circuit.ce, vrf.name):
            _take_back(state, back, line)
        return
    station = way.station if isinstance(way, OnLan) else address
    host = next((each for each in circuit.hosts if station in (i.ip for i in each.addresses)), None)
    if host is None:
        state.end(copy, delivered(circuit, address, circuit.ce.mac), vrf=vrf.name)
        return
    copy.leave(circuit.name, vrf.name)
    assert state.packet.ip is not None
    source = state.packet.ip.source
    name, end = ce_name(circuit.name), delivered(circuit, address, host.mac)
    end = replace(end, source=translated(circuit.ce, source, station))
    if copy.ttl is None or copy.ttl <= 1:
        copy.hops.append(WalkHop(name, None, None, (), "TTL expired", (), None, copy.ttl))
        state.finish(copy, TtlExpired(name, None, ()))
        return
    action = OnLan(station).action(circuit.ce, source, address)
    copy.hops.append(WalkHop(name, None, None, (), action, (), None, copy.ttl - 1))
    state.finish(copy, end)


def _hand_over(
    state: WalkState, copy: Copy, circuit: AttachmentCircuit, first: Vrf, prefix: IPNetwork
) -> None:
    """Send to another provider's ASBR by a circuit of the border link (RFC 4364 section 10 (a))."""
    peer = circuit.border
    far = state.program.node_by_name.get(peer.lsr) if peer is not None else None
    if peer is None or far is None or not circuit.up or peer.link in state.tables.down:
        state.drop(copy, f"no ASBR on {circuit.name}", vrf=first.name)
        return
    there = far.circuit_by_name.get(peer.circuit)
    copy.actions.append(f"{prefix} is in the network of {far.provider}: hand over to {peer.lsr}")
    if circuit.tags is not None:
        copy.actions.append(f"push VLAN {circuit.tags}")
    copy.leave(peer.link, first.name)
    copy.node, copy.in_stack, copy.stack = far, (), ()
    vrf = far.vrf_of_circuit.get(peer.circuit)
    crossed = (f"border {peer.circuit}", ())
    if there is None or vrf is None or not there.up or there.tags != circuit.tags:
        state.drop(copy, f"what comes from {circuit.name} gets into no VRF that is known here")
    elif crossed in copy.seen:
        state.drop(copy, "loop", vrf=vrf.name)
    else:
        copy.seen.add(crossed)
        if there.tags is not None:
            copy.actions.append(f"pop VLAN {there.tags}")
        route(state, copy, vrf)


def _take_back(state: WalkState, copy: Copy, circuit: AttachmentCircuit) -> None:
    """Route what a CE router sent back: by the VRF of its circuit."""
    assert state.packet.ip is not None
    vrf = copy.node.vrf_of_circuit.get(circuit.name)
    been_here = (ce_name(circuit.name), ())
    if vrf is None:
        state.drop(copy, f"{circuit.name} is in no VRF")
    elif been_here in copy.seen:
        state.drop(copy, "loop", vrf=vrf.name)
    elif circuit.strict_urpf and not _is_from(state, copy, circuit, vrf, state.packet.ip.source):
        state.drop(copy, f"{state.packet.ip.source} is not on {circuit.name}", vrf=vrf.name)
    else:
        copy.seen.add(been_here)
        route(state, copy, vrf)
