"""How a command ends when a signal tells it to: at once, while nothing is to be undone but files.

A lab process notes signals instead from where there is something to undo (emulation/interrupts.py).
The handler here never returns to what it has interrupted, and raises nothing into it either.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Final

from mplsemu.emulation.interrupts import END_SIGNALS

INTERRUPTED: Final = 130
_write: Final = os.write
"""The real one: an OpenFlow framework puts its own in its place, which may switch threads."""
_SAYS_INTERRUPTED: Final = ("interrupted", INTERRUPTED)

ExitMessage = tuple[str, int]
"""What is said when a signal ends the command, and its exit code."""

_words: Final[dict[int, ExitMessage]] = {}
_undo: Final[list[Callable[[], object]]] = []


def exit_on_signals(words: Mapping[int, ExitMessage] | None = None) -> None:
    """Have signals to end end this process where it is; those that are ignored stay so.

    Args:
        words: for signals that do not end it as usual: Ctrl-C with 130, the others as if nobody
            had handled them.
    """
    _words.clear()
    _words.update({signal.SIGINT: _SAYS_INTERRUPTED, **(words or {})})
    handler = partial(_end, os.getpid())
    for number in END_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background
            signal.signal(number, handler)


def _end(process: int, number: int, _frame: FrameType | None) -> None:
    if os.getpid() != process:  # a child that was forked just now, and has no handlers of its own
        os._exit(128 + number)
    for undo in reversed(_undo):
        with suppress(OSError):
            undo()
    if number not in _words:
        signal.signal(number, signal.SIG_DFL)
        os.kill(process, number)
        signal.pause()
    text, code = _words[number]
    if text:
        with suppress(OSError):
            _write(2, f"mplsemu: {text}\n".encode())  # standard error itself may be in use
    os._exit(code)


@contextmanager
def cleanup_on_signal(undo: Callable[[], object]) -> Iterator[None]:
    """Have a signal that ends this process in a block do something before.

    Args:
        undo: system calls alone: it is called between any two bytecodes.
    """
    _undo.append(undo)
    try:
        yield
    finally:
        _undo.remove(undo)


def restore_signals() -> None:
    """Leave signals to the kernel: whatever Python does while it ends, they are not lost."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    for number in END_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
