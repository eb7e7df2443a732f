"""The program in the kernel, a namespace with wires, and a fresh router for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.southbound.ebpf.libbpf import library
from mplsemu.southbound.ebpf.loader import LoadedProgram
from mplsemu.southbound.ebpf.maps import Map
from tests.ebpf.pe import Pe
from tests.ebpf.router import Bench, Router
from tests.ebpf.wires import collect, make_wires

WIRES = 6
WRITTEN_BY_THE_PROGRAM = "counters", "fdb"
ITS_OWN = "fdb_slots", "fdb_rings"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/ebpf/" in item.nodeid:
            item.add_marker(pytest.mark.system)


def provide(entries: Map) -> None:
    """Have the kernel keep memory for entries of a map, which the program cannot wait for.

    It gets more at the next interrupt; in User-mode Linux, that is a hundredth of a second later.
    """
    keys = [number.to_bytes(entries.key_size, "big") for number in range(64)]
    entries.set_many((key, bytes(entries.value_size)) for key in keys)
    entries.delete_many(keys)


def own_map(program: LoadedProgram, name: str) -> Map:
    """Return a map that nobody but the program reads or writes."""
    fd = library().bpf_object__find_map_fd_by_name(program._object, name.encode())
    return Map(os.dup(fd))


@pytest.fixture(scope="module")
def whole_bench() -> Iterator[Bench]:
    with enter_private_namespace(), LoadedProgram.load() as program:
        wires = make_wires(WIRES)
        for wire in wires:
            program.attach(wire.name)
        program.attach("lo")
        for name in WRITTEN_BY_THE_PROGRAM:
            provide(program.maps[name])
        for name in ITS_OWN:
            with own_map(program, name) as entries:
                provide(entries)
        bench = Bench(program, wires)
        yield bench
        bench.ring.close()
        for wire in wires:
            wire.far.close()


@pytest.fixture
def bench(whole_bench: Bench) -> Iterator[Bench]:
    collect(whole_bench.wires, 0)
    whole_bench.punts()
    return whole_bench


@pytest.fixture
def router(bench: Bench) -> Iterator[Router]:
    router = bench.router()
    yield router
    router.close()


@pytest.fixture
def uniform_router(bench: Bench) -> Iterator[Router]:
    router = bench.router(uniform=True)
    yield router
    router.close()


@pytest.fixture
def pe(router: Router) -> Pe:
    return Pe(router)
