"""Interrupts that wait: what must not be left half done is done before a handler raises."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_INTERRUPTS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _Gate:
    """Stands before the handlers of some signals, and keeps what comes while it is closed.

    Open, it is as if it were not there: a handler that raises before all of them are put back
    does no harm.
    """

    def __init__(self) -> None:
        self.closed = False
        self.came: list[int] = []
        self._handlers: dict[int, Any] = {}

    def install(self) -> None:
        for number in _INTERRUPTS:
            handler = signal.getsignal(number)
            if handler not in {signal.SIG_IGN, None}:
                self._handlers[number] = handler
                signal.signal(number, self._take)

    def remove(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        handler = self._handlers[number]
        if self.closed:
            self.came.append(number)
        elif callable(handler):
            handler(number, frame)
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Have signals to end wait until a block is done; then they come.

    Blocking them (sigprocmask(2)) would not do: the kernel hands a signal to any thread that does
    not block it, and Python runs the handler in the main thread all the same.
    """
    if threading.current_thread() is not threading.main_thread():  # no handler ever runs here
        yield
        return
    gate = _Gate()
    try:
        gate.install()
        gate.closed = True
        yield
    finally:
        gate.closed = False
        gate.remove()
        for number in gate.came:
            signal.raise_signal(number)
