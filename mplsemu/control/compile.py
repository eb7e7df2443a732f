"""The compiler: a network and what is down -> the forwarding program (pure)."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import assert_never

from mplsemu.control import lsp
from mplsemu.control.borders import border_circuits, border_key, size_limits
from mplsemu.control.ce_routes import ce_routes
from mplsemu.control.garbage import without_cycle_search
from mplsemu.control.homing import SETTLED, LineStates, Moving, line_states
from mplsemu.control.labels import (
    BindingKey,
    Bindings,
    LspKey,
    PseudowireKey,
    ServiceKey,
    VrfKey,
    allocate,
    allocation_order,
)
from mplsemu.control.learned import LearnedGroup, LearnedNeighbour
from mplsemu.control.numbering import number_network, numbers_in
from mplsemu.control.paths import ShortestPaths
from mplsemu.control.ports import Ports, ports_of, shared_port
from mplsemu.control.services import Service, Services, ServiceState, ServiceTables
from mplsemu.errors import LabError
from mplsemu.model.labels import IPV4_EXPLICIT_NULL, Label
from mplsemu.model.network import Network, hubs_of
from mplsemu.model.numbers import LSRS, NO_NUMBERS, Numbers
from mplsemu.model.topology import NullLabel
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import Site
from mplsemu.program.entries import (
    Forward,
    FtnEntry,
    IlmEntry,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.program import CoreLink, NodeProgram, Program, VpnInfo
from mplsemu.program.services import AttachmentCircuit, Ce, CeRoute

__all__ = ["Compilation", "LearnedNeighbour", "compile_program", "compile_stages"]

Labels = Mapping[str, Mapping[BindingKey, Label]]
"""What each LSR bound its labels to."""


@without_cycle_search()
def compile_program(
    network: Network,
    down: frozenset[str] = frozenset(),
    learned: Iterable[LearnedNeighbour] = (),
    previous: Program | None = None,
    numbers: Numbers | None = None,
    blocked: Collection[str] = (),
    moving: Moving = SETTLED,
    groups: Iterable[LearnedGroup] = (),
) -> Program:
    """Compute what every LSR does.

    The same arguments give the same program, byte for byte once it is serialised.

    Args:
        network: the lab.
        down: names of the core links and attachment circuits that are down.
        learned: neighbours that the running network resolved.
        previous: the program before. What is bound as it was keeps its label, what is new gets
            one that `previous` bound to nothing, so the two can be installed side by side. LSRs,
            ports, VRFs, VSIs and pseudowires keep their numbers likewise, whatever of the lab came
            or went between the two.
        numbers: of this network (`number_network`). If None, they are read back from `previous`,
            which does not know what was removed before.
        blocked: attachment circuits that carry nothing, though their lines may be up.
        moving: dual-homed sites that are being switched over.
        groups: multicast groups of VPLSs that snoop.

    Raises:
        LabelSpaceError: an LSR needs more labels than the provider's range has.
        LabError: `down` names what does not exist.
    """
    return compile_stages(
        network, down, learned, previous, numbers, blocked, moving, groups
    ).program


@dataclass(frozen=True, slots=True)
class Compilation:
    """A program and its intermediate results.

    Attributes:
        program: the result.
        tunnels: the LSPs.
        path_numbers: of their paths.
        services: of all VPNs, with their compilers.
        state: what the services were compiled from.
        tables: of each service.
    """

    program: Program
    tunnels: Tunnels
    path_numbers: lsp.PathNumbers
    services: Services
    state: ServiceState
    tables: Mapping[Service, ServiceTables]


def compile_stages(
    network: Network,
    down: frozenset[str] = frozenset(),
    learned: Iterable[LearnedNeighbour] = (),
    previous: Program | None = None,
    numbers: Numbers | None = None,
    blocked: Collection[str] = (),
    moving: Moving = SETTLED,
    groups: Iterable[LearnedGroup] = (),
) -> Compilation:
    """Compute a program as `compile_program` does, with intermediate results."""
    _check_names(network, down)
    services = Services(network)
    tunnels, path_numbers = _tunnels(network, down, services)
    labels = _bind(network, tunnels, services, _bindings_of(previous, path_numbers))
    numbers = _numbers(network, previous, services) if numbers is None else numbers
    lines = line_states(network, down, moving)
    state = ServiceState(
        down, tunnels.reach, labels, numbers, tunnels.metric, tuple(learned), lines, tuple(groups)
    )
    tables = {service: services[service].tables(service, state) for service in services}
    ilm, ftn = _lfib(network, tunnels, labels)
    for service, found in tables.items():
        ilm[service.pe].extend(services[service].ilm(found))
    of_node = _by_pe(network, tables)
    ports = ports_of(network, numbers)
    circuits = _circuits(network, down, blocked, ports, lines, numbers)
    nodes = (
        NodeProgram(
            name=node.name,
            index=numbers[LSRS][node.name],
            role=node.role,
            router_id=node.router_id,
            adjacencies=ports.adjacencies[node.name],
            circuits=circuits.get(node.name, ()),
            ilm=tuple(sorted(ilm[node.name], key=lambda entry: entry.label)),
            ftn=tuple(sorted(ftn[node.name], key=lambda entry: entry.egress)),
            vrfs=of_node[node.name].vrfs,
            vsis=of_node[node.name].vsis,
            position=node.position,
            provider=node.provider,
        )
        for node in network.provider.nodes
    )
    program = _program(network, down, nodes)
    return Compilation(program, tunnels, path_numbers, services, state, tables)


def _numbers(network: Network, previous: Program | None, services: Services) -> Numbers:
    before = numbers_in(previous, services) if previous is not None else NO_NUMBERS
    return number_network(network, before, services)


def _program(network: Network, down: frozenset[str], nodes: Iterable[NodeProgram]) -> Program:
    return Program(
        lab=network.name,
        ttl_mode=network.provider.ttl_mode,
        null_label=network.provider.null_label,
        nodes=tuple(sorted(nodes, key=lambda node: node.name)),
        links=_links(network, down),
        vpns=tuple(VpnInfo(vpn.name, vpn.kind, vpn.customer, hubs_of(vpn)) for vpn in network.vpns),
    )


@dataclass(frozen=True, slots=True)
class Tunnels:
    """The LSPs to each egress PE that is needed, the PEs that need it, and all paths."""

    lsps: Mapping[str, lsp.Lsps]
    ingresses: Mapping[str, tuple[str, ...]]
    paths: ShortestPaths

    def reach(self, ingress: str, egress: str) -> bool:
        """Whether an LSP leads from `ingress` to `egress`."""
        return egress in self.lsps and ingress in self.lsps[egress].tree

    def metric(self, ingress: str, egress: str) -> int:
        """Return the metric of the path from `ingress` to `egress`."""
        return self.paths.metric(ingress, egress)


def _check_names(network: Network, down: frozenset[str]) -> None:
    known = {link.name for link in network.provider.links}
    known.update(site.circuit for _, site in network.lines())
    if unknown := sorted(down - known):
        raise LabError(
            f"{unknown[0]!r} is neither a link nor an attachment circuit of lab {network.name!r}",
            remedy="write a link's name, like dk-p1, or a circuit's, like VPN/SITE",
        )


def _tunnels(
    network: Network, down: frozenset[str], services: Services
) -> tuple[Tunnels, lsp.PathNumbers]:
    """Find the paths between PEs that exchange a VPN's traffic, and no others."""
    needed: dict[str, set[str]] = {}
    for compiler in services.compilers:
        for ingress, egress in compiler.tunnels():
            needed.setdefault(egress, set()).add(ingress)
    ingresses = {egress: tuple(sorted(needed[egress])) for egress in sorted(needed)}
    paths = ShortestPaths(network.provider, down)
    numbers = lsp.PathNumbers()
    null_label = network.provider.null_label
    found = {
        egress: lsp.lsps(egress, paths.tree(egress, wanting), null_label, numbers)
        for egress, wanting in ingresses.items()
    }
    return Tunnels(found, ingresses, paths), numbers


def _bindings_of(previous: Program | None, numbers: lsp.PathNumbers) -> dict[str, Bindings]:
    """Read back what the previous program's labels are bound to."""
    if previous is None:
        return {}
    paths = lsp.paths_of(previous, numbers)
    found: dict[str, Bindings] = {}
    for node in previous.nodes:
        bound: dict[BindingKey, Label] = {
            LspKey(path): label for path, label in paths[node.name].items()
        }
        for entry in node.ilm:
            match entry.action:
                case PopToVrf(vrf, ip_version):
                    bound[VrfKey(vrf, ip_version)] = entry.label
                case PopToPseudowire(vsi, peer, leaf):
                    bound[PseudowireKey(vsi, peer, leaf)] = entry.label
                case SwapToAsbr() | SwapToPe():
                    key = border_key(previous, node, entry.action)
                    if key is not None:
                        bound[key] = entry.label
                case Forward() | PopAndLookUp():
                    pass  # bound to a path (see above), or a null label, bound to nothing
                case _:
                    assert_never(entry.action)
        found[node.name] = Bindings(bound, frozenset(node.ilm_by_label))
    return found


def _bind(
    network: Network, tunnels: Tunnels, services: Services, before: Mapping[str, Bindings]
) -> Labels:
    """Bind every LSR's labels: those of services first, then paths by their egress."""
    of_services: dict[str, list[ServiceKey]] = {node.name: [] for node in network.provider.nodes}
    for service in services:
        of_services[service.pe] += services[service].label_keys(service, tunnels.reach)
    paths: dict[str, list[BindingKey]] = {name: [] for name in of_services}
    for lsps in tunnels.lsps.values():
        for node, path in lsps.transit:
            paths[node].append(LspKey(path))
    ranges = network.provider.label_ranges
    return {
        name: allocate(
            name,
            ranges[name],
            [*sorted(keys, key=allocation_order), *paths[name]],
            before.get(name, Bindings()),
        )
        for name, keys in of_services.items()
    }


def _by_pe(network: Network, tables: Mapping[Service, ServiceTables]) -> dict[str, ServiceTables]:
    found: dict[str, list[ServiceTables]] = {node.name: [] for node in network.provider.nodes}
    for service, each in tables.items():
        found[service.pe].append(each)
    return {pe: ServiceTables.merged(parts) for pe, parts in found.items()}


def _lfib(
    network: Network, tunnels: Tunnels, labels: Labels
) -> tuple[dict[str, list[IlmEntry]], dict[str, list[FtnEntry]]]:
    """Build each LSR's ILM and FTN entries of the LSPs."""
    null_label = network.provider.null_label
    mtus = network.provider.link_mtus
    limits = size_limits(network)
    ilm: dict[str, list[IlmEntry]] = {node.name: [] for node in network.provider.nodes}
    ftn: dict[str, list[FtnEntry]] = {name: [] for name in ilm}
    for egress, lsps in tunnels.lsps.items():
        for node, ilm_entry in lsp.ilm_entries(lsps, null_label, labels):
            ilm[node].append(ilm_entry)
        ingresses = tunnels.ingresses[egress]
        most = limits.get(egress)
        for node, ftn_entry in lsp.ftn_entries(lsps, ingresses, null_label, labels, mtus, most):
            ftn[node].append(ftn_entry)
        if null_label is NullLabel.EXPLICIT and lsps.tree:
            ilm[egress].append(IlmEntry(IPV4_EXPLICIT_NULL, PopAndLookUp()))
    return ilm, ftn


def _circuits(
    network: Network,
    down: frozenset[str],
    blocked: Container[str],
    ports: Ports,
    lines: LineStates,
    numbers: Numbers,
) -> dict[str, tuple[AttachmentCircuit, ...]]:
    """Build each PE's attachment circuits, by port."""
    found: dict[str, list[AttachmentCircuit]] = {}
    routes = ce_routes(network)
    for vpn, site in network.lines():
        circuit = AttachmentCircuit(
            name=site.circuit,
            vpn=vpn.name,
            port=ports.circuits[site.circuit],
            up=site.circuit not in blocked,
            gateways=site.gateways if site.ce is None else site.ce.pe_wan,
            hosts=site.hosts,
            ce=_ce(site, routes.get(site.full_name, ())),
            mtu=site.mtu,
            strict_urpf=site.strict_urpf,
            rate_bps=site.rate_bps,
            dhcp_servers=site.dhcp_servers,
            behind=site.behind,
            leaf=isinstance(vpn, Vpls) and vpn.topology.is_leaf(site.name),
            blocked=site.circuit in blocked,
            tags=site.vlan,
            line=shared_port(site, numbers),
            shares_load=site.shares_load,
        )
        found.setdefault(site.pe, []).append(lines.on(circuit, site, down))
    for pe, circuit in border_circuits(network, down, numbers):
        found.setdefault(pe, []).append(circuit)
    return {pe: tuple(sorted(all_, key=lambda each: each.port)) for pe, all_ in found.items()}


def _ce(site: Site, routes: tuple[CeRoute, ...]) -> Ce | None:
    if site.ce is None:
        return None
    wan = tuple(interface.ip for interface in site.ce.wan)
    return Ce(wan, site.ce.mac, site.gateways, site.ce.lan_mac, routes, site.ce.masquerades)


def _links(network: Network, down: frozenset[str]) -> tuple[CoreLink, ...]:
    links = sorted(network.provider.links, key=lambda link: link.name)
    return tuple(
        CoreLink(
            name=link.name,
            ends=link.ends,
            bandwidth_bps=link.bandwidth_bps,
            delay_ms=link.delay_ms,
            metric=link.metric,
            up=link.name not in down,
            mtu=link.mtu,
            metric_back=link.metric_back,
            border=link.border,
            loss_percent=link.loss_percent,
            jitter_ms=link.jitter_ms,
        )
        for link in links
    )
