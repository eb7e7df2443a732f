"""The program's maps that user space knows: their types, sizes, keys and values."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.southbound.ebpf.cstruct import CStruct, CType, u32, u64
from mplsemu.southbound.ebpf.layout import (
    FIB_KEYS,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    GatewayKey,
    IlmKey,
    IlmRecord,
    MemberKey,
    NhlfeKey,
    NhlfeRecord,
    Port,
    PwRecord,
    RouteRecord,
    Settings,
    TaggedCircuit,
    TaggedKey,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    VsiRecord,
)
from mplsemu.southbound.ebpf.layout_vsi import GroupKey, GroupRecord
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey


class MapKind(enum.Enum):
    """Types of maps that the kernel has (bpf-helpers(7), docs.kernel.org/bpf/maps.html)."""

    HASH = enum.auto()
    LPM_TRIE = enum.auto()
    PERCPU_HASH = enum.auto()
    ARRAY = enum.auto()
    RINGBUF = enum.auto()


@dataclass(frozen=True, slots=True)
class MapLayout:
    """A map.

    Attributes:
        kind: its type.
        capacity: its entries unless the loader sets another number (`sizes`); of a ring, octets.
        key: None where it has none; likewise `value`.
        comment: for C.
    """

    kind: MapKind
    capacity: int
    key: CStruct | CType | None
    value: CStruct | CType | None
    comment: str = ""

    @property
    def key_size(self) -> int:
        """In octets."""
        return 0 if self.key is None else self.key.size

    @property
    def value_size(self) -> int:
        """In octets; of a per-CPU map, for one CPU."""
        return 0 if self.value is None else self.value.size


def _hash(
    capacity: int, key: CStruct | CType, value: CStruct | CType, comment: str = ""
) -> MapLayout:
    return MapLayout(MapKind.HASH, capacity, key, value, comment)


_MANY: Final = 1 << 20

MAPS: Final[Mapping[str, MapLayout]] = {
    "ports": _hash(1 << 16, u32, Port.c, "by ifindex, which is unique among all LSRs"),
    "tagged_ports": _hash(1 << 16, TaggedKey.c, Port.c, "of ports whose role is LINE"),
    "tagged_circuits": _hash(1 << 16, u32, TaggedCircuit.c, "by the id of a delimited circuit"),
    "lfib": _hash(_MANY, IlmKey.c, IlmRecord.c),
    "tunnels": _hash(_MANY // 4, TunnelKey.c, TunnelRecord.c),
    "ecmp_nhlfes": _hash(_MANY // 4, NhlfeKey.c, NhlfeRecord.c),
    "fib4": MapLayout(MapKind.LPM_TRIE, _MANY, FIB_KEYS[4], RouteRecord.c),
    "fib6": MapLayout(MapKind.LPM_TRIE, _MANY // 4, FIB_KEYS[6], RouteRecord.c),
    "route_ways": _hash(1 << 16, RouteWayKey.c, RouteRecord.c),
    "gateways": _hash(1 << 16, GatewayKey.c, u32, "the value is 1"),
    "vsis": _hash(1 << 16, VsiKey.c, VsiRecord.c),
    "circuits": _hash(1 << 16, MemberKey.c, u32, "to the id"),
    "pws": _hash(1 << 18, MemberKey.c, PwRecord.c),
    "groups": _hash(1 << 14, GroupKey.c, GroupRecord.c),
    "fdb": _hash(_MANY, FdbKey.c, FdbRecord.c, "the program writes it, user space removes"),
    "fdb_added": _hash(1 << 16, VsiKey.c, u64, "how many addresses were ever put into fdb"),
    "fdb_removed": _hash(1 << 16, VsiKey.c, u64, "how many of them user space has deleted"),
    "punts": MapLayout(MapKind.RINGBUF, 1 << 22, None, None, "of struct punt"),
    "settings": MapLayout(MapKind.ARRAY, 1, u32, Settings.c),
    "counters": MapLayout(
        MapKind.PERCPU_HASH,
        1 << 16,
        CounterKey.c,
        CounterRecord.c,
        "from user space, except of drops",
    ),
}
"""By name.

`fdb_added` and `fdb_removed` have one writer each, so that nothing is lost where both write at the
same time; their difference counts against a VSI's `mac_limit`.
"""
