"""The loop of ``mplsemu capture``: frames are taken until something ends it."""

from __future__ import annotations

import errno
import os
import select
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from mplsemu.emulation.interrupts import act, noted

if TYPE_CHECKING:
    from mplsemu.emulation.taps import CapturedFrame, Taps

_POLL_MS: Final = 100
_SETTLE_S: Final = 0.01
"""Frames sent before the end may take this long to arrive here."""

Take = Callable[["list[CapturedFrame]"], None]


class CaptureLoop:
    """Takes frames until the count, the time, a signal, the lab or the reader ends it.

    Args:
        taps: where frames come from.
        lab: the process id of the lab.
        count: frames to take, at most; None: any number.
        duration_s: how long; None: until something else ends it.
        to_stdout: whether the frames go to standard output, whose reader may go away.

    Attributes:
        counter: the frames that came, by tap point.
    """

    def __init__(
        self,
        taps: Taps,
        lab: int,
        count: int | None,
        duration_s: float | None,
        *,
        to_stdout: bool,
    ) -> None:
        self.counter: Counter[str] = Counter()
        self._taps = taps
        self._count = count
        self._duration_s = duration_s
        self._has_signal = False
        self._stack = ExitStack()
        self._poller = select.poll()
        self._lab = os.pidfd_open(lab)
        self._stack.callback(os.close, self._lab)
        self._poller.register(self._lab, select.POLLIN)
        self._poller.register(taps.fileno(), select.POLLIN)
        self._reader = -1
        if to_stdout:
            with suppress(OSError, ValueError):  # standard output is replaced, as in a test
                self._reader = sys.stdout.fileno()
                self._poller.register(self._reader, 0)  # errors are reported even so

    def __enter__(self) -> Self:
        self._stack.enter_context(noted(self._note))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run(self, take: Take) -> str:
        """Hand frames on until something ends it; return what did, if the user must be told.

        Raises:
            OSError: the frames could not be written.
        """
        deadline = None if self._duration_s is None else time.monotonic() + self._duration_s
        why, ended = "", False
        while not ended:
            act()
            is_late = deadline is not None and time.monotonic() >= deadline
            ended = bool(why) or self._has_signal or is_late
            frames = self._taps.rest(_SETTLE_S) if ended else self._taps.read(0.0)
            if self._count is not None:
                frames = frames[: self._count - self.counter.total()]
            self.counter.update(frame.point.name for frame in frames)
            if frames:
                take(frames)
            if self.counter.total() == self._count:
                break
            if not ended:
                why = self._wait(0 if frames else _POLL_MS, deadline)
        return why

    def _wait(self, timeout_ms: int, deadline: float | None) -> str:
        """Wait for frames; return why there will be no more, if so.

        Raises:
            BrokenPipeError: the reader of standard output is gone.
        """
        if deadline is not None:
            timeout_ms = max(0, min(timeout_ms, int((deadline - time.monotonic()) * 1000) + 1))
        act()
        for descriptor, event in self._poller.poll(timeout_ms):
            if descriptor == self._lab:
                return "the lab has ended"
            if descriptor == self._reader and event & (select.POLLERR | select.POLLHUP):
                raise BrokenPipeError(errno.EPIPE, "the reader is gone")
        return ""

    def _note(self, _signal: int) -> None:
        """Note a signal that ends the capture, so that no packet is cut in two by it."""
        if self._has_signal:  # the user is impatient: the reader of our output has stopped reading
            raise KeyboardInterrupt
        self._has_signal = True
