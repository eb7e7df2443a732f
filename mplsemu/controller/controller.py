"""The running SDN controller: what switches say -> what is down -> recompile -> diff -> install.

One worker takes events from a queue, so there is no lock. Events that wait together are handled
together: a cable with two ends is one change, not two.
"""

from __future__ import annotations

import heapq
import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from mplsemu.control.compile import compile_program
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.changes import by_cookie, change
from mplsemu.controller.events import EventLog
from mplsemu.controller.flush import flushes
from mplsemu.controller.installer import Installer, unknown_flows
from mplsemu.controller.punts import Key, Resolver
from mplsemu.controller.state import Remembered, recall, remember
from mplsemu.controller.switches import Switch, Switches
from mplsemu.errors import LabelSpaceError, MplsEmuError
from mplsemu.model.network import Network
from mplsemu.program.diff import diff_programs
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.app import (
    BarrierReply,
    FlowsReply,
    OpenFlowApp,
    PacketIn,
    PortChanged,
    SwitchEntered,
    SwitchError,
    SwitchEvent,
    SwitchLeft,
)
from mplsemu.southbound.openflow.flow import COOKIE_KIND_MASK, LEARNED_COOKIE, Flow
from mplsemu.southbound.openflow.framework import hub
from mplsemu.southbound.openflow.pipeline import METERS
from mplsemu.southbound.openflow.translate import flows

_LOG = logging.getLogger(__name__)

MOST_TEXT: Final = 500
REMEMBER_AFTER_S: Final = 0.1
"""The state file is written when this long nothing more has changed."""


@dataclass(frozen=True, slots=True)
class _Task:
    """Something for the worker to do; `reply` is a queue for its result."""

    work: Callable[[], Any]
    reply: Any


class Controller:
    """Keeps the switches of one lab in the state that its forwarding program asks for.

    Args:
        network: the lab.
        state_file: remembers labels and neighbours over a restart; None: nothing is remembered.
    """

    def __init__(self, network: Network, state_file: Path | None = None) -> None:
        self.network = network
        self.events = EventLog()
        self._state_file = state_file
        remembered = recall(state_file) if state_file else None
        self._learned: dict[Key, LearnedNeighbour] = {}
        for each in remembered.learned if remembered else ():
            self._learned[each.pe, each.vrf, each.neighbour.address] = each
        self.program = self._compile(previous_of(network, remembered), frozenset())
        self.switches = Switches(self.program)
        self.generation = 1
        self._down: frozenset[str] = frozenset()
        self._wanted: dict[str, tuple[NodeProgram, dict[int, Flow]]] = {}
        self._queue: Any = hub.Queue()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._timer_numbers = itertools.count()
        self._remember_at: float | None = None
        self._stale = False
        self._line: OpenFlowApp | None = None
        self.installer: Installer | None = None
        self._resolver = Resolver(self)
        for key in self._learned:
            self._resolver.watch(key)

    # --- the framework's side ---------------------------------------------------------------

    def attach(self, line: OpenFlowApp) -> None:
        """Use `line` to speak with switches."""
        self._line = line
        self.installer = Installer(line)

    def deliver(self, event: SwitchEvent) -> None:
        """Take in what a switch said; called from the framework's event loop."""
        if isinstance(event, BarrierReply | FlowsReply | SwitchLeft) and self.installer:
            self.installer.deliver(event)
        if not isinstance(event, BarrierReply | FlowsReply):
            self._queue.put(event)

    def ask(self, work: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Have the worker do something between two events; return what it returns.

        Raises:
            MplsEmuError: it was not done in time, or the work itself raised it.
        """
        task = _Task(work, hub.Queue())
        self._queue.put(task)
        try:
            result = task.reply.get(timeout=timeout_s)
        except hub.QueueEmpty:
            raise MplsEmuError("the controller is busy; try again") from None
        if isinstance(result, MplsEmuError):
            raise result
        return result

    def send(self, switch: Switch, data: bytes) -> bool:
        """Send encoded messages to a switch, if it is connected."""
        return self._line is not None and self._line.send(switch.datapath_id, data)

    def send_to(self, node: str, data: bytes) -> None:
        """Send encoded messages to an LSR's switch, if it is connected."""
        self.send(self.switches[node], data)

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
        due = [timer[0] for timer in self._timers[:1]]
        if self._remember_at is not None:
            due.append(self._remember_at)
        timeout = max(0.0005, min(due) - time.monotonic()) if due else None
        batch = []
        try:
            batch.append(self._queue.get(timeout=timeout))
            while True:
                batch.append(self._queue.get(block=False))
        except hub.QueueEmpty:
            return batch

    def handle(self, batch: list[Any]) -> None:
        """Deal with events that waited together; only the worker calls this."""
        entered = self._take_in(batch)
        if self.switches.down() != self._down:
            self._stale = True
        if self._stale:
            self._recompile()
        if entered:
            self._read_back(entered)
        self._install()
        for event in batch:
            if isinstance(event, PacketIn):
                switch = self.switches.with_id(event.datapath_id)
                if switch is not None:
                    self._resolver.handle(switch.name, event)
        while self._timers and self._timers[0][0] <= time.monotonic():
            heapq.heappop(self._timers)[2]()
        if self._stale:
            self.converge()
        for event in batch:
            if isinstance(event, _Task):
                event.reply.put(_result_of(event.work))
        self._remember_when_quiet()

    def _take_in(self, batch: list[Any]) -> list[Switch]:
        entered = []
        for event in batch:
            if isinstance(event, PacketIn | _Task):
                continue
            switch = self.switches.with_id(event.datapath_id)
            if switch is None:
                self.events.add("error", f"datapath {event.datapath_id:#x} is no LSR of this lab")
                continue
            match event:
                case SwitchEntered(_, _, live_ports):
                    switch.connected, switch.live_ports = True, live_ports
                    entered.append(switch)
                    self.events.add("switch", f"{switch.name} connected")
                case SwitchLeft():
                    switch.connected, switch.node, switch.installed = False, None, {}
                    self.events.add("switch", f"{switch.name} left")
                case PortChanged(_, port, live):
                    others = (switch.live_ports or frozenset()) - {port}
                    switch.live_ports = others | ({port} if live else set())
                case SwitchError(_, kind, code, _):
                    if (kind, code) != encode.METER_EXISTS:
                        switch.errors += 1
                        text = f"{switch.name} refused a message: type {kind} code {code}"
                        self.events.add("error", text)
                        _LOG.error("%s", text)
        return [switch for switch in entered if switch.connected]

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
        down = self.switches.down()
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
        for name, cookies in flushes(before, self.program).items():
            self.send(
                self.switches[name],
                b"".join(encode.delete_by_cookie(cookie, mask) for cookie, mask in cookies),
            )
        self._remember_at = time.monotonic() + REMEMBER_AFTER_S

    def _forget_neighbours(self, down: frozenset[str]) -> None:
        """What was resolved on a line that went down may be something else when it returns."""
        self._learned = {
            key: each for key, each in self._learned.items() if each.neighbour.circuit not in down
        }

    def _wanted_flows(self, name: str) -> dict[int, Flow]:
        node = self.program.node(name)
        known = self._wanted.get(name)
        if known is None or (known[0] is not node and known[0] != node):
            known = (node, by_cookie(flows(self.program, name)))
            self._wanted[name] = known
        return known[1]

    def _read_back(self, entered: list[Switch]) -> None:
        """Find out what switches that connected have installed, and remove what is not ours."""
        assert self.installer is not None  # attached before any switch can connect
        found = self.installer.read_cookies(switch.datapath_id for switch in entered)
        for switch in entered:
            cookies = found.get(switch.datapath_id)
            if cookies is None:
                continue
            ours = {cookie for cookie in cookies if cookie & COOKIE_KIND_MASK != LEARNED_COOKIE}
            wanted = self._wanted_flows(switch.name)
            removal, strangers = unknown_flows(switch, ours, wanted)
            meters = b"".join(map(encode.add_meter, METERS))
            self.send(switch, meters)
            if strangers:  # they go last: what replaces them is installed first
                self.after(0, partial(self._send, switch, removal))
            text = f"{switch.name} has {len(switch.installed)} of {len(wanted)} flows"
            self.events.add("switch", text + (f", {strangers} others" if strangers else ""))

    def _send(self, switch: Switch, data: bytes) -> None:
        self.send(switch, data)

    def _install(self) -> None:
        started = time.perf_counter()
        changes = {}
        for switch in self.switches.connected():
            node = self.program.node(switch.name)
            if switch.node is node:
                continue
            difference = change(switch.installed, self._wanted_flows(switch.name))
            if difference.size:
                changes[switch.datapath_id] = difference
            else:
                switch.node = node
        if not changes:
            return
        assert self.installer is not None  # attached before any switch can connect
        done = self.installer.install(changes)
        for switch in self.switches:
            if switch.datapath_id in done:
                switch.node = self.program.node(switch.name)
                switch.installed = self._wanted_flows(switch.name)
        count = sum(changes[datapath_id].size for datapath_id in done)
        took_ms = (time.perf_counter() - started) * 1000
        text = f"{count} flows changed on {len(done)} of {len(changes)} switches"
        self.events.add("program", text, took_ms)

    def _remember_when_quiet(self) -> None:
        if self._remember_at is None or time.monotonic() < self._remember_at:
            return
        self._remember_at = None
        if self._state_file is not None:
            try:
                remember(self._state_file, self.program, self._learned.values())
            except OSError as error:
                text = f"cannot write {self._state_file}: {error.strerror}"
                self.events.add("error", text)
                _LOG.error("%s", text)


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
