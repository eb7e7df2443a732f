"""What the server refused, counted: a line in its log at once, and then at most one a minute."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

_LOG = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class Tally(logging.Filter):
    """Counts refusals; as a filter of another's log, what that warns of as well.

    Args:
        clock: seconds, forward only.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._counted: Counter[str] = Counter()
        self._reported_at: float | None = None
        self._told_at: dict[str, float] = {}

    def count(self, why: str) -> None:
        """Count a refusal.

        Args:
            why: one of few texts; nothing of what somebody sent may be in it.
        """
        self._counted[why] += 1

    def report(self, *, is_last: bool = False) -> None:
        """Log what was counted, unless that was done less than a minute ago."""
        now = self._clock()
        is_due = self._reported_at is None or now - self._reported_at >= EVERY_S
        if self._counted and (is_due or is_last):
            parts = (f"{number} x {why}" for why, number in self._counted.most_common())
            _LOG.warning("refused: %s", "; ".join(parts))
            self._counted.clear()
            self._reported_at = now

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep a warning out of the log, and let an error in once a minute; count both."""
        if record.levelno < logging.WARNING:
            return True
        what = str(record.msg).strip().rstrip(".")
        told_at = self._told_at.get(what)
        now = self._clock()
        if record.levelno >= logging.ERROR and (told_at is None or now - told_at >= EVERY_S):
            self._told_at[what] = now
            return True
        self.count(what)
        return False
