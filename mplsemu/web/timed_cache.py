"""A value that is costly to read, read again only when it is old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_Value = TypeVar("_Value")


class TimedCache(Generic[_Value]):
    """Caches a value for some seconds; any thread may call.

    Args:
        read: reads the value; one thread at a time.
        max_age_s: the age from which it is read again.
    """

    def __init__(self, read: Callable[[], _Value], max_age_s: float) -> None:
        self._read = read
        self._max_age_s = max_age_s
        self._lock = threading.Lock()
        self._cached: tuple[float, _Value] | None = None

    def get(self) -> _Value:
        """Return the value."""
        with self._lock:
            now = time.monotonic()
            if self._cached is None or now - self._cached[0] > self._max_age_s:
                self._cached = (now, self._read())
            return self._cached[1]
