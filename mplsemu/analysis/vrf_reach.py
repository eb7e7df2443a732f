"""What each VRF of an L3VPN reaches (RFC 4364): routes that have a tunnel to their egress PE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from mplsemu.model.l3vpn import RouteTarget
from mplsemu.model.names import site_of
from mplsemu.model.natural_order import NaturalKey, natural
from mplsemu.model.vpn import IPNetwork
from mplsemu.program.program import NodeProgram, Program, VpnInfo
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    Route,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)
from mplsemu.program.spare_lines import spare_lines


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
        vrf: its name.
        sites: on its own ports, sorted by name.
        reaches: remote prefixes: those of the VPN's sites first, then partners'.
        lacks: sites of the VPN, of which it does not reach every prefix; sorted by name.
        apart: sites of the VPN that it is not to reach: their VRFs are others, and export no
            target that it imports, or another site with the same prefixes comes first (anycast,
            a backup); sorted by name.
    """

    pe: str
    vrf: str
    sites: tuple[LocalSite, ...]
    reaches: tuple[ReachablePrefix, ...]
    lacks: tuple[str, ...]
    apart: tuple[str, ...] = ()

    @property
    def joined(self) -> frozenset[str]:
        """The sites of the VPN to which it has some route."""
        return frozenset(each.site for each in self.reaches if each.site is not None)


def vrf_reaches(program: Program, vpn: str) -> tuple[VrfReach, ...]:
    """Return the reach of each VRF of an L3VPN that has sites, sorted by their names."""
    spare = spare_lines(program) | _border_circuits(program)
    bare = ((node, _without(vrf, spare)) for node in program.nodes for vrf in node.vrfs_of(vpn))
    vrfs = [(node, vrf) for node, vrf in bare if vrf.circuits]
    sites = {(node.name, vrf.name): _local_sites(node, vrf) for node, vrf in vrfs}
    every = sorted((site for some in sites.values() for site in some), key=_site_order)
    owners = _Owners(
        {
            circuit: (node.name, node.circuit_by_name[circuit].site)
            for node, vrf in vrfs
            for circuit in vrf.circuits
        },
        {prefix: site.circuit for site in every for prefix in site.prefixes},
        {node.name: node.provider for node in program.nodes},
    )
    return_routes = _ReturnRoutes(program)
    found = []
    for node, vrf in vrfs:
        reaches = _reaches(node, vrf, owners, return_routes)
        found.append(VrfReach(node.name, vrf.name, sites[node.name, vrf.name], reaches, ()))
    found.sort(key=lambda each: natural(", ".join(site.circuit.site for site in each.sites)))
    exported = {
        circuit: (vrf.name, frozenset(_exported(node, circuit)))
        for node, vrf in vrfs
        for circuit in vrf.circuits
    }
    if any(info.name == vpn and _is_via_ce(info) for info in program.vpns):
        exported = {}  # all sites reach each other, though not by their route targets
    if len({node.provider for node, _ in vrfs}) > 1:
        exported = {}  # likewise, where providers with targets of their own are joined by borders
    imported = {(node.name, vrf.name): frozenset(vrf.import_targets) for node, vrf in vrfs}
    return tuple(
        _judged(
            each,
            every,
            exported,
            imported[each.pe, each.vrf],
            _overruled(each, every, owners, program.node(each.pe)),
        )
        for each in found
    )


def _judged(
    reach: VrfReach,
    every: Iterable[LocalSite],
    exported: Mapping[str, tuple[str, frozenset[RouteTarget]]],
    imported: frozenset[RouteTarget],
    overruled: Mapping[str, bool],
) -> VrfReach:
    """Return what a VRF reaches, with what it lacks and what it is not to reach."""
    meant: list[LocalSite] = []
    apart: list[LocalSite] = []
    for site in every:
        name, targets = exported.get(site.circuit.name, (reach.vrf, imported))
        is_apart = name != reach.vrf and not imported & targets
        if is_apart or overruled.get(site.circuit.name, False):
            apart.append(site)
        elif site.circuit.name not in overruled:
            meant.append(site)
    lacks = _lacks(reach.sites, reach.reaches, meant)
    return replace(reach, lacks=lacks, apart=tuple(site.circuit.site for site in apart))


def _overruled(
    reach: VrfReach, every: Iterable[LocalSite], owners: _Owners, node: NodeProgram
) -> dict[str, bool]:
    """Return the sites with prefixes for which a VRF has other sites' equal ones, as it should.

    A site whose line is down, or whose PE is not reached, is none of them: that is a fault.

    Returns:
        By circuit, whether that is so for all the site's prefixes.
    """
    local = {site.circuit.name for site in reach.sites}
    known = {(each.site, each.prefix) for each in reach.reaches}
    held = {prefix for _, prefix in known} | {
        prefix for site in reach.sites for prefix in site.prefixes
    }
    found = {}
    for site in every:
        circuit = site.circuit
        pe, _ = owners.home[circuit.name]
        is_near = pe == node.name or pe in node.ftn_by_egress
        if circuit.name in local or not circuit.up or not is_near:
            continue
        own = {*site.prefixes, *_subnets(circuit)}
        missing = {prefix for prefix in own if (circuit.site, prefix) not in known}
        if missing and missing <= held:
            found[circuit.name] = missing == own
    return found


def _subnets(circuit: AttachmentCircuit) -> Iterable[IPNetwork]:
    lan = circuit.ce.lan if circuit.ce is not None else circuit.gateways
    return (address.network for address in lan)


def _exported(node: NodeProgram, circuit: str) -> Iterable[RouteTarget]:
    """Return the route targets of a site's routes."""
    towards = node.vrf_towards(circuit)
    return towards.export_targets if towards is not None else ()


def _is_via_ce(info: VpnInfo) -> bool:
    return info.hub_and_spoke is not None and info.hub_and_spoke.via_ce


def prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    """Return a key that sorts prefixes: IPv4 first, then by address and length."""
    return prefix.version, int(prefix.network_address), prefix.prefixlen


def _without(vrf: Vrf, spare: frozenset[str]) -> Vrf:
    if spare.isdisjoint(vrf.circuits):
        return vrf
    return replace(vrf, circuits=tuple(name for name in vrf.circuits if name not in spare))


def _border_circuits(program: Program) -> frozenset[str]:
    """Return the circuits that lead to no site, but to another provider."""
    circuits = (circuit for node in program.nodes for circuit in node.circuits)
    return frozenset(circuit.name for circuit in circuits if circuit.border is not None)


def _site_order(site: LocalSite) -> NaturalKey:
    return natural(site.circuit.site)


def _local_sites(node: NodeProgram, vrf: Vrf) -> tuple[LocalSite, ...]:
    prefixes: dict[str, list[IPNetwork]] = {name: [] for name in vrf.circuits}
    for route in vrf.routes:
        match route.next_hop:
            case Connected(circuit) | ViaCe(circuit) | ViaNeighbour(circuit, _):
                if circuit in prefixes and not _is_wan(route, node.circuit_by_name[circuit]):
                    prefixes[circuit].append(route.prefix)
            case ViaVrf() if route.circuit in prefixes:  # of a hub: the VRF beside leads to its CE
                prefixes[route.circuit].append(route.prefix)
    sites = (LocalSite(node.circuit_by_name[name], tuple(prefixes[name])) for name in vrf.circuits)
    return tuple(sorted(sites, key=_site_order))


def _reaches(
    node: NodeProgram,
    vrf: Vrf,
    owners: _Owners,
    return_routes: _ReturnRoutes,
) -> tuple[ReachablePrefix, ...]:
    """Return the remote prefixes that a VRF reaches."""
    reaches = []
    for route in vrf.routes:
        match route.next_hop:
            case ViaVrf() if route.circuit not in vrf.circuits:
                site = owners.site(route, node.name)
                answers = site is not None or return_routes.exist(route, node, vrf)
                reaches.append(ReachablePrefix(route.prefix, site, answers))
            case Connected(name) | ViaCe(name) | ViaNeighbour(name, _):
                circuit = node.circuit_by_name[name]
                if name not in vrf.circuits and not _is_wan(route, circuit):
                    # by the other line of a site that shares its load
                    reaches.append(ReachablePrefix(route.prefix, circuit.site, answers=True))
            case ViaAsbr():
                reaches.append(ReachablePrefix(route.prefix, owners.site(route, node.name)))
            case ViaPe(egress) if egress in node.ftn_by_egress:
                site = owners.site(route, egress)
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


@dataclass(frozen=True, slots=True)
class _Owners:
    """Tells which site of the VPN a route leads to.

    Attributes:
        home: the PE and the site of each of its circuits.
        circuits: those of the sites with each prefix.
        providers: whose each PE is.
    """

    home: Mapping[str, tuple[str, str]]
    circuits: Mapping[IPNetwork, AttachmentCircuit]
    providers: Mapping[str, str | None]

    def site(self, route: Route, egress: str) -> str | None:
        """Return the site with the prefix of a route to a PE; None if it is a partner's.

        It may be a spoke, to which a hub's CE router passes packets on; or be beyond that PE, in
        another provider's network.
        """
        pe, site = self.home.get(route.circuit, (None, None))
        if pe is None:
            return None
        if pe != egress and self.providers[pe] == self.providers[egress]:
            return None
        owner = self.circuits.get(route.prefix)
        return owner.site if owner is not None else site


class _ReturnRoutes:
    """Tells whether partners have routes back."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, str], set[tuple[str, int]]] = {}

    def exist(self, route: Route, node: NodeProgram, vrf: Vrf) -> bool:
        """Whether the VRF that a route leads to has routes back to all sites of this one."""
        local = {
            (site_of(each.circuit), each.prefix.version)
            for each in vrf.routes
            if each.circuit in vrf.circuits
            and each.prefix.version == route.prefix.version
            and not _is_wan(each, node.circuit_by_name[each.circuit])
        }
        return local <= self._routes_of(route.circuit)

    def _routes_of(self, circuit: str) -> set[tuple[str, int]]:
        """Return the sites and IP versions to which the VRF of a circuit has routes."""
        node = self._program.node_of_circuit.get(circuit)
        if node is None:  # another provider's, of whose network nothing is known
            return set()
        vrf = node.vrf_of_circuit.get(circuit)
        key = (node.name, vrf.name if vrf is not None else "")
        if key not in self._known:
            routes = vrf.routes if vrf is not None else ()
            self._known[key] = {(site_of(each.circuit), each.prefix.version) for each in routes}
        return self._known[key]


def _is_wan(route: Route, circuit: AttachmentCircuit) -> bool:
    """Whether a route is the PE-CE link's: no network that anyone sends to."""
    return circuit.ce is not None and isinstance(route.next_hop, Connected)
