"""A VPWS: what comes in at one end leaves at the other as it is."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    Drop,
)
from tests.ebpf.kernel import Verdict
from tests.ebpf.pe import FRAMES, VSI, A, B, Pe
from tests.ebpf.router import Router
from tests.oracles.frames import ethernet

# --- VPWS ---


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("word", [False, True])
def test_a_vpws_joins_its_ends_and_learns_nothing(router: Router, frame, word):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first}
    pe.wire(1, 17, word=word)
    pe.up()
    sent = pe.on_wire(1, frame, 17, word=word)
    assert router.pass_on(frame, pe.first) == {pe.core.ifindex: [sent]}
    came = pe.over_wire(1, frame, word=word)
    assert router.pass_on(came, pe.core) == {pe.first.ifindex: [frame]}
    assert router.station(VSI, A) is None


def test_a_vpws_joins_two_circuits_of_one_pe(router: Router):
    pe = Pe(router, BridgeKind.VPWS)
    pe.up()
    frame = ethernet(A, A, 0x88B5, b"even to itself")
    assert router.pass_on(frame, pe.first) == {pe.second.ifindex: [frame]}
    assert router.pass_on(frame, pe.second) == {pe.first.ifindex: [frame]}


def test_a_vpws_carries_what_comes_from_a_group_address(router: Router):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first}
    pe.wire(1, 17)
    pe.up()
    frame = ethernet(A, "03:00:00:00:00:01", 0x88B5, b"")
    assert router.pass_on(frame, pe.first) == {pe.core.ifindex: [pe.on_wire(1, frame, 17)]}


@pytest.mark.parametrize("over", ["circuit", "wire"])
def test_a_vpws_without_its_other_end_drops(router: Router, over):
    pe = Pe(router, BridgeKind.VPWS)
    pe.circuits = {1: pe.first} if over == "circuit" else {}
    if over == "wire":
        pe.wire(1, 17)
    pe.up()
    frame = ethernet(B, A, 0x88B5, b"")
    came, via = (frame, pe.first) if over == "circuit" else (pe.over_wire(1, frame), pe.core)
    assert router.run(came, via).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOBODY: 1}
