"""A correct program broken in one place: every way that somebody could think of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, get_args

from mplsemu.model.inter_as import InterAs
from mplsemu.model.l2cp import L2cp
from mplsemu.model.labels import Label
from mplsemu.model.mac_move import MacMove
from mplsemu.model.pw_type import PwType
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.model.vpn import L2vpnKind
from mplsemu.program.entries import (
    Forward,
    Nhlfe,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
    SwapToAsbr,
    SwapToPe,
    pushed,
)
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    Connected,
    Pseudowire,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
    Vsi,
)
from tests.oracles.border_mutants import far_ends, other_ways, swap_changes, whose
from tests.oracles.ce_mutants import ce_changes
from tests.oracles.route_mutants import prefix_changes, way_changes
from tests.programs import with_node

Mutant = tuple[str, Program]
Change = tuple[str, NodeProgram]


def mutants(program: Program) -> Iterator[Mutant]:
    """Yield programs that differ from this one in one place, and what was done to each."""
    yield from settings(program)
    for node in program.nodes:
        for change in (labels, tunnels, ports, vrfs, vsis):
            for what, changed in change(program, node):
                yield f"{node.name}: {what}", with_node(program, changed)


def without(items: tuple[Any, ...], index: int) -> tuple[Any, ...]:
    return items[:index] + items[index + 1 :]


def instead(items: tuple[Any, ...], index: int, item: Any) -> tuple[Any, ...]:
    return (*items[:index], item, *items[index + 1 :])


def settings(program: Program) -> Iterator[Mutant]:
    (mode,) = set(TtlMode) - {program.ttl_mode}
    yield "TTL mode", replace(program, ttl_mode=mode)
    (null,) = set(NullLabel) - {program.null_label}
    yield "null label", replace(program, null_label=null)
    for index, link in enumerate(program.links):
        down = instead(program.links, index, replace(link, up=False))
        yield f"{link.name} down, nobody noticed", replace(program, links=down)
        yield f"{link.name} gone", replace(program, links=without(program.links, index))
        for what, fields in (
            ("a border or no more", {"border": None if link.border else InterAs.A}),
            ("narrower", {"mtu": link.mtu - 1}),
            ("wider", {"mtu": link.mtu + 1}),
            ("with another metric back", {"metric_back": link.metric + 1}),
        ):
            links = instead(program.links, index, replace(link, **fields))
            yield f"{link.name} {what}", replace(program, links=links)


def labels(program: Program, node: NodeProgram) -> Iterator[Change]:
    for index, entry in enumerate(node.ilm):
        yield f"ILM {entry.label} dropped", replace(node, ilm=without(node.ilm, index))
        yield f"ILM {entry.label} twice", replace(node, ilm=(*node.ilm, entry))
        for what, changed in entry_changes(program, node, entry):
            ilm = instead(node.ilm, index, changed)
            yield f"ILM {entry.label} {what}", replace(node, ilm=ilm)
        if index:
            before = node.ilm[index - 1]
            ilm = instead(node.ilm, index, replace(entry, label=before.label))
            ilm = instead(ilm, index - 1, replace(before, label=entry.label))
            yield f"labels {before.label} and {entry.label} swapped", replace(node, ilm=ilm)
            same = instead(node.ilm, index, replace(entry, label=before.label))
            yield f"label {before.label} bound to two", replace(node, ilm=same)


def entry_changes(program: Program, node: NodeProgram, entry: Any) -> Iterator[tuple[str, Any]]:
    match entry.action:
        case Forward(nhlfes):
            for index, nhlfe in enumerate(nhlfes):
                for what, other in nhlfe_changes(program, node, nhlfe):
                    changed = Forward(instead(nhlfes, index, other))
                    yield f"way {index}: {what}", replace(entry, action=changed)
            yield "looked through", replace(entry, action=PopAndLookUp(), egress=None)
            for pe in program.nodes:
                if pe.name not in (entry.egress, node.name) and pe.vrfs:
                    yield f"to {pe.name}", replace(entry, egress=pe.name)
        case PopToVrf(name, version):
            yield "other IP version", replace(entry, action=PopToVrf(name, 10 - version))
            for other in node.vrfs:
                if other.name != name:
                    yield (
                        f"to VRF {other.name}",
                        replace(entry, action=PopToVrf(other.name, version)),
                    )
            for vsi in node.vsis:
                for wire in vsi.pseudowires:
                    yield (
                        f"to VSI {vsi.name}",
                        replace(entry, action=PopToPseudowire(vsi.name, wire.peer)),
                    )
        case SwapToAsbr() | SwapToPe():
            yield from swap_changes(program, node, entry)
        case PopToPseudowire(name, peer, leaf):
            other_sort = PopToPseudowire(name, peer, not leaf)
            yield "of leaves or no more", replace(entry, action=other_sort)
            for other in node.vrfs:
                yield f"to VRF {other.name}", replace(entry, action=PopToVrf(other.name))
            for other in node.vsis:
                if other.name != name:
                    yield (
                        f"to VSI {other.name}",
                        replace(entry, action=PopToPseudowire(other.name, peer)),
                    )
            for other in program.nodes:
                if other.name not in (peer, node.name):
                    yield (
                        f"from {other.name}",
                        replace(entry, action=PopToPseudowire(name, other.name)),
                    )


def nhlfe_changes(program: Program, node: NodeProgram, nhlfe: Nhlfe) -> Iterator[tuple[str, Nhlfe]]:
    for adjacency in node.adjacencies:
        if adjacency.link != nhlfe.link:
            yield f"over {adjacency.link}", Nhlfe(adjacency.link, nhlfe.operation)
    for other in operations(program, node, nhlfe.link, nhlfe.operation):
        yield f"{other}", Nhlfe(nhlfe.link, other)


def operations(program: Program, node: NodeProgram, link: str, operation: Any) -> Iterator[Any]:
    """Yield what could be done to the stack instead."""
    peer = program.node(node.adjacency_by_link[link].peer)
    bound = [entry.label for entry in peer.ilm]
    wanted = operation.labels if isinstance(operation, Swap) else None
    yield from (Swap((label,)) for label in (*bound, Label(999)) if (label,) != wanted)
    if bound:  # a tunnel in the tunnel that nobody bound
        yield Swap((Label(999), bound[0]))
    if wanted is not None:
        yield Pop()
    yield Push((Label(999),))
    yield Push(())
    yield Push(tuple(bound[:1]) * 3)


def tunnels(program: Program, node: NodeProgram) -> Iterator[Change]:
    for index, entry in enumerate(node.ftn):
        yield f"FTN {entry.egress} dropped", replace(node, ftn=without(node.ftn, index))
        yield f"FTN {entry.egress} twice", replace(node, ftn=(*node.ftn, entry))
        for mtu in (entry.mtu - 1, entry.mtu + 1):
            ftn = instead(node.ftn, index, replace(entry, mtu=mtu))
            yield f"FTN {entry.egress} of {mtu} octets", replace(node, ftn=ftn)
        for number, nhlfe in enumerate(entry.nhlfes):
            for what, other in tunnel_changes(program, node, nhlfe):
                changed = replace(entry, nhlfes=instead(entry.nhlfes, number, other))
                ftn = instead(node.ftn, index, changed)
                yield f"FTN {entry.egress} way {number} {what}", replace(node, ftn=ftn)
        if index:
            before = node.ftn[index - 1]
            ftn = instead(node.ftn, index, replace(entry, nhlfes=before.nhlfes))
            ftn = instead(ftn, index - 1, replace(before, nhlfes=entry.nhlfes))
            yield f"FTN {before.egress} and {entry.egress} swapped", replace(node, ftn=ftn)


def tunnel_changes(
    program: Program, node: NodeProgram, nhlfe: Nhlfe
) -> Iterator[tuple[str, Nhlfe]]:
    labels = pushed(nhlfe)
    peer = program.node(node.adjacency_by_link[nhlfe.link].peer)
    stacks = [(each.label,) for each in peer.ilm]
    stacks += [(), (Label(999),), (*labels, Label(17)), (Label(17), Label(18), Label(19))]
    for stack in stacks:
        if stack != labels:
            yield f"pushes {stack}", Nhlfe(nhlfe.link, Push(stack))
    for adjacency in node.adjacencies:
        if adjacency.link != nhlfe.link:
            yield f"over {adjacency.link}", replace(nhlfe, link=adjacency.link)


def ports(program: Program, node: NodeProgram) -> Iterator[Change]:
    for index, circuit in enumerate(node.circuits):
        name = circuit.name
        yield f"circuit {name} dropped", replace(node, circuits=without(node.circuits, index))
        other = next((vpn.name for vpn in program.vpns if vpn.name != circuit.vpn), "another")
        changes = [("down", {"up": False}), ("of another VPN", {"vpn": other})]
        changes.append(("validates otherwise", {"strict_urpf": not circuit.strict_urpf}))
        changes.append(("a leaf or no more", {"leaf": not circuit.leaf}))
        changes.append(("wider", {"mtu": circuit.mtu + 1}))
        changes.append(("with a DHCP server", {"dhcp_servers": (IPv4Address("192.0.2.67"),)}))
        if circuit.behind is not None:
            changes.append(("without routes", {"behind": replace(circuit.behind, routes=())}))
        if circuit.standby:
            changes.append(("open", {"up": True}))
            changes.append(("open and no standby", {"up": True, "standby": False}))
            changes.append(("down and no standby", {"standby": False}))
        if circuit.hosts:
            changes.append(("without its last host", {"hosts": circuit.hosts[:-1]}))
        if circuit.gateways:
            changes.append(("without a gateway", {"gateways": circuit.gateways[1:]}))
        if circuit.ce is not None:
            changes.append(("without its CE", {"ce": None}))
            for what, other_ce in ce_changes(circuit.ce):
                changes.append((f"with a CE {what}", {"ce": other_ce}))
        if circuit.tags is not None:
            changes.append(("untagged", {"tags": None}))
            other_vlan = replace(circuit.tags, outer=circuit.tags.outer % 4094 + 1)
            changes.append(("with another VLAN", {"tags": other_vlan}))
        if circuit.line is not None:
            changes.append(("with a port of its own", {"line": None}))
            elsewhere = replace(circuit.line, number=circuit.line.number + 1000)
            changes.append(("on another line", {"line": elsewhere}))
        changes += far_ends(program, circuit)
        if len(node.circuits) > 1:
            changes.append(("on another's port", {"port": node.circuits[index - 1].port}))
        for what, fields in changes:
            circuits = instead(node.circuits, index, replace(circuit, **fields))
            yield f"circuit {name} {what}", replace(node, circuits=circuits)
    yield from whose(node)
    yield from core_ports(program, node)


def core_ports(program: Program, node: NodeProgram) -> Iterator[Change]:
    for index, end in enumerate(node.adjacencies):
        gone = without(node.adjacencies, index)
        yield f"adjacency {end.link} dropped", replace(node, adjacencies=gone)
        for other in program.nodes:
            if other.name not in (end.peer, node.name):
                ends = instead(node.adjacencies, index, replace(end, peer=other.name))
                yield f"{end.link} leads to {other.name}", replace(node, adjacencies=ends)
        if len(node.adjacencies) > 1:
            wrong = replace(end, peer_mac=node.adjacencies[index - 1].peer_mac)
            ends = instead(node.adjacencies, index, wrong)
            yield f"{end.link} has another's MAC", replace(node, adjacencies=ends)


def vrfs(program: Program, node: NodeProgram) -> Iterator[Change]:
    for index, vrf in enumerate(node.vrfs):
        yield f"VRF {vrf.name} dropped", replace(node, vrfs=without(node.vrfs, index))
        for what, changed in vrf_changes(program, node, vrf):
            changed_vrfs = instead(node.vrfs, index, changed)
            yield f"VRF {vrf.name}: {what}", replace(node, vrfs=changed_vrfs)


def vrf_changes(program: Program, node: NodeProgram, vrf: Vrf) -> Iterator[tuple[str, Vrf]]:
    for index, name in enumerate(vrf.circuits):
        yield f"{name} not in it", replace(vrf, circuits=without(vrf.circuits, index))
    for other in node.vrfs:
        if other.name != vrf.name and other.circuits:
            yield (
                f"has {other.name}'s circuits",
                replace(vrf, circuits=(*vrf.circuits, *other.circuits)),
            )
    for index, route in enumerate(vrf.routes):
        yield f"{route.prefix} dropped", replace(vrf, routes=without(vrf.routes, index))
        for what, changed in route_changes(program, node, vrf, route):
            routes = instead(vrf.routes, index, changed)
            yield f"{route.prefix} {what}", replace(vrf, routes=routes)
    for index, entry in enumerate(vrf.neighbours):
        address = entry.address
        yield f"{address} unknown", replace(vrf, neighbours=without(vrf.neighbours, index))
        for other in vrf.neighbours:
            if other.mac != entry.mac:
                changed = instead(vrf.neighbours, index, replace(entry, mac=other.mac))
                yield f"{address} has {other.mac}", replace(vrf, neighbours=changed)
        for circuit in node.circuits:
            if circuit.name != entry.circuit:
                changed = instead(vrf.neighbours, index, replace(entry, circuit=circuit.name))
                yield f"{address} on {circuit.name}", replace(vrf, neighbours=changed)
    for other_node in program.nodes:
        yield from leaks(other_node, node, vrf)
    if vrf.label6 is not None:
        yield "labels swapped", replace(vrf, label=vrf.label6, label6=vrf.label)


def leaks(origin: NodeProgram, node: NodeProgram, vrf: Vrf) -> Iterator[tuple[str, Vrf]]:
    """Yield the VRF with a route to another VPN's site that nobody imported."""
    known = {route.prefix for route in vrf.routes}
    for other in origin.vrfs:
        if other.name == vrf.name:
            continue
        for route in other.routes:
            if not isinstance(route.next_hop, Connected | ViaCe | ViaAsbr):
                continue
            label = other.label if route.prefix.version == 4 else other.label6 or other.label
            way = ViaVrf(other.name) if origin is node else ViaPe(origin.name, label)
            routes = tuple(each for each in vrf.routes if each.prefix != route.prefix)
            said = "leaks in" if route.prefix not in known else "is another VPN's"
            leaked = replace(route, next_hop=way)
            if leaked not in vrf.routes:
                yield (
                    f"{route.prefix} of {other.name} {said}",
                    replace(vrf, routes=(*routes, leaked)),
                )


def route_changes(
    program: Program, node: NodeProgram, vrf: Vrf, route: Any
) -> Iterator[tuple[str, Any]]:
    yield from way_changes(route)
    yield from prefix_changes(route)
    match route.next_hop:
        case ViaPe(egress, label):
            for other in program.nodes:
                for entry in other.ilm if other.name == egress else ():
                    if entry.label != label:
                        hop = ViaPe(egress, entry.label)
                        yield f"with label {entry.label}", replace(route, next_hop=hop)
                if other.vrfs and other.name != egress:
                    yield f"at {other.name}", replace(route, next_hop=ViaPe(other.name, label))
            for circuit in vrf.circuits[:1]:
                yield "is here", replace(route, next_hop=Connected(circuit))
        case Connected(name) | ViaCe(name):
            for circuit in node.circuits:
                if circuit.name != name:
                    yield f"on {circuit.name}", replace(route, next_hop=Connected(circuit.name))
            way = ViaCe(name) if isinstance(route.next_hop, Connected) else Connected(name)
            yield f"{type(way).__name__}", replace(route, next_hop=way)
            for entry in node.ftn:
                far = program.node(entry.egress).vrf_by_name.get(vrf.name)
                if far is not None and (label := far.label or far.label6) is not None:
                    hop = ViaPe(entry.egress, label)
                    yield f"sent to {entry.egress}", replace(route, next_hop=hop)
            yield "in this very VRF", replace(route, next_hop=ViaVrf(vrf.name))
        case ViaAsbr(name):
            for hop in other_ways(node, program, vrf, name):
                yield f"{hop}", replace(route, next_hop=hop)
        case ViaNeighbour(name, address):
            for entry in vrf.neighbours:
                if entry.address != address:
                    hop = ViaNeighbour(entry.circuit, entry.address)
                    yield f"behind {entry.address}", replace(route, next_hop=hop)
            yield "on the LAN itself", replace(route, next_hop=Connected(name))
        case ViaVrf(name):
            for other in node.vrfs:
                if other.name != name:
                    yield f"in {other.name}", replace(route, next_hop=ViaVrf(other.name))


def vsi_settings(vsi: Vsi) -> Iterator[tuple[str, Vsi]]:
    """Yield a VSI with another setting, and what is other."""
    for l2cp in sorted(set(L2cp) - {vsi.l2cp}):
        yield f"L2CP {l2cp}", replace(vsi, l2cp=l2cp)
    yield "unknown addresses", replace(vsi, floods_unknown=not vsi.floods_unknown)
    other = None if vsi.storm_control_bps else 64_000
    yield "storm control", replace(vsi, storm_control_bps=other)
    move = MacMove.ALARM if vsi.mac_move is MacMove.NONE else MacMove.NONE
    yield "MAC moves", replace(vsi, mac_move=move)
    yield "snooping", replace(vsi, igmp_snooping=not vsi.igmp_snooping)
    for index, group in enumerate(vsi.groups):
        yield f"lacks {group.address}", replace(vsi, groups=without(vsi.groups, index))
        for peer in group.peers:
            fewer = replace(group, peers=tuple(each for each in group.peers if each != peer))
            changed = replace(vsi, groups=instead(vsi.groups, index, fewer))
            yield f"{group.address} not to {peer}", changed


def vsis(program: Program, node: NodeProgram) -> Iterator[Change]:
    def changed(index: int, vsi: Vsi) -> NodeProgram:
        return replace(node, vsis=instead(node.vsis, index, vsi))

    for index, vsi in enumerate(node.vsis):
        yield f"VSI {vsi.name} dropped", replace(node, vsis=without(node.vsis, index))
        (kind,) = set(get_args(L2vpnKind)) - {vsi.kind}
        yield f"VSI {vsi.name} is a {kind}", changed(index, replace(vsi, kind=kind))
        for what, other in vsi_settings(vsi):
            yield f"VSI {vsi.name} {what}", changed(index, other)
        for number, name in enumerate(vsi.circuits):
            fewer = replace(vsi, circuits=without(vsi.circuits, number))
            yield f"VSI {vsi.name} lacks {name}", changed(index, fewer)
            twice = replace(vsi, circuits=(*vsi.circuits, name))
            yield f"VSI {vsi.name} has {name} twice", changed(index, twice)
        for circuit in node.circuits:
            if circuit.name not in vsi.circuits:
                more = replace(vsi, circuits=(*vsi.circuits, circuit.name))
                yield f"VSI {vsi.name} has {circuit.name}, too", changed(index, more)
        for number, wire in enumerate(vsi.pseudowires):
            name = f"PW {vsi.name} {wire.peer}"
            fewer = replace(vsi, pseudowires=without(vsi.pseudowires, number))
            yield f"{name} dropped", changed(index, fewer)
            twice = replace(vsi, pseudowires=(*vsi.pseudowires, wire))
            yield f"{name} twice", changed(index, twice)
            peer = program.node(wire.peer)
            wrong = [replace(wire, in_label=wire.out_label, out_label=wire.in_label)]
            wrong += [
                replace(wire, out_label=entry.label)
                for entry in peer.ilm
                if entry.label != wire.out_label
            ]
            wrong += [
                replace(wire, peer=other.name)
                for other in program.nodes
                if other.name not in (wire.peer, node.name)
            ]
            wrong += wire_changes(program, wire)
            for each in wrong:
                wires = instead(vsi.pseudowires, number, each)
                labels = each.in_label, each.out_label, each.leaf_in_label, each.leaf_out_label
                what = f"{each.peer} {labels} {each.leaf} {each.spoke} {each.standby}"
                what += f" {each.to_hub} {each.secondary} {each.pw_type}"
                yield f"{name} is {what}", changed(index, replace(vsi, pseudowires=wires))


def wire_changes(program: Program, wire: Pseudowire) -> Iterator[Pseudowire]:
    """Yield a pseudowire that is of other split horizon groups, or tells frames apart otherwise."""
    yield replace(wire, leaf=not wire.leaf)
    yield replace(wire, spoke=not wire.spoke)
    yield replace(wire, standby=not wire.standby)
    yield replace(wire, to_hub=not wire.to_hub)
    yield replace(wire, secondary=not wire.secondary)
    yield replace(wire, pw_type=PwType.RAW if wire.is_tagged else PwType.TAGGED)
    if wire.leaf_out_label is None:
        yield replace(wire, leaf_out_label=wire.out_label)
        return
    yield replace(wire, leaf_in_label=None, leaf_out_label=None)
    yield replace(wire, out_label=wire.leaf_out_label, leaf_out_label=wire.out_label)
    for entry in program.node(wire.peer).ilm:
        if entry.label != wire.leaf_out_label:
            yield replace(wire, leaf_out_label=entry.label)
