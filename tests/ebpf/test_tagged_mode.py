"""Pseudowires of tagged mode (RFC 4448 section 4.4.1): their tag in the kernel."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    Drop,
    IlmAction,
    IlmFlag,
    PwFlag,
    Role,
    VsiFlag,
)
from mplsemu.southbound.ebpf.layout import IlmRecord, MemberKey, PwRecord, word
from tests.ebpf.pe import FRAMES, VSI, A, B, Pe, tc_of
from tests.ebpf.router import Router
from tests.ebpf.test_lines import DOT1AD, DOT1Q, line, on_line, only_own_lines
from tests.oracles.frames import ip, ip_frame

__all__ = ["only_own_lines"]
DUMMY = (DOT1Q, 0, 0)
WHOLE_FRAMES = [each for each in FRAMES if each.id != "nothing"]


def delimited(frame: bytes, vlan: int) -> bytes:
    return frame[:12] + b"\x81\0" + vlan.to_bytes(2, "big") + frame[12:]


def tagged_mode(pe: Pe, *wires: int, word: bool = False) -> None:
    """Have a PE's pseudowires in tagged mode."""
    flags = (PwFlag.CONTROL_WORD, IlmFlag.CONTROL_WORD) if word else (PwFlag.NONE, IlmFlag.NONE)
    for index in wires:
        pe.wire(index, *((200,) if index == 1 else ()))
        pe.wires[index] = PwRecord(40 + index, 500 + index, flags[0] | PwFlag.TAGGED)
        to_wire = IlmRecord(
            IlmAction.TO_PSEUDOWIRE, flags=flags[1] | IlmFlag.TAGGED, service=VSI, pw=index
        )
        pe.router.ilm(500 + index, to_wire)


@pytest.mark.parametrize("frame", WHOLE_FRAMES)
@pytest.mark.parametrize("has_word", [False, True])
def test_a_flood_gets_one_tag_on_all_pseudowires_and_none_on_circuits(pe: Pe, frame, has_word):
    tagged_mode(pe, 1, 2, word=has_word)
    pe.options["flags"] = VsiFlag.TAGGED
    pe.up()
    over = [
        pe.on_wire(1, delimited(frame, 0), 200, tc=tc_of(frame), word=has_word),
        pe.on_wire(2, delimited(frame, 0), tc=tc_of(frame), word=has_word),
    ]
    sent = pe.router.pass_on(frame, pe.first, 3)
    assert {wire: sorted(each) for wire, each in sent.items()} == {
        pe.core.ifindex: sorted(over), pe.second.ifindex: [frame]
    }  # fmt: skip


@pytest.mark.parametrize("tags", [(DOT1Q, 100, 0), (DOT1AD, 200, 100)])
@pytest.mark.parametrize("frame", WHOLE_FRAMES)
def test_a_known_frame_gets_the_outer_tag_of_its_circuit(pe: Pe, frame, tags):
    trunk = pe.router.bench.wires[4]
    tagged_mode(pe, 1)
    pe.options["flags"] = VsiFlag.TAGGED
    pe.up()
    circuit = line(pe.router, trunk, 21, tags, Role.VSI, VSI)
    key = MemberKey(pe.router.index, VSI, 2)
    pe.router.bench.set("circuits", key.pack(), word(circuit))
    expected = pe.on_wire(1, delimited(frame, tags[1]), 200, tc=tc_of(frame))
    sent = pe.router.pass_on(on_line(frame, tags), trunk, 3)
    assert sent[pe.core.ifindex] == [expected]
    pe.learn(B, wire=1)
    assert pe.router.pass_on(on_line(frame, tags), trunk, 1) == {pe.core.ifindex: [expected]}


@pytest.mark.parametrize("vlan", [0, 77, 4095])
@pytest.mark.parametrize("frame", WHOLE_FRAMES)
@pytest.mark.parametrize("has_word", [False, True])
def test_the_tag_is_taken_off_at_the_other_end(pe: Pe, frame, vlan, has_word):
    tagged_mode(pe, 1, word=has_word)
    pe.options["flags"] = VsiFlag.TAGGED
    pe.up()
    arrives = pe.over_wire(1, delimited(frame, vlan), word=has_word)
    assert pe.router.pass_on(arrives, pe.core, 2) == {
        pe.first.ifindex: [frame], pe.second.ifindex: [frame]
    }  # fmt: skip


def test_what_comes_over_a_spoke_keeps_its_tag_on_the_next_pseudowire(pe: Pe):
    tagged_mode(pe, 1, 2)
    pe.wires[2] = PwRecord(42, 502, PwFlag.TAGGED | PwFlag.SPOKE)
    flags = IlmFlag.TAGGED | IlmFlag.SPOKE
    pe.router.ilm(502, IlmRecord(IlmAction.TO_PSEUDOWIRE, flags=flags, service=VSI, pw=2))
    pe.options["flags"] = VsiFlag.TAGGED | VsiFlag.SPOKES
    pe.up()
    frame = ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"))
    sent = pe.router.pass_on(pe.over_wire(2, delimited(frame, 77)), pe.core, 3)
    assert sent[pe.core.ifindex] == [pe.on_wire(1, delimited(frame, 77), 200, tc=tc_of(frame))]


def test_a_frame_without_the_tag_is_dropped(pe: Pe):
    tagged_mode(pe, 1)
    pe.options["flags"] = VsiFlag.TAGGED
    pe.up()
    frame = ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"))
    assert pe.router.pass_on(pe.over_wire(1, frame), pe.core, 0) == {}
    assert pe.router.drops() == {Drop.TAG: 1}
    # of either type it is a tag
    service = frame[:12] + b"\x88\xa8\0\7" + frame[12:]
    assert len(pe.router.pass_on(pe.over_wire(1, service), pe.core, 2)) == 2


def test_a_wire_of_tagged_mode_joins_its_two_ends(router: Router):
    pe = Pe(router, BridgeKind.VPWS, flags=VsiFlag.TAGGED)
    pe.circuits = {1: pe.first}
    tagged_mode(pe, 1)
    pe.up()
    frame = ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"))
    there = pe.on_wire(1, delimited(frame, 0), 200, tc=tc_of(frame))
    assert pe.router.pass_on(frame, pe.first) == {pe.core.ifindex: [there]}
    arrives = pe.over_wire(1, delimited(frame, 5))
    assert pe.router.pass_on(arrives, pe.core) == {pe.first.ifindex: [frame]}
