"""Loading, attaching, and maps as this process and another one see them."""

from __future__ import annotations

import random
import socket
from ipaddress import ip_network
from pathlib import Path

import pytest

from mplsemu.errors import DataPlaneError
from mplsemu.southbound.ebpf.kinds import CounterKind, Drop, IlmAction, Role, RouteKind
from mplsemu.southbound.ebpf.layout import (
    CounterKey,
    FibKey,
    IlmKey,
    IlmRecord,
    RouteRecord,
    word,
)
from mplsemu.southbound.ebpf.loader import OBJECT_VARIABLE, LoadedProgram
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.maps import Map, RingBuffer, open_map
from tests.ebpf.router import Bench, Router
from tests.oracles.frames import arp

ENTRY = IlmRecord(IlmAction.POP_AND_LOOK_UP).pack()


@pytest.fixture
def lfib(bench: Bench) -> Map:
    return bench.program.maps["lfib"]


def test_the_maps_have_the_sizes_that_python_packs(bench: Bench):
    found = {name: (each.key_size, each.value_size) for name, each in bench.program.maps.items()}
    assert found == {name: (each.key_size, each.value_size) for name, each in MAPS.items()}


def test_an_entry_is_written_read_and_deleted(router: Router, lfib: Map):
    key = IlmKey(router.index, 16).pack()
    assert lfib.get(key) is None
    lfib.set(key, ENTRY)
    assert lfib.get(key) == ENTRY
    assert lfib.delete(key)
    assert not lfib.delete(key)
    assert lfib.get(key) is None


@pytest.mark.parametrize("count", [0, 1, 4096, 10_000])
def test_many_entries_go_at_once(router: Router, lfib: Map, count):
    keys = [IlmKey(router.index, label).pack() for label in range(count)]
    lfib.set_many((key, ENTRY) for key in keys)
    mine = {key: value for key, value in lfib.items() if IlmKey.unpack(key).lsr == router.index}
    assert mine == dict.fromkeys(keys, ENTRY)
    assert set(keys) <= set(lfib.keys())
    missing = [IlmKey(router.index, 1_000_000 + label).pack() for label in range(5)]
    some = keys[: count // 2]
    mixed = [*some, *missing]
    random.Random(1).shuffle(mixed)
    assert lfib.delete_many(mixed) == len(some)
    assert lfib.delete_many(keys) == count - len(some)


def test_prefixes_too(router: Router):
    fib = router.bench.program.maps["fib4"]
    value = RouteRecord(RouteKind.CONNECTED).pack()
    keys = [FibKey(router.index, 1, ip_network(f"10.{n}.0.0/16")).pack() for n in range(256)]
    keys.append(FibKey(router.index, 1, ip_network("0.0.0.0/0")).pack())
    fib.set_many((key, value) for key in keys)
    assert set(keys) <= set(fib.keys())
    assert fib.get(keys[3]) == value
    assert fib.delete_many(keys) == len(keys)


def test_numbers_of_all_cpus_are_summed(router: Router):
    counters = router.bench.program.maps["counters"]
    key = CounterKey(router.index, CounterKind.DROP, Drop.TTL).pack()
    assert counters.sums(key) is None
    counters.set(key, b"\1" + bytes(7) + b"\2" + bytes(7))
    assert counters.sums(key) == (1, 2)
    assert dict(counters.all_sums())[key] == (1, 2)
    counters.delete(key)


@pytest.mark.parametrize("wrong", [b"", bytes(7), bytes(9)])
def test_a_key_of_another_size_never_reaches_the_kernel(lfib: Map, wrong):
    for call in (lfib.get, lfib.delete, lambda key: lfib.delete_many([key])):
        with pytest.raises(ValueError, match="a key of lfib has 8 octets"):
            call(wrong)
    with pytest.raises(ValueError, match="a value of lfib has 64 octets, not 7"):
        lfib.set(bytes(8), bytes(7))


def test_a_map_that_is_full_says_so(router: Router):
    gateways = router.bench.program.maps["gateways"]
    keys = [n.to_bytes(gateways.key_size, "big") for n in range((1 << 16) + 1)]
    with pytest.raises(DataPlaneError, match=r"write the data plane's map 'gateways'.*65,536"):
        gateways.set_many((key, word(1)) for key in keys)
    gateways.delete_many(keys)


def test_another_process_opens_a_map_by_its_id(router: Router, lfib: Map):
    key = IlmKey(router.index, 16).pack()
    with open_map(lfib.id) as other:
        assert (other.name, other.id, other.key_size, other.value_size) == (
            "lfib",
            lfib.id,
            8,
            64,
        )
        other.set(key, ENTRY)
    assert lfib.get(key) == ENTRY


def test_a_map_that_is_gone_says_so():
    with pytest.raises(DataPlaneError, match="the lab that made it has ended"):
        open_map(4_000_000_000)


def test_the_entry_of_an_array_cannot_be_deleted(bench: Bench):
    with pytest.raises(DataPlaneError, match="delete from the data plane's map 'settings'"):
        bench.program.maps["settings"].delete(word(0))


def test_a_map_that_is_no_ring_is_not_listened_to(lfib: Map):
    with pytest.raises(DataPlaneError, match="listen to the data plane's map 'lfib'"):
        RingBuffer(lfib, lambda _: None)


def test_an_error_of_the_callback_is_the_pollers(bench: Bench, router: Router):
    def refuse(_: bytes) -> None:
        raise KeyError("mine")

    punts = bench.program.maps["punts"]
    wire = bench.wires[0]
    router.port(wire, Role.VRF, 7)
    with RingBuffer(punts, refuse) as ring:
        assert ring.fileno() >= 0
        assert ring.poll(0) == 0
        router.run(arp(1, "02:00:00:00:00:01", "10.0.0.2", "02:00:00:00:00:02", "10.0.0.1"), wire)
        with pytest.raises(KeyError, match="mine"):
            ring.poll(1)
    bench.punts()


def test_an_interface_that_is_not_there_is_named(bench: Bench):
    with pytest.raises(DataPlaneError, match="there is no interface 'nowhere'"):
        bench.program.attach("nowhere")
    with pytest.raises(DataPlaneError, match="cannot attach the data plane to 9999"):
        bench.program.attach(9999)


def test_attaching_again_replaces(bench: Bench):
    bench.program.attach("n1")
    bench.program.attach(socket.if_nametoindex("n1"))


def test_an_object_that_is_not_there_says_what_to_type(monkeypatch, tmp_path: Path):
    with pytest.raises(DataPlaneError, match="type: scripts/build-ebpf"):
        LoadedProgram.load(tmp_path / "nothing.o")
    monkeypatch.setenv(OBJECT_VARIABLE, str(tmp_path / "other.o"))
    with pytest.raises(DataPlaneError, match=r"there is no .*other\.o"):
        LoadedProgram.load()


def test_what_is_no_object_is_refused(tmp_path: Path):
    path = tmp_path / "text.o"
    path.write_text("no object")
    with pytest.raises(DataPlaneError, match="cannot read the data plane's program"):
        LoadedProgram.load(path)
