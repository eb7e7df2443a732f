"""The controller's event log, which clients read on from the last event they know."""

from __future__ import annotations

import heapq
import json
import logging
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

_LOG = logging.getLogger(__name__)

KEPT_OF_PROVIDER: Final = 2000
"""Events of the provider's; and of each customer's line, beside them:"""
KEPT_PER_CIRCUIT: Final = 200
SEVERAL: Final = "*"
"""Stands for several circuits where an event is of them all."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened.

    Attributes:
        number: from 1; a gap means that events were dropped.
        time_s: seconds since the epoch.
        kind: ``switch``, ``port``, ``program``, ``neighbour``, ``mac``, ``storm`` or
            ``error``.
        text: one human-readable line.
        took_ms: how long it took; None if that does not apply.
        circuit: that caused it; None: the provider.
    """

    number: int
    time_s: float
    kind: str
    text: str
    took_ms: float | None = None
    circuit: str | None = None


class EventLog:
    """The last events of the provider and of each circuit; older ones are forgotten.

    A customer's events never push out the provider's.

    Args:
        file: to which they are written, a line each, for a restarted controller; None: memory
            only.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._events: dict[str | None, deque[Event]] = {}
        self._last = 0
        self._lines = 0
        self._lock = threading.Lock()  # others read while the worker writes
        for event in _read(file) if file else ():
            self._keep(event)
            self._lines += 1

    @property
    def last(self) -> int:
        """The number of the last event, 0 where there was none."""
        return self._last

    def add(
        self,
        kind: str,
        text: str,
        took_ms: float | None = None,
        circuit: str | None = None,
    ) -> Event:
        """Record that something happened now."""
        with self._lock:
            event = Event(self._last + 1, time.time(), kind, text, took_ms, circuit)
            self._keep(event)
            self._write(event)
        return event

    def _keep(self, event: Event) -> None:
        self._last = event.number
        kept = self._events.get(event.circuit)
        if kept is None:
            most = KEPT_OF_PROVIDER if event.circuit is None else KEPT_PER_CIRCUIT
            kept = self._events[event.circuit] = deque(maxlen=most)
        kept.append(event)

    def _in_order(self) -> Iterator[Event]:
        return heapq.merge(*self._events.values(), key=lambda event: event.number)

    def _write(self, event: Event) -> None:
        """Append to the file; rewrite it once half of its lines are obsolete."""
        if self._file is None:
            return
        try:
            there_are = sum(map(len, self._events.values()))
            if self._lines >= 2 * max(KEPT_OF_PROVIDER, there_are):
                fresh = self._file.with_suffix(".fresh")
                fresh.write_text("".join(map(_line, self._in_order())), encoding="utf-8")
                fresh.replace(self._file)
                self._lines = there_are
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
            found = [event for event in self._in_order() if event.number > number]
        return [_public(event) for event in found]


def _public(event: Event) -> dict[str, Any]:
    found = asdict(event)
    del found["circuit"]  # it is in the text, and says here only how long it is kept
    return found


def _line(event: Event) -> str:
    return json.dumps(asdict(event)) + "\n"


def _read(file: Path) -> Iterator[Event]:
    """Yield the events in a file; damaged lines are skipped."""
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


def shortened(parts: Sequence[str], most: int) -> str:
    """Return the parts joined, cut after about `most` characters, and how many are left out."""
    said = ""
    for number, part in enumerate(parts):
        if said and len(said) + len(part) > most:
            return f"{said}; and {len(parts) - number:,} more"
        said += f"; {part}" if said else part
    return said
