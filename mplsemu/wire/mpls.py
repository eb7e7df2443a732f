"""Label stacks as bytes (RFC 3032 section 2.1)."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.wire.ethernet import EtherType

_ENTRY_BYTES: Final = 4
_BOTTOM_OF_STACK: Final = 0x100
_ETHERTYPE_AT: Final = slice(12, 14)
_STACK_AT: Final = 14


def parse_stack(data: bytes) -> tuple[tuple[LabelStackEntry, ...], bytes]:
    """Return a label stack, outermost entry first, and what is below it.

    Raises:
        PacketError: no entry is marked as the bottom of the stack.
    """
    entries = []
    for at in range(0, len(data) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        word = int.from_bytes(data[at : at + _ENTRY_BYTES])
        entries.append(LabelStackEntry(Label(word >> 12), word >> 9 & 7, word & 0xFF))
        if word & _BOTTOM_OF_STACK:
            return tuple(entries), data[at + _ENTRY_BYTES :]
    raise PacketError("a label stack without an end")


def stack_bytes(entries: Sequence[LabelStackEntry]) -> bytes:
    """Return a label stack as it is sent, its last entry marked as the bottom."""
    words = [entry.label << 12 | entry.tc << 9 | entry.ttl for entry in entries]
    words[-1] |= _BOTTOM_OF_STACK
    return struct.pack(f"!{len(words)}I", *words)


def labels_of(frame: bytes) -> tuple[int, ...]:
    """Return the labels of an Ethernet frame, outermost first, and parse nothing else.

    Empty without a label stack, or with one that has no end.
    """
    if int.from_bytes(frame[_ETHERTYPE_AT]) != EtherType.MPLS:
        return ()
    labels = []
    for at in range(_STACK_AT, len(frame) - _ENTRY_BYTES + 1, _ENTRY_BYTES):
        word = int.from_bytes(frame[at : at + _ENTRY_BYTES])
        labels.append(word >> 12)
        if word & _BOTTOM_OF_STACK:
            return tuple(labels)
    return ()
