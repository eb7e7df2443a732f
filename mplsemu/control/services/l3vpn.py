"""The compiler of L3VPNs: VRFs, import and export by route target, VPN labels (RFC 4364)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar

from mplsemu.control.labels import VrfKey
from mplsemu.control.services.compiler import Dependencies, Service, ServiceState, ServiceTables
from mplsemu.model.l3vpn import L3vpn, import_sources
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
        self._vpns = {vpn.name: vpn for vpn in vpns if vpn.kind is VpnKind.L3VPN}
        self._imports = import_sources(self._vpns.values())

    def tunnels(self) -> Iterator[tuple[str, str]]:
        """Yield each PE that imports with each PE that exports."""
        for vpn in self._vpns.values():
            ingresses = {site.pe for site in vpn.sites}
            sources = self._imports[vpn.name]
            egresses = {site.pe for source in sources for site in source.sites}
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
        yield VrfKey(service.vpn, 4)
        subnets = (subnet for site in self._sites(service) for subnet in site.subnets)
        if any(subnet.version == 6 for subnet in subnets):
            yield VrfKey(service.vpn, 6)

    def tables(self, service: Service, state: ServiceState) -> ServiceTables:
        """Return the VRF."""
        vpn, pe = self._vpns[service.vpn], service.pe
        local = self._sites(service)
        routes: dict[IPNetwork, Route] = {}
        imported = _imported(vpn, pe, self._imports[vpn.name], state)
        for route in (*_local_routes(vpn, local, state), *imported):
            routes.setdefault(route.prefix, route)  # a VRF's own route wins
        vrf = Vrf(
            name=vpn.name,
            index=state.number(service),
            rd=vpn.rd,
            import_targets=tuple(sorted(vpn.import_targets)),
            export_targets=tuple(sorted(vpn.export_targets)),
            label=state.labels[pe][VrfKey(vpn.name, 4)],
            label6=state.labels[pe].get(VrfKey(vpn.name, 6)),
            circuits=state.circuits(pe, local),
            routes=tuple(sorted(routes.values(), key=lambda route: _prefix_order(route.prefix))),
            neighbours=_neighbours(vpn, pe, local, state),
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

    def _sites(self, service: Service) -> list[Site]:
        return [site for site in self._vpns[service.vpn].sites if site.pe == service.pe]


def _local_routes(vpn: L3vpn, sites: Iterable[Site], state: ServiceState) -> Iterator[Route]:
    for site in sites:
        if site.circuit in state.down:
            continue
        next_hop: NextHop = Connected(site.circuit) if site.ce is None else ViaCe(site.circuit)
        for subnet in site.subnets:
            yield Route(subnet, next_hop, vpn.rd, site.circuit)
        if site.ce is not None:
            # every VPN uses the same PE-CE prefixes: they are not exported
            prefix = site.ce.pe_wan.network
            yield Route(prefix, Connected(site.circuit), vpn.rd, site.circuit)


def _imported(
    vpn: L3vpn, pe: str, sources: Iterable[L3vpn], state: ServiceState
) -> Iterator[Route]:
    for source in sources:
        for site in source.sites:
            if site.circuit in state.down or (source.name == vpn.name and site.pe == pe):
                continue
            if site.pe != pe and not state.reaches(pe, site.pe):
                continue
            for subnet in site.subnets:
                next_hop: NextHop = ViaVrf(source.name)
                if site.pe != pe:
                    key = VrfKey(source.name, subnet.version)
                    next_hop = ViaPe(site.pe, state.labels[site.pe][key])
                yield Route(subnet, next_hop, source.rd, site.circuit)


def _neighbours(
    vpn: L3vpn, pe: str, sites: Iterable[Site], state: ServiceState
) -> tuple[Neighbour, ...]:
    """Return the neighbours in the lab file; resolved ones of the same address replace them."""
    up = {site.circuit: site for site in sites if site.circuit not in state.down}
    found: dict[IPAddress, Neighbour] = {}
    for circuit, site in up.items():
        if site.ce is not None:
            address: IPAddress = site.ce.wan.ip
            found[address] = Neighbour(address, circuit, site.ce.mac)
            continue
        for host in site.hosts:
            for interface in host.addresses:
                found[interface.ip] = Neighbour(interface.ip, circuit, host.mac)
    for learned in state.learned:
        neighbour = learned.neighbour
        if (learned.pe, learned.vrf) == (pe, vpn.name) and neighbour.circuit in up:
            found[neighbour.address] = neighbour
    return tuple(found[address] for address in sorted(found, key=_address_order))


def _address_order(address: IPAddress) -> tuple[int, int]:
    return address.version, int(address)


def _prefix_order(prefix: IPNetwork) -> tuple[int, int, int]:
    return prefix.version, int(prefix.network_address), prefix.prefixlen
