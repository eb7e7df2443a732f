"""What each VRF of an L3VPN reaches (RFC 4364): routes that have a tunnel to their egress PE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mplsemu.model.natural_order import NaturalKey, natural
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    Route,
    ViaCe,
    ViaPe,
    ViaVrf,
    Vrf,
)


@dataclass(frozen=True, slots=True)
class LocalSite:
    """A site on a VRF's own ports.

    Attributes:
        circuit: its attachment circuit.
        prefixes: the site's, to which the VRF has routes; without the PE-CE link's.
    """

    circuit: AttachmentCircuit
    prefixes: tuple[IPNetwork, ...]


@dataclass(frozen=True, slots=True)
class ReachablePrefix:
    """A remote prefix that a VRF reaches.

    Attributes:
        prefix: the destination.
        site: the site of the same VPN it belongs to; None for a partner's (an extranet), of
            whom the customer knows the prefix alone.
        answers: whether replies find their way back: a partner may have no route.
    """

    prefix: IPNetwork
    site: str | None
    answers: bool = True


@dataclass(frozen=True, slots=True)
class VrfReach:
    """What one VRF reaches.

    Attributes:
        pe: the PE it is at.
        sites: on its own ports, sorted by name.
        reaches: remote prefixes: those of the VPN's sites first, then partners'.
        lacks: sites of the VPN, of which it does not reach every prefix; sorted by name.
    """

    pe: str
    sites: tuple[LocalSite, ...]
    reaches: tuple[ReachablePrefix, ...]
    lacks: tuple[str, ...]


def vrf_reaches(program: Program, vpn: str) -> tuple[VrfReach, ...]:
    """Return the reach of each VRF of an L3VPN that has sites, sorted by their names."""
    vrfs = {node.name: (node, vrf) for node, vrf in _vrfs(program, vpn) if vrf.circuits}
    home = {
        circuit: (pe, node.circuit_by_name[circuit].site)
        for pe, (node, vrf) in vrfs.items()
        for circuit in vrf.circuits
    }
    return_routes = _ReturnRoutes(program)
    sites = {pe: _local_sites(node, vrf) for pe, (node, vrf) in vrfs.items()}
    reaches = {pe: _reaches(node, vrf, home, return_routes) for pe, (node, vrf) in vrfs.items()}
    order = sorted(vrfs, key=lambda pe: natural(", ".join(each.circuit.site for each in sites[pe])))
    every = [site for pe in vrfs for site in sites[pe]]
    every.sort(key=_site_order)
    return tuple(
        VrfReach(pe, sites[pe], reaches[pe], _lacks(sites[pe], reaches[pe], every)) for pe in order
    )


def prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    """Return a key that sorts prefixes: IPv4 first, then by address and length."""
    return prefix.version, int(prefix.network_address), prefix.prefixlen


def _vrfs(program: Program, vpn: str) -> Iterable[tuple[NodeProgram, Vrf]]:
    return ((node, node.vrf_by_name[vpn]) for node in program.nodes if vpn in node.vrf_by_name)


def _site_order(site: LocalSite) -> NaturalKey:
    return natural(site.circuit.site)


def _local_sites(node: NodeProgram, vrf: Vrf) -> tuple[LocalSite, ...]:
    prefixes: dict[str, list[IPNetwork]] = {name: [] for name in vrf.circuits}
    for route in vrf.routes:
        match route.next_hop:
            case Connected(circuit) | ViaCe(circuit):
                if circuit in prefixes and not _is_wan(route, node.circuit_by_name[circuit]):
                    prefixes[circuit].append(route.prefix)
    sites = (LocalSite(node.circuit_by_name[name], tuple(prefixes[name])) for name in vrf.circuits)
    return tuple(sorted(sites, key=_site_order))


def _reaches(
    node: NodeProgram,
    vrf: Vrf,
    home: Mapping[str, tuple[str, str]],
    return_routes: _ReturnRoutes,
) -> tuple[ReachablePrefix, ...]:
    """Return the remote prefixes that a VRF reaches; `home` has the PE and site of each circuit."""
    reaches = []
    for route in vrf.routes:
        match route.next_hop:
            case ViaVrf():
                answers = return_routes.exist(route, node, vrf)
                reaches.append(ReachablePrefix(route.prefix, None, answers))
            case ViaPe(egress) if egress in node.ftn_by_egress:
                pe, site = home.get(route.circuit, (None, None))
                if pe != egress:
                    site = None
                answers = site is not None or return_routes.exist(route, node, vrf)
                reaches.append(ReachablePrefix(route.prefix, site, answers))
    reaches.sort(
        key=lambda each: (each.site is None, natural(each.site or ""), prefix_order(each.prefix))
    )
    return tuple(reaches)


def _lacks(
    own: Iterable[LocalSite], reaches: Iterable[ReachablePrefix], every: Iterable[LocalSite]
) -> tuple[str, ...]:
    local = {site.circuit.name for site in own}
    known = {(each.site, each.prefix) for each in reaches}
    return tuple(
        site.circuit.site
        for site in every
        if site.circuit.name not in local
        and (
            not site.prefixes
            or any((site.circuit.site, prefix) not in known for prefix in site.prefixes)
        )
    )


class _ReturnRoutes:
    """Tells whether partners have routes back."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, str], set[tuple[str, int]]] = {}

    def exist(self, route: Route, node: NodeProgram, vrf: Vrf) -> bool:
        """Whether the VRF that a route leads to has routes back to all sites of this one."""
        local = {
            (each.circuit, each.prefix.version)
            for each in vrf.routes
            if each.circuit in vrf.circuits
            and each.prefix.version == route.prefix.version
            and not _is_wan(each, node.circuit_by_name[each.circuit])
        }
        return local <= self._routes_of(route.circuit)

    def _routes_of(self, circuit: str) -> set[tuple[str, int]]:
        """Return the circuits and IP versions to which the VRF of a circuit has routes."""
        node = self._program.node_of_circuit[circuit]
        key = (node.name, node.circuit_by_name[circuit].vpn)
        if key not in self._known:
            vrf = node.vrf_by_name.get(key[1])
            routes = vrf.routes if vrf is not None else ()
            self._known[key] = {(each.circuit, each.prefix.version) for each in routes}
        return self._known[key]


def _is_wan(route: Route, circuit: AttachmentCircuit) -> bool:
    """Whether a route is the PE-CE link's: no network that anyone sends to."""
    return circuit.ce is not None and isinstance(route.next_hop, Connected)
