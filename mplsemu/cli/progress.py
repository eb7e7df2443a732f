"""A progress bar on a terminal; nothing elsewhere."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mplsemu.emulation.interrupts import act, interrupts_wait
from mplsemu.running.exit_signals import cleanup_on_signal

_NAMES: Final = {
    "nodes": "hosts and routers",
    "links": "links",
    "hosts": "addresses",
    "shaping": "rates",
    "controller": "controller",
    "switches": "switches",
    "flows": "labels and routes",
    "checks": "checks",
}


class Bar:
    """One bar for a sequence of stages, on standard error.

    Args:
        shown: whether to draw it; None: if standard error is a terminal.
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        if shown is None:
            shown = sys.stderr.isatty()
        self._progress = Progress(
            TextColumn("{task.description:<18}"),
            BarColumn(bar_width=36),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            disable=not shown,
        )
        self._task = self._progress.add_task("starting", total=1)
        self._shown = shown
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self._shown:
            self._stack.enter_context(cleanup_on_signal(_clear))
        try:
            with interrupts_wait():
                self._progress.start()
        except BaseException:  # __exit__ is not called then: its thread would go on
            self._close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with interrupts_wait():
            self._close()

    def _close(self) -> None:
        self._progress.stop()
        self._stack.close()

    def update(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is, and act on signals: long work calls this often."""
        act()
        description = _NAMES.get(stage, stage)
        self._progress.update(
            self._task, description=description, completed=done, total=max(total, 1)
        )


def _clear() -> None:
    """Erase the bar, and show the cursor again."""
    os.write(2, b"\r\x1b[2K\x1b[?25h")
