"""Storm control: what a circuit may have flooded, by a token bucket in the kernel."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import CounterKind, Drop
from tests.ebpf.pe import ALL, A, B, C, Pe
from tests.oracles.frames import ethernet

KBPS = 64
BURST_OCTETS = 16_000
FRAME = ethernet(ALL, A, 0x88B5, bytes(986))
"""Of 1,000 octets."""
TIMES = 100


def limited(pe: Pe) -> Pe:
    pe.options["storm_kbps"] = KBPS
    pe.router.watch(CounterKind.STORM, pe.first.number)
    return pe.up()


def send(pe: Pe, frame: bytes, via, times: int = TIMES) -> int:
    """Send a frame many times; return how many of them storm control dropped."""
    before = pe.router.drops().get(Drop.STORM, 0)
    for _ in range(times):
        pe.router.run(frame, via)
    return pe.router.drops().get(Drop.STORM, 0) - before


@pytest.mark.parametrize("dst", [ALL, "01:00:5e:00:00:fb", B])
def test_what_is_flooded_beyond_the_burst_is_dropped_and_counted_by_circuit(pe: Pe, dst):
    limited(pe)
    dropped = send(pe, ethernet(dst, A, 0x88B5, bytes(986)), pe.first)
    # the rate is 8 frames a second: some pass while the others are sent
    assert TIMES - BURST_OCTETS / len(FRAME) - 8 <= dropped <= TIMES - BURST_OCTETS / len(FRAME)
    assert pe.router.counted(CounterKind.STORM, pe.first.number).packets == dropped


def test_circuits_have_buckets_of_their_own_and_pseudowires_none(pe: Pe):
    pe.wire(1, 17)
    limited(pe)
    assert send(pe, FRAME, pe.first) > TIMES / 2
    assert send(pe, FRAME, pe.second, 10) == 0
    assert send(pe, pe.over_wire(1, FRAME), pe.core) == 0


def test_what_is_for_a_known_address_is_never_a_storm(pe: Pe):
    limited(pe).learn(C, circuit=pe.second)
    assert send(pe, ethernet(C, A, 0x88B5, bytes(986)), pe.first) == 0
    assert send(pe, FRAME, pe.first) > TIMES / 2


def test_a_frame_larger_than_what_is_left_passes_and_is_paid_for(pe: Pe):
    limited(pe)
    assert send(pe, FRAME, pe.first, 15) == 0
    assert send(pe, ethernet(ALL, A, 0x88B5, bytes(3000)), pe.first, 1) == 0
    assert send(pe, FRAME, pe.first, 1) == 1


def test_without_storm_control_everything_is_flooded(pe: Pe):
    pe.up()
    assert send(pe, FRAME, pe.first) == 0
