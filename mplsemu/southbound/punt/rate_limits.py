"""Classes of punted packets, and how many per second each source may send.

A source is a circuit, or a VRF for packets from the core. Each has its own rate in each class, so
that no customer uses up another's; an LSR as a whole has a limit, too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final, assert_never

from mplsemu.southbound.punt.event import PuntReason


class PuntClass(enum.IntEnum):
    """What a punted packet asks of the controller."""

    NEIGHBOURS = 1
    """ARP and neighbour discovery, to learn neighbours from; IGMP and MLD, to learn members."""
    GLEAN = 2
    """Packets whose destination has to be resolved."""
    ANSWERS = 3
    """Packets to be answered, by a reply or an error."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How many packets are accepted.

    Attributes:
        per_second: on average.
        burst: back to back.
    """

    per_second: int
    burst: int


PER_SOURCE: Final = Rate(per_second=100, burst=250)
"""Of one class and source; the burst covers all hosts of a LAN starting together."""
PER_LSR: Final = Rate(per_second=1000, burst=1000)
"""Of one class, of all sources that use more than half of their own rate."""


class TokenBucket:
    """A token bucket, initially full.

    Args:
        rate: at which it fills, and its size.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._left = float(rate.burst)
        self._then: float | None = None

    def take(self, now_s: float) -> bool:
        """Take a token; return whether there was one."""
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
        case (
            PuntReason.ARP
            | PuntReason.NEIGHBOUR_DISCOVERY
            | PuntReason.SOLICITED
            | PuntReason.SNOOPED
        ):
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
            | PuntReason.DHCP
        ):
            return PuntClass.ANSWERS
    assert_never(reason)
