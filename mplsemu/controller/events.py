"""What happened and when: the controller's log that others can read on from where they were."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

_LOG = logging.getLogger(__name__)

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
    """The last events; older ones are forgotten.

    Args:
        file: where they are written, a line each, so that a restarted controller goes on with
            them; None keeps them in memory alone.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._events: deque[Event] = deque(_read(file) if file else (), maxlen=KEPT)
        self._last = self._events[-1].number if self._events else 0
        self._lines = len(self._events)
        self._lock = threading.Lock()  # others read while the worker writes

    @property
    def last(self) -> int:
        """The number of the last event, 0 where there was none."""
        return self._last

    def add(self, kind: str, text: str, took_ms: float | None = None) -> Event:
        """Record that something happened now."""
        with self._lock:
            self._last += 1
            event = Event(self._last, time.time(), kind, text, took_ms)
            self._events.append(event)
            self._write(event)
        return event

    def _write(self, event: Event) -> None:
        """Add a line to the file; where half of it is forgotten, write it anew."""
        if self._file is None:
            return
        try:
            if self._lines >= 2 * KEPT:
                fresh = self._file.with_suffix(".fresh")
                fresh.write_text("".join(map(_line, self._events)), encoding="utf-8")
                fresh.replace(self._file)
                self._lines = len(self._events)
            else:
                with self._file.open("a", encoding="utf-8") as file:
                    file.write(_line(event))
                self._lines += 1
        except OSError as error:  # a full disk, say: they are still here
            _LOG.warning("cannot write %s: %s", self._file, error.strerror)
            self._file = None

    def since(self, number: int) -> Iterable[dict[str, Any]]:
        """Return the events after `number`, oldest first, as JSON objects."""
        with self._lock:
            found = [event for event in self._events if event.number > number]
        return [asdict(event) for event in found]


def _line(event: Event) -> str:
    return json.dumps(asdict(event)) + "\n"


def _read(file: Path) -> Iterator[Event]:
    """Yield what another controller wrote; a line that was cut short is none."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        _LOG.warning("cannot read %s: %s", file, error.strerror)
        return
    last = 0
    for line in lines:
        try:
            event = Event(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if isinstance(event.number, int) and event.number > last:
            last = event.number
            yield event
