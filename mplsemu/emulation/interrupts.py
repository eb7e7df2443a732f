"""Signals that end a process: recorded when they come, acted on at known points (ADR 16).

A handler that raises does so between any two bytecodes: in a callback of ctypes, of a weak
reference or of a fork, in ``__del__``, in ``__set_name__``. There the exception is lost, or turns
into another one. So handlers here only record the signal, and code that waits or takes long looks
for recorded signals (`act`). `signal.set_wakeup_fd` lets a signal end a wait. See signal(7).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Final

END_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STEP_S: Final = 0.1
"""How often a wait that a signal cannot end looks for signals."""
_AGAIN_S: Final = 0.05
_LOOK_S: Final = 0.25
"""How often `read_line` looks for signals."""

SignalAction = Callable[[int], None]
"""Called at a known point with the number of a signal that has come."""


class Terminated(BaseException):
    """This process was asked to end (``mplsemu down``, SIGTERM, SIGHUP)."""


def end(number: int) -> None:
    """Unwind the command: raise `KeyboardInterrupt` or `Terminated`."""
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise Terminated


class _Noting:
    """Records signals and acts on them; at most one exists in a process.

    Attributes:
        came: signals that were not acted on yet, oldest first.
        action: called with a signal; None calls the handler that was there before.
        sheltered: depth of blocks that signals must not end.
        ending: whether a signal has raised: later ones must not disturb the unwinding.
        reading: the frame that reads a line from the terminal, while it does.
        raised: what was raised in that frame.
        open: whether the user's own code runs, which never calls `act`.
    """

    def __init__(self, action: SignalAction | None) -> None:
        self.came: list[int] = []
        self.action = action
        self.sheltered = 0
        self.ending = False
        self.reading: FrameType | None = None
        self.raised: BaseException | None = None
        self.open = False
        self._is_over = False
        self._before: dict[int, Any] = {}
        self._wakeup_before = -1
        self.wake, self._wake_writer = os.pipe()
        for descriptor in (self.wake, self._wake_writer):
            os.set_blocking(descriptor, False)

    def install(self) -> None:
        self._wakeup_before = signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for number in END_SIGNALS:
            handler = signal.getsignal(number)
            if handler not in {signal.SIG_IGN, None}:  # ignored by nohup, or not set by Python
                self._before[number] = handler
                signal.signal(number, self.take)

    def remove(self) -> None:
        """Restore the previous handlers, which may raise while that is done."""
        self._is_over = True
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self.wake)
        os.close(self._wake_writer)
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def take(self, number: int, frame: FrameType | None) -> None:
        if self._is_over:
            self._as_before(number)
            return
        if number != signal.SIGALRM:
            self.came.append(number)
        if self.open:
            self.act()
        if self.reading is None or not (self.came or self.raised):
            return
        if frame is self.reading:  # in input() itself
            self._raise_in_input()
        else:  # in something that input() called: try again when that has returned
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S, _LOOK_S)

    def _raise_in_input(self) -> None:
        """Act on a signal; raise again what input() has lost: it ignores errors of a flush."""
        if self.raised is not None:
            raise self.raised
        try:
            self.act()
        except BaseException as error:
            self.raised = error
            raise

    def read(self, prompt: str) -> str:
        """Read a line; nothing else happens in this frame, the only one in which `take` raises."""
        self.reading = sys._getframe()
        line = input(prompt)
        if self.raised is not None:
            raise self.raised
        return line

    def act(self) -> None:
        while self.came and not self.sheltered and not self.ending:
            number = self.came.pop(0)
            self.ending = True
            (self.action or self._as_before)(number)
            self.ending = False

    def _as_before(self, number: int) -> None:
        handler = self._before[number]
        if callable(handler):
            handler(number, sys._getframe())
        else:
            signal.signal(number, handler)
            signal.raise_signal(number)

    def drain(self) -> None:
        with suppress(BlockingIOError):
            while os.read(self.wake, 4096):
                pass

    def settle(self) -> None:
        """Handle the signals that are left when the block ends, with the previous handlers back."""
        if self.action is None:
            for number in self.came:
                signal.raise_signal(number)
        else:
            self.act()


_noted: Final[list[_Noting]] = []
"""Its only element exists while signals are recorded."""


def _noting() -> _Noting | None:
    """Return the recorder; None in other threads than the main one, which never act on signals."""
    if not _noted or threading.get_ident() != threading.main_thread().ident:
        return None
    return _noted[0]


@contextmanager
def noted(action: SignalAction | None = None) -> Iterator[None]:
    """Record signals while a block runs; `act` and the waits of this module handle them.

    A nested block changes the action. In other threads it does nothing: Python runs handlers in
    the main thread only.

    Args:
        action: called at a known point; None calls the handler that was there before.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if (outer := _noting()) is not None:
        before, outer.action = outer.action, action or outer.action
        try:
            yield
        finally:
            outer.action = before
        return
    noting = _Noting(action)
    try:
        noting.install()
        _noted.append(noting)
        yield
    finally:
        _noted.clear()
        noting.remove()
        noting.settle()


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Defer signals until a block has ended.

    Blocking them with sigprocmask(2) would not work: the kernel delivers a signal to any thread
    that does not block it, and Python then runs the handler in the main thread.
    """
    with noted():
        noting = _noting()
        if noting is None:
            yield
            return
        noting.sheltered += 1
        try:
            yield
        finally:
            noting.sheltered -= 1
            noting.act()


def act() -> None:
    """Act on a signal that has come; to be called where the state is consistent.

    Raises:
        KeyboardInterrupt, Terminated: if the action is `end`.
    """
    if _noted and _noted[0].came and (noting := _noting()) is not None:
        noting.act()


def resume() -> None:
    """Go on after Ctrl-C, as a prompt does.

    Raises:
        Terminated: another signal has come, too.
    """
    if (noting := _noting()) is not None:
        while signal.SIGINT in noting.came:  # in place: another signal may come meanwhile
            noting.came.remove(signal.SIGINT)
        noting.ending = False
        noting.act()


def is_noting() -> bool:
    """Whether signals are recorded, as this thread has something to undo."""
    return _noting() is not None


def forget_signals() -> None:
    """Stop recording in a forked process: what was recorded came to its parent."""
    if _noted:
        signal.set_wakeup_fd(-1)
        _noted.clear()


# --- waiting -------------------------------------------------------------------------------


def wait(readable: Iterable[int], timeout_s: float | None = None) -> list[int]:
    """Wait until a descriptor is readable (or its process has ended); acts on signals.

    Args:
        readable: descriptors.
        timeout_s: how long to wait at most; None is forever.

    Returns:
        The readable ones; empty on a timeout.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    noting = _noting()
    poller = select.poll()
    for descriptor in readable:
        poller.register(descriptor, select.POLLIN)
    if noting is not None:
        poller.register(noting.wake, select.POLLIN)
    while True:
        act()
        left_s = None if deadline is None else max(0.0, deadline - time.monotonic())
        found = [fd for fd, _ in poller.poll(None if left_s is None else left_s * 1000)]
        if noting is not None and noting.wake in found:
            noting.drain()
            found.remove(noting.wake)
        act()
        if found or (deadline is not None and time.monotonic() >= deadline):
            return found


def sleep(seconds: float) -> None:
    """Sleep; acts on signals."""
    if _noting() is None:
        time.sleep(seconds)
    else:
        wait((), seconds)


def wait_for_end(process: subprocess.Popen[Any], timeout_s: float | None = None) -> int | None:
    """Wait for a child and return its status, None on a timeout; acts on signals."""
    if process.poll() is None:
        descriptor = os.pidfd_open(process.pid)
        try:
            wait((descriptor,), timeout_s)
        finally:
            os.close(descriptor)
    return process.poll()


def communicate(process: subprocess.Popen[Any], timeout_s: float | None = None) -> tuple[Any, Any]:
    """Do what `subprocess.Popen.communicate` does, and act on signals.

    The child is killed before anything is raised.

    Raises:
        subprocess.TimeoutExpired: it did not end in time.
    """
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    while True:
        step_s = _STEP_S if deadline is None else min(_STEP_S, deadline - time.monotonic())
        try:
            act()
            return process.communicate(timeout=max(0.0, step_s))
        except subprocess.TimeoutExpired:
            if deadline is None or time.monotonic() < deadline:
                continue
            _kill(process)
            raise subprocess.TimeoutExpired(process.args, timeout_s or 0) from None
        except BaseException:
            _kill(process)
            raise


def _kill(process: subprocess.Popen[Any]) -> None:
    process.kill()
    process.communicate()


def run(
    command: list[str], *, timeout_s: float | None = None, **options: Any
) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end and return its output; acts on signals.

    Args:
        command: program and arguments.
        timeout_s: how long it may take.
        options: of `subprocess.Popen`.

    Raises:
        subprocess.TimeoutExpired: it took longer.
    """
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen(command, **{**pipes, **options})
    output, errors = communicate(process, timeout_s)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def write(descriptor: int, data: bytes) -> None:
    """Write all data, however slow the reader is; acts on signals.

    Raises:
        OSError: it cannot be written.
    """
    noting, at = _noting(), 0
    poller = select.poll()
    poller.register(descriptor, select.POLLOUT)
    if noting is not None:
        poller.register(noting.wake, select.POLLIN)
    while at < len(data):
        act()
        ready = [fd for fd, _ in poller.poll()]
        if noting is not None and noting.wake in ready:
            noting.drain()
        if descriptor in ready:  # a writable pipe takes that much without blocking
            at += os.write(descriptor, data[at : at + select.PIPE_BUF])


@contextmanager
def act_at_once() -> Iterator[None]:
    """Act on signals immediately in a block that runs the user's own code (Mininet's ``py``)."""
    if (noting := _noting()) is None:
        yield
        return
    noting.open = True
    try:
        noting.act()
        yield
    finally:
        noting.open = False


def read_line(prompt: str) -> str:
    """Return a line typed at the terminal; the only wait in which a handler raises.

    It raises in input() only: a completion that is running is left to finish. A signal that
    comes between readline's check for signals and its select(2) does not end the select; a timer
    does, so that the signal is acted on a moment later.

    Raises:
        EOFError: Ctrl-D.
        KeyboardInterrupt, Terminated: see `end`.
    """
    noting = _noting()
    if noting is None:
        return input(prompt)
    before = signal.signal(signal.SIGALRM, noting.take)
    try:
        signal.setitimer(signal.ITIMER_REAL, _LOOK_S, _LOOK_S)
        noting.act()
        with _ctrl_c_discards_nothing():
            return noting.read(prompt)
    except SystemError as error:
        # where two signals come at once, CPython calls the second handler with the exception that
        # the first has raised still set, and reports that
        raise error.__cause__ or error from None
    finally:
        noting.reading = noting.raised = None
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _ctrl_c_discards_nothing() -> Iterator[None]:
    """Have the terminal keep what was typed before a Ctrl-C until the line has ended (NOFLSH).

    A key that select(2) has announced and Ctrl-C then discards leaves readline waiting for it, deaf
    to all signals. See termios(3).
    """
    terminal = sys.stdin.fileno()
    try:
        before = termios.tcgetattr(terminal)
    except termios.error:  # no terminal
        yield
        return
    local_flags = before[3] | termios.NOFLSH
    termios.tcsetattr(terminal, termios.TCSANOW, [*before[:3], local_flags, *before[4:]])
    try:
        yield
    except KeyboardInterrupt:
        termios.tcflush(terminal, termios.TCIFLUSH)
        raise
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)
