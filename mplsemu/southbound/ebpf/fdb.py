"""Learned MAC addresses (the FDB): read, flushed, aged.

The program puts them into `fdb` and counts them in `fdb_added`; here they are deleted, and counted
in `fdb_removed`. Each count has one writer, so no update is lost; their difference is checked
against a VSI's `mac_limit`. In a VSI with a share, the program itself evicts the oldest address,
and the next sweep corrects `fdb_removed`.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from mplsemu.program.program import NodeProgram
from mplsemu.program.services import Vsi
from mplsemu.southbound.ebpf.circuit_ids import circuit_ids, number_of_circuit
from mplsemu.southbound.ebpf.kinds import FdbKind
from mplsemu.southbound.ebpf.layout import (
    FdbKey,
    FdbRecord,
    VsiKey,
    VsiRecord,
    long,
    seen_ns,
    unpack_long,
)
from mplsemu.southbound.ebpf.tables import Table
from mplsemu.southbound.plane.events import AtPort, Attachment, OverPseudowire
from mplsemu.southbound.plane.macs import BehindPe, LearnedAt, LearnedMac, OnCircuit
from mplsemu.wire.ethernet import mac_text

SWEEP_S: Final = 5.0
"""Between two sweeps: an address ages out this much too late, at most."""

_OCTETS_OF_VSI_KEY: Final = VsiKey.c.size

FdbEntry = tuple[FdbKey, FdbRecord]


class Fdb:
    """The addresses of all VSIs; any thread may call its methods.

    Args:
        tables: the maps by name: `fdb`, `fdb_added`, `fdb_removed`, `vsis`.
        clock: nanoseconds of the clock that `FdbRecord.seen_ns` is of.
    """

    def __init__(
        self, tables: Mapping[str, Table], clock: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self._entries = tables["fdb"]
        self._added = tables["fdb_added"]
        self._removed = tables["fdb_removed"]
        self._vsis = tables["vsis"]
        self._clock = clock
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[FdbEntry]:
        for key, value in self._entries.items():
            yield FdbKey.unpack(key), FdbRecord.unpack(value)

    def remove(self, is_meant: Callable[[FdbKey, FdbRecord], bool]) -> int:
        """Delete addresses; return how many."""
        with self._lock:
            return self._delete(key.pack() for key, record in self if is_meant(key, record))

    def sweep(self) -> int:
        """Delete addresses that aged out or whose VSI is gone; return how many.

        Wrong counts are corrected, as after a controller was killed between deleting and counting:
        if nothing was learned during the sweep, `fdb_removed` is `fdb_added` less what is there.
        """
        with self._lock:
            aging = {key: VsiRecord.unpack(value).aging_ns for key, value in self._vsis.items()}
            before = dict(self._added.items())
            rows = list(self._entries.items())
            after = dict(self._added.items())
            self._count(rows, {key: n for key, n in before.items() if after.get(key) == n})
            now = self._clock()
            return self._delete(
                key for key, value in rows if now - seen_ns(value) > aging.get(_vsi(key), -1)
            )

    def _delete(self, doomed: Iterable[bytes]) -> int:
        by_vsi: dict[bytes, list[bytes]] = {}
        for key in doomed:
            by_vsi.setdefault(_vsi(key), []).append(key)
        total = 0
        for vsi, keys in by_vsi.items():
            deleted = self._entries.delete_many(keys)
            self._removed.set_many([(vsi, long(self._number(self._removed, vsi) + deleted))])
            total += deleted
        return total

    def _count(self, rows: Iterable[tuple[bytes, bytes]], learned: Mapping[bytes, bytes]) -> None:
        present = Counter(_vsi(key) for key, _ in rows)
        for vsi, number in learned.items():
            removed = unpack_long(number) - present[vsi]
            if removed >= 0 and removed != self._number(self._removed, vsi):
                self._removed.set_many([(vsi, long(removed))])

    @staticmethod
    def _number(table: Table, key: bytes) -> int:
        value = table.get(key)
        return unpack_long(value) if value is not None else 0


def _vsi(key: bytes) -> bytes:
    """Return the key of a learned address's VSI, with which its own key begins."""
    return key[:_OCTETS_OF_VSI_KEY]


def is_at(
    node: NodeProgram, vsi: Vsi, place: LearnedAt | None, ports: Mapping[int, int]
) -> Callable[[FdbKey, FdbRecord], bool]:
    """Return a predicate: whether an address was learned at a place of a VSI.

    Args:
        node: the PE.
        vsi: of it.
        place: None for everywhere.
        ports: ifindex by the PE's port number.
    """
    found: set[tuple[FdbKind, int]] = set()
    match place:
        case OnCircuit(name):
            found = {(FdbKind.AT_CIRCUIT, circuit_ids(node, ports)[name])}
        case BehindPe(peer):
            found = {(FdbKind.AT_PW, pw.index) for pw in vsi.pseudowires if pw.peer == peer}

    def is_meant(key: FdbKey, record: FdbRecord) -> bool:
        if (key.lsr, key.vsi) != (node.index, vsi.index):
            return False
        return place is None or (record.kind, record.id) in found

    return is_meant


def learned_macs(
    node: NodeProgram, entries: Iterable[FdbEntry], ports: Mapping[int, int]
) -> Iterator[LearnedMac]:
    """Yield the addresses of one PE, with names of the program.

    Args:
        node: the PE.
        entries: of it and of others.
        ports: ifindex by the PE's port number.
    """
    vsis = {vsi.index: vsi for vsi in node.vsis}
    circuits = {number: OnCircuit(name) for name, number in circuit_ids(node, ports).items()}
    for key, record in entries:
        vsi = vsis.get(key.vsi)
        if key.lsr != node.index or vsi is None:
            continue
        place: LearnedAt | None
        if record.kind is FdbKind.AT_CIRCUIT:
            place = circuits.get(record.id)
        else:
            peers = (BehindPe(pw.peer) for pw in vsi.pseudowires if pw.index == record.id)
            place = next(peers, None)
        yield LearnedMac(node.name, vsi.name, mac_text(key.mac), place)


def attachment(numbers: Mapping[int, int], kind: FdbKind, number: int) -> Attachment | None:
    """Return where an address was learned, None if there is no such port.

    Args:
        numbers: the PE's port numbers by ifindex.
        kind: of the place.
        number: id of the circuit, or index of a pseudowire.
    """
    if kind is FdbKind.AT_PW:
        return OverPseudowire(number)
    if (own := number_of_circuit(number)) is not None:
        return AtPort(own)
    return AtPort(numbers[number]) if number in numbers else None
