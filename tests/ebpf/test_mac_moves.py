"""MAC moves: noticed where addresses are learned, told once in so many, at a limited rate."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import FdbKind, VsiFlag
from mplsemu.southbound.ebpf.layout_vsi import MacMovedRecord
from mplsemu.southbound.mac_moves import PER_VSI, TOO_MANY
from tests.ebpf.pe import ALL, VSI, A, Pe
from tests.oracles.frames import ethernet, mac


@pytest.fixture
def watched(pe: Pe) -> Pe:
    pe.options["flags"] = VsiFlag.MAC_MOVES
    pe.wire(1, 17)
    pe.router.bench.moved()
    return pe.up()


def flap(pe: Pe, times: int, address: str = A) -> list[MacMovedRecord]:
    """Have an address speak behind the first circuit, and then move so often."""
    frame = ethernet(ALL, address, 0x88B5, b"")
    for number in range(times + 1):
        pe.router.run(frame, pe.first if number % 2 == 0 else pe.second)
    return pe.router.bench.moved()


def test_the_fifth_move_is_told_with_both_places_and_those_before_are_not(watched: Pe):
    pe = watched
    assert flap(pe, TOO_MANY - 1) == []
    (record,) = flap(pe, 0) + flap(pe, 1)
    at = FdbKind.AT_CIRCUIT
    assert record == MacMovedRecord(
        pe.router.index, VSI, at, pe.second.ifindex, at, pe.first.ifindex, mac(A)
    )


def test_pseudowires_are_places_too(watched: Pe):
    pe = watched
    frame = ethernet(ALL, A, 0x88B5, b"")
    for _ in range(3):
        pe.router.run(frame, pe.first)
        pe.router.run(pe.over_wire(1, frame), pe.core)
    (record,) = pe.router.bench.moved()
    assert (record.before_kind, record.before_id) == (FdbKind.AT_CIRCUIT, pe.first.ifindex)
    assert (record.kind, record.id) == (FdbKind.AT_PW, 1)


def test_who_stays_is_never_told_of_however_much_he_says(watched: Pe):
    frame = ethernet(ALL, A, 0x88B5, b"")
    for _ in range(100):
        watched.router.run(frame, watched.first)
    assert watched.router.bench.moved() == []


def test_a_loop_is_told_at_a_limited_rate(watched: Pe):
    told = flap(watched, 1000)
    assert len(told) <= PER_VSI.burst + PER_VSI.per_second
    assert len(told) >= PER_VSI.burst
    assert len(flap(watched, TOO_MANY, "02:00:00:00:07:07")) <= 1


def test_a_vsi_that_does_not_look_tells_nothing(pe: Pe):
    pe.up()
    assert flap(pe, 100) == []
