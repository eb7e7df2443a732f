"""A customer's own picture of his VPN, read from the forwarding program.

What a virtual router reaches is what its VRF has routes to and its PE has tunnels for; so a route
that is missing in a VRF is a site missing in the picture. Nothing of the provider's and nothing of
another customer's goes into the view but the prefixes that an import gives him (RFC 4364 4.3).
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.errors import ProgramError
from mplsemu.model.vpn import IPNetwork, L2vpnKind, VpnKind
from mplsemu.program.program import NodeProgram, Program, VpnInfo
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    Route,
    ViaCe,
    ViaPe,
    ViaVrf,
    Vrf,
    Vsi,
)
from mplsemu.views.groups import connected_groups
from mplsemu.views.model import (
    BridgeView,
    CustomerView,
    HostView,
    L3vpnView,
    Reachable,
    SiteView,
    VirtualRouter,
)
from mplsemu.views.order import natural


def customer_view(program: Program, vpn: str) -> CustomerView:
    """Return what the customer of one VPN sees of it.

    Raises:
        ProgramError: there is no such VPN.
    """
    for info in program.vpns:
        if info.name == vpn:
            return (
                _l3vpn(program, info)
                if info.kind is VpnKind.L3VPN
                else _bridge(program, info, info.kind)
            )
    raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")


def _site(circuit: AttachmentCircuit, prefixes: tuple[IPNetwork, ...] = ()) -> SiteView:
    return SiteView(
        name=circuit.site,
        up=circuit.up,
        prefixes=prefixes,
        gateways=circuit.gateways,
        ce=circuit.ce.address if circuit.ce else None,
        hosts=tuple(HostView(h.name, h.mac, h.addresses) for h in circuit.hosts),
    )


def _by_name(sites: Iterator[SiteView]) -> tuple[SiteView, ...]:
    return tuple(sorted(sites, key=lambda site: natural(site.name)))


# --- L3VPN ---------------------------------------------------------------------------------------


def _l3vpn(program: Program, info: VpnInfo) -> L3vpnView:
    vrfs = {n.name: (n, n.vrf_by_name[info.name]) for n in program.nodes if _has_vrf(n, info)}
    home = {circuit: pe for pe, (_, vrf) in vrfs.items() for circuit in vrf.circuits}
    partners = _Partners(program)
    routers = {pe: _router(node, vrf, info, home, partners) for pe, (node, vrf) in vrfs.items()}
    order = sorted(routers, key=lambda pe: natural(routers[pe].name))
    pairs = (
        (pe, home[f"{info.name}/{entry.site}"])
        for pe in order
        for entry in routers[pe].reaches
        if entry.site is not None
    )
    islands = connected_groups(order, pairs)
    routers = _with_lacks(routers)
    abroad = {e.prefix for r in routers.values() for e in r.reaches if e.site is None}
    return L3vpnView(
        vpn=info.name,
        customer=info.customer,
        islands=tuple(tuple(routers[pe] for pe in island) for island in islands),
        partners=tuple(sorted(abroad, key=_prefix_order)),
    )


def _has_vrf(node: NodeProgram, info: VpnInfo) -> bool:
    vrf = node.vrf_by_name.get(info.name)
    return vrf is not None and bool(vrf.circuits)


class _Partners:
    """Tells whether partners have routes back."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, str], set[tuple[str, int]]] = {}

    def answer(self, route: Route, node: NodeProgram, vrf: Vrf) -> bool:
        """Whether a partner's VRF has routes back to all sites of this one."""
        local = {
            (each.circuit, each.prefix.version)
            for each in vrf.routes
            if each.circuit in vrf.circuits
            and each.prefix.version == route.prefix.version
            and not _is_wan(each, node.circuit_by_name[each.circuit])
        }
        return local <= self._routes_of(route.circuit)

    def _routes_of(self, circuit: str) -> set[tuple[str, int]]:
        """Return whose routes, of which IP version, the VRF of a circuit has."""
        node = self._program.node_of_circuit[circuit]
        key = (node.name, node.circuit_by_name[circuit].vpn)
        if key not in self._known:
            vrf = node.vrf_by_name.get(key[1])
            routes = vrf.routes if vrf is not None else ()
            self._known[key] = {(each.circuit, each.prefix.version) for each in routes}
        return self._known[key]


def _router(
    node: NodeProgram, vrf: Vrf, info: VpnInfo, home: dict[str, str], partners: _Partners
) -> VirtualRouter:
    local: dict[str, list[IPNetwork]] = {name: [] for name in vrf.circuits}
    reaches = []
    for route in vrf.routes:
        match route.next_hop:
            case Connected(circuit) | ViaCe(circuit):
                if circuit in local and not _is_wan(route, node.circuit_by_name[circuit]):
                    local[circuit].append(route.prefix)
            case ViaVrf():
                reaches.append(Reachable(route.prefix, None, partners.answer(route, node, vrf)))
            case ViaPe(egress):
                if egress in node.ftn_by_egress:
                    own = home.get(route.circuit) == egress
                    site = route.circuit.removeprefix(f"{info.name}/") if own else None
                    answers = own or partners.answer(route, node, vrf)
                    reaches.append(Reachable(route.prefix, site, answers))
    sites = (_site(node.circuit_by_name[name], tuple(local[name])) for name in vrf.circuits)
    reaches.sort(
        key=lambda entry: (
            entry.site is None,
            natural(entry.site or ""),
            _prefix_order(entry.prefix),
        )
    )
    return VirtualRouter(sites=_by_name(sites), reaches=tuple(reaches), lacks=())


def _is_wan(route: Route, circuit: AttachmentCircuit) -> bool:
    """Whether a route is the PE-CE link's, which is no network anyone has business with."""
    return circuit.ce is not None and isinstance(route.next_hop, Connected)


def _with_lacks(routers: dict[str, VirtualRouter]) -> dict[str, VirtualRouter]:
    """Say for each virtual router which of the customer's sites it cannot wholly reach."""
    everywhere = [site for router in routers.values() for site in router.sites]
    everywhere.sort(key=lambda site: natural(site.name))
    complete = {}
    for pe, router in routers.items():
        own = {site.name for site in router.sites}
        known = {(entry.site, entry.prefix) for entry in router.reaches}
        lacks = tuple(
            site.name
            for site in everywhere
            if site.name not in own
            and (not site.prefixes or any((site.name, p) not in known for p in site.prefixes))
        )
        complete[pe] = VirtualRouter(router.sites, router.reaches, lacks)
    return complete


def _prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    return prefix.version, int(prefix.network_address), prefix.prefixlen


# --- VPLS and VPWS -------------------------------------------------------------------------------


def _bridge(program: Program, info: VpnInfo, kind: L2vpnKind) -> BridgeView:
    vsis = {n.name: n.vsi_by_name[info.name] for n in program.nodes if info.name in n.vsi_by_name}
    joined = {
        (pe, pw.peer)
        for pe, vsi in vsis.items()
        for pw in vsi.pseudowires
        if _carries(program, vsis, pe, pw.peer)
    }
    sites = {
        pe: _by_name(_site(program.node(pe).circuit_by_name[name]) for name in vsi.circuits)
        for pe, vsi in vsis.items()
    }
    order = sorted((pe for pe in sites if sites[pe]), key=lambda pe: natural(sites[pe][0].name))
    islands = connected_groups(order, (pair for pair in sorted(joined) if {*pair} <= {*order}))
    severed = [
        (first.name, second.name)
        for island in islands
        for index, pe in enumerate(island)
        for other in island[index + 1 :]
        if (pe, other) not in joined
        for first in sites[pe]
        for second in sites[other]
    ]
    return BridgeView(
        vpn=info.name,
        customer=info.customer,
        kind=kind,
        islands=tuple(_by_name(s for pe in island for s in sites[pe]) for island in islands),
        severed=tuple(severed),
    )


def _carries(program: Program, vsis: dict[str, Vsi], pe: str, peer: str) -> bool:
    """Whether a pseudowire has both its ends, with equal labels, and a tunnel each way."""
    ends = [(pw.in_label, pw.out_label) for pw in vsis[pe].pseudowires if pw.peer == peer]
    back = (
        [(pw.out_label, pw.in_label) for pw in vsis[peer].pseudowires if pw.peer == pe]
        if peer in vsis
        else []
    )
    tunnels = peer in program.node(pe).ftn_by_egress and pe in program.node(peer).ftn_by_egress
    return tunnels and bool(ends) and ends == back
