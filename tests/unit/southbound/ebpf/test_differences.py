"""What the maps hold and should not, or lack, is named in the program's words."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.errors import DataPlaneError
from mplsemu.model.topology import TtlMode
from mplsemu.southbound.difference import Difference, DifferenceKind
from mplsemu.southbound.ebpf import layout, read
from mplsemu.southbound.ebpf.differences import COMPARED, differences
from mplsemu.southbound.ebpf.entry_text import key_text
from mplsemu.southbound.ebpf.kinds import CounterKind, FdbKind, Operation, Role, RouteKind
from mplsemu.southbound.ebpf.layout import (
    GATEWAY_VALUE,
    SETTINGS_KEY,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    FibKey,
    GatewayKey,
    IlmRecord,
    Port,
    RouteRecord,
    TunnelKey,
    VsiKey,
    word,
)
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.names import names_of
from mplsemu.southbound.ebpf.read import read_attached, read_tables
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.ebpf.translate import settings as common
from tests.oracles.faketables import FakeTables, interfaces_of
from tests.programs import program_of

PROGRAM = program_of("nordic")
ATTACHED = interfaces_of(PROGRAM)
WANTED = [entry for node in PROGRAM.nodes for entry in entries(PROGRAM, node.name, ATTACHED)]


class Lab:
    """Maps that hold just what they should, until a test changes them."""

    def __init__(self, program=PROGRAM):
        self.program = program
        self.tables = FakeTables()
        for entry in WANTED:
            self.tables[entry.map].rows[entry.key] = entry.value
        self.tables["settings"].rows[SETTINGS_KEY] = common(program).pack()

    def found(self):
        return differences(self.program, ATTACHED, WANTED, read_tables(self.tables))

    def said(self):
        return [str(each) for each in self.found()]

    def key(self, node, name, words):
        """Return the only key of an LSR in a map that is worded so."""
        names = names_of(self.program, ATTACHED)
        own = {(entry.map, entry.key) for entry in entries(self.program, node, ATTACHED)}
        (only,) = [
            key
            for key in self.tables[name].rows
            if (name, key) in own and key_text(name, key, names) == words
        ]
        return only


@pytest.fixture
def lab():
    return Lab()


def index(node):
    return PROGRAM.node(node).index


def test_maps_that_hold_just_what_they_should_differ_in_nothing(lab):
    assert lab.found() == []


@pytest.mark.parametrize(
    ("node", "table", "entry", "does"),
    [
        ("p1", "lfib", "label 17", "pop, out on link no-p1"),
        ("dk", "tunnels", "tunnel to se", "push 18, out on link dk-p1, up to 1596 octets"),
        ("dk", "fib4", "VRF a: 192.168.3.0/24", "push 16, to no"),
        ("dk", "gateways", "ARP for 192.168.1.1 on a/aarhus", "answer"),
        ("dk", "pws", "VSI c: the pseudowire to no", "push 19, to no"),
        ("dk", "circuits", "VSI c: circuit 1", "out on c/odense"),
        ("dk", "ports", "link dk-p1", "port 1, core"),
    ],
)
def test_an_entry_that_is_missing_is_named(lab, node, table, entry, does):
    del lab.tables[table].rows[lab.key(node, table, entry)]
    assert lab.found() == [Difference(node, table, entry, DifferenceKind.MISSING, None, does)]
    assert lab.said() == [f"{node} {table}: {entry} is missing, should be: {does}"]


def test_an_entry_that_says_something_else_is_named_with_both(lab):
    key = lab.key("dk", "fib4", "VRF b: 192.168.3.0/24")
    vrf = PROGRAM.node("dk").vrf_by_name["a"].index
    lab.tables["fib4"].rows[key] = RouteRecord(RouteKind.TO_VRF, vrf).pack()
    (only,) = lab.found()
    assert only == Difference(
        "dk",
        "fib4",
        "VRF b: 192.168.3.0/24",
        DifferenceKind.CHANGED,
        "look up in VRF a",
        "push 18, to no",
    )
    assert str(only) == (
        "dk fib4: VRF b: 192.168.3.0/24 is: look up in VRF a; should be: push 18, to no"
    )


def test_an_entry_that_should_not_be_there_is_named(lab):
    vrf = PROGRAM.node("dk").vrf_by_name["b"].index
    leak = FibKey(index("dk"), vrf, IPv4Network("10.9.0.0/16")).pack()
    lab.tables["fib4"].rows[leak] = RouteRecord(RouteKind.TO_PE, index("se"), 16).pack()
    assert lab.said() == ["dk fib4: VRF b: 10.9.0.0/16 should not be there, is: push 16, to se"]


def test_a_difference_that_words_leave_out_is_told_by_its_octets(lab):
    key = lab.key("p1", "lfib", "label 17")
    record = IlmRecord.unpack(lab.tables["lfib"].rows[key])
    other = bytearray(record.pack())
    other[2] = 4  # an IP version, of which a label that is not popped to IP makes no use
    other[3] = 9
    lab.tables["lfib"].rows[key] = bytes(other)
    (only,) = lab.found()
    assert only.kind is DifferenceKind.CHANGED
    assert only.wanted == "pop, out on link no-p1"
    assert only.found == (
        "pop, out on link no-p1, but for octet 2 (0x04, not 0x00), 3 (0x09, not 0x00)"
    )


def test_what_no_program_of_ours_could_have_written_is_shown_as_it_is(lab):
    key = lab.key("p1", "lfib", "label 17")
    lab.tables["lfib"].rows[key] = b"\xff" * 64
    (only,) = lab.found()
    assert only.found == f"bytes {'ff' * 64}"
    assert only.wanted == "pop, out on link no-p1"


def test_a_next_hop_with_another_mac_address_is_told_from_the_right_one(lab):
    key = lab.key("dk", "tunnels", "tunnel to se")
    record = layout.TunnelRecord.unpack(lab.tables["tunnels"].rows[key])
    wrong = replace(record.nhlfe, destination=b"\2\0\0\0\0\7")
    lab.tables["tunnels"].rows[key] = replace(record, nhlfe=wrong).pack()
    (only,) = lab.found()
    assert "out on link dk-p1, to 02:00:00:00:00:07 from " in only.found
    assert " to 02:" not in only.wanted


def test_a_port_that_is_said_to_be_another_lsrs_is_a_difference_of_its_own(lab):
    key = lab.key("dk", "ports", "link dk-p1")
    lab.tables["ports"].rows[key] = Port(index("p1"), 1, Role.CORE).pack()
    assert lab.said() == ["dk ports: link dk-p1 is: port 1 of p1, core; should be: port 1, core"]


def test_what_belongs_to_no_lsr_should_not_be_there(lab):
    nhlfe = layout.NhlfeRecord(999, bytes(6), bytes(6), Operation.POP)
    lab.tables["tunnels"].rows[TunnelKey(99, 1).pack()] = layout.TunnelRecord(1, nhlfe).pack()
    lab.tables["gateways"].rows[GatewayKey(999, IPv4Address("10.1.0.1")).pack()] = GATEWAY_VALUE
    lab.tables["ports"].rows[word(999)] = Port(99, 3, Role.CORE).pack()
    assert lab.said() == [
        (
            "tunnels: LSR 99: tunnel to dk should not be there, "
            "is: pop, out on interface 999, to 00:00:00:00:00:00 from 00:00:00:00:00:00, "
            "up to 65535 octets"
        ),
        "ports: LSR 99: interface 999 should not be there, is: port 3, core",
        "gateways: ARP for 10.1.0.1 on interface 999 should not be there, is: answer",
    ]
    assert {each.node for each in lab.found()} == {None}


def test_settings_are_compared_too(lab):
    uniform = common(replace(PROGRAM, ttl_mode=TtlMode.UNIFORM))
    lab.tables["settings"].rows[SETTINGS_KEY] = uniform.pack()
    (only,) = lab.said()
    assert only == (
        "settings: all LSRs is: TTL model uniform, gateways have 02:4d:50:00:00:01; "
        "should be: TTL model pipe, gateways have 02:4d:50:00:00:01"
    )


def test_what_is_learned_or_counted_is_no_difference(lab):
    vsi = PROGRAM.node("dk").vsi_by_name["c"].index
    station = FdbRecord(FdbKind.AT_PW, 1, 7).pack()
    at = VsiKey(index("dk"), vsi).pack()
    lab.tables["fdb"].rows[FdbKey(index("dk"), vsi, b"\2\0\0\0\0\1").pack()] = station
    lab.tables["fdb_added"].rows[at] = layout.long(1)
    lab.tables["fdb_removed"].rows[at] = layout.long(5)
    counter = CounterKey(index("dk"), CounterKind.VRF_IN, 1).pack()
    lab.tables["counters"].rows[counter] = CounterRecord(1, 60).pack()
    assert lab.found() == []
    assert len(read_tables(lab.tables)) == len(WANTED) + 2  # the settings and what was learned


def test_differences_come_lsr_by_lsr_map_by_map(lab):
    for node, name in (("se", "lfib"), ("dk", "ports"), ("dk", "lfib")):
        own = next(e for e in entries(PROGRAM, node, ATTACHED) if e.map == name)
        del lab.tables[name].rows[own.key]
    lab.tables["settings"].rows[SETTINGS_KEY] = bytes(12)
    order = [(each.node, each.table) for each in lab.found()]
    assert order == [("dk", "lfib"), ("dk", "ports"), ("se", "lfib"), (None, "settings")]


@settings(max_examples=200)
@given(data=st.data(), name=st.sampled_from(COMPARED))
def test_whatever_is_written_to_a_map_is_one_difference_with_words(data, name):
    lab = Lab()
    sizes = MAPS[name]
    rows = lab.tables[name].rows
    before = dict(rows)
    new = st.binary(min_size=sizes.key_size, max_size=sizes.key_size)
    key = data.draw(st.sampled_from(sorted(rows)) | new if rows else new)
    value = data.draw(st.binary(min_size=sizes.value_size, max_size=sizes.value_size))
    rows[key] = value
    found = lab.found()
    assert len(found) == (before.get(key) != value)
    for each in found:
        assert each.entry
        assert each.found != each.wanted


# reading -----------------------------------------------------------------------------------------


class _Opened:
    def __init__(self, name, rows):
        self.name, self._rows, self.closed = name, rows, 0

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.close()

    def close(self):
        self.closed += 1

    def items(self):
        return iter(self._rows.items())


@pytest.fixture
def kernel(monkeypatch):
    """Return maps by id as the kernel has them."""
    maps = {}
    monkeypatch.setattr(read, "open_map", maps.__getitem__)
    return maps


def test_maps_are_read_by_their_ids_and_closed_again(lab, kernel):
    numbers = {name: 7 + at for at, name in enumerate(MAPS)}
    kernel |= {numbers[name]: _Opened(name, lab.tables[name].rows) for name in read.READ}
    found = read_attached(replace(ATTACHED, maps=numbers))
    assert found == read_tables(lab.tables)
    assert {each.closed for each in kernel.values()} == {1}


def test_another_version_and_another_lab_are_told(lab, kernel):
    with pytest.raises(DataPlaneError, match="has no map ecmp_nhlfes; boot the lab"):
        read_attached(ATTACHED)
    first = read.READ[0]
    kernel[7] = _Opened("strange", {})
    with pytest.raises(
        DataPlaneError, match="map 7 is 'strange', not 'ecmp_nhlfes': the lab that made"
    ):
        read_attached(replace(ATTACHED, maps={first: 7}))
    assert kernel[7].closed == 1
