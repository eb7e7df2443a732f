"""Packets for the controller, by what they ask of it, and how many of them there may be.

Whoever sends them, a circuit or what came for one VRF over the core, has a share of his own for
each class, so that no customer takes what another needs; an LSR as a whole has a limit, too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, assert_never

from mplsemu.southbound.punt.event import PuntReason


class PuntClass(enum.IntEnum):
    """What a punted packet asks of the controller."""

    NEIGHBOURS = 1
    """To note who is where: ARP and neighbour discovery."""
    GLEAN = 2
    """To find out who has an address."""
    ANSWERS = 3
    """To answer the sender, as a host or with an error."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many packets may come.

    Attributes:
        per_second: on the average.
        burst: at once.
    """

    per_second: int
    burst: int


PER_SOURCE: Final = Rate(per_second=100, burst=250)
"""Of one class, from one circuit, or for one VRF over the core: a LAN's hosts may wake at once."""
PER_LSR: Final = Rate(per_second=1000, burst=1000)
"""Of one class, from all who take more than half of what they may."""


class TokenBucket:
    """How much of a rate is left; it is full at first.

    Args:
        rate: at which it fills, and how much it holds.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._then: float | None = None

    def take(self, now_s: float) -> bool:
        """Take one, if there is one; whether there was."""
        earned = 0.0 if self._then is None else (now_s - self._then) * self._rate.per_second
        self._left = min(self._left + max(earned, 0.0), float(self._rate.burst))
        self._then = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


def class_of(reason: PuntReason) -> PuntClass:
    """Return what a packet that was punted for a reason asks of the controller."""
    match reason:
        case PuntReason.ARP | PuntReason.NEIGHBOUR_DISCOVERY | PuntReason.SOLICITED:
            return PuntClass.NEIGHBOURS
        case PuntReason.GLEAN:
            return PuntClass.GLEAN
        case (
            PuntReason.TTL_EXPIRED
            | PuntReason.NO_ROUTE
            | PuntReason.ECHO_REQUEST6
            | PuntReason.NOT_SERVED
            | PuntReason.TOO_BIG
            | PuntReason.FRAGMENT
        ):
            return PuntClass.ANSWERS
    assert_never(reason)
