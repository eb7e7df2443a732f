"""Pseudowire types of Ethernet: raw and tagged mode (RFC 4448 section 4.4, RFC 4446)."""

from __future__ import annotations

import enum
from typing import Final

DUMMY_VLAN: Final = 0
"""Of the tag that a PE puts on a frame whose circuit has none."""


class PwType(enum.StrEnum):
    """What a pseudowire does with the tag that delimits a service on an attachment circuit.

    A customer's own tags pass unchanged in both modes.
    """

    RAW = "raw"
    """It never carries one (RFC 4448 section 4.4.1): type 0x0005, Ethernet."""
    TAGGED = "tagged"
    """Every frame has one: its circuit's, or a dummy; the PE at the other end removes it. Type
    0x0004, Ethernet tagged mode."""

    @property
    def code(self) -> int:
        """Its number in IANA's registry of pseudowire types."""
        return 0x0004 if self is PwType.TAGGED else 0x0005
