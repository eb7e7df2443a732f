"""Learned MAC addresses in maps that are dictionaries: aging, flushing, and who counts them."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.southbound.ebpf import kinds
from mplsemu.southbound.ebpf.counting import counter_names, counters_of
from mplsemu.southbound.ebpf.fdb import Fdb, is_at, learned_macs
from mplsemu.southbound.ebpf.layout import (
    CounterKey,
    FdbKey,
    FdbRecord,
    VsiKey,
    VsiRecord,
    long,
    pw_counter_id,
    unpack_long,
)
from mplsemu.southbound.plane.counters import Counter, CounterKind
from mplsemu.southbound.plane.macs import BehindPe, LearnedMac, OnCircuit
from tests import builders
from tests.oracles.faketables import FakeTables

SECOND = 10**9
AT_CIRCUIT, AT_PW = kinds.FdbKind.AT_CIRCUIT, kinds.FdbKind.AT_PW
PORTS = {1: 101, 2: 102, 3: 103}


def network():
    macs = builders.MacAddresses()
    return builders.network(
        builders.provider(("dk-se", "se-no"), pes=("dk", "se", "no")),
        builders.l3vpn("a", {"x": ("dk", "10.1.0.0/24"), "y": ("se", "10.2.0.0/24")}, macs=macs),
        builders.vpls("c", {"u": "dk", "v": "se", "w": "no"}, macs=macs),
    )


@pytest.fixture(scope="module")
def program():
    return compile_program(network())


class Learning:
    """What the program in the kernel would do: it puts stations into maps, and counts them."""

    def __init__(self):
        self.now = 100 * SECOND
        self.tables = FakeTables()
        self.fdb = Fdb(self.tables, lambda: self.now)
        for vsi in (1, 2):
            record = VsiRecord(kinds.BridgeKind.VPLS, 1, 2, 10, 30 * SECOND)
            self.tables["vsis"].rows[VsiKey(1, vsi).pack()] = record.pack()

    def learn(self, mac, vsi=1, kind=AT_CIRCUIT, at=101):
        key = VsiKey(1, vsi).pack()
        learned = self.tables["fdb_added"].rows.get(key, long(0))
        self.tables["fdb_added"].rows[key] = long(unpack_long(learned) + 1)
        self.see(mac, vsi, kind, at)

    def see(self, mac, vsi=1, kind=AT_CIRCUIT, at=101):
        key = FdbKey(1, vsi, bytes([2, 0, 0, 0, 0, mac])).pack()
        self.tables["fdb"].rows[key] = FdbRecord(kind, at, self.now).pack()

    def counted(self, vsi=1):
        """What counts against the limit."""
        key = VsiKey(1, vsi).pack()
        learned, forgotten = (
            unpack_long(self.tables[name].rows.get(key, long(0)))
            for name in ("fdb_added", "fdb_removed")
        )
        return learned - forgotten

    def macs(self):
        return sorted(key.mac[5] for key, _ in self.fdb)


@pytest.fixture
def learning():
    return Learning()


def test_an_address_that_is_silent_for_too_long_is_forgotten(learning):
    learning.learn(1)
    learning.learn(2)
    learning.now += 20 * SECOND
    learning.see(2)
    learning.now += 11 * SECOND
    assert learning.fdb.sweep() == 1
    assert learning.macs() == [2]
    assert learning.counted() == 1


def test_what_a_vsi_learned_that_is_no_more_is_forgotten(learning):
    learning.learn(1, vsi=2)
    del learning.tables["vsis"].rows[VsiKey(1, 2).pack()]
    learning.now += 1
    learning.fdb.sweep()
    assert learning.macs() == []


def test_forgetting_counts_by_vsi(learning):
    learning.learn(1)
    learning.learn(2)
    learning.learn(3, vsi=2)
    assert learning.fdb.remove(lambda key, _: key.mac[5] != 2) == 2
    assert (learning.counted(1), learning.counted(2)) == (1, 0)


def test_counts_are_put_right_after_a_controller_that_was_killed_in_between(learning):
    for mac in range(3):
        learning.learn(mac)
    learning.tables["fdb"].rows.pop(FdbKey(1, 1, bytes([2, 0, 0, 0, 0, 0])).pack())
    assert learning.counted() == 3
    learning.fdb.sweep()
    assert learning.counted() == len(learning.macs()) == 2


def test_counts_are_left_alone_while_the_program_learns(learning):
    learning.learn(1)
    learning.tables["fdb_removed"].rows[VsiKey(1, 1).pack()] = long(0)
    whole = learning.tables["fdb"].items

    def learn_meanwhile():
        yield from whole()
        learning.learn(9)

    learning.tables["fdb"].items = learn_meanwhile
    learning.fdb.sweep()
    assert learning.counted() == 2


def stations_of(program):
    dk, se = program.node("dk"), program.node("se")
    vsi = dk.vsi_by_name["c"]
    port = dk.circuit_by_name["c/u"].port
    wire = next(pw.index for pw in vsi.pseudowires if pw.peer == "se")
    return [
        (
            FdbKey(dk.index, vsi.index, bytes(5) + b"\1"),
            FdbRecord(AT_CIRCUIT, PORTS[port], 1),
        ),
        (FdbKey(dk.index, vsi.index, bytes(5) + b"\2"), FdbRecord(AT_PW, wire, 1)),
        (FdbKey(dk.index, vsi.index, bytes(5) + b"\3"), FdbRecord(AT_PW, 99, 1)),
        (FdbKey(dk.index, 77, bytes(5) + b"\4"), FdbRecord(AT_PW, wire, 1)),
        (FdbKey(se.index, vsi.index, bytes(5) + b"\5"), FdbRecord(AT_PW, 1, 1)),
    ]


def test_stations_are_told_in_the_words_of_the_program(program):
    found = list(learned_macs(program.node("dk"), stations_of(program), PORTS))
    assert found == [
        LearnedMac("dk", "c", "00:00:00:00:00:01", OnCircuit("c/u")),
        LearnedMac("dk", "c", "00:00:00:00:00:02", BehindPe("se")),
        LearnedMac("dk", "c", "00:00:00:00:00:03", None),
    ]


@pytest.mark.parametrize(
    ("place", "meant"), [(None, [1, 2, 3]), (OnCircuit("c/u"), [1]), (BehindPe("se"), [2])]
)
def test_an_order_to_forget_means_stations_of_one_vsi_at_one_place(program, place, meant):
    dk = program.node("dk")
    chosen = is_at(dk, dk.vsi_by_name["c"], place, PORTS)
    assert [key.mac[5] for key, record in stations_of(program) if chosen(key, record)] == meant


def test_counters_are_told_in_the_words_of_the_program(program):
    dk = program.node("dk")
    vsi = dk.vsi_by_name["c"]
    wire = next(pw for pw in vsi.pseudowires if pw.peer == "no")
    sums = [
        (CounterKey(1, kinds.CounterKind.VRF_IN, dk.vrf_by_name["a"].index), (3, 300)),
        (
            CounterKey(1, kinds.CounterKind.PW_OUT, pw_counter_id(vsi.index, wire.index)),
            (1, 60),
        ),
        (CounterKey(1, kinds.CounterKind.TUNNEL, program.node("se").index), (4, 360)),
        (CounterKey(1, kinds.CounterKind.DROP, kinds.Drop.NO_ROUTE), (5, 500)),
        (CounterKey(1, kinds.CounterKind.LSP, 99_999), (1, 1)),
        (CounterKey(2, kinds.CounterKind.DROP, kinds.Drop.TTL), (1, 1)),
    ]
    assert list(counters_of(program, dk, sums)) == [
        Counter("dk", CounterKind.VRF_IN, "a", 3, 300),
        Counter("dk", CounterKind.PSEUDOWIRE_OUT, "c", 1, 60, "no"),
        Counter("dk", CounterKind.TUNNEL, "se", 4, 360),
        Counter("dk", CounterKind.DROP, "no-route", 5, 500),
    ]


def test_lsps_are_counted_where_they_pass(program):
    se = counter_names(program, program.node("se"))
    assert CounterKind.LSP in {kind for kind, _, _ in se.values()}
