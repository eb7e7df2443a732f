"""The compiler of L3VPNs: VRFs, import and export by route target, VPN labels (RFC 4364)."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network
from typing import ClassVar

from mplsemu.control.labels import ServiceKey, VrfKey
from mplsemu.control.services.border_routes import BorderRoutes, is_swapping, swapping
from mplsemu.control.services.compiler import (
    Dependencies,
    Service,
    ServiceState,
    ServiceTables,
    pes_of,
)
from mplsemu.control.services.hub_transit import HubTransit
from mplsemu.control.services.route_selection import HERE, Candidate, contested, select
from mplsemu.model.l3vpn import L3vpn, VrfPolicy, import_sources
from mplsemu.model.names import site_of
from mplsemu.model.network import Vpn
from mplsemu.model.vpn import IPAddress, IPNetwork, Site, StaticRoute, VpnKind
from mplsemu.program.entries import IlmEntry, PopToVrf
from mplsemu.program.fib import Fib
from mplsemu.program.services import (
    Connected,
    Neighbour,
    NextHop,
    ViaAsbr,
    ViaCe,
    ViaNeighbour,
    ViaPe,
    ViaVrf,
    Vrf,
)


class L3vpnCompiler:
    """Compiles L3VPNs; see `ServiceCompiler`."""

    kind: ClassVar[VpnKind] = VpnKind.L3VPN

    def __init__(self, vpns: Iterable[Vpn]) -> None:
        routed = [vpn for vpn in vpns if isinstance(vpn, L3vpn) and vpn.kind is self.kind]
        self._of_vpn = {vpn.name: vpn.policies for vpn in routed}
        self._policies = {
            policy.name: policy for policies in self._of_vpn.values() for policy in policies
        }
        self._sites = {
            policy.name: tuple(vpn.attached(policy))
            for vpn in routed
            for policy in self._of_vpn[vpn.name]
        }
        self._halves = {
            half.name: (half, policy)
            for policy in self._policies.values()
            for half in policy.halves()
        }
        self._transit = {vpn.name: HubTransit.of(vpn) for vpn in routed}
        self._imports = import_sources(routed)
        self._borders = BorderRoutes(routed)

    def services(self, vpn: str) -> Iterator[Service]:
        """Yield the VPN's VRFs: of each policy one, or two, at each PE of its sites."""
        for policy in self._of_vpn[vpn]:
            for half in policy.halves():
                vrf = half.name if half.name != vpn else None
                for pe in self._pes(policy.name):
                    yield Service(vpn, pe, vrf)
            for asbr in self._borders.swapping(policy.name):
                yield Service(vpn, asbr, swapping(policy.name))

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield each PE that imports with each PE that exports."""
        for name in self._sites:
            ingresses = (*self._pes(name), *self._borders.swapping(name))
            egresses = dict.fromkeys(
                pe
                for source in self._imports[name]
                for pe in (*self._pes(source.name), *self._borders.swapping(source.name))
            )
            for ingress in ingresses:
                yield from ((ingress, egress) for egress in egresses if egress != ingress)

    def pseudowire_peers(self, service: Service) -> tuple[str, ...]:  # noqa: ARG002
        """Return none: a VRF has no pseudowires."""
        return ()

    def label_keys(
        self,
        service: Service,
        reaches: Callable[[str, str], bool],  # noqa: ARG002  # a VRF keeps its labels when cut off
    ) -> Iterator[ServiceKey]:
        """Yield a key for IPv4, and one for IPv6 if the VRF has local IPv6 sites.

        An ASBR that swaps labels has one for each VRF that these lead to.
        """
        if is_swapping(service.name):
            yield from self._borders.keys(service.name, service.pe)
            return
        half, policy = self._halves[service.name]
        if policy.rd is not None:
            yield VrfKey(service.name, 4)
        local = self._local(service)
        subnets = [prefix for site in local for prefix in (*site.subnets, *site.shared_links)]
        if half.name == policy.inward:
            transit = self._transit[policy.vpn]
            subnets += (prefix for site in local for prefix in transit.through(site))
        subnets += self._borders.prefixes(policy.name, service.pe)
        if any(subnet.version == 6 for subnet in subnets):
            yield VrfKey(service.name, 6)

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VRF; of an ASBR that swaps labels its entries for them."""
        if is_swapping(service.name):
            swaps = self._borders.swaps(service.name, service.pe, state)
            return ServiceTables(swaps=tuple(swaps), swapping=service.name)
        half, policy = self._halves[service.name]
        pe = service.pe
        local = self._local(service)
        here = [site for site in state.attached(local) if site.pe == pe]
        candidates = tuple(self._candidates(service, here, state))
        routes = select(candidates)
        neighbours = _neighbours({half.name, policy.name}, pe, here, state, Fib(routes))
        if half.name == policy.inward:  # packets from its sites come into the other half
            local = []
        vrf = Vrf(
            name=half.name,
            index=state.number(service),
            rd=half.rd,
            import_targets=tuple(sorted(half.import_targets)),
            export_targets=tuple(sorted(half.export_targets)),
            label=state.labels[pe].get(VrfKey(half.name, 4)),
            label6=state.labels[pe].get(VrfKey(half.name, 6)),
            circuits=(*state.circuits(pe, local), *self._borders.circuits(policy.name, pe)),
            routes=routes,
            neighbours=neighbours,
        )
        return ServiceTables(vrfs=(vrf,), measured=frozenset(contested(candidates)))

    def ilm(self, tables: ServiceTables) -> Iterator[IlmEntry]:
        """Yield the VRF's label entry for each IP version that it has a label for."""
        yield from tables.swaps
        for vrf in tables.vrfs:
            if vrf.label is not None:
                yield IlmEntry(vrf.label, PopToVrf(vrf.name))
            if vrf.label6 is not None:
                yield IlmEntry(vrf.label6, PopToVrf(vrf.name, ip_version=6))

    def dependencies(self, tables: ServiceTables) -> Dependencies:
        """Return the next hops of its routes, and the circuits that its routes lead to."""
        ways = [way for vrf in tables.vrfs for route in vrf.routes for way in route.ways]
        next_hops = (way.next_hop for way in ways)
        local = (circuit for vrf in tables.vrfs for circuit in vrf.circuits)
        names = {vrf.name for vrf in tables.vrfs}
        names |= {tables.swapping} if tables.swapping is not None else set()
        return Dependencies(
            frozenset(hop.egress for hop in next_hops if isinstance(hop, ViaPe)),
            frozenset([*local, *(way.circuit for way in ways), *self._borders.links(names)]),
            tables.measured,
            self._borders.tunnels_beyond(names),
        )

    def _pes(self, policy: str) -> tuple[str, ...]:
        """Return the PEs that have VRFs of a policy: those of sites, and ASBRs."""
        sites = pes_of(self._sites[policy])
        asbrs = self._borders.asbrs(policy)
        return tuple(sorted({*sites, *asbrs})) if asbrs else sites

    def _local(self, service: Service) -> list[Site]:
        """Return the sites that have a line to the PE."""
        _, policy = self._halves[service.name]
        sites = self._sites[policy.name]
        return [site for site in sites if service.pe in (site.homes or (site.pe,))]

    def _candidates(
        self, service: Service, here: Iterable[Site], state: ServiceState
    ) -> Iterator[Candidate]:
        """Yield what a VRF may use: its own sites' routes, and those that it imports."""
        half, policy = self._halves[service.name]
        up = [site for site in here if site.circuit not in state.down]
        transit = self._transit[policy.vpn]
        is_inward = half.name == policy.inward
        if not is_inward:
            yield from _link_routes(half, up)
        if is_inward and not transit.hubs:
            yield from _hub_routes(half, policy.name, up)
        elif is_inward or policy.inward is None or not transit.hubs:
            yield from _local_routes(half, up)
        if is_inward:
            if transit.hubs:
                yield from _links_beside(half, policy.name, up)
            for site in up:
                for prefix in transit.through(site):
                    through = _candidate(half, half, site, prefix, HERE, ViaCe(site.circuit))
                    yield replace(through, detour=1 + transit.rank(site, state.lines.rising))
        else:
            yield from self._imported(policy, service.pe, state)
            yield from self._beyond(policy, service.pe, state)

    def _imported(self, policy: VrfPolicy, pe: str, state: ServiceState) -> Iterator[Candidate]:
        for source in self._imports[policy.name]:
            leads, transit = source.halves()[-1], self._transit[source.vpn]
            for site in state.attached(self._sites[source.name]):
                own = leads if transit.hubs else source
                is_local = own.name == policy.name and site.pe == pe
                if site.circuit in state.down or is_local:
                    continue
                if site.pe != pe and not state.reaches(pe, site.pe):
                    continue
                for prefix in site.prefixes:
                    if policy.inward is None or not transit.goes_round(site, prefix):
                        yield _imported_route(policy, leads, site, prefix, pe, state)
                for link in site.shared_links:  # which leads to a CE router, not through it
                    yield _imported_route(policy, source, site, link, pe, state)
                if policy.vpn == source.vpn and policy.inward is None:  # of a spoke
                    for prefix in transit.through(site):
                        passed_on = _imported_route(policy, leads, site, prefix, pe, state)
                        yield replace(passed_on, detour=1 + transit.rank(site, state.lines.rising))

    def _beyond(self, policy: VrfPolicy, pe: str, state: ServiceState) -> Iterator[Candidate]:
        """Yield the routes to sites in other providers' networks, by way of every ASBR."""
        for way in self._borders.ways(policy.name, state):
            if way.asbr == pe and way.circuit is not None:
                metric, next_hop = HERE, ViaAsbr(way.circuit)
                yield _candidate(policy, policy, way.site, way.prefix, metric, next_hop)
            elif way.asbr != pe and state.reaches(pe, way.asbr):
                label = state.labels[way.asbr][way.key]
                metric, egress = state.metric(pe, way.asbr), ViaPe(way.asbr, label)
                yield _candidate(policy, policy, way.site, way.prefix, metric, egress)


def _imported_route(
    policy: VrfPolicy, leads: VrfPolicy, site: Site, prefix: IPNetwork, pe: str, state: ServiceState
) -> Candidate:
    """Return a PE's route to a prefix at a site, by the VRF that leads there."""
    if site.pe == pe:
        return _candidate(policy, leads, site, prefix, HERE, ViaVrf(leads.name))
    key = VrfKey(leads.name, prefix.version)
    next_hop = ViaPe(site.pe, state.labels[site.pe][key])
    return _candidate(policy, leads, site, prefix, _metric(pe, site, state), next_hop)


def _metric(pe: str, site: Site, state: ServiceState) -> int:
    """Return the metric to a site at another PE: to the nearest of the lines that share its load.

    So all of them are used, whichever is nearer (multipath of unequal cost).
    """
    if not site.shares_load:
        return state.metric(pe, site.pe)
    lines = state.lines.active[site.full_name]
    away = (line.pe for line in lines if line.pe != pe and line.circuit not in state.down)
    return min(state.metric(pe, each) for each in away if state.reaches(pe, each))


def _local_routes(policy: VrfPolicy, sites: Iterable[Site]) -> Iterator[Candidate]:
    for site in sites:
        next_hop: NextHop = Connected(site.circuit) if site.ce is None else ViaCe(site.circuit)
        for subnet in site.subnets:
            yield _candidate(policy, policy, site, subnet, HERE, next_hop)
        for route in site.routes:
            yield _candidate(policy, policy, site, route.prefix, HERE, _behind(site, route))


def _hub_routes(half: VrfPolicy, outward: str, sites: Iterable[Site]) -> Iterator[Candidate]:
    """Yield the routes of packets from spokes to hubs, to whose VRF other spokes are not known.

    What is on a hub's LAN that VRF knows as well as this one; but a route to networks behind it,
    above all a default route, may hold a spoke's prefix.
    """
    sites = tuple(sites)
    yield from _links_beside(half, outward, sites)
    for site in sites:
        for subnet in site.subnets:
            yield _candidate(half, half, site, subnet, HERE, ViaVrf(outward))
        for route in site.routes:
            yield _candidate(half, half, site, route.prefix, HERE, _behind(site, route))
            if site.ce is None:
                next_hop = ip_network(route.via)
                yield _candidate(half, half, site, next_hop, HERE, Connected(site.circuit))


def _links_beside(half: VrfPolicy, outward: str, sites: Sequence[Site]) -> Iterator[Candidate]:
    """Yield the routes to PE-CE links which a route to networks behind a CE router may hold."""
    if not any(site.routes for site in sites):
        return
    for site in sites:
        for interface in site.ce.pe_wan if site.ce is not None else ():
            yield _candidate(half, half, site, interface.network, HERE, ViaVrf(outward))


def _behind(site: Site, route: StaticRoute) -> NextHop:
    """Return the next hop of a static route: the CE router, if there is one, routes on by it."""
    if site.ce is not None:
        return ViaCe(site.circuit)
    return ViaNeighbour(site.circuit, route.via)


def _link_routes(policy: VrfPolicy, sites: Iterable[Site]) -> Iterator[Candidate]:
    """Yield the routes to PE-CE links: every VPN may use the same prefixes, none is exported."""
    for site in sites:
        for interface in site.ce.pe_wan if site.ce is not None else ():
            link = interface.network
            yield _candidate(policy, policy, site, link, HERE, Connected(site.circuit))


def _candidate(
    policy: VrfPolicy,
    source: VrfPolicy,
    site: Site,
    prefix: IPNetwork,
    metric: int,
    next_hop: NextHop,
) -> Candidate:
    return Candidate(
        prefix=prefix,
        preference=site.rank,
        is_foreign=source is not policy and source.vpn != policy.vpn,
        metric=metric,
        next_hop=next_hop,
        rd=source.rd,
        circuit=site.circuit,
    )


def _neighbours(
    vrfs: Container[str], pe: str, sites: Iterable[Site], state: ServiceState, fib: Fib
) -> tuple[Neighbour, ...]:
    """Return the neighbours in the lab file; resolved ones of the same address replace them.

    One is left out if the VRF's routes lead elsewhere: a longer prefix is another site's, or an
    equal one is preferred there. Data planes hold neighbours as routes to single addresses.
    """
    up = {site.circuit: site for site in sites if site.circuit not in state.down}
    known = [neighbour for site in up.values() for neighbour in _known_neighbours(site)]
    sharing = {site.full_name: site.circuit for site in up.values() if site.shares_load}
    for learned in state.learned:
        neighbour = learned.neighbour
        if learned.vrf not in vrfs:
            continue
        if learned.pe == pe and neighbour.circuit in up:
            known.append(neighbour)
        elif here := sharing.get(site_of(neighbour.circuit)):
            # its answer took another line of the bundle (RFC 7432 section 10 likewise)
            known.append(replace(neighbour, circuit=here))
    found = {each.address: each for each in known if _is_on(fib, each)}
    return tuple(found[address] for address in sorted(found, key=_address_order))


def _known_neighbours(site: Site) -> Iterator[Neighbour]:
    if site.ce is not None:
        yield from (Neighbour(wan.ip, site.circuit, site.ce.mac) for wan in site.ce.wan)
        return
    for host in site.hosts:
        for interface in host.addresses:
            yield Neighbour(interface.ip, site.circuit, host.mac)


def _is_on(fib: Fib, neighbour: Neighbour) -> bool:
    route = fib.look_up(neighbour.address)
    return route is not None and route.next_hop == Connected(neighbour.circuit)


def _address_order(address: IPAddress) -> tuple[int, int]:
    return address.version, int(address)
