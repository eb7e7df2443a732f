"""Brings LSRs from the map entries they have to those they should have, make before break."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import DataPlaneError
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.dataplane import Deliver, Found, Installed, Refused
from mplsemu.southbound.ebpf.contents import (
    WRITE_ORDER,
    Change,
    Entry,
    Key,
    Step,
    by_router,
    change,
    contents_of,
    in_order,
)
from mplsemu.southbound.ebpf.counting import empty_records
from mplsemu.southbound.ebpf.kinds import CounterKind
from mplsemu.southbound.ebpf.layout import CounterKey
from mplsemu.southbound.ebpf.tables import Table

_LOG = logging.getLogger(__name__)

GRACE_S: Final = 0.05
"""Packets that are on their way when entries change still carry what these said before."""

_COUNTS: Final = ("counters", "stations", "forgotten")
"""Maps whose values are not the controller's affair, only whether there is an entry."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one LSR should have.

    Attributes:
        node: the node program that it follows from.
        entries: in the translator's order.
        records: entries that must be there, whatever they hold.
    """

    node: NodeProgram
    entries: tuple[Entry, ...]
    records: Mapping[Key, bytes]


class Installer:
    """Writes and deletes map entries.

    Args:
        tables: the maps by name.
        ports: ifindexes by LSR and port number.
        translate: returns the entries that an LSR of a program should have.
        deliver: takes refusals.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        ports: Mapping[str, Mapping[int, int]],
        translate: Callable[[Program, str], Iterable[Entry]],
        deliver: Deliver,
    ) -> None:
        self._tables = tables
        self._ports = ports
        self._translate = translate
        self._deliver = deliver
        self._wanted: dict[str, _Wanted] = {}
        self._installed: dict[str, dict[Key, bytes]] = {}
        self._records: dict[str, set[Key]] = {}

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has."""
        return len(self._installed.get(node, ()))

    def read_back(self, program: Program, nodes: Collection[str]) -> dict[str, Found]:
        """Read what LSRs have, and compare it with what they should have."""
        self._read(program, nodes)
        found = {}
        for node in nodes:
            wanted = contents_of(self._wanted_of(program, node).entries)
            installed = self._installed[node]
            known = sum(installed.get(key) == value for key, value in wanted.items())
            strangers = len(installed.keys() - wanted.keys())
            found[node] = Found(known, len(wanted), strangers)
        return found

    def install(self, program: Program, nodes: Collection[str]) -> Installed:
        """Write what differs, and then delete what is left over.

        An LSR whose entries cannot be written has its share of the error (`Refused`), and is read
        again before the next attempt.
        """
        self._read(program, [node for node in nodes if node not in self._installed])
        changes = {}
        for node in nodes:
            wanted = self._wanted_of(program, node)
            difference = change(self._installed[node], wanted.entries)
            missing = wanted.records.keys() - self._records[node]
            self._write_records({key: wanted.records[key] for key in missing})
            if difference.size:
                changes[node] = difference
        followed = self._follow(changes)
        for node in followed:
            self._installed[node] = contents_of(self._wanted[node].entries)
        for node in changes.keys() - followed:
            del self._installed[node]
        for node in set(nodes) - changes.keys() | followed:
            self._settle_records(node)
        return Installed(
            in_sync=frozenset(nodes) - changes.keys() | followed,
            touched=len(changes),
            followed=len(followed),
            changed=sum(changes[node].size for node in followed),
        )

    # --- what there is, and what there should be --------------------------------------------

    def _wanted_of(self, program: Program, name: str) -> _Wanted:
        node = program.node(name)
        known = self._wanted.get(name)
        if known is None or (known.node is not node and known.node != node):
            made = tuple(self._translate(program, name))
            known = self._wanted[name] = _Wanted(node, made, empty_records(program, node))
        return known

    def _read(self, program: Program, nodes: Collection[str]) -> None:
        if not nodes:
            return
        names = {program.node(node).index: node for node in nodes}
        routers = {
            ifindex: program.node(node).index
            for node, ports in self._ports.items()
            for ifindex in ports.values()
        }
        for node in nodes:
            self._installed[node], self._records[node] = {}, set()
        for name in (*WRITE_ORDER, *_COUNTS):
            rows = self._tables[name].items()
            for router, key, value in by_router(name, rows, routers):
                whose = names.get(router)
                if whose is None:
                    continue
                if name not in _COUNTS:
                    self._installed[whose][key] = value
                elif not _is_drop(key):
                    self._records[whose].add(key)

    # --- writing ----------------------------------------------------------------------------

    def _follow(self, changes: Mapping[str, Change]) -> frozenset[str]:
        """Make the changes; return the LSRs that have all of theirs."""
        alive = set(changes)
        for step in in_order(step for each in changes.values() for step in each.writes):
            rows = {node: changes[node].writes.get(step, ()) for node in sorted(alive)}
            alive -= self._write(step, {node: some for node, some in rows.items() if some})
        if any(changes[node].deletions for node in alive):
            time.sleep(GRACE_S)
        for name in reversed(WRITE_ORDER):
            keys = [key for node in sorted(alive) for key in changes[node].deletions.get(name, ())]
            if keys:
                self._tables[name].delete_many(keys)
        return frozenset(alive)

    def _write(
        self, step: Step, rows: Mapping[str, tuple[tuple[bytes, bytes], ...]]
    ) -> frozenset[str]:
        """Write one step's entries; return the LSRs of which not all could be written."""
        table = self._tables[step.map]
        try:
            table.set_many(row for some in rows.values() for row in some)
        except DataPlaneError:
            pass
        else:
            return frozenset()
        refused = set()
        for node, some in rows.items():  # whose they are, the error does not say
            try:
                table.set_many(some)
            except DataPlaneError as error:
                refused.add(node)
                self._deliver(Refused(node, f"{len(some)} entries: {error}"))
        return frozenset(refused)

    def _write_records(self, records: Mapping[Key, bytes]) -> None:
        by_map: dict[str, list[tuple[bytes, bytes]]] = {}
        for (name, key), value in sorted(records.items()):
            by_map.setdefault(name, []).append((key, value))
        for name, rows in by_map.items():
            try:
                self._tables[name].set_many(rows)
            except DataPlaneError as error:  # then something is not counted: packets are not lost
                _LOG.warning("%s", error)

    def _settle_records(self, node: str) -> None:
        """Delete the counters of what is no more: whatever gets its number begins at 0."""
        wanted = self._wanted[node].records.keys()
        by_map: dict[str, list[bytes]] = {}
        for name, key in self._records[node] - wanted:
            by_map.setdefault(name, []).append(key)
        for name, keys in by_map.items():
            self._tables[name].delete_many(keys)
        self._records[node] = set(wanted)


def _is_drop(key: Key) -> bool:
    """Whether it is a counter that the program makes by itself."""
    return key[0] == "counters" and CounterKey.unpack(key[1]).kind is CounterKind.DROP
