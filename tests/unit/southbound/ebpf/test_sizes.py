"""Room in the maps: enough for what a lab has and for what it gets when paths change, not more."""

from collections import Counter
from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.southbound.ebpf.counting import counter_names
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.sizes import always_fits, sizes
from mplsemu.southbound.fdb_capacity import fdb_capacity
from tests.builders import nordic
from tests.ebpf_entries import everything
from tests.networks import with_site_mtus
from tests.places import TOPOLOGIES
from tests.programs import program_of

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
    program = program_of(name)
    room, there = sizes(program), counted(program)
    assert set(there) - set(room) <= TRIES
    assert room.keys() <= MAPS.keys() | {"buckets", "storm_buckets", "fdb_slots", "fdb_rings"}
    circuits = sum(len(node.circuits) for node in program.nodes)
    assert max(1 << 14, 3 * circuits) <= room["buckets"] <= max(1 << 14, 1000 * circuits)
    for each, entries in there.items():
        if each not in TRIES:
            assert room[each] >= min(4 * entries, LARGEST), each
            assert room[each] <= max(1024, 16 * entries), each
    assert all(size & (size - 1) == 0 for size in room.values())


def test_there_is_room_for_the_share_of_every_vsi_and_for_who_has_a_seat():
    program = program_of("vpls")
    room = sizes(program)
    assert room["fdb"] == room["fdb_slots"] == fdb_capacity(program).total


@pytest.mark.parametrize(
    ("link", "site", "expected"),
    [(1600, 1500, 1514), (9216, 9000, 1514), (1400, 1500, 1414), (1600, 1300, 1414)],
)
def test_a_frame_that_fits_everywhere_is_as_large_as_the_narrowest_interface_takes(
    link, site, expected
):
    """The PE's end of an access line takes 100 octets more than its site's MTU."""
    lab = nordic()
    links = (replace(lab.provider.links[0], mtu=link), *lab.provider.links[1:])
    lab = replace(lab, provider=replace(lab.provider, links=links))
    program = compile_program(with_site_mtus(lab, {"a/aarhus": site}))
    assert always_fits(program) == expected
