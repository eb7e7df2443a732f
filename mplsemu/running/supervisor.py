"""Keeps a lab's daemons alive: a controller or switch daemon that dies is started again.

Only children of this process are watched, by pidfds (pidfd_open(2)).
"""

from __future__ import annotations

import logging
import os
import select
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.errors import MplsEmuError

_LOG = logging.getLogger(__name__)

MAX_RESTARTS: Final = 5
"""A daemon that dies more often than this within `RESTART_WINDOW_S` is given up."""

RESTART_WINDOW_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon to keep alive.

    Attributes:
        name: in messages to the user.
        pid: returns its process id, None while it does not run.
        restart: starts it again.
        is_vital: whether the lab must end if it cannot be kept alive.
    """

    name: str
    pid: Callable[[], int | None]
    restart: Callable[[], None]
    is_vital: bool = True


class Supervisor:
    """Watches daemons, in a thread.

    Args:
        daemons: what to keep alive.
        tell: called with a line for the user when a daemon died, and what became of it.
        given_up: called once when a vital daemon cannot be kept alive.
    """

    def __init__(
        self,
        daemons: tuple[Daemon, ...],
        tell: Callable[[str], None],
        given_up: Callable[[str], None],
    ) -> None:
        self._daemons = daemons
        self._tell = tell
        self._given_up = given_up
        self._deaths: dict[str, list[float]] = {daemon.name: [] for daemon in daemons}
        self._failures: dict[str, str] = {}
        self._wake_reader, self._wake_writer = os.pipe()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the thread; signals are deferred, as an exception would leave its locks held."""
        with interrupts_wait():
            self._thread.start()

    def stop(self) -> None:
        """Stop watching, so that daemons may end; a second call does nothing."""
        if not self._stopping.is_set():
            self._stopping.set()
            os.write(self._wake_writer, b"x")
            if self._thread.is_alive() and self._thread is not threading.current_thread():
                self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            dead = self._wait_for_death()
            if self._stopping.is_set():
                return
            for daemon in dead:
                if not self._revive(daemon):
                    return

    def _wait_for_death(self) -> list[Daemon]:
        watched: dict[int, Daemon] = {}
        dead = []
        poller = select.poll()
        poller.register(self._wake_reader, select.POLLIN)
        for daemon in self._daemons:
            pid = daemon.pid()
            try:
                descriptor = os.pidfd_open(pid) if pid is not None else None
            except ProcessLookupError:
                descriptor = None
            if descriptor is None:
                dead.append(daemon)
            else:
                watched[descriptor] = daemon
                poller.register(descriptor, select.POLLIN)
        try:
            if not dead:
                dead = [watched[fd] for fd, _ in poller.poll() if fd in watched]
        finally:
            for descriptor in watched:
                os.close(descriptor)
        return dead

    def _revive(self, daemon: Daemon) -> bool:
        """Start a daemon again; return whether to go on watching."""
        now = time.monotonic()
        deaths = [t for t in self._deaths[daemon.name] if now - t < RESTART_WINDOW_S] + [now]
        self._deaths[daemon.name] = deaths
        if len(deaths) > MAX_RESTARTS:
            why = f" ({self._failures[daemon.name]})" if daemon.name in self._failures else ""
            return self._give_up(daemon, f"{daemon.name} died {len(deaths)} times in a row{why}")
        try:
            daemon.restart()
        except (MplsEmuError, OSError) as error:
            if self._stopping.is_set():
                return False
            if any(each.pid() is None for each in self._daemons):
                # it died while starting, or a daemon that it needs did: counts as one more death
                self._failures[daemon.name] = str(error)
                return True
            return self._give_up(daemon, f"{daemon.name} died and does not start again: {error}")
        self._failures.pop(daemon.name, None)
        self._tell(f"{daemon.name} died and was started again")
        return True

    def _give_up(self, daemon: Daemon, why: str) -> bool:
        """Give a daemon up, or the lab; return whether to go on watching."""
        if daemon.is_vital:
            self._given_up(f"{why}; the lab ends")
            return False
        self._daemons = tuple(each for each in self._daemons if each is not daemon)
        self._tell(f"{why}; the lab goes on without it")
        return True
