"""What a verification found."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from mplsemu.program.packet import Packet
from mplsemu.program.way import Walk


class Check(enum.StrEnum):
    """Which rule a violation breaks."""

    REACH = "reach"
    ISOLATE = "isolate"
    FLOOD = "flood"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that is not as it must be.

    Attributes:
        check: the rule that it breaks.
        subject: what it is about: a VPN's name, an LSR's for `Check.STRUCTURE`.
        detail: what is wrong, for people.
        circuit: where the packet that shows it enters, None without a packet.
        packet: a packet that shows it.
        walk: the way of that packet.
    """

    check: Check
    subject: str
    detail: str
    circuit: str | None = None
    packet: Packet | None = None
    walk: Walk | None = None

    def __str__(self) -> str:
        return f"{self.check} {self.subject}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification.

    Attributes:
        violations: none where everything holds.
        pairs: ordered pairs of hosts about which it is a statement.
        walks: packets that were followed for it.
    """

    violations: tuple[Violation, ...]
    pairs: int
    walks: int

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        return not self.violations
