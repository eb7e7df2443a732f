"""VSIs: flooding, split horizon, pseudowires, byte for byte (RFC 4762, RFC 4448)."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import (
    CounterKind,
    Drop,
    FdbKind,
    IlmAction,
)
from mplsemu.southbound.ebpf.layout import (
    IlmRecord,
    PwRecord,
)
from tests.ebpf.kernel import Verdict
from tests.ebpf.pe import ALL, FRAMES, VSI, WORD, A, B, Pe
from tests.ebpf.router import Router, labelled, stack
from tests.oracles.frames import arp, ethernet, ip, ip_frame

# --- one way ---


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("word", [False, True])
@pytest.mark.parametrize("depth", [0, 1, 8])
def test_a_frame_enters_its_pseudowire_byte_for_byte(pe: Pe, frame, word, depth):
    tunnel = tuple(1000 + i for i in range(depth))
    pe.wire(1, *tunnel, word=word)
    pe.up().learn(B, wire=1)
    sent = pe.on_wire(1, frame, *tunnel, word=word)
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [sent]}
    assert pe.router.drops() == {}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("word", [False, True])
def test_a_frame_leaves_its_pseudowire_byte_for_byte(pe: Pe, frame, word):
    pe.wire(1, word=word)
    pe.up().learn(B, circuit=pe.second)
    came = pe.over_wire(1, frame, word=word)
    assert pe.router.pass_on(came, pe.core) == {pe.second.ifindex: [frame]}
    assert pe.router.station(VSI, A).kind is FdbKind.AT_PW
    assert pe.router.station(VSI, A).id == 1


@pytest.mark.parametrize("frame", FRAMES)
def test_a_frame_goes_from_circuit_to_circuit_as_it_is(pe: Pe, frame):
    pe.up().learn(B, circuit=pe.second)
    assert pe.router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}


@pytest.mark.parametrize("tags", [(), (5,), (5, 6)])
@pytest.mark.parametrize("pair", [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
def test_labels_get_the_class_of_the_ip_packet_in_the_frame(pe: Pe, tags, pair):
    pe.wire(1, 17)
    pe.up().learn(B, wire=1)
    frame = ip_frame(B, A, ip(*pair, dscp=46), tags)
    sent = pe.on_wire(1, frame, 17, tc=5)
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [sent]}


@pytest.mark.parametrize(
    ("ethertype", "packet"), [(0x0800, b"\x45\xb8" + bytes(17)), (0x86DD, b"\x6b\x80" + bytes(37))]
)
def test_what_is_no_whole_ip_header_has_no_class(pe: Pe, ethertype, packet):
    pe.wire(1, 17)
    pe.up().learn(B, wire=1)
    frame = ethernet(B, A, ethertype, packet)
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [pe.on_wire(1, frame, 17)]}
    whole = ethernet(B, A, ethertype, packet + b"\0")
    sent = pe.on_wire(1, whole, 17, tc=5)
    assert pe.router.pass_on(whole, pe.first) == {pe.core.ifindex: [sent]}


def test_a_frame_for_a_station_on_its_own_circuit_is_dropped(pe: Pe):
    pe.up().learn(B, circuit=pe.first)
    frame = ethernet(B, A, 0x88B5, b"")
    assert pe.router.run(frame, pe.first).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.NOBODY: 1}


def test_a_pseudowire_that_is_gone_drops(pe: Pe):
    pe.up().learn(B, wire=9)
    assert pe.router.run(ethernet(B, A, 0x88B5, b""), pe.first).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.NO_TUNNEL: 1}


# --- flooding ---

UNEQUAL = {1: ((17,), False), 2: ((), False), 4: ((18, 19, 20), True), 5: ((21,), True)}


@pytest.mark.parametrize("frame", FRAMES)
def test_a_flood_reaches_all_others_whatever_their_stacks(pe: Pe, frame):
    for index, (tunnel, word) in UNEQUAL.items():
        pe.wire(index, *tunnel, word=word)
    pe.up()
    found = pe.router.pass_on(frame, pe.first, 1 + len(UNEQUAL))
    wanted = {
        pe.on_wire(index, frame, *tunnel, word=word) for index, (tunnel, word) in UNEQUAL.items()
    }
    assert found.pop(pe.second.ifindex) == [frame]
    copies = found.pop(pe.core.ifindex)
    assert set(copies) == wanted
    assert len(copies) == len(wanted)
    assert found == {}
    assert pe.router.drops() == {}


def test_the_deepest_and_the_shallowest_stack_in_one_flood(pe: Pe):
    pe.router.bench.needs_long_loops()
    tunnels = {index: tuple(1000 + i for i in range(9 - index)) for index in range(1, 10)}
    for index, tunnel in tunnels.items():
        pe.wire(index, *tunnel, word=bool(index % 2))
    pe.up()
    frame = arp(1, A, "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2")
    found = pe.router.pass_on(frame, pe.first, 10)
    wanted = {
        pe.on_wire(index, frame, *tunnel, word=bool(index % 2)) for index, tunnel in tunnels.items()
    }
    assert set(found[pe.core.ifindex]) == wanted
    assert len(found[pe.core.ifindex]) == len(wanted)


@pytest.mark.parametrize("frame", FRAMES)
def test_what_came_over_a_pseudowire_is_flooded_to_circuits_only(pe: Pe, frame):
    for index in (1, 2):
        pe.wire(index, 17)
    pe.up()
    found = pe.router.pass_on(pe.over_wire(1, frame), pe.core, 2)
    assert found == {pe.first.ifindex: [frame], pe.second.ifindex: [frame]}


def test_split_horizon_holds_for_known_addresses_too(pe: Pe):
    for index in (1, 2):
        pe.wire(index, 17)
    pe.up().learn(B, wire=2)
    came = pe.over_wire(1, ethernet(B, A, 0x88B5, b""))
    assert pe.router.run(came, pe.core).verdict is Verdict.SHOT
    assert pe.router.pass_on(came, pe.core, 0) == {}
    assert pe.router.drops() == {Drop.NOBODY: 2}


@pytest.mark.parametrize("dst", [ALL, "33:33:00:00:00:01", "01:80:c2:00:00:00", B])
def test_group_and_unknown_addresses_are_flooded(pe: Pe, dst):
    pe.wire(1, 17)
    pe.up()
    frame = ethernet(dst, A, 0x88B5, b"payload")
    assert pe.router.pass_on(frame, pe.first, 2) == {
        pe.second.ifindex: [frame],
        pe.core.ifindex: [pe.on_wire(1, frame, 17)],
    }


def test_a_flood_to_nobody_is_a_drop(pe: Pe):
    pe.circuits = {1: pe.first}
    pe.up()
    assert pe.router.run(ethernet(ALL, A, 0x88B5, b""), pe.first).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.NOBODY: 1}


def test_a_pseudowire_without_a_tunnel_is_left_out_of_a_flood(pe: Pe):
    pe.wire(1, 17)
    pe.wires[2] = PwRecord(99, 502)
    pe.up()
    frame = ethernet(ALL, A, 0x88B5, b"")
    found = pe.router.pass_on(frame, pe.first, 2)
    assert found[pe.core.ifindex] == [pe.on_wire(1, frame, 17)]


# --- pseudowires that hold something else ---


@pytest.mark.parametrize("word", [b"\x10\0\0\0", b"\x01\0\0\0", b"\xf0\0\0\0"])
def test_only_a_control_word_of_data_is_taken_for_one(pe: Pe, word):
    pe.wire(1, word=True)
    pe.up()
    frame = ethernet(ALL, A, 0x88B5, b"payload")
    came = labelled(stack((501, 0, 9)), word + frame)
    copies = 2 if word[0] < 0x10 else 0
    found = pe.router.pass_on(came, pe.core, copies)
    assert sum(map(len, found.values())) == copies
    assert pe.router.drops() == ({} if copies else {Drop.MALFORMED: 1})


@pytest.mark.parametrize("word", [False, True])
@pytest.mark.parametrize("length", [0, 3, 4, 13])
def test_a_pseudowires_packet_without_a_whole_header_is_dropped(pe: Pe, word, length):
    pe.wire(1, word=word)
    pe.up()
    came = labelled(stack((501, 0, 9)), (WORD if word else b"") + bytes(length))
    assert pe.router.run(came, pe.core).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.MALFORMED: 1}


def test_a_pseudowires_label_that_is_not_the_last_is_dropped(pe: Pe):
    pe.wire(1)
    pe.up()
    came = labelled(stack((501, 0, 9), (17, 0, 9)), ethernet(ALL, A, 0x88B5, b"payload"))
    assert pe.router.run(came, pe.core).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.MALFORMED: 1}


def test_explicit_null_before_a_pseudowires_label(pe: Pe):
    pe.wire(1, word=True)
    pe.router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    pe.up().learn(B, circuit=pe.second)
    frame = ethernet(B, A, 0x88B5, b"payload")
    came = labelled(stack((0, 0, 9), (0, 0, 9), (501, 0, 9)), WORD + frame)
    assert pe.router.pass_on(came, pe.core) == {pe.second.ifindex: [frame]}


def test_a_frame_has_no_ttl_to_lose_at_the_end_of_its_pseudowire(pe: Pe):
    pe.wire(1)
    pe.up().learn(B, circuit=pe.second)
    frame = ethernet(B, A, 0x88B5, b"payload")
    came = labelled(stack((501, 0, 0)), frame)
    assert pe.router.pass_on(came, pe.core) == {pe.second.ifindex: [frame]}


def test_in_uniform_mode_a_pseudowires_labels_have_the_pipes_ttl(uniform_router: Router):
    pe = Pe(uniform_router)
    pe.wire(1, 17)
    pe.up().learn(B, wire=1)
    frame = ip_frame(B, A, ip("10.0.0.1", "10.0.0.2", ttl=3))
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [pe.on_wire(1, frame, 17)]}


# --- counters ---


def test_a_pseudowire_counts_both_ways(pe: Pe):
    for index in (1, 2):
        pe.wire(index, 17)
        for kind in (CounterKind.PW_IN, CounterKind.PW_OUT):
            pe.router.watch(kind, VSI << 16 | index)
    pe.up()
    frame = ethernet(ALL, A, 0x88B5, bytes(100))
    pe.router.run(frame, pe.first)
    pe.router.run(pe.over_wire(2, frame), pe.core)
    pe.learn(B, wire=1)
    pe.router.run(ethernet(B, A, 0x88B5, bytes(100)), pe.first)
    counted = {
        (kind.name, index): pe.router.counted(kind, VSI << 16 | index)
        for kind in (CounterKind.PW_IN, CounterKind.PW_OUT)
        for index in (1, 2)
    }
    assert {key: value.packets for key, value in counted.items()} == {
        ("PW_IN", 1): 0,
        ("PW_IN", 2): 1,
        ("PW_OUT", 1): 2,
        ("PW_OUT", 2): 1,
    }
    assert counted["PW_OUT", 2].octets == 14 + 8 + len(frame)
    assert counted["PW_IN", 2].octets == 14 + 4 + len(frame)
