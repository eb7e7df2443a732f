"""L3VPNs: every packet from every circuit of every VRF ends where it should."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.limits import Limits
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPAddress, Site
from mplsemu.program.class_boundaries import source_spans
from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY
from mplsemu.program.martians import LINK_LOCAL
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Dropped, Punted, Walk
from mplsemu.program.program import Program
from mplsemu.program.walk import Walker
from mplsemu.verification.address_classes import (
    AddressClass,
    Boundaries,
    BoundaryCache,
    boundaries_of,
    classes,
    merged,
)
from mplsemu.verification.address_plan import (
    AddressPlan,
    AddressPlans,
    ExpectedEnd,
    ToGateway,
    ToHost,
    ToNobody,
)
from mplsemu.verification.borders import exit_problems
from mplsemu.verification.hub_transit import transit_problem
from mplsemu.verification.nat import nat_problem
from mplsemu.verification.problems import (
    PROBE_TTL,
    Problem,
    describe_end,
    end_problem,
    intended_circuit,
    share_problems,
    stack_problems,
    ttl_problem,
)
from mplsemu.verification.relays import check_relays
from mplsemu.verification.source_checks import Kinds, check_sources, own_source
from mplsemu.verification.tunnel_sizes import TunnelSizes
from mplsemu.verification.verdict import Findings, Invariant, Progress, Violation, tables_of
from mplsemu.wire.ethernet import BROADCAST_MAC

UNKNOWN_MAC: Final = "02:ff:ff:ff:ff:fe"
"""An address that no station has."""
_SOMEBODY_ELSE: Final = "02:ff:ff:ff:ff:fd"
_RANKS: Final[dict[type, int]] = {ToHost: 0, ToGateway: 1}
_WORST_RANK: Final = 2
_VrfKey = tuple[str, str]
"""A VRF as it should be: PE and name."""


@dataclass(slots=True)
class _Group:
    """Address classes that fail in the same way, and the packet that shows it best."""

    problem: Problem
    rank: int
    address: IPAddress
    walk: Walk
    classes: list[AddressClass] = field(default_factory=list)
    targets: set[str] = field(default_factory=set)


class L3vpnChecker:
    """Verifies the L3VPNs of one program.

    Args:
        walker: of the program.
        network: what it is for.
        limits: of the data plane.
        whole: with sites that are exempt; None: as `network`.
    """

    def __init__(
        self, walker: Walker, network: Network, limits: Limits, whole: Network | None = None
    ) -> None:
        self._program = program = walker.program
        self._mode = network.provider.ttl_mode
        self._limits = limits
        self._walker = walker
        self._sizes = TunnelSizes(program, walker.down)
        self._tables = BoundaryCache(program)
        self._plans = AddressPlans(network, what_is_down(program), whole)
        self._sites = {line.circuit: line for _, line in network.lines()}

    def check(self, vpn: L3vpn, progress: Progress | None = None) -> Findings:  # noqa: ARG002
        """Verify one VPN."""
        run = _Run()
        plans: dict[_VrfKey, AddressPlan] = {}
        entries: dict[tuple[_VrfKey, str], list[Site]] = {}
        for site in vpn.sites:
            key = site.pe, vpn.policy(site.name).name
            if key not in plans:
                plans[key] = self._plans.at(site)
            vrf = self._entry(run, site, plans[key])
            if vrf is not None:
                entries.setdefault((key, vrf), []).append(site)
        for site in (each for sites in entries.values() for each in sites):
            self._check_relays(run, site)
        for (key, vrf), sites in entries.items():
            self._check_frames(run, sites, plans[key])
            self._check_addresses(run, vpn, sites, plans[key], vrf)
        run.violations += exit_problems(self._program, vpn, self._plans.within, self._plans.down)
        return Findings(tuple(run.violations), run.classes, run.walks, frozenset(run.tables))

    def _entry(self, run: _Run, site: Site, plan: AddressPlan) -> str | None:
        """Return the VRF that packets from a circuit enter: the one that answers for fe80::1."""
        others = tuple(each.circuit for each in plan.sites if each.circuit != site.circuit)
        if not is_attached(self._program, site):
            detail = f"{site.circuit} is down or not at {site.pe}: its hosts are cut off"
            run.violations.append(cut_off(site, detail, others))
            return None
        packet = _packet_to(site, LINK_LOCAL_GATEWAY, plan)
        walk = run.follow(self._walker, site, packet)
        end = walk.ends[0]
        if isinstance(end, Punted) and end.node == site.pe:
            return end.vrf
        detail = f"{site.circuit} comes into no VRF: {describe_end(end)}"
        run.violations.append(cut_off(site, detail, others, packet, walk))
        return None

    def _check_relays(self, run: _Run, site: Site) -> None:
        """Send the requests of a DHCP relay agent, and the servers' answers."""
        for found in check_relays(self._walker, site):
            run.walks += len(found.walks)
            run.classes += len(found.walks)
            for walk in found.walks:
                run.tables.update(tables_of(walk))
            if found.problem is not None:
                detail = f"the DHCP server {found.server} of {site.circuit} is {found.problem}"
                sources = (site.circuit,)
                run.violations.append(Violation(Invariant.REACH, site.vpn, detail, sources=sources))

    def _check_frames(self, run: _Run, sites: list[Site], plan: AddressPlan) -> None:
        """Send frames that no router accepts: tagged, without IP, for another MAC address."""
        (site, *_) = sites
        ip = _packet_to(site, LINK_LOCAL_GATEWAY, plan).ip
        for packet, kind in (
            (Packet(UNKNOWN_MAC, GATEWAY_MAC, ip, vlans=(1,)), "tagged frames"),
            (Packet(UNKNOWN_MAC, GATEWAY_MAC), "frames without IP"),
            (Packet(UNKNOWN_MAC, _SOMEBODY_ELSE, ip), "frames for another MAC address"),
            (Packet(UNKNOWN_MAC, BROADCAST_MAC, ip), "broadcasts"),
        ):
            walk = run.follow(self._walker, site, packet)
            run.classes += 1
            for number, end in enumerate(walk.ends):
                if isinstance(end, Dropped):
                    continue
                run.violations.append(
                    Violation(
                        invariant=Invariant.ISOLATE,
                        subject=site.vpn,
                        detail=f"from {site.pe}, {kind} should get nowhere: {describe_end(end)}",
                        circuit=site.circuit,
                        packet=packet,
                        walk=walk,
                        branch=number,
                        stands_for=(kind,),
                        sources=tuple(each.circuit for each in sites),
                    )
                )

    def _check_addresses(
        self, run: _Run, vpn: L3vpn, sites: list[Site], plan: AddressPlan, vrf: str
    ) -> None:
        """Send to every class of addresses; report equal failures together."""
        visible = {each.circuit for each in plan.sites}
        extra = 1 if any(each.ce for each in sites) else 0
        groups: dict[tuple[object, ...], _Group] = {}
        kinds: dict[tuple[int, type[ExpectedEnd], bool], IPAddress] = {}
        (pe, *_) = (each.pe for each in sites)
        boundaries = _joined(boundaries_of(plan.spans()), self._tables.boundaries(pe, vrf))
        senders = {version: _sender(sites, version, plan) for version in boundaries}

        def follow(address: IPAddress) -> Walk:
            site = senders[address.version]
            return run.follow(self._walker, site, _packet_to(site, address, plan))

        for each, walk in classes(boundaries, self._tables, follow):
            run.classes += 1
            site = senders[each.version]
            expected = plan.of(each.version, each.first)
            if _is_mute(site, each.representative, plan):
                expected = ToNobody()
            key = each.version, type(expected), _is_at_hand(expected, plan)
            kinds.setdefault(key, each.representative)
            for variant in walk.variants():
                due = intended_circuit(expected)
                past = transit_problem(self._program, vpn, site, variant, due, each.version)
                problems = self._problems(variant, expected, visible, extra)
                packet = _packet_to(site, each.representative, plan)
                masked = nat_problem(self._sites, variant, packet.ip) if packet.ip else None
                found = (each for each in (past, masked) if each is not None)
                for problem in (*problems, *found):
                    _gather(groups, problem, each, variant, expected)
            for problem in share_problems(walk.ends, expected):
                _gather(groups, problem, each, walk, expected)
        circuits = tuple(each.circuit for each in sites)
        for group in groups.values():
            site = senders[group.address.version]
            run.violations.append(_violation(site, group, circuits, plan))
        for site in dict.fromkeys((sites[0], *(each for each in sites if each.strict_urpf))):
            self._check_sources(run, site, plan, kinds, vrf)

    def _check_sources(
        self, run: _Run, site: Site, plan: AddressPlan, kinds: Kinds, vrf: str
    ) -> None:
        """Send from every class of source addresses."""
        node = self._program.node(site.pe)
        table = node.vrf_by_name.get(vrf)
        spans = source_spans(node, table, site.circuit) if table and site.strict_urpf else ()

        def send(site: Site, source: IPAddress | None, address: IPAddress) -> tuple[Packet, Walk]:
            packet = _packet_to(site, address, plan)
            if source is not None:
                packet = replace(packet, ip=IpHeader(source, address, PROBE_TTL))
            return packet, run.follow(self._walker, site, packet)

        for count, violations in check_sources(site, plan, kinds, send, spans):
            run.classes += count
            run.violations += violations

    def _problems(
        self, walk: Walk, expected: ExpectedEnd, visible: set[str], extra: int
    ) -> Iterator[Problem]:
        problem = end_problem(walk, expected, visible)
        if problem is not None:
            yield problem
            return
        if not isinstance(walk.ends[0], Dropped):
            short = ttl_problem(self._mode, walk.branches[0], extra)
            if short is not None:
                yield short
        yield from stack_problems(walk, self._limits)
        yield from self._sizes.problems(walk)


@dataclass(slots=True)
class _Run:
    """The state of the verification of one VPN."""

    violations: list[Violation] = field(default_factory=list)
    classes: int = 0
    walks: int = 0
    tables: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, walker: Walker, site: Site, packet: Packet) -> Walk:
        """Follow a packet from a site, and count it."""
        self.walks += 1
        walk = walker.walk(site.circuit, packet)
        self.tables.update(tables_of(walk))
        return walk


def is_attached(program: Program, site: Site) -> bool:
    """Whether a site's circuit is at its PE, and up."""
    node = program.node_of_circuit.get(site.circuit)
    if node is None or node.name != site.pe:
        return False
    return node.circuit_by_name[site.circuit].up


def cut_off(
    site: Site,
    detail: str,
    others: tuple[str, ...],
    packet: Packet | None = None,
    walk: Walk | None = None,
) -> Violation:
    """Return the violation that a site cannot send to the others."""
    return Violation(
        invariant=Invariant.REACH,
        subject=site.vpn,
        detail=detail,
        circuit=site.circuit if packet else None,
        packet=packet,
        walk=walk,
        stands_for=("everything",),
        sources=(site.circuit,),
        targets=others,
    )


def what_is_down(program: Program) -> frozenset[str]:
    """Return the names of the links and circuits that are down."""
    links = (link.name for link in program.links if not link.up)
    circuits = (
        circuit.name for node in program.nodes for circuit in node.circuits if not circuit.up
    )
    return frozenset((*links, *circuits))


def _sender(sites: list[Site], version: int, plan: AddressPlan) -> Site:
    """Return a site whose packets are accepted: one with a valid source of this IP version."""
    open_ones = (each for each in sites if not each.strict_urpf)
    able = (each for each in sites if own_source(each, version, plan) is not None)
    return next(open_ones, None) or next(able, sites[0])


def _is_mute(site: Site, address: IPAddress, plan: AddressPlan) -> bool:
    """Whether the PE drops all that a site sends to an address: it has no valid source for it."""
    has_source = address in LINK_LOCAL or own_source(site, address.version, plan) is not None
    return site.strict_urpf and not has_source


def _is_at_hand(expected: ExpectedEnd, plan: AddressPlan) -> bool:
    """Whether the gateway that answers is in the VRF that the plan is for."""
    if not isinstance(expected, ToGateway) or expected.pe != plan.pe:
        return False
    return expected.circuit is None or expected.circuit in plan.near


def _joined(first: Boundaries, second: Boundaries) -> Boundaries:
    return {version: tuple(sorted({*first[version], *second[version]})) for version in first}


def _packet_to(site: Site, address: IPAddress, plan: AddressPlan) -> Packet:
    """Return a packet from a site, from an address of its own if it has one."""
    own = own_source(site, address.version, plan)
    mac = site.ce.mac if site.ce else site.hosts[0].mac if site.hosts else UNKNOWN_MAC
    return Packet(mac, GATEWAY_MAC, IpHeader(own or address, address, PROBE_TTL))


def _gather(
    groups: dict[tuple[object, ...], _Group],
    problem: Problem,
    each: AddressClass,
    walk: Walk,
    expected: ExpectedEnd,
) -> None:
    """Add a class to the group of equal failures; a packet to a host shows it best."""
    rank = _RANKS.get(type(expected), _WORST_RANK)
    key = (problem.invariant, each.version, *problem.cause)
    group = groups.get(key)
    if group is None:
        group = groups[key] = _Group(problem, rank, each.representative, walk)
    elif rank < group.rank:
        group.problem, group.rank = problem, rank
        group.address, group.walk = each.representative, walk
    group.classes.append(each)
    target = intended_circuit(expected)
    if target is not None:
        group.targets.add(target)


def _violation(site: Site, group: _Group, sources: Iterable[str], plan: AddressPlan) -> Violation:
    return Violation(
        invariant=group.problem.invariant,
        subject=site.vpn,
        detail=f"from {site.pe} to {group.address}: {group.problem.detail}",
        circuit=site.circuit,
        packet=_packet_to(site, group.address, plan),
        walk=group.walk,
        branch=group.problem.branch,
        stands_for=tuple(map(str, merged(group.classes))),
        sources=tuple(sources),
        targets=tuple(sorted(group.targets)),
    )
