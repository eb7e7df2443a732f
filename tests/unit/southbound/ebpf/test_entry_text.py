"""Entries of the eBPF data plane's maps as people read them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.model.topology import TtlMode
from mplsemu.southbound.ebpf import layout, translate
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.entry_text import entry_text, key_text, value_text
from mplsemu.southbound.ebpf.kinds import FdbKind
from mplsemu.southbound.ebpf.layout import FdbKey, FdbRecord
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.names import names_of
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.plane.stage import Stage
from tests import builders, strategies
from tests.oracles.fakebpfnet import attach


def lab():
    macs = builders.MacAddresses()
    links = ("x-p", "x-q", "p-y", "q-y", "w-x")
    made = builders.network(
        builders.provider(links, pes=("w", "x", "y"), ecmp=2),
        builders.l3vpn(
            "v",
            {
                "a": ("x", "10.1.0.0/29 2001:db8:1::/64"),
                "b": ("y", "10.1.1.0/29"),
                "ce": ("x", "10.1.2.0/24", "ce"),
                "w": ("w", "10.1.3.0/24"),
            },
            imports=(1, 2),
            macs=macs,
        ),
        builders.l3vpn("u", {"a": ("x", "10.2.0.0/24")}, number=2, imports=(1, 2), macs=macs),
        replace(builders.vpls("lan", {"a": "x", "b": "y"}, macs=macs), mac_limit=9),
        replace(builders.vpws("line", {"a": "x", "b": "y"}, macs=macs), control_word=True),
    )
    return compile_program(made)


@pytest.fixture(scope="module")
def said():
    program = lab()
    attached = attach(program)
    names = names_of(program, attached)
    return [entry_text(entry, names) for entry in entries(program, "x", attached)]


@pytest.mark.parametrize(
    "text",
    [
        "x lfib: label 17: pop to IPv4, into VRF v",
        "x lfib: label 18: pop to IPv6, into VRF v",
        "x lfib: label 19: pop to Ethernet, into VSI lan from the pseudowire to y",
        (
            "x lfib: label 20: pop and control word to Ethernet, into VSI line "
            "from the pseudowire to y"
        ),
        "x lfib: label 22: one of 2 ways, the first: swap to 18, out on link x-p",
        "x ecmp_nhlfes: label 22, way 2: swap to 18, out on link x-q",
        "x lfib: label 21: pop, out on link w-x",
        "x tunnels: tunnel to w: out on link w-x, up to 1600 octets",
        (
            "x tunnels: tunnel to y: one of 2 ways, the first: push 18, out on link x-p, "
            "up to 1596 octets"
        ),
        "x ecmp_nhlfes: tunnel to y, way 2: push 18, out on link x-q",
        "x fib4: VRF v: 10.1.0.0/29: ask on v/a who has it",
        "x fib4: VRF v: 10.1.0.0/32: drop",
        "x fib4: VRF v: 10.1.0.1/32: the gateway answers",
        "x fib4: VRF v: 10.1.0.2/32: to 02:00:00:00:00:01, out on v/a, up to 1500 octets",
        "x fib4: VRF v: 10.1.1.0/29: push 16, to y",
        "x fib4: VRF v: 10.2.0.0/24: look up in VRF u",
        "x fib6: VRF v: 2001:db8:1::/64: ask on v/a who has it",
        "x gateways: ARP for 10.1.0.1 on v/a: answer",
        "x vsis: VSI lan: VPLS, circuits up to 1, pseudowires up to 1, learns at most 9 for 300 s",
        "x vsis: VSI line: VPWS, circuits up to 1, pseudowires up to 1",
        "x circuits: VSI lan: circuit 1: out on lan/a",
        "x pws: VSI lan: the pseudowire to y: push 17, to y",
        "x pws: VSI line: the pseudowire to y: push 18 before a control word, to y",
        "x ports: link x-p: port 1, core",
        "x ports: v/a: port 4, VRF v",
        "x ports: lan/a: port 7, VSI lan",
    ],
)
def test_entries_are_worded_by_the_programs_names(said, text):
    assert text in said, "\n".join(said)


def test_two_entries_of_a_lab_never_read_the_same(said):
    assert len(set(said)) == len(said)


def test_without_a_program_numbers_stand_for_themselves():
    program = lab()
    found = [entry_text(entry) for entry in entries(program, "x", attach(program))]
    x, y = program.node("x").index, program.node("y").index
    p = program.node("p")
    out = program.node("x").adjacency_by_link["x-p"]
    ports = attach(program).ports["x"]
    core, circuit = ports[out.port], ports[4]
    expected = [
        f"LSR {x} ports: interface {core}: port 1, core",
        f"LSR {x} ports: interface {circuit}: port 4, service 1 as a VRF",
        f"LSR {x} pws: service 3: pseudowire 1: push 17, to LSR {y}",
        f"gateways: ARP for 10.1.0.1 on interface {circuit}: answer",
        (
            f"LSR {x} lfib: label 22: one of 2 ways, the first: swap to 18, "
            f"out on interface {core}, to {p.adjacency_by_link['x-p'].mac} from {out.mac}"
        ),
    ]
    assert [text for text in expected if text not in found] == []


def test_an_nhlfe_tells_what_is_unusual_of_it():
    program = lab()
    attached = attach(program)
    names = names_of(program, attached)
    direct = replace(attached, direct=frozenset(attached.ports["x"].values()))
    (entry,) = [
        each
        for each in entries(program, "x", direct)
        if each.map == "tunnels" and "tunnel to w" in entry_text(each, names)
    ]
    assert entry_text(entry, names).endswith("out on link w-x, past its queue, up to 1600 octets")
    record = layout.TunnelRecord.unpack(entry.value)
    wrong = replace(record, nhlfe=replace(record.nhlfe, destination=b"\2\0\0\0\0\7"))
    text = entry_text(replace(entry, value=wrong.pack()), names)
    assert "out on link w-x, to 02:00:00:00:00:07 from 0a:" in text


def test_what_the_program_learns_and_the_settings_are_worded_too():
    program = lab()
    attached = attach(program)
    names = names_of(program, attached)
    x = program.node("x")
    (lan,) = [vsi for vsi in x.vsis if vsi.name == "lan"]
    port = attached.ports["x"][x.circuit_by_name["lan/a"].port]
    key = FdbKey(x.index, lan.index, b"\2\0\0\0\0\1").pack()
    places = (
        ((FdbKind.AT_CIRCUIT, port), "lan/a"),
        ((FdbKind.AT_PW, 1), "the pseudowire to y"),
    )
    for (kind, number), where in places:
        station = Entry(Stage.SERVICES, "fdb", key, FdbRecord(kind, number, 7 * 10**9).pack())
        assert entry_text(station, names) == (
            f"x fdb: VSI lan: 02:00:00:00:00:01: behind {where}, seen 7 s after the machine started"
        )
    common = translate.settings(replace(program, ttl_mode=TtlMode.UNIFORM)).pack()
    assert value_text("settings", layout.SETTINGS_KEY, common) == (
        "TTL model uniform, gateways have 02:4d:50:00:00:01"
    )
    assert key_text("settings", layout.SETTINGS_KEY) == "all LSRs"


@settings(max_examples=200)
@given(
    name=st.sampled_from([*MAPS, "of nobody"]),
    key=st.binary(max_size=30),
    value=st.binary(max_size=70),
)
def test_whatever_is_in_a_map_has_a_text(name, key, value):
    assert entry_text(Entry(Stage.LABELS, name, key, value))


@settings(max_examples=200)
@given(data=st.data(), name=st.sampled_from(list(MAPS)))
def test_whatever_of_the_right_size_is_in_a_map_has_a_text(data, name):
    sizes = MAPS[name]
    key = data.draw(st.binary(min_size=sizes.key_size, max_size=sizes.key_size))
    value = data.draw(st.binary(min_size=sizes.value_size, max_size=sizes.value_size))
    assert entry_text(Entry(Stage.LABELS, name, key, value))


@settings(max_examples=20, deadline=None)
@given(made=strategies.networks())
def test_every_entry_of_any_lab_is_readable(made):
    program = compile_program(made)
    attached = attach(program)
    names = names_of(program, attached)
    for node in program.nodes:
        for entry in entries(program, node.name, attached):
            text = entry_text(entry, names)
            assert text.startswith(f"{node.name} {entry.map}: ")
            for word in ("bytes", "service", "interface", "LSR", "key "):
                assert word not in text
