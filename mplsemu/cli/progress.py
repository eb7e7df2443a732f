"""A progress bar on a terminal; nothing where nobody watches."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mplsemu.emulation.interrupts import interrupts_wait

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
        shown: whether to draw it at all; by default when standard error is a terminal.
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

    def __enter__(self) -> Self:
        try:
            with interrupts_wait():
                self._progress.start()
        except BaseException:  # nobody calls __exit__ then, and the bar would draw on for ever
            self._progress.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with interrupts_wait():
            self._progress.stop()

    def update(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        description = _NAMES.get(stage, stage)
        self._progress.update(
            self._task, description=description, completed=done, total=max(total, 1)
        )
