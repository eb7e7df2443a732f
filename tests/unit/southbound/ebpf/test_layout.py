"""The Python side of the eBPF data plane's maps says what the C header says."""

from __future__ import annotations

import enum
import re
import struct
from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest

import mplsemu.southbound.ebpf
from mplsemu.errors import CapabilityError, DataPlaneError
from mplsemu.southbound.ebpf import kinds
from mplsemu.southbound.ebpf.attached import Attached, dump_attached, load_attached
from mplsemu.southbound.ebpf.layout import (
    MAPS,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    FibKey,
    GatewayKey,
    IlmKey,
    IlmRecord,
    MapSizes,
    MemberKey,
    NhlfeKey,
    NhlfeRecord,
    Port,
    PwRecord,
    RouteRecord,
    Settings,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    VsiRecord,
    long,
    word,
)
from mplsemu.southbound.ebpf.punts import PuntRecord, injected
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import PER_LSR, PER_SOURCE, PuntClass, class_of

_FOLDER = Path(mplsemu.southbound.ebpf.__file__).parent
_HEADER = re.sub(r"/\*.*?\*/", "", (_FOLDER / "src/layout.h").read_text(), flags=re.DOTALL)
_NUMBERS = {
    name: int(value) for name, value in re.findall(r"^#define (\w+) (\d+)\s*$", _HEADER, re.M)
}
_WIDTHS = {"__u8": 1, "__u16": 2, "__u32": 4, "__u64": 8}

NHLFE = NhlfeRecord(3, b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", kinds.Operation.PUSH, (16, 1048575))
RECORDS = {
    "port": Port(1, 2, kinds.Role.VRF, 3, kinds.PortFlag.STRICT_URPF),
    "nhlfe": NHLFE,
    "ilm_key": IlmKey(1, 2),
    "ilm": IlmRecord(kinds.IlmAction.FORWARD, 2, 4, kinds.IlmFlag.CONTROL_WORD, 5, 6, NHLFE),
    "tunnel_key": TunnelKey(1, 2),
    "tunnel": TunnelRecord(3, NHLFE),
    "nhlfe_key": NhlfeKey(1, kinds.NhlfesOf.EGRESS, 3, 4),
    "fib4_key": FibKey(1, 2, ip_network("10.1.0.0/16")),
    "fib6_key": FibKey(1, 2, ip_network("2001:db8::/32")),
    "route": RouteRecord(kinds.RouteKind.DELIVER, 2, 3, b"\2\0\0\0\0\1"),
    "gateway_key": GatewayKey(1, IPv4Address("10.1.0.1")),
    "vsi_key": VsiKey(1, 2),
    "vsi": VsiRecord(kinds.BridgeKind.VPWS, 2, 3, 4, 300_000_000_000),
    "member_key": MemberKey(1, 2, 3),
    "pw": PwRecord(1, 2, kinds.PwFlag.CONTROL_WORD),
    "fdb_key": FdbKey(1, 2, b"\2\0\0\0\0\1"),
    "fdb_entry": FdbRecord(kinds.FdbKind.AT_PW, 2, 3),
    "settings": Settings(uniform_ttl=True, gateway_mac=b"\2\0\0\0\0\1"),
    "counter_key": CounterKey(1, kinds.CounterKind.DROP, kinds.Drop.TTL),
    "counter": CounterRecord(1, 2),
}
ENUMS = {
    "role": (kinds.Role, "ROLE_"),
    "operation": (kinds.Operation, "OP_"),
    "ilm_action": (kinds.IlmAction, "ILM_"),
    "nhlfes_of": (kinds.NhlfesOf, "NHLFES_OF_"),
    "route_kind": (kinds.RouteKind, "ROUTE_"),
    "vsi_kind": (kinds.BridgeKind, "VSI_"),
    "fdb_kind": (kinds.FdbKind, ""),
    "counter_kind": (kinds.CounterKind, "COUNT_"),
    "drop": (kinds.Drop, "DROP_"),
    "punt_reason": (PuntReason, "PUNT_"),
}


def struct_body(name: str) -> str:
    found = re.search(rf"struct {name} \{{(.*?)\}};", _HEADER, re.DOTALL)
    assert found, f"no struct {name} in layout.h"
    return found[1]


def structs() -> list[str]:
    return re.findall(r"^struct (\w+) \{", _HEADER, re.M)


def octets(name: str) -> int:
    """Return a struct's size, after checking that the compiler need not pad it."""
    total = widest = 0
    for kind, nested, _, count in re.findall(
        r"(?:(__u\d+)|struct (\w+)) (\w+)(?:\[(\w+)\])?;", struct_body(name)
    ):
        width = _WIDTHS[kind] if kind else octets(nested)
        alignment = width if kind else 4
        assert total % alignment == 0, f"hidden padding in struct {name}"
        total += width * (_NUMBERS.get(count) or int(count) if count else 1)
        widest = max(widest, alignment)
    assert total % max(4, widest) == 0, f"hidden padding at the end of struct {name}"
    return total


def test_every_record_of_the_header_is_here():
    assert set(structs()) == {*RECORDS, "punt"}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_the_size_of_its_struct(name: str):
    assert len(RECORDS[name].pack()) == octets(name)


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_survives_packing(name: str):
    record = RECORDS[name]
    assert type(record).unpack(record.pack()) == record


@pytest.mark.parametrize("name", ENUMS)
def test_an_enumeration_has_the_headers_values(name: str):
    ours, prefix = ENUMS[name]
    body = re.search(rf"enum {name} \{{(.*?)\}};", _HEADER, re.DOTALL)
    assert body
    theirs = {key: int(value) for key, value in re.findall(r"(\w+) = (\d+)", body[1])}
    assert theirs == {prefix + each.name: each.value for each in ours}


def test_every_enumeration_of_the_header_is_here():
    assert set(re.findall(r"^enum (\w+) \{", _HEADER, re.M)) == set(ENUMS)


@pytest.mark.parametrize(
    ("flag", "name"),
    [
        (kinds.NhlfeFlag.DIRECT, "NHLFE_DIRECT"),
        (kinds.IlmFlag.CONTROL_WORD, "ILM_CONTROL_WORD"),
        (kinds.PwFlag.CONTROL_WORD, "PW_CONTROL_WORD"),
        (kinds.MAX_PUSH, "MAX_PUSH"),
        (kinds.MAX_NHLFES, "MAX_NHLFES"),
        (kinds.MAX_MEMBERS, "MAX_MEMBERS"),
        (kinds.PUNT_OCTETS, "PUNT_OCTETS"),
    ],
)
def test_a_number_is_that_of_the_header(flag: enum.IntFlag | int, name: str):
    assert int(flag) == _NUMBERS[name]


def test_the_maps_have_their_records_sizes():
    size = {name: len(record.pack()) for name, record in RECORDS.items()}
    wanted = {
        "ports": MapSizes(len(word(1)), size["port"]),
        "lfib": MapSizes(size["ilm_key"], size["ilm"]),
        "tunnels": MapSizes(size["tunnel_key"], size["tunnel"]),
        "ecmp_nhlfes": MapSizes(size["nhlfe_key"], size["nhlfe"]),
        "fib4": MapSizes(size["fib4_key"], size["route"]),
        "fib6": MapSizes(size["fib6_key"], size["route"]),
        "gateways": MapSizes(size["gateway_key"], len(word(1))),
        "vsis": MapSizes(size["vsi_key"], size["vsi"]),
        "circuits": MapSizes(size["member_key"], len(word(1))),
        "pws": MapSizes(size["member_key"], size["pw"]),
        "fdb": MapSizes(size["fdb_key"], size["fdb_entry"]),
        "fdb_added": MapSizes(size["vsi_key"], len(long(1))),
        "fdb_removed": MapSizes(size["vsi_key"], len(long(1))),
        "punts": MapSizes(0, 0),
        "settings": MapSizes(len(word(0)), size["settings"]),
        "counters": MapSizes(size["counter_key"], size["counter"], is_per_cpu=True),
    }
    assert wanted == MAPS


def test_the_header_names_every_map():
    text = (_FOLDER / "src/layout.h").read_text()
    for name in MAPS:
        assert re.search(rf"\b{name}\b", text), name
    declared = (_FOLDER / "src/maps.h").read_text()
    for name in MAPS:
        assert re.search(rf"(HASH|LONGEST_PREFIX)\({name},|\}} {name} SEC", declared), name


def test_an_nhlfe_pushes_at_most_eight_labels():
    NhlfeRecord(1, bytes(6), bytes(6), kinds.Operation.PUSH, tuple(range(16, 24))).pack()
    too_many = NhlfeRecord(1, bytes(6), bytes(6), kinds.Operation.PUSH, tuple(range(16, 25)))
    with pytest.raises(CapabilityError, match=r"9 labels to push at once.*at most 8"):
        too_many.pack()


def test_a_vsi_has_at_most_as_many_members_as_a_flood_reaches():
    VsiRecord(kinds.BridgeKind.VPLS, 1024, 1024, 0, 1)
    with pytest.raises(CapabilityError, match=r"1025 circuits or pseudowires.*at most 1024"):
        VsiRecord(kinds.BridgeKind.VPLS, 1, 1025, 0, 1)


def test_a_prefix_is_packed_with_router_and_vrf_as_part_of_its_length():
    packed = FibKey(1, 2, ip_network("10.1.0.0/16")).pack()
    assert packed == struct.pack("=3I", 64 + 16, 1, 2) + bytes([10, 1, 0, 0])


def test_a_punted_packet_is_as_long_as_it_says():
    data = struct.pack("=5I", 1, 2, 3, 4, 5) + b"frame" + bytes(2043)
    assert len(data) == octets("punt")
    assert PuntRecord.unpack(data) == PuntRecord(1, 2, PuntReason.GLEAN, 4, b"frame")


def test_an_injected_frame_names_router_and_vrf_in_its_addresses():
    frame = injected(1, 2, 0x0800, b"packet")
    assert frame == bytes.fromhex("020000000001 020000000002 0800") + b"packet"


ATTACHED = Attached(
    maps={"ports": 7, "fdb": 8},
    ports={"dk": {1: 1001, 10: 1002}, "se": {}},
    interfaces={"dk": {1: "dk-eth1", 10: "dk-eth10"}, "se": {}},
    direct=frozenset({1002, 1001}),
    pids={"dk": 100, "se": 101},
)


def test_what_is_attached_survives_writing():
    assert load_attached(dump_attached(ATTACHED)) == ATTACHED


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"maps": 1}', dump_attached(ATTACHED)[:-9]])
def test_what_is_not_attached_is_an_error_with_a_remedy(text: str):
    with pytest.raises(DataPlaneError, match=r"cannot read what is attached.*at boot"):
        load_attached(text)


def test_the_controllers_packets_are_limited_as_everywhere():
    source = (_FOLDER / "src/bucket.h").read_text()
    numbers = dict(re.findall(r"^#define (\w+) (\d+)\b", source, re.M))
    assert (numbers["SOURCE_PUNTS_PER_S"], numbers["SOURCE_PUNTS_BURST"]) == (
        str(PER_SOURCE.per_second), str(PER_SOURCE.burst),
    )  # fmt: skip
    assert (numbers["LSR_PUNTS_PER_S"], numbers["LSR_PUNTS_BURST"]) == (
        str(PER_LSR.per_second), str(PER_LSR.burst),
    )  # fmt: skip
    groups = dict(re.findall(r"((?:case PUNT_\w+:\s+)+)return (PUNTS_\w+);", source))
    classes = {"PUNTS_OF_NEIGHBOURS": PuntClass.NEIGHBOURS, "PUNTS_TO_GLEAN": PuntClass.GLEAN}
    said = {
        PuntReason[name]: classes[of]
        for cases, of in groups.items()
        for name in re.findall(r"PUNT_(\w+)", cases)
    }
    assert len(said) >= 3
    for reason in PuntReason:
        assert class_of(reason) is said.get(reason, PuntClass.ANSWERS)
