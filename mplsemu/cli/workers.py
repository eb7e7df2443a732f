"""Work shared out to processes, one for each CPU; results come in the order of the items.

Processes are forked, so that they have all that the work needs without sending it. Nothing else
may run in this process meanwhile (no thread, so no progress bar): a fork copies locks, too. A
worker ends with this process, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from multiprocessing import connection
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from mplsemu.emulation.interrupts import forget_signals, interrupts_wait, wait
from mplsemu.emulation.namespace import die_with_parent
from mplsemu.errors import EmulationError
from mplsemu.running.exit_signals import cleanup_on_signal

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

_PARTS_EACH: Final = 8
"""How many parts of the work each process gets, so that slow parts even out."""
_MOST_ITEMS: Final = 64
"""In one part: more would make a progress bar stand still."""
_CONTEXT: Final = multiprocessing.get_context("fork")


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


class Workers(Generic[_Item, _Result]):
    """Processes that do one kind of work; with one process, or one item, this one does it.

    Args:
        work: done for each item, in any process.
        items: what to do it for.
        processes: how many.
    """

    def __init__(
        self, work: Callable[[_Item], _Result], items: Sequence[_Item], processes: int
    ) -> None:
        self._work = work
        self._items = items
        self._pipes: list[connection.Connection] = []
        self._processes: list[Any] = []
        self._stack = ExitStack()
        count = min(processes, len(items))
        size = max(1, min(_MOST_ITEMS, len(items) // max(1, count * _PARTS_EACH)))
        self._parts = [range(at, min(at + size, len(items))) for at in range(0, len(items), size)]
        self._count = count if count > 1 else 0

    def __enter__(self) -> Self:
        self._stack.enter_context(cleanup_on_signal(self._kill))
        # a script's handler may raise, and inside a fork that would be lost
        try:
            with interrupts_wait():
                for _ in range(self._count):
                    self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def results(self) -> Iterator[_Result]:
        """Yield the results in the order of the items, as early as that order allows.

        Raises:
            EmulationError: a process was ended by somebody else.
        """
        if not self._pipes:
            yield from map(self._work, self._items)
            return
        waiting = iter(enumerate(self._parts))
        busy = {pipe: self._give(pipe, waiting) for pipe in self._pipes}
        done: dict[int, list[_Result]] = {}
        following = 0
        while following < len(self._parts):
            working = [pipe for pipe, part in busy.items() if part is not None]
            by_number = {pipe.fileno(): pipe for pipe in working}
            for pipe in map(by_number.__getitem__, wait(by_number)):
                part = busy[pipe]
                assert part is not None
                done[part] = _received(pipe)
                busy[pipe] = self._give(pipe, waiting)
            while following in done:
                yield from done.pop(following)
                following += 1

    def _start(self) -> None:
        ours, theirs = _CONTEXT.Pipe()
        others = [*self._pipes, ours]
        self._pipes.append(ours)
        arguments = theirs, others, die_with_parent()
        process = _CONTEXT.Process(target=self._serve, args=arguments, daemon=True)
        process.start()
        self._processes.append(process)
        theirs.close()

    def _serve(
        self,
        pipe: connection.Connection,
        others: list[connection.Connection],
        arrange_death: Callable[[], None],
    ) -> None:
        """Do one part after another until the pipe ends."""
        arrange_death()
        forget_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process is told, and ends us
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for other in others:  # else the pipes' other ends stay open, and never end
            other.close()
        while True:
            try:
                part: range = pipe.recv()
                pipe.send(self._done(part))
            except (EOFError, OSError):
                return

    def _done(self, part: range) -> list[_Result] | Exception:
        try:
            return [self._work(self._items[index]) for index in part]
        except Exception as error:  # noqa: BLE001 - raised again where the results are read
            return error

    def _give(
        self, pipe: connection.Connection, waiting: Iterator[tuple[int, range]]
    ) -> int | None:
        """Give a process the next part; return its number, None if there is none."""
        number, part = next(waiting, (None, None))
        if part is not None:
            pipe.send(part)
        return number

    def _end(self) -> None:
        for process in self._processes:
            process.terminate()
        for pipe in self._pipes:  # one that was too young to be ended ends where nothing comes
            pipe.close()
        for process in self._processes:
            process.join()
        self._pipes, self._processes = [], []
        self._stack.close()

    def _kill(self) -> None:
        """End the processes, wherever this one is; those it has not heard of yet die with it."""
        for process in self._processes:
            os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)


def _received(pipe: connection.Connection) -> Any:
    """Return what a process found, or raise what it ran into."""
    try:
        found = pipe.recv()
    except (EOFError, OSError):
        raise EmulationError("a process that verified was ended; is there memory enough?") from None
    if isinstance(found, Exception):
        raise found
    return found
