"""How many moves a packet-in about a MAC address that moved stands for.

ovs-vswitchd's flow cache goes on telling of a move until it revalidates the flow that tells, and
tells nothing of the way back before. So it revalidates more often where a VSI watches moves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mplsemu.model.mac_move import MacMove
from mplsemu.program.program import Program
from mplsemu.southbound.plane.events import Attachment, MacMoved

REVALIDATION_MS: Final = 100
"""``other_config:max-revalidator`` of ovs-vswitchd, which is 500 by default."""
REPEAT_S: Final = 1.0
"""A report to the same place so soon after the one before is of the same move, unless:"""
RETURN_S: Final = 0.25
"""Of an address that was seen to move back, reports that go on for so long are of another return.
An honest move has none: what goes on telling of it because a busy machine revalidates late, never
counts."""

_Address = tuple[str, int, str]


def revalidation_ms(program: Program) -> int | None:
    """Return how often flows are to be revalidated, None if the default is good enough."""
    vsis = (vsi for node in program.nodes for vsi in node.vsis)
    return REVALIDATION_MS if any(vsi.mac_move is not MacMove.NONE for vsi in vsis) else None


@dataclass(frozen=True, slots=True)
class _Last:
    """The last report of an address: when it was, and when one counted; whether it came back."""

    place: Attachment
    told_s: float
    counted_s: float
    returns: bool


class MoveReports:
    """The last reports, by address.

    Args:
        clock: seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[_Address, _Last] = {}

    def moves(self, report: MacMoved) -> int:
        """Return how many moves a report is of that none before was of."""
        now = self._clock()
        self._forget(now)
        address = (report.node, report.service, report.mac)
        last = self._last.pop(address, None)  # the latest is always at the end
        if last is None:
            times, returns = 1, False
        elif last.place != report.now:
            times, returns = 1, True
        else:
            returns = last.returns
            times = 2 if returns and now - last.counted_s >= RETURN_S else 0
        counted_s = now if times or last is None else last.counted_s
        self._last[address] = _Last(report.now, now, counted_s, returns)
        return times

    def _forget(self, now: float) -> None:
        while self._last and now - self._last[(first := next(iter(self._last)))].told_s >= REPEAT_S:
            del self._last[first]
