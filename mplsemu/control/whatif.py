"""The program after further failures: only what they affect is recompiled.

If no LSP uses a failed link, only the link's state changes. Otherwise LSPs are recomputed only to
egresses whose paths used it: a shortest path that does not use the link stays the shortest without
it, and tie-breaking selects the same paths, since they are all still there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from mplsemu.control import lsp
from mplsemu.control.borders import size_limits
from mplsemu.control.compile import Compilation, compile_stages
from mplsemu.control.homing import line_states
from mplsemu.control.labels import BindingKey, Bindings, LspKey, allocate
from mplsemu.control.paths import ShortestPaths
from mplsemu.control.services import Service, ServiceTables
from mplsemu.model.labels import IPV4_EXPLICIT_NULL, Label
from mplsemu.model.network import Network
from mplsemu.model.vpn import Site
from mplsemu.program.entries import FtnEntry, IlmEntry
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit


@dataclass(frozen=True, slots=True)
class _Base:
    """A network, its program before any failure, and an index of what depends on what.

    Attributes:
        network: the lab.
        down: what is down to begin with.
        stages: the program, and how it was made.
        egresses_over: by link: the egresses of the LSPs over it.
        users_of: by tunnel (ingress, egress): the services that send over it.
        services_with: by circuit: the services that depend on it.
        lines_of: by circuit: the dual-homed site that it is a line of.
        measured_by: by tunnel: the services to which its metric matters.
    """

    network: Network
    down: frozenset[str]
    stages: Compilation
    egresses_over: dict[str, set[str]] = field(default_factory=dict)
    users_of: dict[tuple[str, str], list[Service]] = field(default_factory=dict)
    services_with: dict[str, list[Service]] = field(default_factory=dict)
    lines_of: dict[str, Site] = field(default_factory=dict)
    measured_by: dict[tuple[str, str], list[Service]] = field(default_factory=dict)

    @property
    def program(self) -> Program:
        return self.stages.program


class WhatIf:
    """Computes programs of one network after failures.

    Args:
        network: the lab.
        down: what is down to begin with.
    """

    def __init__(self, network: Network, down: frozenset[str] = frozenset()) -> None:
        self._base = _Base(network, down, compile_stages(network, down))
        for egress, lsps in self._base.stages.tunnels.lsps.items():
            for hops in lsps.tree.values():
                for hop in hops:
                    self._base.egresses_over.setdefault(hop.link, set()).add(egress)
        self._index_services()
        homed = (line for _, line in network.lines() if line.homes)
        self._base.lines_of.update((line.circuit, line) for line in homed)

    @property
    def base(self) -> Program:
        """The program before the failures."""
        return self._base.program

    def _index_services(self) -> None:
        """Index the services by the tunnels they use and the circuits they depend on."""
        stages, users, knowing = self._base.stages, self._base.users_of, self._base.services_with
        for service, tables in stages.tables.items():
            found = stages.services[service].dependencies(tables)
            for egress in found.egresses:
                users.setdefault((service.pe, egress), []).append(service)
            for egress in found.measured:
                self._base.measured_by.setdefault((service.pe, egress), []).append(service)
            for tunnel in found.elsewhere:
                users.setdefault(tunnel, []).append(service)
            for circuit in found.circuits:
                knowing.setdefault(circuit, []).append(service)

    def after(self, failed: frozenset[str]) -> Program:
        """Return the program after these links and circuits fail, too.

        Equal to `compile_program` with them down and the base as previous program; LSRs and
        services that the failure does not affect are the same objects.

        Raises:
            LabelSpaceError: an LSR needs more labels than the provider's range has.
        """
        return _Failure(self._base, failed).program()


class _Failure:
    """One computation of `WhatIf.after`."""

    def __init__(self, base: _Base, failed: frozenset[str]) -> None:
        self._of = base
        self._provider = base.network.provider
        self._failed = failed
        self._down = base.down | failed
        self._stages = base.stages
        self._lines = line_states(base.network, self._down) if base.lines_of else None
        over = base.egresses_over
        self._egresses = sorted({each for link in failed for each in over.get(link, ())})
        self._paths = ShortestPaths(self._provider, self._down) if self._egresses else None
        self._lsps = self._new_lsps()
        self._changed: dict[str, NodeProgram] = {}

    def program(self) -> Program:
        """Return the new program."""
        base = self._of.program
        services = self._services()
        ilm, ftn = self._entries()
        circuits = {
            base.node_of_circuit[name].name for name in (*self._circuits_down(), *self._moved())
        }
        circuits.update(self._ends_of_borders())
        for name in {*ilm, *ftn, *services, *circuits, *self._ends_of_nothing()}:
            node = base.node(name)
            tables = self._tables(node, services.get(name, {}))
            changed = replace(
                node,
                ilm=self._ilm(node, ilm.get(name, ()), services.get(name, {})),
                ftn=self._ftn(node, ftn.get(name, ())),
                vrfs=tables.vrfs,
                vsis=tables.vsis,
                circuits=self._circuits(node) if name in circuits else node.circuits,
            )
            if changed != node:
                self._changed[name] = changed
        return replace(
            base,
            nodes=tuple(self._changed.get(node.name, node) for node in base.nodes),
            links=tuple(
                replace(link, up=False) if link.name in self._failed else link
                for link in base.links
            ),
        )

    def _circuits(self, node: NodeProgram) -> tuple[AttachmentCircuit, ...]:
        found = []
        for each in node.circuits:
            line = self._of.lines_of.get(each.name)
            if line is not None and self._lines is not None:
                whole = replace(each, up=True, standby=False, hosts=line.hosts)
                found.append(self._lines.on(whole, line, self._down))
            else:
                cable = each.name if each.border is None else each.border.link
                found.append(replace(each, up=False) if cable in self._failed else each)
        return tuple(found)

    def _ends_of_borders(self) -> Iterator[str]:
        """Yield the ASBRs whose circuits to other providers are down."""
        for name in self._failed & self._of.program.link_by_name.keys():
            link = self._of.program.link_by_name[name]
            if link.border is not None:
                yield from link.ends

    def _moved(self) -> Iterator[str]:
        """Yield the circuits of dual-homed sites that other lines lead to now."""
        if self._lines is None:
            return
        before = self._stages.state.lines.active
        for name, active in self._lines.active.items():
            if active != before[name]:
                yield from (line.circuit for line in active[0].lines)

    def _circuits_down(self) -> list[str]:
        return [name for name in self._failed if name in self._of.program.node_of_circuit]

    def _ends_of_nothing(self) -> Iterator[str]:
        """Yield the egresses without any LSP now: they drop their explicit null entry."""
        return (egress for egress in self._egresses if not self._lsps[egress].tree)

    # LSPs ----------------------------------------------------------------------------------------

    def _new_lsps(self) -> dict[str, lsp.Lsps]:
        """Recompute the LSPs to egresses whose paths used what failed."""
        paths = self._paths
        if paths is None:
            return {}
        numbers = self._stages.path_numbers.copy()
        ingresses = self._stages.tunnels.ingresses
        return {
            egress: lsp.lsps(
                egress,
                paths.tree(egress, ingresses[egress]),
                self._provider.null_label,
                numbers,
            )
            for egress in self._egresses
        }

    def _reaches(self, ingress: str, egress: str) -> bool:
        found = self._lsps.get(egress)
        if found is None:
            return self._stages.tunnels.reach(ingress, egress)
        return ingress in found.tree

    def _metric(self, ingress: str, egress: str) -> int:
        if self._paths is not None and egress in self._lsps:
            return self._paths.metric(ingress, egress)
        return self._stages.tunnels.metric(ingress, egress)

    def _entries(self) -> tuple[dict[str, list[IlmEntry]], dict[str, list[FtnEntry]]]:
        """Return the new label and tunnel entries towards those egresses, by LSR.

        LSRs that lose all of theirs are included, with none.
        """
        labels = self._labels()
        null_label = self._provider.null_label
        mtus = self._provider.link_mtus
        limits = size_limits(self._of.network)
        ilm: dict[str, list[IlmEntry]] = {}
        ftn: dict[str, list[FtnEntry]] = {}
        for egress in self._egresses:
            tunnels = self._stages.tunnels
            for name, _ in tunnels.lsps[egress].transit:
                ilm.setdefault(name, [])
            for name in tunnels.ingresses[egress]:
                ftn.setdefault(name, [])
            lsps = self._lsps[egress]
            for name, ilm_entry in lsp.ilm_entries(lsps, null_label, labels):
                ilm.setdefault(name, []).append(ilm_entry)
            ingresses = tunnels.ingresses[egress]
            entries = lsp.ftn_entries(lsps, ingresses, null_label, labels, mtus, limits.get(egress))
            for name, ftn_entry in entries:
                ftn[name].append(ftn_entry)
        return ilm, ftn

    def _labels(self) -> dict[str, dict[BindingKey, Label]]:
        """Bind labels to the new paths; a path that was bound keeps its label."""
        keys: dict[str, list[BindingKey]] = {}
        for egress in self._egresses:
            for node, path in self._lsps[egress].transit:
                keys.setdefault(node, []).append(LspKey(path))
        base, before = self._of.program, self._stages.state.labels
        ranges = self._provider.label_ranges
        return {
            name: allocate(
                name,
                ranges[name],
                wanted,
                Bindings(before[name], base.node(name).ilm_by_label.keys()),
            )
            for name, wanted in keys.items()
        }

    def _ilm(
        self, node: NodeProgram, new: Iterable[IlmEntry], services: Mapping[Service, ServiceTables]
    ) -> tuple[IlmEntry, ...]:
        """Return an LSR's ILM with the new entries and without stale ones."""
        stale: set[IlmEntry] = set()
        for service, tables in services.items():
            compiler = self._stages.services[service]
            before = compiler.ilm(self._stages.tables[service])
            stale |= {*before} - {*compiler.ilm(tables)}
        kept = []
        for entry in node.ilm:
            if entry.label == IPV4_EXPLICIT_NULL:
                if node.name in self._lsps and not self._lsps[node.name].tree:
                    continue
            elif entry in stale or entry.egress in self._lsps:
                continue
            kept.append(entry)
        return tuple(sorted((*kept, *new), key=lambda entry: entry.label))

    def _ftn(self, node: NodeProgram, new: Iterable[FtnEntry]) -> tuple[FtnEntry, ...]:
        kept = (entry for entry in node.ftn if entry.egress not in self._lsps)
        return tuple(sorted((*kept, *new), key=lambda entry: entry.egress))

    # Services ------------------------------------------------------------------------------------

    def _services(self) -> dict[str, dict[Service, ServiceTables]]:
        """Recompile the services that lose a PE or a site, by PE."""
        affected: set[Service] = set()
        for egress, lsps in self._lsps.items():
            for ingress in self._stages.tunnels.ingresses[egress]:
                affected.update(self._of.measured_by.get((ingress, egress), ()))
                if ingress not in lsps.tree:
                    affected.update(self._of.users_of.get((ingress, egress), ()))
        for name in self._failed:  # circuits, and links between providers
            affected.update(self._of.services_with.get(name, ()))
        state = replace(
            self._stages.state, down=self._down, reaches=self._reaches, metric=self._metric
        )
        if self._lines is not None:
            state = replace(state, lines=self._lines)
        if any(self._moved()):  # whoever imports from the site may have other routes now
            affected.update(self._stages.services)
        found: dict[str, dict[Service, ServiceTables]] = {}
        for service in affected:
            tables = self._stages.services[service].tables(service, state)
            found.setdefault(service.pe, {})[service] = tables
        return found

    def _tables(self, node: NodeProgram, new: Mapping[Service, ServiceTables]) -> ServiceTables:
        """Return all tables of a PE."""
        if not new:
            return ServiceTables(node.vrfs, node.vsis)
        names = {service.name for service in new}
        kept = ServiceTables(
            tuple(vrf for vrf in node.vrfs if vrf.name not in names),
            tuple(vsi for vsi in node.vsis if vsi.name not in names),
        )
        return ServiceTables.merged((kept, *new.values()))
