"""What the maps hold of each LSR, and the writes and deletions that bring it up to date (pure).

Entries are compared by map and key. Surplus entries are deleted; an entry that is right is never
written again.
"""

from __future__ import annotations

import struct
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.southbound.ebpf.circuit_ids import lsr_of_circuit
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.flood_lists import write_order
from mplsemu.southbound.ebpf.layout import FIB_KEYS, MemberKey, VsiRecord
from mplsemu.southbound.plane.stage import Stage

_FIRST: Final = struct.Struct("=I")
_FIB_LSR_AT: Final = FIB_KEYS[4].offset("lsr")

WRITE_ORDER: Final = (
    "ecmp_nhlfes",
    "lfib",
    "tunnels",
    "tagged_circuits",
    "pws",
    "circuits",
    "groups",
    "vsis",
    "route_ways",
    "fib4",
    "fib6",
    "gateways",
    "tagged_ports",
    "ports",
)
"""Maps whose contents follow from the program, in the order in which they are written.

An entry that points to another comes after it, as an ILM entry comes after its NHLFEs. Deletions go
in the opposite order.
"""

MapKey = tuple[str, bytes]
"""A map's name, and a key of it."""
Contents = Mapping[MapKey, bytes]
"""Values by map and key."""


@dataclass(frozen=True, slots=True)
class Step:
    """Writes that may happen at the same time.

    Attributes:
        stage: of the entries.
        map: of all of them.
        is_early: before all others of the stage: a VSI that grows covers its new members before
            those behind them move.
    """

    stage: Stage
    map: str
    is_early: bool = False

    @property
    def order(self) -> tuple[int, int]:
        """Steps are done in this order, each on all LSRs before the next on any."""
        return self.stage, -1 if self.is_early else WRITE_ORDER.index(self.map)


@dataclass(frozen=True, slots=True)
class Change:
    """What one LSR needs.

    Attributes:
        writes: keys and values of new and changed entries.
        deletions: keys by map.
    """

    writes: Mapping[Step, tuple[tuple[bytes, bytes], ...]]
    deletions: Mapping[str, tuple[bytes, ...]]

    @property
    def size(self) -> int:
        """How many entries are written or deleted."""
        return sum(map(len, self.writes.values())) + sum(map(len, self.deletions.values()))


def contents_of(entries: Iterable[Entry]) -> dict[MapKey, bytes]:
    """Return what entries say, by map and key."""
    return {(entry.map, entry.key): entry.value for entry in entries}


def change(installed: Contents, wanted: Iterable[Entry]) -> Change:
    """Return the change from the installed to the desired entries."""
    writes: dict[Step, list[tuple[bytes, bytes]]] = {}
    surplus = set(installed)
    for entry in wanted:
        key = entry.map, entry.key
        surplus.discard(key)
        if installed.get(key) != entry.value:
            step = Step(entry.stage, entry.map, _grows(installed.get(key), entry))
            writes.setdefault(step, []).append((entry.key, entry.value))
    deletions: dict[str, list[bytes]] = {}
    for name, raw in sorted(surplus):
        deletions.setdefault(name, []).append(raw)
    for step, rows in writes.items():
        if step.map == "circuits":
            rows[:] = _without_gaps(rows, installed, surplus)
    return Change(
        {step: tuple(rows) for step, rows in writes.items()},
        {name: tuple(keys) for name, keys in deletions.items()},
    )


def _grows(old: bytes | None, entry: Entry) -> bool:
    """Whether an entry is of a VSI that gets more circuits than it has."""
    if old is None or entry.map != "vsis":
        return False
    return VsiRecord.unpack(old).circuits < VsiRecord.unpack(entry.value).circuits


def _without_gaps(
    rows: Iterable[tuple[bytes, bytes]], installed: Contents, surplus: Container[MapKey]
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the changed circuits of VSIs in an order in which no flood list misses one."""
    old: dict[tuple[int, int], dict[int, bytes]] = {}
    new: dict[tuple[int, int], dict[int, bytes]] = {}
    for (name, raw), value in installed.items():
        if name == "circuits":
            key = MemberKey.unpack(raw)
            old.setdefault((key.lsr, key.vsi), {})[key.position] = value
            if (name, raw) not in surplus:
                new.setdefault((key.lsr, key.vsi), {})[key.position] = value
    for raw, value in rows:
        key = MemberKey.unpack(raw)
        new.setdefault((key.lsr, key.vsi), {})[key.position] = value
    for (lsr, vsi), wanted in new.items():
        for position in write_order(old.get((lsr, vsi), {}), wanted):
            yield MemberKey(lsr, vsi, position).pack(), wanted[position]


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Return steps in the order in which they are written, each once."""
    return sorted(set(steps), key=lambda step: step.order)


def lsr_of(name: str, key: bytes, value: bytes, owners: Mapping[int, int]) -> int | None:
    """Return the index of the LSR that an entry belongs to, None if there is none.

    Args:
        name: of the map.
        key: of the entry.
        value: of the entry.
        owners: index of the LSR by the ifindex of its port.
    """
    match name:
        case "ports" | "tagged_ports":
            return _number(value, 0)
        case "tagged_circuits":
            return lsr_of_circuit(_number(key, 0))
        case "gateways":
            circuit = _number(key, 0)
            return lsr_of_circuit(circuit) or owners.get(circuit)
        case "fib4" | "fib6":
            return _number(key, _FIB_LSR_AT)
        case _:
            return _number(key, 0)


def _number(data: bytes, at: int) -> int:
    return int(_FIRST.unpack_from(data, at)[0])


def by_lsr(
    name: str, rows: Iterable[tuple[bytes, bytes]], owners: Mapping[int, int]
) -> Iterator[tuple[int, MapKey, bytes]]:
    """Yield a map's entries with the index of their LSR; those without one are left out."""
    for key, value in rows:
        lsr = lsr_of(name, key, value, owners)
        if lsr is not None:
            yield lsr, (name, key), value
