"""Borders between providers: routes that lead over them, and circuits on them (RFC 4364 10)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from mplsemu.model.inter_as import InterAs, VpnBorder
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.vpn import Site
from mplsemu.program.entries import PopToVrf
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
