"""Label stacks as bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType
from mplsemu.wire.mpls import labels_of, parse_stack, stack_bytes

entries = st.builds(
    LabelStackEntry, st.integers(0, 0xFFFFF).map(Label), st.integers(0, 7), st.integers(0, 255)
)
stacks = st.lists(entries, min_size=1, max_size=6).map(tuple)


@given(stacks, st.binary(max_size=40))
def test_a_stack_is_read_as_it_was_written(stack, below):
    assert parse_stack(stack_bytes(stack) + below) == (stack, below)


@given(stacks)
def test_a_stack_without_a_bottom_is_none(stack):
    with pytest.raises(PacketError, match="without an end"):
        parse_stack(stack_bytes(stack)[:-4])


@given(stacks, st.binary(max_size=40))
def test_the_labels_of_a_frame_are_those_of_its_stack(stack, below):
    header = EthernetHeader(BROADCAST_MAC, BROADCAST_MAC, (), EtherType.MPLS).to_bytes()
    assert labels_of(header + stack_bytes(stack) + below) == tuple(int(e.label) for e in stack)
    assert labels_of(header + stack_bytes(stack)[:-1]) == ()


@given(st.binary(max_size=60))
def test_no_bytes_are_too_odd_for_it(data):
    labels_of(data)
    try:
        stack, below = parse_stack(data)
    except PacketError:
        return
    assert len(data) == 4 * len(stack) + len(below)


def test_an_entry_stands_on_the_wire_as_in_rfc_3032():
    stack = (LabelStackEntry(Label(16), 5, 64), LabelStackEntry(Label(0xFFFFF), 0, 1))
    assert stack_bytes(stack).hex() == "00010a40fffff101"
