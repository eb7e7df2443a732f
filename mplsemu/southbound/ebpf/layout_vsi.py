"""What VSIs hold beside circuits, pseudowires and stations: see `layout`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated

from mplsemu.southbound.ebpf.cstruct import U32, Mac, Record, octets, u32
from mplsemu.southbound.ebpf.kinds import MAX_MEMBERS, FdbKind
from mplsemu.southbound.ebpf.layout import ADDRESS


@dataclass(frozen=True, slots=True)
class GroupKey(Record, c_name="group_key"):
    """A multicast group of a VSI."""

    lsr: U32
    vsi: U32
    address: Annotated[IPv4Address | IPv6Address, ADDRESS, "IPv4's as ::ffff:239.0.0.1"]


def members(positions: Iterable[int]) -> bytes:
    """Return circuits or pseudowires, by their positions from 1, a bit each."""
    bits = sum(1 << (position - 1) for position in positions)
    return bits.to_bytes(MAX_MEMBERS // 8, "little")


@dataclass(frozen=True, slots=True)
class GroupRecord(Record, c_name="group"):
    """Who gets what is for a group: a bit for each, from that of position 1 on."""

    circuits: Annotated[bytes, octets(MAX_MEMBERS // 8, "MAX_MEMBERS / 8")]
    pws: Annotated[bytes, octets(MAX_MEMBERS // 8, "MAX_MEMBERS / 8")]


@dataclass(frozen=True, slots=True)
class MacMovedRecord(Record, c_name="mac_moved"):
    """In the ring `punts` beside packets: an address that moved MAC_MOVES_TOO_MANY times."""

    lsr: U32
    vsi: U32
    kind: Annotated[FdbKind, u32, "where it is learned now"]
    id: U32
    before_kind: Annotated[FdbKind, u32, "and where it was before"]
    before_id: U32
    mac: Mac
