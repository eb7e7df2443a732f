"""The C side of `layout`, `kinds` and what a gateway is: src/layout.h, by scripts/build-ebpf."""

from __future__ import annotations

import enum
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

from mplsemu.model.limits import MAX_NHLFES
from mplsemu.program.diffserv import CLASS_SELECTOR_SHIFT, ECN_BITS, NO_DSCP_TC
from mplsemu.program.gateway import LINK_LOCAL_GATEWAY, OWN_TTL, PIPE_TTL
from mplsemu.program.split_horizon import Group
from mplsemu.southbound import mac_moves
from mplsemu.southbound.ebpf import kinds, layout, layout_vsi
from mplsemu.southbound.ebpf.cstruct import CField, CStruct, CType
from mplsemu.southbound.ebpf.layout import FIB_KEYS
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey
from mplsemu.southbound.ebpf.map_table import MAPS, MapKind, MapLayout
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import PER_LSR, PER_SOURCE, PuntClass, class_of
from mplsemu.southbound.storm_control import BURSTS_PER_S, LEAST_BURST_BITS

COLUMNS: Final = 110

_HEAD: Final = """\
What the maps hold, and the constants that user space knows too.

Written by scripts/build-ebpf from layout.py, layout_vsi.py, map_table.py, kinds.py,
program/gateway.py, program/diffserv.py, program/split_horizon.py, punt/rate_limits.py,
storm_control.py and mac_moves.py, which explain it: do not edit."""

_CONSTANTS: Final[Mapping[str, int]] = {
    "MAX_PUSH": kinds.MAX_PUSH,
    "MAX_NHLFES": MAX_NHLFES,
    "MAX_MEMBERS": kinds.MAX_MEMBERS,
    "FEW_MEMBERS": kinds.FEW_MEMBERS,
    "PUNT_OCTETS": kinds.PUNT_OCTETS,
    "LARGE_PUNT_OCTETS": kinds.LARGE_PUNT_OCTETS,
    "PUNT_LSPS": kinds.PUNT_LSPS,
    "CIRCUIT_DELIMITED": kinds.CIRCUIT_DELIMITED,
    "SOURCE_PUNTS_PER_S": PER_SOURCE.per_second,
    "SOURCE_PUNTS_BURST": PER_SOURCE.burst,
    "LSR_PUNTS_PER_S": PER_LSR.per_second,
    "LSR_PUNTS_BURST": PER_LSR.burst,
    "MAC_MOVES_TOO_MANY": mac_moves.TOO_MANY,
    "MAC_MOVES_WINDOW_S": mac_moves.WINDOW_S,
    "MAC_MOVES_PER_S": mac_moves.PER_VSI.per_second,
    "MAC_MOVES_BURST": mac_moves.PER_VSI.burst,
    "STORM_LEAST_BURST_BITS": LEAST_BURST_BITS,
    "STORM_BURSTS_PER_S": BURSTS_PER_S,
    "FIB_SCOPE_BITS": layout.FIB_SCOPE_BITS,
    "PIPE_TTL": PIPE_TTL,
    "OWN_TTL": OWN_TTL,
    "DS_FIELD_CLASS_SHIFT": ECN_BITS + CLASS_SELECTOR_SHIFT,
    "NO_DSCP_TC": NO_DSCP_TC,
}

_ENUMS: Final[Mapping[type[enum.IntEnum], tuple[str, str]]] = {
    kinds.Role: ("role", "ROLE_"),
    kinds.Operation: ("operation", "OP_"),
    kinds.IlmAction: ("ilm_action", "ILM_"),
    kinds.NhlfesOf: ("nhlfes_of", "NHLFES_OF_"),
    kinds.RouteKind: ("route_kind", "ROUTE_"),
    kinds.BridgeKind: ("vsi_kind", "VSI_"),
    kinds.FdbKind: ("fdb_kind", ""),
    kinds.CounterKind: ("counter_kind", "COUNT_"),
    kinds.Drop: ("drop", "DROP_"),
    PuntReason: ("punt_reason", "PUNT_"),
    PuntClass: ("punt_class", "PUNT_CLASS_"),
}
"""Names in C, and what the members' names begin with there."""

_FLAGS: Final[Mapping[type[enum.IntFlag], str]] = {
    kinds.PortFlag: "PORT_",
    kinds.NhlfeFlag: "NHLFE_",
    kinds.IlmFlag: "ILM_",
    kinds.PwFlag: "PW_",
    kinds.VsiFlag: "VSI_",
    Group: "GROUP_",
}

_STRUCTS: Final[tuple[CStruct, ...]] = (
    layout.Port.c,
    layout.TaggedKey.c,
    layout.TaggedCircuit.c,
    layout.NhlfeRecord.c,
    layout.IlmKey.c,
    layout.IlmRecord.c,
    layout.TunnelKey.c,
    layout.TunnelRecord.c,
    layout.NhlfeKey.c,
    *FIB_KEYS.values(),
    layout.RouteRecord.c,
    RouteWayKey.c,
    layout.GatewayKey.c,
    layout.VsiKey.c,
    layout.VsiRecord.c,
    layout.MemberKey.c,
    layout.PwRecord.c,
    layout_vsi.GroupKey.c,
    layout_vsi.GroupRecord.c,
    layout.FdbKey.c,
    layout.FdbRecord.c,
    layout_vsi.MacMovedRecord.c,
    layout.PUNT,
    layout.LARGE_PUNT,
    layout.Settings.c,
    layout.CounterKey.c,
    layout.CounterRecord.c,
)


def header() -> str:
    """Return src/layout.h."""
    parts = [_comment(_HEAD), "#pragma once", "#include <linux/types.h>"]
    parts.append("\n".join(f"#define {name} {value}" for name, value in _CONSTANTS.items()))
    parts.append("\n".join(_link_local_gateway()))
    parts.append("\n".join(_punt_classes()))
    parts += [_enumeration(kind, *names) for kind, names in _ENUMS.items()]
    parts.append("\n".join(line for kind in _FLAGS for line in _flags(kind)))
    parts += map(_struct, _STRUCTS)
    parts.append("\n".join(_map(name, each) for name, each in MAPS.items()))
    return "\n\n".join(parts) + "\n"


def _link_local_gateway() -> Iterator[str]:
    packed = LINK_LOCAL_GATEWAY.packed
    yield "/* The link-local gateway in words of 32 bits */"
    for at in range(4):
        word = int.from_bytes(packed[4 * at : 4 * at + 4], "big")
        yield f"#define LINK_LOCAL_GATEWAY_{at} {word:#x}"


def _punt_classes() -> Iterator[str]:
    yield "/* The reasons of each class of punts: a bit for each */"
    for each in PuntClass:
        bits = sum(1 << reason for reason in PuntReason if class_of(reason) is each)
        yield f"#define PUNT_REASONS_{each.name} {bits:#x}"


def _enumeration(kind: type[enum.IntEnum], name: str, prefix: str) -> str:
    members = [f"{prefix}{each.name} = {each.value}" for each in kind]
    line = f"enum {name} {{ {', '.join(members)} }};"
    if len(line) <= COLUMNS:
        return line
    return f"enum {name} {{\n" + "".join(f"\t{each},\n" for each in members) + "};"


def _flags(kind: type[enum.IntFlag]) -> Iterator[str]:
    for each in kind:
        if each.value:
            yield f"#define {_FLAGS[kind]}{each.name} {each.value}"


def _struct(struct: CStruct) -> str:
    lines = [_comment(struct.comment.rstrip(".")), f"struct {struct.name} {{"]
    for member in struct.members:
        comment = _about(member.field) if member.field else ""
        lines.append(f"\t{member.declaration};" + (f" /* {comment} */" if comment else ""))
    size = f'_Static_assert(sizeof(struct {struct.name}) == {struct.size}, "padding");'
    return "\n".join([*lines, "};", size])


def _about(field: CField) -> str:
    """Say what a field holds: of an enumeration, which."""
    if field.kind in _FLAGS:
        return f"{_FLAGS[field.kind]}*"
    return f"enum {_ENUMS[field.kind][0]}" if field.kind in _ENUMS else field.comment


def _map(name: str, each: MapLayout) -> str:
    comment = f" /* {each.comment} */" if each.comment else ""
    size = "1" if each.capacity == 1 else f"1 << {each.capacity.bit_length() - 1}"
    if each.kind is MapKind.RINGBUF:
        return f"RINGBUF({name}, {size});{comment}"
    return f"{each.kind.name}({name}, {size}, {_type(each.key)}, {_type(each.value)});{comment}"


def _type(held: CStruct | CType | None) -> str:
    if isinstance(held, CStruct):
        return f"struct {held.name}"
    assert held is not None, "only a ring has neither key nor value"
    return held.members[0].declaration.removesuffix(" {}")


def _comment(text: str) -> str:
    """Return a comment, its paragraphs wrapped."""
    if len(text) + len("/*  */") <= COLUMNS:
        return f"/* {text} */"
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += ["", *textwrap.wrap(paragraph, COLUMNS - 6)]
    first, *others = lines[1:]
    body = "".join(f"\n * {line}".rstrip() for line in others)
    return f"/* {first}{body} */"
