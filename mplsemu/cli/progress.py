"""A progress bar on a terminal; nothing where nobody watches."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

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
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
            with _signals_later():
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
        with _signals_later():
            self._progress.stop()

    def update(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        description = _NAMES.get(stage, stage)
        self._progress.update(
            self._task, description=description, completed=done, total=max(total, 1)
        )


@contextmanager
def _signals_later() -> Iterator[None]:
    """Hold back Ctrl-C and its like until the block is done: half a start or stop leaves a mess."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals reach the main thread only
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    usual = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in usual.items():
            signal.signal(number, handler)
        for each in came:
            signal.raise_signal(each)
