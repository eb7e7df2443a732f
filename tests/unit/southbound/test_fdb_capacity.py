"""Room for MAC addresses: every VSI has a share, and no sum of shares is more than there is."""

from dataclasses import replace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import load
from mplsemu.southbound.fdb_capacity import fdb_capacity
from mplsemu.southbound.openflow.learned import learned_limits
from mplsemu.southbound.openflow.pipeline import Table
from tests.places import TOPOLOGIES
from tests.programs import changed_node, program_of

NAMES = sorted(path.stem for path in TOPOLOGIES.glob("*.yaml"))
MILLION = 1 << 20


def learners(program):
    return [vsi for node in program.nodes for vsi in node.vsis if vsi.kind.name == "VPLS"]


def filled(program):
    """Return how many addresses all VSIs learn where every customer floods."""
    share = fdb_capacity(program).share
    return sum(vsi.mac_limit or share for vsi in learners(program))


@pytest.mark.parametrize("name", NAMES)
def test_all_shares_together_fit(name):
    program = program_of(name)
    room = fdb_capacity(program)
    assert room.total & (room.total - 1) == 0
    assert 1 << 14 <= room.total <= MILLION
    assert filled(program) <= room.total
    assert not learners(program) or room.share >= 1024


@pytest.fixture(scope="module")
def vpls():
    return program_of("vpls")


def test_shares_grow_with_circuits_and_pes_up_to_a_million_in_all(vpls):
    node = next(node for node in vpls.nodes if node.vsis)
    many = replace(node.vsis[0], circuits=tuple(f"c{number}" for number in range(10_000)))
    larger = changed_node(vpls, node.name, vsis=(many,))
    assert fdb_capacity(larger).total == MILLION
    assert fdb_capacity(larger).share > fdb_capacity(vpls).share
    assert filled(larger) <= MILLION


@pytest.mark.parametrize("limit", [10, 200_000, 1_000_000])
def test_who_has_a_limit_takes_nothing_from_the_shares_of_others(vpls, limit):
    node = next(node for node in vpls.nodes if node.vsis)
    limited = changed_node(vpls, node.name, vsis=(replace(node.vsis[0], mac_limit=limit),))
    assert filled(limited) <= fdb_capacity(limited).total
    assert fdb_capacity(limited).share >= 1024


def test_what_is_down_changes_no_share(vpls):
    network = load(TOPOLOGIES / "vpls.yaml").network
    link = network.provider.links[0].name
    down = compile_program(network, frozenset({link}), (), vpls)
    assert fdb_capacity(down) == fdb_capacity(vpls)


def test_an_open_vswitch_has_the_shares_of_its_vsis_in_one_table(vpls):
    share = fdb_capacity(vpls).share
    limits = learned_limits(vpls)
    for node in vpls.nodes:
        found = limits.get(node.name)
        vsis = sum(vsi.kind.name == "VPLS" for vsi in node.vsis)
        assert (found.flows if found else 0) == vsis * share
        assert found is None or (found.table, found.groups) == (Table.VSI_FDB, "OXM_OF_METADATA[]")
