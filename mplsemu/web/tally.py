"""Counts what the server refuses: a line in its log at once, then at most one a minute."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

_LOG = logging.getLogger(__name__)

EVERY_S: Final = 60.0


class Tally(logging.Filter):
    """Counts refusals and, as a filter of another log, its warnings.

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
            why: one of a few texts; never with anything in it that a client sent.
        """
        self._counted[why] += 1

    def report(self, *, is_last: bool = False) -> None:
        """Log what was counted, unless the last line is less than a minute old."""
        now = self._clock()
        is_due = self._reported_at is None or now - self._reported_at >= EVERY_S
        if self._counted and (is_due or is_last):
            parts = (f"{number} x {why}" for why, number in self._counted.most_common())
            _LOG.warning("refused: %s", "; ".join(parts))
            self._counted.clear()
            self._reported_at = now

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep warnings out of the log, let an error in once a minute, and count both."""
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
