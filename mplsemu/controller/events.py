"""What happened and when: the controller's log that others can read on from where they were."""

from __future__ import annotations

import itertools
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

KEPT: Final = 2000


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        number: from 1, without gaps.
        time_s: seconds since the epoch.
        kind: ``switch``, ``port``, ``program``, ``neighbour``, ``mac`` or ``error``.
        text: one line for people.
        took_ms: how long the work took, where it was work.
    """

    number: int
    time_s: float
    kind: str
    text: str
    took_ms: float | None = None


class EventLog:
    """The last events; older ones are forgotten."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._events: deque[Event] = deque(maxlen=KEPT)
        self._lock = threading.Lock()  # others read while the worker writes

    def add(self, kind: str, text: str, took_ms: float | None = None) -> Event:
        """Record that something happened now."""
        with self._lock:
            event = Event(next(self._numbers), time.time(), kind, text, took_ms)
            self._events.append(event)
        return event

    def since(self, number: int) -> Iterable[dict[str, Any]]:
        """Return the events after `number`, oldest first, as JSON objects."""
        with self._lock:
            found = [event for event in self._events if event.number > number]
        return [asdict(event) for event in found]
