"""What changed between two forwarding programs, LSR by LSR and table by table."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from mplsemu.program.entries import FtnEntry, IlmEntry
from mplsemu.program.program import Adjacency, CoreLink, NodeProgram, Program
from mplsemu.program.services import AttachmentCircuit, Neighbour, Route, Vrf, Vsi

_Entry = TypeVar("_Entry")


@dataclass(frozen=True, slots=True)
class Changes(Generic[_Entry]):
    """What changed in one table.

    Attributes:
        added: entries whose key is new.
        removed: entries whose key is gone.
        changed: old and new entry under the same key.
    """

    added: tuple[_Entry, ...] = ()
    removed: tuple[_Entry, ...] = ()
    changed: tuple[tuple[_Entry, _Entry], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def __str__(self) -> str:
        counts = (("+", self.added), ("-", self.removed), ("~", self.changed))
        return " ".join(f"{sign}{len(entries)}" for sign, entries in counts if entries)


@dataclass(frozen=True, slots=True)
class InVrf(Generic[_Entry]):
    """An entry of a VRF's table, with the VRF's name."""

    vrf: str
    entry: _Entry


@dataclass(frozen=True, slots=True)
class NodeDiff:
    """What changed at one LSR.

    Attributes:
        node: name of the LSR.
        ilm: by label.
        ftn: by egress.
        vrfs: the VRFs themselves: labels, targets, circuits; without routes and neighbours.
        routes: by VRF and prefix, also those of VRFs that came or went; likewise `neighbours`.
        vsis: by name.
        circuits: by name.
        adjacencies: by link.
    """

    node: str
    ilm: Changes[IlmEntry] = Changes()
    ftn: Changes[FtnEntry] = Changes()
    vrfs: Changes[Vrf] = Changes()
    routes: Changes[InVrf[Route]] = Changes()
    neighbours: Changes[InVrf[Neighbour]] = Changes()
    vsis: Changes[Vsi] = Changes()
    circuits: Changes[AttachmentCircuit] = Changes()
    adjacencies: Changes[Adjacency] = Changes()

    def tables(self) -> Iterator[tuple[str, Changes[Any]]]:
        """Yield the name of each table that changed, and how."""
        for field in fields(self):
            changes = getattr(self, field.name)
            if field.name != "node" and changes:
                yield field.name, changes


@dataclass(frozen=True, slots=True)
class ProgramDiff:
    """What changed in the network.

    Attributes:
        nodes: the LSRs that changed, by name.
        links: by name.
    """

    nodes: tuple[NodeDiff, ...] = ()
    links: Changes[CoreLink] = Changes()

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not self.nodes and not self.links

    def summary(self) -> tuple[str, ...]:
        """Return human-readable lines: one for each link and each LSR that changed."""
        lines = [f"link {link.name}: added" for link in self.links.added]
        lines += [f"link {link.name}: removed" for link in self.links.removed]
        for old, new in self.links.changed:
            state = "changed" if old.up == new.up else "up" if new.up else "down"
            lines.append(f"link {new.name}: {state}")
        for node in self.nodes:
            tables = ", ".join(f"{name} {changes}" for name, changes in node.tables())
            lines.append(f"{node.node}: {tables}")
        return tuple(lines)


def diff_programs(old: Program, new: Program) -> ProgramDiff:
    """Return what has to change at each LSR to get from `old` to `new`."""
    before, after = old.node_by_name, new.node_by_name
    nodes = []
    for name in sorted(before.keys() | after.keys()):
        first, second = before.get(name), after.get(name)
        if first is second or first == second:
            continue
        nodes.append(_diff_node(name, first, second))
    return ProgramDiff(
        nodes=tuple(node for node in nodes if any(node.tables())),
        links=_diff(old.links, new.links, lambda link: link.name),
    )


def _diff_node(name: str, old: NodeProgram | None, new: NodeProgram | None) -> NodeDiff:
    """Compare one LSR; where it is on one side only, everything it has came or went."""

    def table(attribute: str, key: Callable[[Any], Hashable]) -> Changes[Any]:
        return _diff(_entries(old, attribute), _entries(new, attribute), key)

    def in_vrfs(attribute: str, key: Callable[[Any], Hashable]) -> Changes[Any]:
        return _diff(
            _in_vrfs(old, attribute), _in_vrfs(new, attribute), lambda it: (it.vrf, key(it.entry))
        )

    return NodeDiff(
        node=name,
        ilm=table("ilm", lambda entry: entry.label),
        ftn=table("ftn", lambda entry: entry.egress),
        vrfs=_diff(_bare_vrfs(old), _bare_vrfs(new), lambda vrf: vrf.name),
        routes=in_vrfs("routes", lambda route: route.prefix),
        neighbours=in_vrfs("neighbours", lambda neighbour: neighbour.address),
        vsis=table("vsis", lambda vsi: vsi.name),
        circuits=table("circuits", lambda circuit: circuit.name),
        adjacencies=table("adjacencies", lambda adjacency: adjacency.link),
    )


def _entries(node: NodeProgram | None, attribute: str) -> tuple[Any, ...]:
    return () if node is None else getattr(node, attribute)


def _bare_vrfs(node: NodeProgram | None) -> Iterator[Vrf]:
    for vrf in _entries(node, "vrfs"):
        yield replace(vrf, routes=(), neighbours=())


def _in_vrfs(node: NodeProgram | None, attribute: str) -> Iterator[InVrf[Any]]:
    for vrf in _entries(node, "vrfs"):
        for entry in getattr(vrf, attribute):
            yield InVrf(vrf.name, entry)


def _diff(
    old: Iterable[_Entry], new: Iterable[_Entry], key: Callable[[_Entry], Hashable]
) -> Changes[_Entry]:
    """Compare two tables; each result is in its table's order."""
    before = {key(entry): entry for entry in old}
    after = {key(entry): entry for entry in new}
    return Changes(
        added=tuple(entry for name, entry in after.items() if name not in before),
        removed=tuple(entry for name, entry in before.items() if name not in after),
        changed=tuple(
            (before[name], entry)
            for name, entry in after.items()
            if name in before and before[name] != entry
        ),
    )
