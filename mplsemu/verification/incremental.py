"""Incremental verification: of a program that differs little from a verified one.

The findings about a VPN still hold if the VRFs and VSIs that its packets came through are the same,
their labels are bound to the same, and the tunnels between them are still sound, over whatever
links. This follows from the two programs alone, not from how they were made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.limits import DEFAULT_LIMITS, Limits
from mplsemu.model.names import vpn_of_vrf
from mplsemu.model.network import Network
from mplsemu.program.entries import Forward, IlmEntry, PopAndLookUp
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, ViaPe, ViaVrf
from mplsemu.program.walk import Walker
from mplsemu.verification.conformance import check_conformance
from mplsemu.verification.contested import contested_vpns
from mplsemu.verification.homing import as_attached, check_homing
from mplsemu.verification.import_sources import Sources
from mplsemu.verification.matrix import VpnVerifier, check_vpns, pairs
from mplsemu.verification.structure import check_structure, dangling
from mplsemu.verification.tunnels import Tunnel, TunnelPaths, tunnel_paths
from mplsemu.verification.verdict import Findings, Progress, Verdict, Violation

_Table = tuple[str, str]
"""A VRF or VSI: PE and name."""


@dataclass(slots=True)
class _Difference:
    """What differs between two programs.

    Attributes:
        nodes: LSRs with any difference.
        links: links that went down or came up.
        labels: LSR and label of changed ILM entries that belong to an LSP before or after.
        tunnels: tunnels with a changed FTN entry.
        tables: changed VRFs and VSIs.
        served: LSRs that changed the binding of a VRF's or pseudowire's label.
        sites: VPNs with a changed circuit.
    """

    nodes: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    labels: set[tuple[str, int]] = field(default_factory=set)
    tunnels: set[Tunnel] = field(default_factory=set)
    tables: set[_Table] = field(default_factory=set)
    served: set[str] = field(default_factory=set)
    sites: set[str] = field(default_factory=set)

    @property
    def only_paths(self) -> bool:
        """Whether no service is affected."""
        return not (self.tables or self.served or self.sites)


class IncrementalVerifier:
    """Verifies programs of one network against the verdict on a first one.

    Args:
        network: the lab.
        base: its program, in which nothing is `dangling`.
        limits: of the data plane.
        progress: receives how much of the verdict on the first program is done.
    """

    def __init__(
        self,
        network: Network,
        base: Program,
        limits: Limits = DEFAULT_LIMITS,
        progress: Progress | None = None,
    ) -> None:
        self._network = network
        self._base = base
        self._limits = limits
        self._mode = network.provider.ttl_mode
        self._sources = Sources(vpn for vpn in network.vpns if isinstance(vpn, L3vpn))
        self._findings = check_vpns(base, as_attached(network, base), limits, progress)
        self._structure = tuple(self._structural(base, None))
        self._paths = {
            (node.name, entry.egress): tunnel_paths(base, (node.name, entry.egress))
            for node in base.nodes
            for entry in node.ftn
        }
        self._readers: dict[tuple[str, int], list[Tunnel]] = {}
        self._over: dict[str, list[Tunnel]] = {}
        for tunnel, path in self._paths.items():
            for read in path.reads if path else ():
                self._readers.setdefault(read, []).append(tunnel)
            for (link, _), _ in path.shares if path else ():
                self._over.setdefault(link, []).append(tunnel)
        self._users: dict[Tunnel, set[str]] = {}
        self._through: dict[_Table, set[str]] = {}
        self._served: dict[str, set[str]] = {}
        self._unsound: set[str] = set()
        self._contested = contested_vpns(network)
        for vpn in network.vpns:
            self._index(vpn.name, {*self._findings[vpn.name].tables, *self._own_tables(vpn.name)})

    @property
    def verdict(self) -> Verdict:
        """On the first program."""
        return self._verdict(self._structure, self._findings.values())

    def _own_tables(self, vpn: str) -> Iterator[_Table]:
        for node in self._base.nodes:
            for vrf in node.vrfs_of(vpn):
                yield node.name, vrf.name
            if vpn in node.vsi_by_name:
                yield node.name, vpn

    def _index(self, vpn: str, tables: Collection[_Table]) -> None:
        """Index what the findings about a VPN depend on."""
        for table in _with_imported(self._base, tables):
            self._through.setdefault(table, set()).add(vpn)
            for peer in _peers(self._base, table):
                tunnel = (table[0], peer)
                self._users.setdefault(tunnel, set()).add(vpn)
                self._served.setdefault(peer, set()).add(vpn)
                path = self._paths.get(tunnel)
                if path is None or not path.is_sound(peer, self._mode, self._limits):
                    self._unsound.add(vpn)

    @property
    def tunnels(self) -> Mapping[Tunnel, TunnelPaths | None]:
        """The paths of the tunnels of the first program."""
        return self._paths

    # Verdicts ------------------------------------------------------------------------------------

    def after(
        self, program: Program, lost: Collection[str] = ()
    ) -> tuple[Verdict, Mapping[Tunnel, TunnelPaths | None]]:
        """Return the verdict on another program, and the tunnels whose paths changed.

        Args:
            program: of the same network.
            lost: circuits of sites that are exempt: they need not reach or be reached.
        """
        whole = as_attached(self._network, program)
        network = _without(whole, lost) if lost else whole
        difference = None if self._structure else _difference(self._base, program)
        structure = tuple(self._structural(program, difference))
        if (difference is None or not difference.only_paths) and any(dangling(program)):
            return self._verdict(structure, ()), {}  # no packet can be followed
        paths = self._new_paths(program, difference)
        findings = dict(self._findings)
        concerned = self._concerned(difference, paths, lost)
        if concerned:
            verifier = VpnVerifier(Walker(program), network, self._limits, whole)
            for vpn in network.vpns:
                if vpn.name in concerned:
                    findings[vpn.name] = verifier.check(vpn)
        moved = {tunnel: path for tunnel, path in paths.items() if path != self._paths.get(tunnel)}
        named = [findings[vpn.name] for vpn in network.vpns if vpn.name in findings]
        return self._verdict(structure, named), moved

    def _structural(self, program: Program, difference: _Difference | None) -> Iterator[Violation]:
        """Yield structural violations, only of the LSRs that may have new ones."""
        labels = self._network.provider.label_ranges
        if difference is not None and difference.only_paths:
            near = _with_neighbours(program, difference)
            yield from check_structure(program, labels, self._limits, near)
            return
        yield from check_conformance(program, self._network)
        yield from check_homing(program, self._network)
        broken = tuple(dangling(program))
        yield from broken or check_structure(program, labels, self._limits)

    def _new_paths(
        self, program: Program, difference: _Difference | None
    ) -> dict[Tunnel, TunnelPaths | None]:
        """Follow the tunnels whose paths may have changed."""
        if difference is None:
            begun = {(node.name, entry.egress) for node in program.nodes for entry in node.ftn}
            touched = begun | self._paths.keys()
        else:
            touched = set(difference.tunnels)
            for link in difference.links:
                touched.update(self._over.get(link, ()))
            for label in difference.labels:
                touched.update(self._readers.get(label, ()))
        return {tunnel: tunnel_paths(program, tunnel) for tunnel in sorted(touched)}

    def _concerned(
        self,
        difference: _Difference | None,
        paths: Mapping[Tunnel, TunnelPaths | None],
        lost: Collection[str],
    ) -> set[str]:
        """Return the VPNs whose findings may have changed."""
        if difference is None:
            return set(self._findings)
        found = self._unsound | difference.sites | self._importers(lost)
        if difference.links or difference.sites:  # which site should get a packet may differ
            found |= self._contested
        for table in difference.tables:
            found |= self._through.get(table, set())
            found.add(vpn_of_vrf(table[1]))
        for node in difference.served:
            found |= self._served.get(node, set())
        for tunnel, path in paths.items():
            if path is None or not path.is_sound(tunnel[1], self._mode, self._limits):
                found |= self._users.get(tunnel, set())
        return found

    def _importers(self, lost: Collection[str]) -> set[str]:
        """Return the VPNs that own one of these circuits or import from its owner."""
        if not lost:
            return set()
        owners = {vpn.name for vpn, line in self._network.lines() if line.circuit in lost}
        return {
            vpn.name
            for vpn in self._network.vpns
            if vpn.name in owners
            or (
                isinstance(vpn, L3vpn)
                and any(source.name in owners for source in self._sources.of(vpn))
            )
        }

    def _verdict(self, structure: Iterable[Violation], findings: Iterable[Findings]) -> Verdict:
        findings = tuple(findings)
        return Verdict(
            violations=(*structure, *(each for found in findings for each in found.violations)),
            pairs=pairs(self._network),
            walks=sum(found.walks for found in findings),
            ingresses=sum(1 for _ in self._network.sites()),
            classes=sum(found.classes for found in findings),
        )


def _without(network: Network, lost: Collection[str]) -> Network:
    """Return the network without some sites; their VPNs stay."""
    vpns = tuple(
        replace(vpn, sites=tuple(site for site in vpn.sites if site.circuit not in lost))  # type: ignore[arg-type]
        for vpn in network.vpns
    )
    return replace(network, vpns=vpns)


def _with_imported(program: Program, tables: Iterable[_Table]) -> set[_Table]:
    """Return VRFs and VSIs, and the VRFs at the same PEs from which they import."""
    found: set[_Table] = set()
    pending = list(tables)
    while pending:
        table = pending.pop()
        if table in found:
            continue
        found.add(table)
        vrf = program.node(table[0]).vrf_by_name.get(table[1])
        paths = (hop for route in vrf.routes for hop in route.next_hops) if vrf else ()
        pending += {(table[0], path.vrf) for path in paths if isinstance(path, ViaVrf)}
    return found


def _peers(program: Program, table: _Table) -> set[str]:
    """Return the PEs that a VRF or VSI sends to."""
    node = program.node(table[0])
    vrf, vsi = node.vrf_by_name.get(table[1]), node.vsi_by_name.get(table[1])
    paths = (hop for route in vrf.routes for hop in route.next_hops) if vrf else ()
    found = {path.egress for path in paths if isinstance(path, ViaPe)}
    return found | ({wire.peer for wire in vsi.pseudowires} if vsi else set())


# Differences -------------------------------------------------------------------------------------


def _difference(old: Program, new: Program) -> _Difference | None:
    """Return what differs; None if too much differs to limit what it affects."""
    if (old.lab, old.ttl_mode, old.null_label, old.vpns) != (
        new.lab,
        new.ttl_mode,
        new.null_label,
        new.vpns,
    ) or [node.name for node in old.nodes] != [node.name for node in new.nodes]:
        return None
    found = _Difference()
    for before, after in zip_longest(old.links, new.links):
        if before is after or before == after:
            continue
        if before is None or after is None or replace(before, up=after.up) != after:
            return None
        found.links.add(after.name)
    for node, changed in zip(old.nodes, new.nodes, strict=True):
        if node is changed:
            continue
        if (node.adjacencies, node.role, node.router_id) != (
            changed.adjacencies,
            changed.role,
            changed.router_id,
        ):
            return None
        found.nodes.add(changed.name)
        _compare(found, node, changed)
    return found


def _compare(found: _Difference, old: NodeProgram, new: NodeProgram) -> None:
    name = new.name
    _compare_labels(found, old, new)
    for egress in old.ftn_by_egress.keys() | new.ftn_by_egress.keys():
        if old.ftn_by_egress.get(egress) != new.ftn_by_egress.get(egress):
            found.tunnels.add((name, egress))
    for vrf in old.vrf_by_name.keys() | new.vrf_by_name.keys():
        if _differ(old.vrf_by_name.get(vrf), new.vrf_by_name.get(vrf)):
            found.tables.add((name, vrf))
            found.sites |= _newly_attached(old, new, vrf)
    for vpn in old.vsi_by_name.keys() | new.vsi_by_name.keys():
        if _differ(old.vsi_by_name.get(vpn), new.vsi_by_name.get(vpn)):
            found.tables.add((name, vpn))
    if _differ(old.circuits, new.circuits):
        for circuit in {*old.circuits} ^ {*new.circuits}:
            found.sites.add(circuit.vpn)
            found.tables |= {(name, each) for each in _tables_of(circuit, old, new)}


def _newly_attached(old: NodeProgram, new: NodeProgram, vrf: str) -> set[str]:
    """Return the VPNs of circuits that are in a VRF of one of two programs only."""
    tables = old.vrf_by_name.get(vrf), new.vrf_by_name.get(vrf)
    before, after = ({*table.circuits} if table else set() for table in tables)
    circuits = {**old.circuit_by_name, **new.circuit_by_name}
    return {circuits[name].vpn for name in before ^ after if name in circuits}


def _tables_of(circuit: AttachmentCircuit, *nodes: NodeProgram) -> set[str]:
    """Return the VRF or VSI of a circuit in each of two programs."""
    vrfs = (node.vrf_of_circuit.get(circuit.name) for node in nodes)
    return {circuit.vpn, *(vrf.name for vrf in vrfs if vrf is not None)}


def _compare_labels(found: _Difference, old: NodeProgram, new: NodeProgram) -> None:
    if old.ilm is new.ilm:
        return
    for label in old.ilm_by_label.keys() | new.ilm_by_label.keys():
        before, after = old.ilm_by_label.get(label), new.ilm_by_label.get(label)
        if _differ(before, after):
            found.labels.add((new.name, label))
            if not (_is_transit(before) and _is_transit(after)):
                found.served.add(new.name)


def _differ(old: object, new: object) -> bool:
    """Whether two values differ; fast if they are the same object."""
    return old is not new and old != new


def _is_transit(entry: IlmEntry | None) -> bool:
    return entry is None or isinstance(entry.action, Forward | PopAndLookUp)


def _with_neighbours(program: Program, difference: _Difference) -> set[str]:
    """Return the LSRs that differ, their neighbours, and the ends of links that differ."""
    found = set(difference.nodes)
    for name in difference.nodes:
        found.update(end.peer for end in program.node(name).adjacencies)
    for link in difference.links:
        found.update(program.link_by_name[link].ends)
    return found
