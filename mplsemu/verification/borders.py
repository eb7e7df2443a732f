"""Borders between providers: routes that lead over them, and circuits on them (RFC 4364 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mplsemu.model.inter_as import InterAs, VpnBorder
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.vpn import Site
from mplsemu.program.entries import PopToVrf, SwapToAsbr, SwapToPe
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    AttachmentCircuit,
    BorderPeer,
    NextHop,
    RouteWay,
    ViaAsbr,
    ViaPe,
    Vrf,
)
from mplsemu.verification.distances import Distances
from mplsemu.verification.verdict import Invariant, Violation


def border_problem(
    program: Program, node: NodeProgram, vrf: Vrf, version: int, way: RouteWay
) -> str | None:
    """Return how a route to a site of another provider does not lead to a border with him.

    Args:
        program: the whole network's.
        node: the PE whose route it is.
        vrf: the VRF.
        version: IP version of the prefix.
        way: the next hop, and the site's circuit.
    """
    origin = program.node_of_circuit[way.circuit]
    match way.next_hop:
        case ViaAsbr(name):
            return _handed_over(program, node, vrf, name, origin.provider)
        case ViaPe(egress, label):
            return _towards_border(program, node, version, egress, int(label), way)
        case _:
            return f"is of {way.circuit}, {origin.provider}'s, and leads over no border"


def _handed_over(
    program: Program, node: NodeProgram, vrf: Vrf, name: str, provider: str | None
) -> str | None:
    """Return how a circuit is none to a provider's VRF of the same VPN."""
    peer = node.circuit_by_name[name].border
    if peer is None or name not in vrf.circuits:
        return f"is beyond {name}, which leads to no other provider from here"
    far = program.node_by_name.get(peer.lsr)
    there = far.vrf_of_circuit.get(peer.circuit) if far is not None else None
    if far is None or there is None or there.vpn != vrf.vpn:
        return f"is beyond {name}, which comes into no VRF of its VPN at {peer.lsr}"
    if far.provider == node.provider or far.provider != provider:
        return f"is beyond {name}, in the network of {far.provider}, and its site is {provider}'s"
    return None


def _towards_border(
    program: Program, node: NodeProgram, version: int, egress: str, label: int, way: RouteWay
) -> str | None:
    """Return how a label leads to no ASBR that goes on to a site of another provider."""
    provider = program.node_of_circuit[way.circuit].provider
    if egress not in node.ftn_by_egress:
        return f"is at {egress}, to which there is no tunnel"
    asbr = program.node(egress)
    entry = asbr.ilm_by_label.get(label)
    action = entry.action if entry is not None else None
    if isinstance(action, SwapToAsbr):
        return _swapped_beyond(program, asbr, version, action, way)
    if not isinstance(action, PopToVrf) or action.ip_version != version:
        return f"is beyond {egress}, where label {label} leads to no VRF for it"
    table = asbr.vrf_by_name.get(action.vrf)
    origin = program.node_of_circuit[way.circuit].vrf_towards(way.circuit)
    if table is None or origin is None or table.vpn != origin.vpn:
        return f"is of {way.circuit}, but label {label} leads to VRF {action.vrf} at {egress}"
    peers = (asbr.circuit_by_name[name].border for name in table.circuits)
    if not any(peer is not None and program.node(peer.lsr).provider == provider for peer in peers):
        return f"is beyond {egress}, which has no border with {provider}"
    return None


def _swapped_beyond(
    program: Program, asbr: NodeProgram, version: int, action: SwapToAsbr, way: RouteWay
) -> str | None:
    """Return how labels that are swapped at both ends of a border do not lead to a site's VRF."""
    origin = program.node_of_circuit[way.circuit]
    vrf = origin.vrf_towards(way.circuit)
    onward = _given(program, asbr, action)
    if onward is None:
        return f"is beyond {action.link}, where label {action.label} was not given to {asbr.name}"
    bound = program.node(onward.egress).ilm_by_label.get(int(onward.label))
    wanted = PopToVrf(vrf.name, version) if vrf is not None else None
    if onward.egress != origin.name or bound is None or bound.action != wanted:
        return f"is of {way.circuit}, and its labels lead to another VRF at {onward.egress}"
    return None


def _given(program: Program, asbr: NodeProgram, action: SwapToAsbr) -> SwapToPe | None:
    """Return what the ASBR beyond a border does with a label, if it gave it over this border."""
    end = asbr.adjacency_by_link.get(action.link)
    far = program.node_by_name.get(end.peer) if end is not None else None
    entry = far.ilm_by_label.get(int(action.label)) if far is not None else None
    found = entry.action if entry is not None else None
    return found if isinstance(found, SwapToPe) and found.border == action.link else None


def swap_problems(
    program: Program, node: NodeProgram, action: SwapToAsbr | SwapToPe
) -> Iterator[str]:
    """Yield how an ASBR's swap of a VPN label does not fit what is at its other end.

    Packets that are let into the tunnel to the ASBR have to fit behind it, too: nobody else could
    tell their source.
    """
    link = action.border if isinstance(action, SwapToPe) else action.link
    end = node.adjacency_by_link.get(link)
    line = program.link_by_name.get(link)
    if end is None or end.border is not InterAs.B or line is None:
        yield f"crosses {link}, which is no border of option b here"
        return
    if isinstance(action, SwapToPe):
        bound = program.node_by_name.get(action.egress)
        entry = bound.ilm_by_label.get(int(action.label)) if bound is not None else None
        if action.egress not in node.ftn_by_egress:
            yield f"leads to {action.egress}, to which there is no tunnel"
        if entry is None or not isinstance(entry.action, PopToVrf):
            yield f"leads to no VRF at {action.egress}"
        return
    onward = _given(program, node, action)
    if onward is None or not line.up:
        yield f"crosses {link}, where label {int(action.label)} leads nowhere"
        return
    tunnel = program.node(end.peer).ftn_by_egress.get(onward.egress)
    for other in program.nodes:
        own = other.ftn_by_egress.get(node.name)
        beyond = min(line.mtu, tunnel.mtu) if tunnel is not None else line.mtu
        if own is not None and own.mtu > beyond:
            yield f"takes {own.mtu} octets from {other.name}; beyond {link} {beyond} get through"


def border_said(border: InterAs | None) -> str:
    """Say what a link is."""
    return "within a network" if border is None else f"a border of option {border.value}"


def border_circuit_problems(
    program: Program, network: Network, found: Mapping[str, Sequence[tuple[str, AttachmentCircuit]]]
) -> Iterator[tuple[str, str]]:
    """Yield circuits between ASBRs that are not as in the lab, each with its LSR.

    Args:
        program: the whole network's.
        network: the lab.
        found: the program's circuits by name, each with its LSR.
    """
    for border in network.borders():
        for side in border.ends:
            name = border.circuit(side.asbr)
            for where, circuit in found.get(name, ()):
                if where != side.asbr:
                    yield where, f"circuit {name} is at {side.asbr}"
                for problem in _differences(border, side.asbr, circuit):
                    yield where, f"circuit {name}: {problem}"
                vrf = program.node(where).vrf_of_circuit.get(name)
                if vrf is None or vrf.name != side.vrf:
                    yield where, f"circuit {name} comes into another VRF than {side.vrf}"


def _differences(border: VpnBorder, asbr: str, circuit: AttachmentCircuit) -> Iterator[str]:
    peer = border.far_end(asbr).asbr
    line = circuit.line.name if circuit.line is not None else None
    if circuit.border != BorderPeer(border.link, peer, border.circuit(peer)):
        yield f"it does not lead to {peer} over {border.link}"
    if circuit.vpn != border.vpn or line != border.link:
        yield f"it is of VPN {circuit.vpn} on {line}"
    if circuit.mtu != border.mtu:
        yield f"it takes {circuit.mtu} octets, should take {border.mtu}"
    if circuit.tags != border.vlan:
        yield f"its frames have VLAN {circuit.tags}, should have {border.vlan}"
    if circuit.gateways or circuit.hosts or circuit.ce or circuit.dhcp_servers:
        yield "it has addresses, hosts or a CE router, as if it led to a site"
    if circuit.strict_urpf:
        yield "it validates sources"


def exit_problems(
    program: Program, vpn: L3vpn, within: Distances, down: Collection[str]
) -> Iterator[Violation]:
    """Yield routes over borders that leave a provider's network elsewhere than at the nearest exit.

    Args:
        program: the whole network's.
        vpn: a VPN.
        within: metrics in each provider's network.
        down: names of what is down.
    """
    if not vpn.borders:
        return
    sites = {site.circuit: site for site in vpn.sites}
    for node in program.nodes:
        for vrf in node.vrfs_of(vpn.name):
            for route in vrf.routes:
                site = sites.get(route.circuit)
                if site is None or program.node_of_circuit[site.circuit].provider == node.provider:
                    continue
                nearest = _nearest(vpn, vrf.name, node.name, site, within, down)
                taken = {_exit(node.name, hop) for hop in route.next_hops}
                if not taken <= nearest:
                    said = (
                        f"{node.name}: VRF {vrf.name}: {route.prefix} leaves at "
                        f"{' and '.join(sorted(map(str, taken)))}; the nearest exit is "
                        f"{' or '.join(sorted(nearest)) or 'none'}"
                    )
                    yield Violation(Invariant.STRUCTURE, vpn.name, said)


def _nearest(
    vpn: L3vpn, vrf: str, pe: str, site: Site, within: Distances, down: Collection[str]
) -> set[str]:
    """Return the ASBRs nearest to a PE that lead to a site."""
    found: dict[str, int] = {}
    for border in vpn.borders:
        near, far = border.side_of(vrf), border.side_of(vpn.policy(site.name).name)
        if near is None or far is None or border.link in down:
            continue
        metric = within.between(pe, near.asbr)
        if metric is not None and within.between(far.asbr, site.pe) is not None:
            found[near.asbr] = metric
    best = min(found.values(), default=0)
    return {asbr for asbr, metric in found.items() if metric == best}


def _exit(pe: str, hop: NextHop) -> str | None:
    match hop:
        case ViaAsbr():
            return pe
        case ViaPe(egress):
            return egress
        case _:
            return None
