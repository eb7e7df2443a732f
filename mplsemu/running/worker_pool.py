"""A pool of forked processes that maps one function over many items.

Forking hands the workers everything that the function needs, without pickling it. Nothing else may
run in this process while `WorkerPool.map` forks (no thread, so no progress bar): a fork copies
locks, too. A worker ends with this process, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from itertools import chain
from multiprocessing import connection
from typing import Any, Final, Generic, TypeVar

from mplsemu.emulation.interrupts import forget_signals, interrupts_wait, wait
from mplsemu.emulation.namespace import die_with_parent
from mplsemu.errors import EmulationError
from mplsemu.running.exit_signals import cleanup_on_signal

_Result = TypeVar("_Result")

_CHUNKS_EACH: Final = 8
"""Chunks of the work for each process, so that slow ones even out."""
_MAX_CHUNK: Final = 64
"""Items in a chunk: with more, a progress bar would stand still."""
_CONTEXT: Final = multiprocessing.get_context("fork")


def cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0))


class WorkerPool(Executor):
    """An executor for `map`: it forks when that is called; `submit` runs in this process.

    Args:
        max_workers: how many processes; None: one for each CPU.
        worth_forking_s: `map` does the first item itself, and forks only if all items would take
            longer than this; 0: it always forks.
    """

    def __init__(self, max_workers: int | None = None, *, worth_forking_s: float = 0.0) -> None:
        self._max_workers = max_workers
        self._worth_forking_s = worth_forking_s
        self._stack = ExitStack()

    def map(
        self,
        fn: Callable[..., _Result],
        *iterables: Iterable[Any],
        timeout: float | None = None,  # noqa: ARG002  # work that is not done yet is waited for
        chunksize: int = 1,  # noqa: ARG002  # chosen here
    ) -> Iterator[_Result]:
        """Return the results in the order of the items, each as early as that order allows.

        The processes are there when it returns; they end with the pool.

        Raises:
            EmulationError: while results are read: a worker was killed.
        """
        items = list(zip(*iterables, strict=False))
        done: list[_Result] = []
        if self._worth_forking_s and items:
            started = time.monotonic()
            done = [fn(*items[0])]
            took = time.monotonic() - started
            if took * len(items) <= self._worth_forking_s:
                return chain(done, (fn(*item) for item in items[1:]))
        workers = _Workers(fn, items[len(done) :], self._max_workers or cpus())
        self._stack.callback(workers.end)
        workers.start()
        return chain(done, workers.results())

    def submit(self, fn: Callable[..., _Result], /, *args: Any, **kwargs: Any) -> Future[_Result]:
        """Call a function in this process, at once."""
        future: Future[_Result] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  # raised again where the result is read
            future.set_exception(error)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002  # as in the base class
        """End all workers."""
        self._stack.close()


class _Workers(Generic[_Result]):
    """Processes for one call of `map`; with one process, or one item, this one does it.

    Args:
        work: done for each item, in any process.
        items: its arguments.
        count: how many processes.
    """

    def __init__(
        self, work: Callable[..., _Result], items: Sequence[tuple[Any, ...]], count: int
    ) -> None:
        self._work = work
        self._items = items
        self._pipes: list[connection.Connection] = []
        self._processes: list[Any] = []
        self._stack = ExitStack()
        count = min(count, len(items))
        size = max(1, min(_MAX_CHUNK, len(items) // max(1, count * _CHUNKS_EACH)))
        self._chunks = [range(at, min(at + size, len(items))) for at in range(0, len(items), size)]
        self._count = count if count > 1 else 0

    def start(self) -> None:
        """Fork."""
        self._stack.enter_context(cleanup_on_signal(self._kill))
        # a script's handler may raise, and inside a fork that would be lost
        with interrupts_wait():
            for _ in range(self._count):
                self._fork()

    def results(self) -> Iterator[_Result]:
        """Yield the results in the order of the items, as early as that order allows.

        Raises:
            EmulationError: a worker was killed.
        """
        if not self._pipes:
            for item in self._items:
                yield self._work(*item)
            return
        waiting = iter(enumerate(self._chunks))
        busy = {pipe: self._give(pipe, waiting) for pipe in self._pipes}
        done: dict[int, list[_Result]] = {}
        following = 0
        while following < len(self._chunks):
            working = [pipe for pipe, chunk in busy.items() if chunk is not None]
            by_number = {pipe.fileno(): pipe for pipe in working}
            for pipe in map(by_number.__getitem__, wait(by_number)):
                chunk = busy[pipe]
                assert chunk is not None
                done[chunk] = _received(pipe)
                busy[pipe] = self._give(pipe, waiting)
            while following in done:
                yield from done.pop(following)
                following += 1

    def end(self) -> None:
        """End the processes; a second call does nothing."""
        for process in self._processes:
            process.terminate()
        for pipe in self._pipes:  # a worker that was forked too late for SIGTERM reads end of file
            pipe.close()
        for process in self._processes:
            process.join()
        self._pipes, self._processes = [], []
        self._stack.close()

    def _fork(self) -> None:
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
        """Be a worker: do one chunk after another until the pipe ends."""
        arrange_death()
        forget_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent gets it too, and ends us
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        for other in others:  # while this process holds them, no pipe reads end of file
            other.close()
        while True:
            try:
                chunk: range = pipe.recv()
                pipe.send(self._done(chunk))
            except (EOFError, OSError):
                return

    def _done(self, chunk: range) -> list[_Result] | Exception:
        try:
            return [self._work(*self._items[index]) for index in chunk]
        except Exception as error:  # noqa: BLE001 - raised again where the results are read
            return error

    def _give(
        self, pipe: connection.Connection, waiting: Iterator[tuple[int, range]]
    ) -> int | None:
        """Give a process the next chunk; return its number, None if there is none."""
        number, chunk = next(waiting, (None, None))
        if chunk is not None:
            pipe.send(chunk)
        return number

    def _kill(self) -> None:
        """Kill the processes that are known; one that is just being forked dies with this one."""
        for process in self._processes:
            os.kill(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)


def _received(pipe: connection.Connection) -> Any:
    """Return what a worker sent, or raise the error that it ran into."""
    try:
        found = pipe.recv()
    except (EOFError, OSError):
        raise EmulationError("a process that verified was ended; is there memory enough?") from None
    if isinstance(found, Exception):
        raise found
    return found
