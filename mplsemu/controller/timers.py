"""Work that the controller's worker does later."""

from __future__ import annotations

import heapq
import itertools
import time
from collections.abc import Callable


class Timers:
    """Work by when it is due; only the worker uses them."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = itertools.count()  # of two that are due at once, the older comes first

    @property
    def due(self) -> float | None:
        """When the first is due, by the monotonic clock; None if there is none."""
        return self._heap[0][0] if self._heap else None

    def add(self, delay_s: float, work: Callable[[], None]) -> None:
        """Have something done later."""
        heapq.heappush(self._heap, (time.monotonic() + delay_s, next(self._numbers), work))

    def run_due(self) -> None:
        """Do what is due."""
        while self._heap and self._heap[0][0] <= time.monotonic():
            heapq.heappop(self._heap)[2]()
