"""What a VSI learns, and for how long: addresses, shares of the table, what ages (RFC 4762)."""

from __future__ import annotations

import time

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    Drop,
    FdbKind,
    VsiFlag,
)
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    FdbKey,
    FdbRecord,
    Settings,
    VsiKey,
    long,
    unpack_long,
)
from tests.ebpf.kernel import Verdict
from tests.ebpf.pe import ALL, VSI, A, B, C, Pe
from tests.ebpf.router import Router
from tests.oracles.frames import ethernet

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


@pytest.mark.parametrize(("filtered", "lost"), [(0x2, {1}), (0xFFFF, set(range(16)))])
def test_a_vsi_may_filter_other_reserved_addresses(router: Router, filtered, lost):
    pe = Pe(router, filtered=filtered)
    pe.up()
    for last in range(18):
        before = router.drops().get(Drop.ONE_LINK, 0)
        router.run(ethernet(f"01:80:c2:00:00:{last:02x}", A, 0x88B5, bytes(46)), pe.first)
        assert (router.drops().get(Drop.ONE_LINK, 0) > before) is (last in lost)


def test_unknown_unicast_may_be_dropped_and_nothing_else_is(pe: Pe):
    pe.wire(1, 17)
    pe.options["flags"] = VsiFlag.DROP_UNKNOWN
    pe.up()
    for via, frame in ((pe.first, ethernet(B, A, 0x88B5, b"")), (pe.core, None)):
        sent = frame or pe.over_wire(1, ethernet(C, B, 0x88B5, b""))
        assert pe.router.pass_on(sent, via, 0) == {}
    assert pe.router.drops() == {Drop.UNKNOWN: 2}
    assert pe.router.station(VSI, A) is not None
    everyone = ethernet(ALL, A, 0x88B5, b"")
    assert len(pe.router.pass_on(everyone, pe.first, 2)) == 2
    known = ethernet(A, C, 0x88B5, b"")
    assert pe.router.pass_on(known, pe.second) == {pe.first.ifindex: [known]}


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
