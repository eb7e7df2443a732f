"""Room in the maps: enough for what a lab has and for what it gets when paths change, not more."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.southbound.ebpf.counting import counter_names
from mplsemu.southbound.ebpf.layout import MAPS
from mplsemu.southbound.ebpf.sizes import sizes
from tests.unit.ebpf_entries import everything, with_node

TOPOLOGIES = Path(__file__).parents[2] / "topologies"
NAMES = sorted(path.stem for path in TOPOLOGIES.glob("*.yaml"))
TRIES = {"fib4", "fib6"}  # they have no buckets
LARGEST = 1 << 20


def counted(program):
    """Return how many entries each map has."""
    found = Counter(entry.map for node in everything(program).values() for entry in node)
    found["counters"] = sum(len(counter_names(program, node)) for node in program.nodes)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_there_is_room_for_four_times_what_a_lab_has_and_little_more(name):
    program = compile_program(load(TOPOLOGIES / f"{name}.yaml").network)
    room, there = sizes(program), counted(program)
    assert set(there) - set(room) <= TRIES
    assert room.keys() <= MAPS.keys() | {"buckets"}
    circuits = sum(len(node.circuits) for node in program.nodes)
    assert max(1 << 14, 3 * circuits) <= room["buckets"] <= max(1 << 14, 1000 * circuits)
    for each, entries in there.items():
        if each not in TRIES:
            assert room[each] >= min(4 * entries, LARGEST), each
            assert room[each] <= max(1024, 16 * entries), each
    assert all(size & (size - 1) == 0 for size in room.values())


def test_room_for_addresses_grows_with_circuits_pseudowires_and_limits_up_to_a_million():
    program = compile_program(load(TOPOLOGIES / "vpls.yaml").network)
    members = sum(len(v.circuits) + len(v.pseudowires) for node in program.nodes for v in node.vsis)
    assert sizes(program)["fdb"] == max(1 << 14, 1 << (1024 * members - 1).bit_length())
    node = next(node for node in program.nodes if node.vsis)
    many = replace(node.vsis[0], circuits=tuple(f"c{number}" for number in range(10_000)))
    limited = replace(node.vsis[0], mac_limit=200_000)
    for vsi, room in ((many, LARGEST), (limited, 1 << 18)):
        assert sizes(with_node(program, node.name, vsis=(vsi,)))["fdb"] == room
