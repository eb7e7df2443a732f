"""MPLS labels and label stack entries (RFC 3032 section 2.1, RFC 7274)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.errors import LabelError

LABEL_BITS: Final = 20
MAX_LABEL_VALUE: Final = (1 << LABEL_BITS) - 1
LAST_SPECIAL_PURPOSE: Final = 15
SPECIAL_PURPOSE_NAMES: Final = {
    0: "ipv4-explicit-null",
    1: "router-alert",
    2: "ipv6-explicit-null",
    3: "implicit-null",
    7: "eli",
    13: "gal",
    14: "oam-alert",
    15: "extension",
}


class Label(int):
    """A label value, 20 bits (0..1,048,575); 0..15 are special-purpose (RFC 7274).

    Raises:
        LabelError: the value does not fit in 20 bits.
    """

    __slots__ = ()

    def __new__(cls, value: int) -> Self:
        """Check the range (RFC 3032 section 2.1)."""
        if not 0 <= value <= MAX_LABEL_VALUE:
            raise LabelError(f"label {value} does not fit in 20 bits; write 0..{MAX_LABEL_VALUE}")
        return super().__new__(cls, value)

    @property
    def is_special(self) -> bool:
        """Whether the value is one of the 16 special-purpose ones (RFC 7274)."""
        return self <= LAST_SPECIAL_PURPOSE

    def __str__(self) -> str:
        return SPECIAL_PURPOSE_NAMES.get(int(self), str(int(self)))

    def __repr__(self) -> str:
        return f"Label({int(self)})"


FIRST_UNRESERVED: Final = Label(LAST_SPECIAL_PURPOSE + 1)
LAST_LABEL: Final = Label(MAX_LABEL_VALUE)
IPV4_EXPLICIT_NULL: Final = Label(0)
IMPLICIT_NULL: Final = Label(3)


@dataclass(frozen=True, slots=True)
class LabelStackEntry:
    """A label stack entry (RFC 3032 section 2.1).

    Attributes:
        label: 20 bits.
        tc: Traffic Class, 3 bits (RFC 5462).
        ttl: 8 bits.

    The bottom-of-stack bit is not stored: it is set in the last entry of a stack.
    """

    label: Label
    tc: int = 0
    ttl: int = 255

    def __post_init__(self) -> None:
        if not 0 <= self.tc <= 7:
            raise LabelError(f"TC {self.tc} does not fit in 3 bits; write 0..7")
        if not 0 <= self.ttl <= 255:
            raise LabelError(f"TTL {self.ttl} does not fit in 8 bits; write 0..255")


@dataclass(frozen=True, slots=True)
class LabelRange:
    """Labels that LSRs may bind, both ends included; no special-purpose labels."""

    first: Label = FIRST_UNRESERVED
    last: Label = LAST_LABEL

    def __post_init__(self) -> None:
        if self.first.is_special:
            raise LabelError(f"label range starts at {int(self.first)}; start at 16 or above")
        if self.last < self.first:
            raise LabelError(f"label range {int(self.first)}-{int(self.last)} is empty")

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[Label]:
        return (Label(value) for value in range(self.first, self.last + 1))


ALL_LABELS: Final = LabelRange()
