"""The running SDN controller: what LSRs say -> what is down -> recompile -> diff -> install.

One worker takes events from a queue, so there is no lock. Events that wait together are handled
together: a cable with two ends is one change, not two. Packets for the controller wait apart, and
come a few at a time: however many there are, a cable that is cut does not wait for them.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import queue
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.events import EventLog
from mplsemu.controller.flush import flushes
from mplsemu.controller.lsrs import Lsrs
from mplsemu.controller.punt_queue import PuntQueue
from mplsemu.controller.punts import Key, Resolver
from mplsemu.controller.state import Remembered, recall, remember
from mplsemu.errors import LabelSpaceError, MplsEmuError
from mplsemu.model.network import Network
from mplsemu.program.diff import diff_programs
from mplsemu.program.program import Program
from mplsemu.southbound.dataplane import (
    DataPlane,
    LsrEntered,
    LsrLeft,
    PacketPunted,
    PlaneEvent,
    PortChanged,
    Queue,
    Refused,
    StrangerCame,
)
from mplsemu.southbound.punt.event import PacketOut

_LOG = logging.getLogger(__name__)

MOST_TEXT: Final = 500
REMEMBER_AFTER_S: Final = 0.1
"""The state file is written when this long nothing more has changed."""
MOST_PUNTS: Final = 32
"""Punted packets between two looks at what else has happened."""
_MOMENT_S: Final = 0.0005
_PUNTS_WAIT: Final = object()
"""Wakes the worker."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Something for the worker to do; `reply` is a queue for its result."""

    work: Callable[[], Any]
    reply: Queue


class Controller:
    """Keeps the LSRs of one lab in the state that its forwarding program asks for.

    Args:
        network: the lab.
        plane: what the LSRs are made of.
        state_file: remembers labels and neighbours over a restart; None: nothing is remembered.
    """

    def __init__(self, network: Network, plane: DataPlane, state_file: Path | None = None) -> None:
        self.network = network
        self.plane = plane
        self.events = EventLog(state_file.with_suffix(".events") if state_file else None)
        self._state_file = state_file
        remembered = recall(state_file) if state_file else None
        self._learned: dict[Key, LearnedNeighbour] = {}
        for each in remembered.learned if remembered else ():
            self._learned[each.pe, each.vrf, each.neighbour.address] = each
        self.program = self._compile(previous_of(network, remembered), frozenset())
        self.lsrs = Lsrs(self.program)
        self.generation = 1
        if self.events.last:
            text = "controller started again; generations count from 1"
            self.events.add("program", text)
        self._down: frozenset[str] = frozenset()
        self._queue = plane.threads.queue()
        self._punts = PuntQueue(self.program)
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._remember_at: float | None = None
        self._stale = False
        self._resolver = Resolver(self)
        for key in self._learned:
            self._resolver.watch(key)

    # --- for all threads --------------------------------------------------------------------

    def deliver(self, event: PlaneEvent) -> None:
        """Take in what the data plane says."""
        if not isinstance(event, PacketPunted):
            self._queue.put(event)
        elif self._punts.put(event):
            self._queue.put(_PUNTS_WAIT)

    def ask(self, work: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Have the worker do something between two events; return what it returns.

        Raises:
            MplsEmuError: it was not done in time, or the work itself raised it.
        """
        task = _Task(work, self.plane.threads.queue())
        self._queue.put(task)
        try:
            result = task.reply.get(timeout=timeout_s)
        except queue.Empty:
            raise MplsEmuError("the controller is busy; try again") from None
        if isinstance(result, MplsEmuError):
            raise result
        return result

    # --- for the resolver -------------------------------------------------------------------

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets; only the worker may call this."""
        self.plane.send(node, packets)

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Have the worker do something later; only the worker may call this."""
        due = time.monotonic() + delay_s
        heapq.heappush(self._timers, (due, next(self._timer_numbers), work))

    def learn(self, each: LearnedNeighbour) -> None:
        """Take a neighbour into the program; only the worker may call this."""
        key = (each.pe, each.vrf, each.neighbour.address)
        if self._learned.get(key) != each:
            self._learned[key] = each
            self._stale = True
            entry = each.neighbour
            self.events.add("neighbour", f"{each.pe} {entry.circuit}: {entry.address} {entry.mac}")

    def learned_on(self, circuit: str) -> int:
        """Return how many neighbours were learned on a circuit."""
        return sum(each.neighbour.circuit == circuit for each in self._learned.values())

    def is_learned(self, key: Key) -> bool:
        """Whether a neighbour is one that the running network resolved."""
        return key in self._learned

    def forget(self, key: Key) -> None:
        """Take a resolved neighbour out of the program; only the worker may call this."""
        entry = self._learned.pop(key).neighbour
        self._stale = True
        text = f"{key[0]} {entry.circuit}: {entry.address} {entry.mac} answers no more"
        self.events.add("neighbour", text)

    def converge(self) -> None:
        """Recompile if something changed and install what differs; only the worker calls this."""
        if self._stale:
            self._recompile()
        self._install()

    def neighbours(self) -> int:
        """Return how many neighbours the running network resolved."""
        return len(self._learned)

    # --- the worker -------------------------------------------------------------------------

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            try:
                self.handle(self._next_batch())
            except MplsEmuError as error:
                self.events.add("error", str(error))
                _LOG.error("%s", error)

    def _next_batch(self) -> list[Any]:
        batch = []
        try:
            batch.append(self._queue.get(timeout=self._patience_s()))
            while True:
                batch.append(self._queue.get(block=False))
        except queue.Empty:
            pass
        return [each for each in batch if each is not _PUNTS_WAIT] + self._punts.take(MOST_PUNTS)

    def _patience_s(self) -> float | None:
        """Return how long to wait for events; a moment, even if none: others take it to run."""
        if self._punts:
            return _MOMENT_S
        due = [timer[0] for timer in self._timers[:1]]
        if self._remember_at is not None:
            due.append(self._remember_at)
        return max(_MOMENT_S, min(due) - time.monotonic()) if due else None

    def handle(self, batch: list[Any]) -> None:
        """Deal with events that waited together; only the worker calls this."""
        entered = self._take_in(batch)
        if self.lsrs.down() != self._down:
            self._stale = True
        if self._stale:
            self._recompile()
        if entered:
            self._read_back(entered)
        self._install()
        for event in batch:
            if isinstance(event, PacketPunted):
                self._resolver.handle(event.node, event.punt)
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()
        if self._stale:
            self.converge()
        for event in batch:
            if isinstance(event, _Task):
                event.reply.put(_result_of(event.work))
        self._remember_when_quiet()

    def _take_in(self, batch: list[Any]) -> list[str]:
        """Note what LSRs said; return those that entered and have not left since."""
        entered = {}
        for event in batch:
            match event:
                case LsrEntered(node, live_ports):
                    lsr = entered[node] = self.lsrs[node]
                    lsr.connected, lsr.node, lsr.live_ports = True, None, live_ports
                    self.events.add("switch", f"{node} connected")
                case LsrLeft(node):
                    lsr = self.lsrs[node]
                    lsr.connected, lsr.node = False, None
                    self.events.add("switch", f"{node} left")
                case PortChanged(node, port, live):
                    others = (self.lsrs[node].live_ports or frozenset()) - {port}
                    self.lsrs[node].live_ports = others | ({port} if live else set())
                case Refused(node, what):
                    self.lsrs[node].errors += 1
                    self._complain(f"{node} refused {what}")
                case StrangerCame(what):
                    self.events.add("error", f"{what} is no LSR of this lab")
        return [lsr.name for lsr in entered.values() if lsr.connected]

    def _complain(self, text: str) -> None:
        self.events.add("error", text)
        _LOG.error("%s", text)

    def _compile(self, previous: Program | None, down: frozenset[str]) -> Program:
        learned = tuple(self._learned.values())
        try:
            return compile_program(self.network, down, learned, previous)
        except LabelSpaceError:
            if previous is None:
                raise
        # old and new labels together do not fit: then labels change their meaning in place
        self.events.add("error", "the label range is too small to change paths without loss")
        return compile_program(self.network, down, learned)

    def _recompile(self) -> None:
        started = time.perf_counter()
        self._stale = False
        down = self.lsrs.down()
        for name in sorted(down - self._down):
            self.events.add("port", f"{name} is down")
        for name in sorted(self._down - down):
            self.events.add("port", f"{name} is up again")
        self._forget_neighbours(down)
        self._down = down
        before, self.program = self.program, self._compile(self.program, down)
        changed = diff_programs(before, self.program)
        if changed.is_empty:
            return
        self.generation += 1
        took_ms = (time.perf_counter() - started) * 1000
        text = f"generation {self.generation}: {'; '.join(changed.summary())}"
        self.events.add("program", text[:MOST_TEXT], took_ms)
        self.plane.forget(self.program, flushes(before, self.program))
        self._remember_at = time.monotonic() + REMEMBER_AFTER_S

    def _forget_neighbours(self, down: frozenset[str]) -> None:
        """What was resolved on a line that went down may be something else when it returns."""
        self._learned = {
            key: each for key, each in self._learned.items() if each.neighbour.circuit not in down
        }

    def _read_back(self, entered: list[str]) -> None:
        """Find out what LSRs that entered have installed."""
        for node, found in self.plane.read_back(self.program, entered).items():
            others = f", {found.strangers} others" if found.strangers else ""
            text = f"{node} has {found.known} of {found.wanted} {self.plane.entry_word}{others}"
            self.events.add("switch", text)

    def _install(self) -> None:
        started = time.perf_counter()
        behind = [
            lsr.name for lsr in self.lsrs.connected() if lsr.node is not self.program.node(lsr.name)
        ]
        if not behind:
            return
        done = self.plane.install(self.program, behind)
        for name in done.in_sync:
            self.lsrs[name].node = self.program.node(name)
        if not done.touched:
            return
        took_ms = (time.perf_counter() - started) * 1000
        word = self.plane.entry_word
        if done.changed == 1:
            word = {"flows": "flow", "entries": "entry"}.get(word, word)
        switches = "switch" if done.touched == 1 else "switches"
        text = f"{done.changed} {word} changed on {done.followed} of {done.touched} {switches}"
        self.events.add("program", text, took_ms)

    def _remember_when_quiet(self) -> None:
        if self._remember_at is None or time.monotonic() < self._remember_at:
            return
        self._remember_at = None
        if self._state_file is not None:
            try:
                remember(self._state_file, self.program, self._learned.values())
            except OSError as error:
                self._complain(f"cannot write {self._state_file}: {error.strerror}")


def previous_of(network: Network, remembered: Remembered | None) -> Program | None:
    """Return the remembered program if it is one of this very network, else None."""
    if remembered is None or remembered.program is None:
        return None
    program = remembered.program
    order = tuple(node.name for node in sorted(program.nodes, key=lambda node: node.index))
    same = order == tuple(node.name for node in network.provider.nodes)
    circuits = {site.circuit: site.pe for _, site in network.sites()}
    found = {name: node.name for name, node in program.node_of_circuit.items()}
    return program if same and circuits == found else None


def _result_of(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except MplsEmuError as error:
        return error
    except Exception as error:  # noqa: BLE001  # who asked is told; the worker goes on
        _LOG.exception("a task failed")
        return MplsEmuError(f"{type(error).__name__}: {error}")
