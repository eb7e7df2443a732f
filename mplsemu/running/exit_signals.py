"""Signals that end a command: at once, as long as it has nothing but files to clean up.

A lab process notes signals instead, once it has something to undo (emulation/interrupts.py). The
handler here never returns to the code that it interrupts, and raises nothing in it.
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
"""The real one: an OpenFlow framework replaces it by one that may switch green threads."""
_SAYS_INTERRUPTED: Final = ("interrupted", INTERRUPTED)

ExitMessage = tuple[str, int]
"""The message when a signal ends the command, and the exit code."""

_words: Final[dict[int, ExitMessage]] = {}
_undo: Final[list[Callable[[], object]]] = []


def exit_on_signals(words: Mapping[int, ExitMessage] | None = None) -> None:
    """Have ending signals end this process at once; ignored signals stay ignored.

    Args:
        words: messages and exit codes of signals that differ from the default: 130 for Ctrl-C,
            death by the signal for the others.
    """
    _words.clear()
    _words.update({signal.SIGINT: _SAYS_INTERRUPTED, **(words or {})})
    handler = partial(_end, os.getpid())
    for number in END_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup, or a shell's background
            signal.signal(number, handler)


def _end(process: int, number: int, _frame: FrameType | None) -> None:
    if os.getpid() != process:  # a child just forked, which has not set its own handlers
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
            _write(
                2, f"mplsemu: {text}\n".encode()
            )  # not sys.stderr: the interrupted code may hold its lock
    os._exit(code)


@contextmanager
def cleanup_on_signal(undo: Callable[[], object]) -> Iterator[None]:
    """Have a signal that ends this process within a block call `undo` first.

    Args:
        undo: may only make system calls: it is called between any two bytecodes.
    """
    _undo.append(undo)
    try:
        yield
    finally:
        _undo.remove(undo)


def restore_signals() -> None:
    """Restore the default actions, so that no signal is lost while Python shuts down."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)
    for number in END_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
