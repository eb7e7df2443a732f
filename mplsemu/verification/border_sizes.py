"""How large packets may be on the way to a site, also over a border between providers."""

from __future__ import annotations

from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.entries import PopToVrf, SwapToAsbr, SwapToPe
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import NextHop, RouteWay, ViaAsbr, ViaPe, Vrf
from mplsemu.program.sizes import tunnel_mtu

_MOST_NETWORKS = 2
"""A packet crosses one border."""


def path_to_site(
    program: Program, node: NodeProgram, way: RouteWay, prefix: IPNetwork, passed: list[int]
) -> NodeProgram | None:
    """Return the PE at which a route's packets leave for their site; None if they do not get there.

    Args:
        program: the whole network's.
        node: the PE whose route it is.
        way: the route's next hop.
        prefix: the route's.
        passed: gets the MTUs of all tunnels and border links on the way, for IP packets.
    """
    hop: NextHop | None = way.next_hop
    for _ in range(2 * _MOST_NETWORKS):
        table: Vrf | None = None
        match hop:
            case ViaPe(egress, label):
                octets = tunnel_mtu(node, egress)
                if octets is None:
                    return None
                passed.append(octets)
                node = program.node(egress)
                if way.circuit in node.circuit_by_name:
                    return node
                entry = node.ilm_by_label.get(int(label))
                action = entry.action if entry is not None else None
                if isinstance(action, SwapToAsbr | SwapToPe):
                    return _swapped(program, node, action, passed)
                if isinstance(action, PopToVrf):
                    table = node.vrf_by_name.get(action.vrf)
            case ViaAsbr(name):
                circuit = node.circuit_by_name[name]
                peer = circuit.border
                if peer is None or peer.lsr not in program.node_by_name:
                    return None
                passed.append(circuit.mtu)
                node = program.node(peer.lsr)
                if way.circuit in node.circuit_by_name:
                    return node
                table = node.vrf_of_circuit.get(peer.circuit)
        hop = _next_hop(table, prefix)
    return None


def _swapped(
    program: Program, asbr: NodeProgram, action: SwapToAsbr | SwapToPe, passed: list[int]
) -> NodeProgram | None:
    """Follow labels that are swapped at a border."""
    if isinstance(action, SwapToAsbr):
        end = asbr.adjacency_by_link.get(action.link)
        if end is None:
            return None
        passed.append(program.link_by_name[action.link].mtu - LABEL_OCTETS)
        far = program.node(end.peer)
        entry = far.ilm_by_label.get(int(action.label))
        if entry is None or not isinstance(entry.action, SwapToPe):
            return None
        return _swapped(program, far, entry.action, passed)
    octets = tunnel_mtu(asbr, action.egress)
    if octets is None:
        return None
    passed.append(octets)
    return program.node(action.egress)


def _next_hop(table: Vrf | None, prefix: IPNetwork) -> NextHop | None:
    routes = table.routes if table is not None else ()
    return next((route.next_hop for route in routes if route.prefix == prefix), None)
