"""VSIs: learning, flooding, split horizon, pseudowires, byte for byte (RFC 4762, RFC 4448)."""

from __future__ import annotations

import time

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    CounterKind,
    Drop,
    FdbKind,
    IlmAction,
    IlmFlag,
    Operation,
    PwFlag,
)
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    FdbKey,
    FdbRecord,
    IlmRecord,
    PwRecord,
    Settings,
    VsiKey,
    long,
    unpack_long,
)
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import OURS, THEIRS, Router, labelled, nhlfe, stack
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame

VSI = 3
A, B, C = (f"02:00:00:00:00:0{number}" for number in "123")
ALL = "ff:ff:ff:ff:ff:ff"
WORD = bytes(4)
FRAMES = (
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2")), id="IPv4"),
    pytest.param(ip_frame(B, A, ip("fd00::1", "fd00::2")), id="IPv6"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5,)), id="tagged"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5, 6)), id="tagged twice"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5, 6, 7)), id="three times"),
    pytest.param(ethernet(B, A, 0x88B5, bytes(range(256)) * 5 + b"x"), id="anything"),
    pytest.param(ethernet(B, A, 0x88B5, b""), id="nothing"),
    pytest.param(ethernet(B, A, 38, b"\x42\x42\x03" + bytes(35)), id="802.3"),
    pytest.param(labelled(stack((16, 1, 2), (17, 3, 4)), b"payload", B, A), id="MPLS"),
    pytest.param(ethernet(B, A, 0x8100, b"\xf0\x05\x88\x47" + stack((16, 1, 2))), id="tagged MPLS"),
    pytest.param(arp(2, A, "10.0.0.1", B, "10.0.0.2", B), id="ARP"),
)


def tc_of(frame: bytes) -> int:
    return 5 if b"\x45\xb8" in frame[:30] else 0


class Pe:
    """A PE with a VSI of two circuits, and a core link."""

    def __init__(self, router: Router, kind: BridgeKind = BridgeKind.VPLS, **options) -> None:
        self.router = router
        self.first, self.second, self.core = router.bench.wires[:3]
        router.port(self.core)
        self.circuits = {1: self.first, 3: self.second}
        self.kind, self.options = kind, options
        self.wires: dict[int, PwRecord] = {}

    def wire(
        self, index: int, *tunnel: int, word: bool = False, oif: Wire | None = None
    ) -> PwRecord:
        """Have a pseudowire to PE 40 + index, whose label is 500 + index, both ways."""
        egress, label = 40 + index, 500 + index
        oif = oif or self.core
        self.router.tunnel(egress, nhlfe(oif.ifindex, Operation.PUSH, *tunnel))
        flag = PwFlag.CONTROL_WORD if word else PwFlag.NONE
        self.wires[index] = PwRecord(egress, label, flag)
        record = IlmRecord(
            IlmAction.TO_PSEUDOWIRE,
            flags=IlmFlag.CONTROL_WORD if word else IlmFlag.NONE,
            service=VSI,
            pw=index,
        )
        self.router.ilm(label, record)
        return self.wires[index]

    def up(self) -> Pe:
        self.router.vsi(VSI, self.circuits, self.wires, self.kind, **self.options)
        return self

    def learn(self, address: str, wire: int | None = None, circuit: Wire | None = None) -> None:
        where = (FdbKind.AT_PW, wire) if wire else (FdbKind.AT_CIRCUIT, circuit.ifindex)
        record = FdbRecord(*where, time.monotonic_ns())
        key = FdbKey(self.router.index, VSI, bytes.fromhex(address.replace(":", "")))
        self.router.bench.set("fdb", key.pack(), record.pack())

    def over_wire(self, index: int, frame: bytes, *, word: bool = False) -> bytes:
        return labelled(stack((500 + index, 0, 200)), (WORD if word else b"") + frame)

    def on_wire(self, index: int, frame: bytes, *tunnel: int, tc: int = 0, word: bool = False):
        entries = [(label, tc, 255) for label in (*tunnel, 500 + index)]
        return labelled(stack(*entries), (WORD if word else b"") + frame, THEIRS, OURS)


@pytest.fixture
def pe(router: Router) -> Pe:
    return Pe(router)


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


# --- learning ---


def test_a_station_is_learned_and_moves(pe: Pe):
    pe.wire(1, 17)
    pe.up()
    pe.router.run(ethernet(ALL, A, 0x88B5, b""), pe.first)
    assert (pe.router.station(VSI, A).kind, pe.router.station(VSI, A).id) == (
        FdbKind.AT_CIRCUIT,
        pe.first.ifindex,
    )
    pe.router.run(ethernet(ALL, A, 0x88B5, b""), pe.second)
    assert pe.router.station(VSI, A).id == pe.second.ifindex
    pe.router.run(pe.over_wire(1, ethernet(ALL, A, 0x88B5, b"")), pe.core)
    assert (pe.router.station(VSI, A).kind, pe.router.station(VSI, A).id) == (
        FdbKind.AT_PW,
        1,
    )


def test_a_stations_time_is_renewed_once_in_a_second(pe: Pe):
    pe.up()
    frame = ethernet(ALL, A, 0x88B5, b"")
    pe.router.run(frame, pe.first)
    first = pe.router.station(VSI, A).seen_ns
    assert abs(time.monotonic_ns() - first) < 1e9
    key = FdbKey(pe.router.index, VSI, bytes.fromhex(A.replace(":", "")))
    for age_ns, is_renewed in ((500_000_000, False), (2_000_000_000, True)):
        seen = time.monotonic_ns() - age_ns
        old = FdbRecord(FdbKind.AT_CIRCUIT, pe.first.ifindex, seen)
        pe.router.bench.set("fdb", key.pack(), old.pack())
        pe.router.run(frame, pe.first)
        assert (pe.router.station(VSI, A).seen_ns > seen) is is_renewed


def test_an_old_station_is_known_no_more_until_it_speaks(pe: Pe):
    pe.options["aging_s"] = 3  # less than the kernel has been up, in User-mode Linux too
    pe.up()
    key = FdbKey(pe.router.index, VSI, bytes.fromhex(B.replace(":", "")))
    frame = ethernet(B, A, 0x88B5, b"payload")
    for age_s, known in ((1, True), (4, False)):
        seen = time.monotonic_ns() - age_s * 1_000_000_000
        record = FdbRecord(FdbKind.AT_CIRCUIT, pe.first.ifindex, seen)
        pe.router.bench.set("fdb", key.pack(), record.pack())
        wanted = {} if known else {pe.second.ifindex: [frame]}
        assert pe.router.pass_on(frame, pe.first, 0 if known else 1) == wanted
    pe.router.run(ethernet(ALL, B, 0x88B5, b""), pe.second)
    assert pe.router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}


@pytest.mark.parametrize("over", ["circuit", "wire"])
def test_a_group_address_as_source_is_dropped(pe: Pe, over):
    pe.wire(1, 17)
    pe.up()
    frame = ethernet(B, "03:00:00:00:00:01", 0x88B5, b"")
    if over == "circuit":
        assert pe.router.run(frame, pe.first).verdict is Verdict.SHOT
    else:
        assert pe.router.run(pe.over_wire(1, frame), pe.core).verdict is Verdict.SHOT
    assert pe.router.drops() == {Drop.GROUP_SOURCE: 1}
    assert pe.router.station(VSI, "03:00:00:00:00:01") is None


@pytest.mark.parametrize("kind", BridgeKind)
@pytest.mark.parametrize("vlans", [(), (7,), (7, 8)])
def test_what_is_for_the_nearest_bridge_or_the_links_end_is_dropped(router: Router, kind, vlans):
    pe = Pe(router, kind)
    pe.wire(1, 17)
    pe.up()
    filtered = {*range(1, 11), 14} if kind is BridgeKind.VPLS else {1}
    expected = 0
    for last in range(18):
        address = f"01:80:c2:00:00:{last:02x}"
        for ethertype in (0x88B5, 0x8808):
            frame = ethernet(address, A, ethertype, bytes(46), vlans)
            lost = last in filtered or (ethertype == 0x8808 and not vlans)
            expected += lost
            router.run(frame, pe.first)
            assert router.drops().get(Drop.ONE_LINK, 0) == expected, (address, ethertype)
    for address in ("01:80:c2:00:01:01", "01:80:c2:01:00:01", "01:81:c2:00:00:01", B, ALL):
        router.run(ethernet(address, A, 0x88B5, bytes(46), vlans), pe.first)
        assert router.drops()[Drop.ONE_LINK] == expected


def test_of_what_is_for_the_nearest_bridge_nothing_is_learned(pe: Pe):
    pe.up()
    pe.router.run(ethernet("01:80:c2:00:00:0e", A, 0x88CC, b""), pe.first)
    assert pe.router.station(VSI, A) is None


def speak(pe: Pe, number: int) -> bool:
    """Have a station speak; return whether it was learned."""
    address = f"02:00:00:00:01:{number:02x}"
    pe.router.run(ethernet(ALL, address, 0x88B5, b""), pe.first)
    return pe.router.station(VSI, address) is not None


def test_a_vsi_learns_no_more_addresses_than_it_may_and_still_floods(pe: Pe):
    pe.options["mac_limit"] = 3
    pe.up()
    assert [speak(pe, number) for number in range(6)] == [True] * 3 + [False] * 3
    key = VsiKey(pe.router.index, VSI).pack()
    maps = pe.router.bench.program.maps
    assert unpack_long(maps["fdb_added"].get(key)) == 3
    frame = ethernet("02:00:00:00:01:04", "02:00:00:00:01:05", 0x88B5, b"")
    assert pe.router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}
    # those it knows may move, and are no new ones
    pe.router.run(ethernet(ALL, "02:00:00:00:01:00", 0x88B5, b""), pe.second)
    assert pe.router.station(VSI, "02:00:00:00:01:00").id == pe.second.ifindex
    # two are deleted, so two others may come
    for number in (0, 1):
        address = bytes([2, 0, 0, 0, 1, number])
        assert maps["fdb"].delete(FdbKey(pe.router.index, VSI, address).pack())
    maps["fdb_removed"].set(key, long(2))
    assert [speak(pe, number) for number in range(3, 7)] == [True, True, False, False]
    assert unpack_long(maps["fdb_added"].get(key)) == 5


def test_without_a_limit_stations_are_counted_all_the_same(pe: Pe):
    pe.up()
    assert all(speak(pe, number) for number in range(10))
    key = VsiKey(pe.router.index, VSI).pack()
    assert unpack_long(pe.router.bench.program.maps["fdb_added"].get(key)) == 10


@pytest.fixture
def shared(pe: Pe) -> Pe:
    """A PE at which a VSI without a limit of its own learns eight addresses."""
    gateway = bytes.fromhex(GATEWAY_MAC.replace(":", ""))
    pe.router.bench.set("settings", SETTINGS_KEY, Settings(False, gateway, 8).pack())
    return pe.up()


def known(pe: Pe, vsi: int = VSI) -> set[int]:
    """Return the stations that a VSI knows, by their last octet."""
    keys = map(FdbKey.unpack, pe.router.bench.program.maps["fdb"].keys())
    return {key.mac[5] for key in keys if (key.lsr, key.vsi) == (pe.router.index, vsi)}


def test_where_a_vsi_has_its_share_the_first_goes(shared: Pe):
    assert all(speak(shared, number) for number in range(30))
    assert known(shared) == set(range(22, 30))


def test_who_is_known_and_speaks_again_takes_no_other_s_place(shared: Pe):
    for _ in range(5):
        assert all(speak(shared, number) for number in range(8))
    shared.router.run(ethernet(ALL, "02:00:00:00:01:00", 0x88B5, b""), shared.second)
    assert shared.router.station(VSI, "02:00:00:00:01:00").id == shared.second.ifindex
    assert known(shared) == set(range(8))


def test_a_flood_in_one_vsi_takes_nothing_from_another(shared: Pe):
    other = shared.router.bench.wires[4]
    shared.router.vsi(VSI + 1, {1: other}, {})
    for number in range(5):
        shared.router.run(ethernet(ALL, f"02:00:00:00:02:{number:02x}", 0x88B5, b""), other)
    for number in range(200):
        speak(shared, number)
    assert known(shared, VSI + 1) == set(range(5))
    assert known(shared) == set(range(192, 200))


def test_who_has_aged_and_came_back_stays_when_its_old_seat_is_taken(shared: Pe):
    assert all(speak(shared, number) for number in range(4))
    fdb = shared.router.bench.program.maps["fdb"]
    assert fdb.delete(FdbKey(shared.router.index, VSI, bytes([2, 0, 0, 0, 1, 0])).pack())
    assert all(speak(shared, number) for number in (*range(4, 8), 0, *range(10, 16)))
    assert known(shared) == {7, 0, *range(10, 16)}


def test_a_limit_of_its_own_is_no_share(shared: Pe):
    shared.options["mac_limit"] = 3
    shared.up()
    assert [speak(shared, number) for number in range(6)] == [True] * 3 + [False] * 3


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


# --- VPWS ---


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("word", [False, True])
def test_a_vpws_joins_its_ends_and_learns_nothing(router: Router, frame, word):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first}
    pe.wire(1, 17, word=word)
    pe.up()
    sent = pe.on_wire(1, frame, 17, word=word)
    assert router.pass_on(frame, pe.first) == {pe.core.ifindex: [sent]}
    came = pe.over_wire(1, frame, word=word)
    assert router.pass_on(came, pe.core) == {pe.first.ifindex: [frame]}
    assert router.station(VSI, A) is None


def test_a_vpws_joins_two_circuits_of_one_pe(router: Router):
    pe = Pe(router, BridgeKind.VPWS)
    pe.up()
    frame = ethernet(A, A, 0x88B5, b"even to itself")
    assert router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}
    assert router.pass_on(frame, pe.second) == {pe.first.ifindex: [frame]}


def test_a_vpws_carries_what_comes_from_a_group_address(router: Router):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first}
    pe.wire(1, 17)
    pe.up()
    frame = ethernet(A, "03:00:00:00:00:01", 0x88B5, b"")
    assert router.pass_on(frame, pe.first) == {pe.core.ifindex: [pe.on_wire(1, frame, 17)]}


@pytest.mark.parametrize("over", ["circuit", "wire"])
def test_a_vpws_without_its_other_end_drops(router: Router, over):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first} if over == "circuit" else {}
    if over == "wire":
        pe.wire(1, 17)
    pe.up()
    frame = ethernet(B, A, 0x88B5, b"")
    came, via = (frame, pe.first) if over == "circuit" else (pe.over_wire(1, frame), pe.core)
    assert router.run(came, via).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOBODY: 1}


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
