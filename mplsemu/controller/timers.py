"""Timers of the controller's worker."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable


class Timers:
    """Scheduled work by due time; worker only."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # ties: first in, first out

    @property
    def due(self) -> float | None:
        """Due time of the first, by the monotonic clock; None if there is none."""
        return self._heap[0][0] if self._heap else None

    def add(self, delay_s: float, work: Callable[[], None]) -> None:
        """Schedule work."""
        heapq.heappush(self._heap, (time.monotonic() + delay_s, next(self._numbers), work))

    def run_due(self) -> None:
        """Run what is due."""
        while self._heap and self._heap[0][0] <= time.monotonic():
            heapq.heappop(self._heap)[2]()
