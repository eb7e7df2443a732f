"""Neighbours that were learned: how many a circuit may have, and how often they may change."""

from ipaddress import ip_address

import pytest

from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.neighbours import CHANGES_PER_CIRCUIT, MAX_PER_CIRCUIT, Neighbours
from mplsemu.program.services import Neighbour
from tests.clock import Clock


def neighbour(number, mac=1, circuit="a/x"):
    entry = Neighbour(ip_address(f"10.1.{number >> 8}.{number & 255}"), circuit, f"02:{mac:010x}")
    return LearnedNeighbour("dk", "a", entry)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def known(clock):
    return Neighbours(clock=clock)


def test_a_lan_that_wakes_up_is_learned_at_once_and_a_flood_of_changes_slowly(known, clock):
    changes = sum(known.learn(neighbour(1, mac)) for mac in range(1000))
    assert changes == CHANGES_PER_CIRCUIT.burst
    clock.now += 2
    more = sum(known.learn(neighbour(1, mac)) for mac in range(1000, 2000))
    assert more == 2 * CHANGES_PER_CIRCUIT.per_second
    assert len(known) == 1


def test_a_circuit_that_is_flooded_takes_nothing_from_another(known):
    for mac in range(1000):
        known.learn(neighbour(1, mac))
    assert known.learn(neighbour(1, circuit="b/x"))


def test_a_circuit_has_so_many_neighbours_and_they_may_still_move(known, clock):
    for number in range(MAX_PER_CIRCUIT + 10):
        clock.now += 1
        known.learn(neighbour(number))
    assert len(known) == MAX_PER_CIRCUIT
    clock.now += 1
    assert known.learn(neighbour(0, mac=2))
    known.forget(("dk", "a", ip_address("10.1.0.0")))
    clock.now += 1
    assert known.learn(neighbour(2000))


def test_what_is_known_changes_nothing(known):
    assert known.learn(neighbour(1))
    assert known.changed == {"a/x"}
    known.settle()
    assert not known.learn(neighbour(1))
    assert known.changed == frozenset()


def test_a_line_that_goes_down_takes_its_neighbours_along(known):
    known.learn(neighbour(1))
    known.learn(neighbour(2, circuit="b/x"))
    known.settle()
    known.forget_on({"a/x"})
    assert [each.neighbour.circuit for each in known] == ["b/x"]
    assert known.changed == {"a/x"}
