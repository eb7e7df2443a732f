"""L3VPN: VRFs, route import and export by route target, and VPN labels (RFC 4364)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mplsemu.control.labels import BindingKey, VrfKey
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.model.l3vpn import L3vpn, RouteTarget
from mplsemu.model.labels import Label
from mplsemu.model.vpn import IPAddress, IPNetwork, Site
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


@dataclass(frozen=True, slots=True)
class Imports:
    """From which VPNs each VPN takes routes, by route target (RFC 4364 section 4.3.1).

    Attributes:
        sources: for each VPN those that export a target which it imports: itself first, if it
            is one of them, then the others in the lab file's order.
    """

    sources: Mapping[str, tuple[L3vpn, ...]]

    @classmethod
    def between(cls, vpns: Iterable[L3vpn]) -> Imports:
        """Match export targets with import targets."""
        vpns = tuple(vpns)
        order = {vpn.name: number for number, vpn in enumerate(vpns)}
        exporters: dict[RouteTarget, list[L3vpn]] = {}
        for vpn in vpns:
            for target in vpn.export_targets:
                exporters.setdefault(target, []).append(vpn)
        sources = {}
        for vpn in vpns:
            found = {
                source.name: source
                for target in vpn.import_targets
                for source in exporters.get(target, ())
            }
            ranked = sorted(found, key=lambda name: (name != vpn.name, order[name]))
            sources[vpn.name] = tuple(found[name] for name in ranked)
        return cls(sources)

    def tunnels(self, vpns: Iterable[L3vpn]) -> Iterator[tuple[str, str]]:
        """Yield the pairs (ingress PE, egress PE) between which packets must travel."""
        for vpn in vpns:
            ingresses = {site.pe for site in vpn.sites}
            egresses = {site.pe for source in self.sources[vpn.name] for site in source.sites}
            for ingress in ingresses:
                yield from ((ingress, egress) for egress in egresses if egress != ingress)


@dataclass(frozen=True, slots=True)
class State:
    """What the network is like, for the VRFs.

    Attributes:
        down: names of what is down.
        reaches: whether an LSP leads from one PE to another.
        labels: what each PE bound.
        learned: neighbours resolved by the running network.
    """

    down: frozenset[str]
    reaches: Callable[[str, str], bool]
    labels: Mapping[str, Mapping[BindingKey, Label]]
    learned: tuple[LearnedNeighbour, ...]


def label_keys(vpn: L3vpn, pe: str) -> Iterator[VrfKey]:
    """Yield what a VRF needs labels for: IPv4, and IPv6 where it has IPv6 sites of its own."""
    yield VrfKey(vpn.name, 4)
    if any(subnet.version == 6 for site in vpn.sites if site.pe == pe for subnet in site.subnets):
        yield VrfKey(vpn.name, 6)


def vrf(vpn: L3vpn, pe: str, index: int, sources: Iterable[L3vpn], state: State) -> Vrf:
    """Return the VRF of a VPN at one of its PEs.

    Args:
        vpn: the VPN.
        pe: name of the PE.
        index: the VRF's, unique at the PE.
        sources: the VPNs whose routes it imports, the preferred one first.
        state: what is down, what is reachable, the labels and the learned neighbours.
    """
    local = [site for site in vpn.sites if site.pe == pe]
    routes: dict[IPNetwork, Route] = {}
    for route in (*_local_routes(vpn, local, state), *_imported(vpn, pe, sources, state)):
        routes.setdefault(route.prefix, route)  # a VRF's own route wins
    return Vrf(
        name=vpn.name,
        index=index,
        rd=vpn.rd,
        import_targets=tuple(sorted(vpn.import_targets)),
        export_targets=tuple(sorted(vpn.export_targets)),
        label=state.labels[pe][VrfKey(vpn.name, 4)],
        label6=state.labels[pe].get(VrfKey(vpn.name, 6)),
        circuits=tuple(site.circuit for site in local),
        routes=tuple(sorted(routes.values(), key=lambda route: _prefix_order(route.prefix))),
        neighbours=_neighbours(vpn, pe, local, state),
    )


def _local_routes(vpn: L3vpn, sites: Iterable[Site], state: State) -> Iterator[Route]:
    for site in sites:
        if site.circuit in state.down:
            continue
        way: NextHop = Connected(site.circuit) if site.ce is None else ViaCe(site.circuit)
        for subnet in site.subnets:
            yield Route(subnet, way, vpn.rd, site.circuit)
        if site.ce is not None:
            # Every VPN uses the same PE-CE prefixes, so this one is never exported.
            prefix = site.ce.pe_wan.network
            yield Route(prefix, Connected(site.circuit), vpn.rd, site.circuit)


def _imported(vpn: L3vpn, pe: str, sources: Iterable[L3vpn], state: State) -> Iterator[Route]:
    for source in sources:
        for site in source.sites:
            if site.circuit in state.down or (source.name == vpn.name and site.pe == pe):
                continue
            if site.pe != pe and not state.reaches(pe, site.pe):
                continue
            for subnet in site.subnets:
                way: NextHop = ViaVrf(source.name)
                if site.pe != pe:
                    key = VrfKey(source.name, subnet.version)
                    way = ViaPe(site.pe, state.labels[site.pe][key])
                yield Route(subnet, way, source.rd, site.circuit)


def _neighbours(vpn: L3vpn, pe: str, sites: Iterable[Site], state: State) -> tuple[Neighbour, ...]:
    """Return whom the lab file names, then whom the network found, who may be someone else."""
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
