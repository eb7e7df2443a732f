"""What waits for the controller's worker: events, calls from other threads, and punted packets."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.controller.punt_queue import PuntQueue
from mplsemu.errors import MplsEmuError
from mplsemu.program.program import Program
from mplsemu.southbound.plane.events import PacketPunted
from mplsemu.southbound.plane.threads import Queue, Threads

_LOG = logging.getLogger(__name__)

MAX_PUNTS_PER_BATCH: Final = 32
"""Punted packets that are handled before the event queue is looked at again."""
MIN_WAIT_S: Final = 0.0005
"""Never 0, so that green threads can run."""
_PUNTS_WAIT: Final = object()
"""Wakes the worker."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call for the worker; `reply` is a queue for its result."""

    work: Callable[[], Any]
    reply: Queue

    def run(self) -> None:
        """Do the work, and hand over its result or its error."""
        try:
            result = self.work()
        except MplsEmuError as error:
            result = error
        except Exception as error:  # noqa: BLE001  # reported to the caller; the worker goes on
            _LOG.exception("a task failed")
            result = MplsEmuError(f"{type(error).__name__}: {error}")
        self.reply.put(result)


class Inbox:
    """Queues for the worker; any thread may add to them.

    Args:
        threads: the kind of threads that the data plane works with.
        program: for its circuits.
    """

    def __init__(self, threads: Threads, program: Program) -> None:
        self._threads = threads
        self._queue = threads.queue()
        self.punts = PuntQueue(program)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty() and not self.punts

    def put(self, event: object) -> None:
        """Queue an event."""
        if not isinstance(event, PacketPunted):
            self._queue.put(event)
        elif self.punts.put(event):
            self._queue.put(_PUNTS_WAIT)

    def call(self, work: Callable[[], Any], timeout_s: float) -> Any:
        """Have the worker call `work` between two events; return its result.

        Raises:
            MplsEmuError: raised by `work`, or the worker was busy for too long.
        """
        call = Call(work, self._threads.queue())
        self._queue.put(call)
        try:
            result = call.reply.get(timeout=timeout_s)
        except queue.Empty:
            raise MplsEmuError("the controller is busy; try again") from None
        if isinstance(result, MplsEmuError):
            raise result
        return result

    def take(self, wait_s: float | None) -> list[Any]:
        """Return what waits; wait for the first of it, None: for ever."""
        batch = []
        try:
            batch.append(self._queue.get(timeout=MIN_WAIT_S if self.punts else wait_s))
            while True:
                batch.append(self._queue.get(block=False))
        except queue.Empty:
            pass
        events = [each for each in batch if each is not _PUNTS_WAIT]
        return events + self.punts.take(MAX_PUNTS_PER_BATCH)
