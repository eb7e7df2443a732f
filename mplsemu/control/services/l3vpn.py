"""The compiler of L3VPNs: VRFs, import and export by route target, VPN labels (RFC 4364)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from mplsemu.control.labels import VrfKey
from mplsemu.control.services.compiler import (
    Dependencies,
    Service,
    ServiceState,
    ServiceTables,
    pes_of,
)
from mplsemu.control.services.hub_transit import HubTransit
from mplsemu.model.l3vpn import VrfPolicy, import_sources
from mplsemu.model.network import Vpn
from mplsemu.model.vpn import IPAddress, IPNetwork, Site, VpnKind
from mplsemu.program.entries import IlmEntry, PopToVrf
from mplsemu.program.services import (
    Connected,
    Neighbour,
    NextHop,
    Route,
    ViaCe,
    ViaPe,
    ViaVrf,
    Vrf,
)


class L3vpnCompiler:
    """Compiles L3VPNs; see `ServiceCompiler`."""

    kind: ClassVar[VpnKind] = VpnKind.L3VPN

    def __init__(self, vpns: Iterable[Vpn]) -> None:
        routed = [vpn for vpn in vpns if vpn.kind is VpnKind.L3VPN]
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

    def services(self, vpn: str) -> Iterator[Service]:
        """Yield the VPN's VRFs: of each policy one, or two, at each PE of its sites."""
        for policy in self._of_vpn[vpn]:
            for half in policy.halves():
                vrf = half.name if half.name != vpn else None
                for pe in pes_of(self._sites[policy.name]):
                    yield Service(vpn, pe, vrf)

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield each PE that imports with each PE that exports."""
        for name, sites in self._sites.items():
            ingresses = pes_of(sites)
            egresses = dict.fromkeys(
                pe for source in self._imports[name] for pe in pes_of(self._sites[source.name])
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
    ) -> Iterator[VrfKey]:
        """Yield a key for IPv4, and one for IPv6 if the VRF has local IPv6 sites."""
        yield VrfKey(service.name, 4)
        half, policy = self._halves[service.name]
        local = self._local(service)
        subnets = [subnet for site in local for subnet in site.subnets]
        if half.name == policy.inward:
            transit = self._transit[policy.vpn]
            subnets += (prefix for site in local for prefix in transit.through(site))
        if any(subnet.version == 6 for subnet in subnets):
            yield VrfKey(service.name, 6)

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VRF."""
        half, policy = self._halves[service.name]
        pe = service.pe
        routes: dict[IPNetwork, Route] = {}
        local = self._local(service)
        here = [site for site in state.attached(local) if site.pe == pe]
        for route in self._routes(service, here, state):
            routes.setdefault(route.prefix, route)  # a VRF's own route wins
        if half.name == policy.inward:  # packets from its sites come into the other half
            local = here = []
        vrf = Vrf(
            name=half.name,
            index=state.number(service),
            rd=half.rd,
            import_targets=tuple(sorted(half.import_targets)),
            export_targets=tuple(sorted(half.export_targets)),
            label=state.labels[pe][VrfKey(half.name, 4)],
            label6=state.labels[pe].get(VrfKey(half.name, 6)),
            circuits=state.circuits(pe, local),
            routes=tuple(sorted(routes.values(), key=lambda route: _prefix_order(route.prefix))),
            neighbours=_neighbours(half, pe, here, state),
        )
        return ServiceTables(vrfs=(vrf,))

    def ilm(self, tables: ServiceTables) -> Iterator[IlmEntry]:
        """Yield the VRF's label entry for each IP version that it has a label for."""
        for vrf in tables.vrfs:
            yield IlmEntry(vrf.label, PopToVrf(vrf.name))
            if vrf.label6 is not None:
                yield IlmEntry(vrf.label6, PopToVrf(vrf.name, ip_version=6))

    def dependencies(self, tables: ServiceTables) -> Dependencies:
        """Return the next hops of its routes, and the circuits that its routes lead to."""
        routes = [route for vrf in tables.vrfs for route in vrf.routes]
        next_hops = (route.next_hop for route in routes)
        local = (circuit for vrf in tables.vrfs for circuit in vrf.circuits)
        return Dependencies(
            frozenset(hop.egress for hop in next_hops if isinstance(hop, ViaPe)),
            frozenset([*local, *(route.circuit for route in routes)]),
        )

    def _local(self, service: Service) -> list[Site]:
        """Return the sites that have a line to the PE."""
        _, policy = self._halves[service.name]
        sites = self._sites[policy.name]
        return [site for site in sites if service.pe in (site.homes or (site.pe,))]

    def _routes(
        self, service: Service, here: Iterable[Site], state: ServiceState
    ) -> Iterator[Route]:
        """Yield what a VRF may use, the better routes to a prefix first."""
        half, policy = self._halves[service.name]
        up = [site for site in here if site.circuit not in state.down]
        if half.name != policy.inward:
            yield from _link_routes(half, up)
        if half.name == policy.inward or policy.inward is None:
            yield from _local_routes(half, up)
        if half.name == policy.inward:
            for site in up:
                for prefix in self._transit[policy.vpn].through(site):
                    yield Route(prefix, ViaCe(site.circuit), half.rd, site.circuit)
        else:
            yield from self._imported(policy, service.pe, state)

    def _imported(self, policy: VrfPolicy, pe: str, state: ServiceState) -> Iterator[Route]:
        passed_on: list[tuple[int, Route]] = []
        for source in self._imports[policy.name]:
            leads = source.halves()[-1]
            for site in state.attached(self._sites[source.name]):
                is_local = leads.name == policy.name and site.pe == pe
                if site.circuit in state.down or is_local:
                    continue
                if site.pe != pe and not state.reaches(pe, site.pe):
                    continue
                for subnet in site.subnets:
                    yield _imported_route(leads, site, subnet, pe, state)
                if policy.vpn == source.vpn and policy.inward is None:  # of a spoke
                    transit = self._transit[source.vpn]
                    passed_on += (
                        (transit.rank(site), _imported_route(leads, site, prefix, pe, state))
                        for prefix in transit.through(site)
                    )
        passed_on.sort(key=lambda each: each[0])
        yield from (route for _, route in passed_on)  # the first hub's come first


def _imported_route(
    leads: VrfPolicy, site: Site, prefix: IPNetwork, pe: str, state: ServiceState
) -> Route:
    """Return a PE's route to a prefix at a site, by the VRF that leads there."""
    next_hop: NextHop = ViaVrf(leads.name)
    if site.pe != pe:
        key = VrfKey(leads.name, prefix.version)
        next_hop = ViaPe(site.pe, state.labels[site.pe][key])
    return Route(prefix, next_hop, leads.rd, site.circuit)


def _local_routes(policy: VrfPolicy, sites: Iterable[Site]) -> Iterator[Route]:
    for site in sites:
        next_hop: NextHop = Connected(site.circuit) if site.ce is None else ViaCe(site.circuit)
        for subnet in site.subnets:
            yield Route(subnet, next_hop, policy.rd, site.circuit)


def _link_routes(policy: VrfPolicy, sites: Iterable[Site]) -> Iterator[Route]:
    """Yield the routes to PE-CE links: every VPN may use the same prefixes, none is exported."""
    for site in sites:
        for interface in site.ce.pe_wan if site.ce is not None else ():
            yield Route(interface.network, Connected(site.circuit), policy.rd, site.circuit)


def _neighbours(
    policy: VrfPolicy, pe: str, sites: Iterable[Site], state: ServiceState
) -> tuple[Neighbour, ...]:
    """Return the neighbours in the lab file; resolved ones of the same address replace them."""
    up = {site.circuit: site for site in sites if site.circuit not in state.down}
    found: dict[IPAddress, Neighbour] = {}
    for circuit, site in up.items():
        if site.ce is not None:
            for wan in site.ce.wan:
                found[wan.ip] = Neighbour(wan.ip, circuit, site.ce.mac)
            continue
        for host in site.hosts:
            for interface in host.addresses:
                found[interface.ip] = Neighbour(interface.ip, circuit, host.mac)
    for learned in state.learned:
        neighbour = learned.neighbour
        if (learned.pe, learned.vrf) == (pe, policy.name) and neighbour.circuit in up:
            found[neighbour.address] = neighbour
    return tuple(found[address] for address in sorted(found, key=_address_order))


def _address_order(address: IPAddress) -> tuple[int, int]:
    return address.version, int(address)


def _prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    return prefix.version, int(prefix.network_address), prefix.prefixlen
