"""Records of the eBPF data plane's maps as bytes, and the C header that is written from them."""

from __future__ import annotations

import re
import struct
from ipaddress import IPv4Address, ip_network
from pathlib import Path

import pytest

import mplsemu.southbound.ebpf
from mplsemu.errors import CapabilityError, DataPlaneError
from mplsemu.southbound.ebpf import kinds
from mplsemu.southbound.ebpf.attached import Attached, dump_attached, load_attached
from mplsemu.southbound.ebpf.header import header
from mplsemu.southbound.ebpf.layout import (
    FIB_KEYS,
    PUNT,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    FibKey,
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
from mplsemu.southbound.ebpf.layout_vsi import GroupKey, GroupRecord, MacMovedRecord, members
from mplsemu.southbound.ebpf.layout_ways import RouteWayKey
from mplsemu.southbound.ebpf.punts import PuntRecord, injected
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import class_of

_HEADER = Path(mplsemu.southbound.ebpf.__file__).with_name("src") / "layout.h"

NHLFE = NhlfeRecord(3, b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", kinds.Operation.PUSH, labels=(16, 1048575))
RECORDS = {
    "port": Port(1, 2, kinds.Role.VRF, 3, kinds.PortFlag.STRICT_URPF),
    "tagged_key": TaggedKey(1, 0x88A8, 200, 100),
    "tagged_circuit": TaggedCircuit(1, 1600, 0x88A8, 200, 100),
    "nhlfe": NHLFE,
    "ilm_key": IlmKey(1, 2),
    "ilm": IlmRecord(kinds.IlmAction.FORWARD, 2, 4, kinds.IlmFlag.CONTROL_WORD, 5, 6, NHLFE),
    "tunnel_key": TunnelKey(1, 2),
    "tunnel": TunnelRecord(3, NHLFE),
    "nhlfe_key": NhlfeKey(1, kinds.NhlfesOf.EGRESS, 3, 4),
    "fib4_key": FibKey(1, 2, ip_network("10.1.0.0/16")),
    "fib6_key": FibKey(1, 2, ip_network("2001:db8::/32")),
    "route": RouteRecord(kinds.RouteKind.DELIVER, 2, 3, b"\2\0\0\0\0\1"),
    "route_way_key": RouteWayKey(1, 2, 3, 4),
    "gateway_key": GatewayKey(1, IPv4Address("10.1.0.1")),
    "vsi_key": VsiKey(1, 2),
    "vsi": VsiRecord(kinds.BridgeKind.VPWS, 2, 3, 4, 300_000_000_000),
    "member_key": MemberKey(1, 2, 3),
    "pw": PwRecord(1, 2, kinds.PwFlag.CONTROL_WORD),
    "fdb_key": FdbKey(1, 2, b"\2\0\0\0\0\1"),
    "fdb_entry": FdbRecord(kinds.FdbKind.AT_PW, 2, 3),
    "mac_moved": MacMovedRecord(
        1, 2, kinds.FdbKind.AT_PW, 3, kinds.FdbKind.AT_CIRCUIT, 4, b"\2\0\0\0\0\1"
    ),
    "group_key": GroupKey(1, 2, IPv4Address("239.1.1.1")),
    "group": GroupRecord(members((1, 9, 1024)), members(())),
    "settings": Settings(uniform_ttl=True, gateway_mac=b"\2\0\0\0\0\1"),
    "counter_key": CounterKey(1, kinds.CounterKind.DROP, kinds.Drop.TTL),
    "counter": CounterRecord(1, 2),
}


def test_the_header_is_what_the_layout_says():
    assert _HEADER.read_text() == header(), "type: scripts/build-ebpf"


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_has_the_size_of_its_struct(name: str):
    record = RECORDS[name]
    struct = FIB_KEYS[record.prefix.version] if isinstance(record, FibKey) else record.c
    assert (struct.name, struct.size) == (name, len(record.pack()))
    assert struct.size % 4 == 0


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_survives_packing(name: str):
    record = RECORDS[name]
    assert type(record).unpack(record.pack()) == record


def test_every_record_is_in_the_header():
    declared = re.findall(r"^struct (\w+) \{", header(), re.M)
    assert set(declared) == {*RECORDS, "punt", "large_punt"}
    assert len(declared) == len(set(declared))


def test_padding_is_explicit():
    members = [(member.declaration, member.code) for member in Settings.c.members]
    assert members == [
        ("__u32 uniform_ttl", "I"),
        ("__u8 gateway_mac[6]", "6s"),
        ("__u8 reserved[2]", "2x"),
        ("__u32 share", "I"),
    ]
    assert [member.declaration for member in VsiRecord.c.members][-1] == "__u8 reserved[4]"


def test_an_enumerations_number_that_nothing_has_is_no_record():
    with pytest.raises(ValueError, match="77"):
        Port.unpack(struct.pack("=5I", 1, 2, 77, 0, 0))


def test_a_member_is_found_by_its_name():
    assert FdbRecord.c.offset("seen_ns") == 8
    assert FIB_KEYS[6].offset("address") == 12
    with pytest.raises(KeyError):
        VsiRecord.c.offset("reserved")


def test_an_nhlfe_pushes_at_most_eight_labels():
    NhlfeRecord(1, bytes(6), bytes(6), kinds.Operation.PUSH, labels=tuple(range(16, 24))).pack()
    too_many = NhlfeRecord(1, bytes(6), bytes(6), kinds.Operation.PUSH, labels=tuple(range(16, 25)))
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
    assert len(data) == PUNT.size
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


def test_the_data_plane_classes_punts_as_the_controller_does():
    bits = dict(re.findall(r"^#define PUNT_REASONS_(\w+) (0x[0-9a-f]+)$", header(), re.M))
    for reason in PuntReason:
        of = [name for name, each in bits.items() if int(each, 16) >> reason & 1]
        assert of == [class_of(reason).name]
