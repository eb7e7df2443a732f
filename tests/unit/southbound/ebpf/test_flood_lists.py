"""However circuits come and go, a flood list in the making holds all that stay."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mplsemu.southbound.ebpf.flood_lists import write_order

CIRCUITS = st.sets(st.integers(1, 12))


def by_position(circuits):
    return {number: bytes([circuit]) for number, circuit in enumerate(sorted(circuits), 1)}


@given(CIRCUITS, CIRCUITS)
def test_no_circuit_that_stays_is_ever_missing(before, after):
    old, new = by_position(before), by_position(after)
    stay = {bytes([circuit]) for circuit in before & after}
    current = dict(old)
    for position in write_order(old, new):
        current[position] = new[position]
        assert stay <= {current[each] for each in range(1, 1 + max(current)) if each in current}
    assert {position: current[position] for position in new} == new


def test_only_what_changes_is_written():
    assert write_order(by_position({1, 2, 3}), by_position({1, 2, 3})) == []
    assert write_order(by_position({1, 2, 3}), by_position({2, 3})) == [1, 2]
    assert write_order(by_position({2, 3}), by_position({1, 2, 3})) == [3, 2, 1]
    assert write_order({}, by_position({1, 2})) == [1, 2]
