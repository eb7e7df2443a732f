"""Brings LSRs from the map entries they have to those they should have, make before break."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import DataPlaneError, MplsEmuError
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.ebpf.contents import (
    WRITE_ORDER,
    Change,
    MapKey,
    Step,
    by_lsr,
    change,
    contents_of,
    in_order,
)
from mplsemu.southbound.ebpf.counting import counter_names
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import CounterKind
from mplsemu.southbound.ebpf.layout import CounterKey, CounterRecord
from mplsemu.southbound.ebpf.tables import Table
from mplsemu.southbound.plane.events import Deliver, InstallRejected
from mplsemu.southbound.plane.readback import InstallResult, ReadBack

_LOG = logging.getLogger(__name__)

GRACE_S: Final = 0.05
"""Before deletions: packets in flight still depend on the old entries."""

COUNTERS: Final = "counters"
"""The controller makes and deletes its entries, and leaves the values to the program."""
_ZEROS: Final = CounterRecord(0, 0).pack()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What one LSR should have.

    Attributes:
        node: the node program they follow from.
        entries: in the translator's order.
        counters: keys of its counters.
    """

    node: NodeProgram
    entries: tuple[Entry, ...]
    counters: frozenset[bytes]


class Installer:
    """Writes and deletes map entries.

    Args:
        tables: the maps by name.
        ports: ifindexes by LSR and port number.
        translate: returns the entries that an LSR of a program should have.
        deliver: takes `InstallRejected` events.
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
        self._installed: dict[str, dict[MapKey, bytes]] = {}
        self._counters: dict[str, frozenset[bytes]] = {}
        self._refused: dict[str, str] = {}

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has."""
        return len(self._installed.get(node, ()))

    def read_back(self, program: Program, nodes: Collection[str]) -> dict[str, ReadBack]:
        """Read what LSRs have, and compare it with what they should have.

        An LSR whose program cannot be translated is left out.
        """
        self._read(program, nodes)
        found = {}
        for node, made in self._wanted_of_all(program, nodes).items():
            wanted = contents_of(made.entries)
            installed = self._installed[node]
            known = sum(installed.get(key) == value for key, value in wanted.items())
            unexpected = len(installed.keys() - wanted.keys())
            found[node] = ReadBack(known, len(wanted), unexpected)
        return found

    def install(
        self, program: Program, nodes: Collection[str], *, at_once: bool = False
    ) -> InstallResult:
        """Write what differs, and then delete what is left over.

        An LSR whose program cannot be translated, or whose entries cannot be written, keeps what
        it has, and an `InstallRejected` is delivered; the others get theirs. In the second case
        it is read again before the next attempt.
        """
        self._read(program, [node for node in nodes if node not in self._installed])
        wanted = self._wanted_of_all(program, nodes)
        changes = {}
        for node, made in wanted.items():
            difference = change(self._installed[node], made.entries)
            self._add_counters(made.counters - self._counters[node])
            if difference.size:
                changes[node] = difference
        followed = self._follow(changes, at_once=at_once)
        for node in followed:
            self._installed[node] = contents_of(wanted[node].entries)
        for node in changes.keys() - followed:
            del self._installed[node]
        in_sync = frozenset(wanted) - changes.keys() | followed
        for node in in_sync:
            self._settle_counters(node)
            self._refused.pop(node, None)
        return InstallResult(
            in_sync=in_sync,
            touched=len(changes),
            followed=len(followed),
            changed=sum(changes[node].size for node in followed),
        )

    def _refuse(self, node: str, what: str) -> None:
        """Deliver `InstallRejected`, but once per reason: the controller tries again and again."""
        if self._refused.get(node) != what:
            self._refused[node] = what
            self._deliver(InstallRejected(node, what))

    # --- what there is, and what there should be --------------------------------------------

    def _wanted_of_all(self, program: Program, nodes: Iterable[str]) -> dict[str, _Wanted]:
        """Return the desired entries per LSR, without LSRs whose program cannot be translated."""
        found = {}
        for node in nodes:
            try:
                found[node] = self._wanted_of(program, node)
            except MplsEmuError as error:  # the other LSRs are not affected
                self._refuse(node, f"its program: {error}")
        return found

    def _wanted_of(self, program: Program, name: str) -> _Wanted:
        node = program.node(name)
        known = self._wanted.get(name)
        if known is None or (known.node is not node and known.node != node):
            made = tuple(self._translate(program, name))
            counters = frozenset(key.pack() for key in counter_names(program, node))
            known = self._wanted[name] = _Wanted(node, made, counters)
        return known

    def _read(self, program: Program, nodes: Collection[str]) -> None:
        if not nodes:
            return
        names = {program.node(node).index: node for node in nodes}
        owners = {
            ifindex: program.node(node).index
            for node, ports in self._ports.items()
            for ifindex in ports.values()
        }
        for node in nodes:
            self._installed[node] = {}
        for name in WRITE_ORDER:
            rows = self._tables[name].items()
            for lsr, key, value in by_lsr(name, rows, owners):
                if lsr in names:
                    self._installed[names[lsr]][key] = value
        counters: dict[int, set[bytes]] = {lsr: set() for lsr in names}
        for raw in self._tables[COUNTERS].keys():  # noqa: SIM118  # it is no dictionary
            counter = CounterKey.unpack(raw)
            if counter.lsr in names and counter.kind is not CounterKind.DROP:
                counters[counter.lsr].add(raw)
        self._counters |= {names[lsr]: frozenset(keys) for lsr, keys in counters.items()}

    # --- writing ----------------------------------------------------------------------------

    def _follow(self, changes: Mapping[str, Change], *, at_once: bool) -> frozenset[str]:
        """Make the changes; return the LSRs that have all of theirs."""
        alive = set(changes)
        for step in in_order(step for each in changes.values() for step in each.writes):
            rows = {node: changes[node].writes.get(step, ()) for node in sorted(alive)}
            alive -= self._write(step, {node: some for node, some in rows.items() if some})
        if not at_once and any(changes[node].deletions for node in alive):
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
        for node, some in rows.items():  # the error does not say whose entry it was
            try:
                table.set_many(some)
            except DataPlaneError as error:
                refused.add(node)
                self._refuse(node, f"{len(some)} entries: {error}")
        return frozenset(refused)

    def _add_counters(self, keys: Collection[bytes]) -> None:
        try:
            self._tables[COUNTERS].set_many((key, _ZEROS) for key in sorted(keys))
        except DataPlaneError as error:  # packets are forwarded all the same, uncounted
            _LOG.warning("%s", error)

    def _settle_counters(self, node: str) -> None:
        """Delete surplus counters, so that whatever reuses their number starts at 0."""
        wanted = self._wanted[node].counters
        surplus = sorted(self._counters[node] - wanted)
        if surplus:
            self._tables[COUNTERS].delete_many(surplus)
        self._counters[node] = wanted
