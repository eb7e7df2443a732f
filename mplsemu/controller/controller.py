"""The SDN controller: events of LSRs -> what is down -> recompile -> diff -> install.

One worker takes events from a queue, so there are no locks. Events that are queued together are
handled together: a cut link is one change, not one for each end. Punted packets have a queue of
their own and are taken a few at a time, so that a flood of them does not delay a failure.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any, Final

from mplsemu.control.compile import compile_program
from mplsemu.control.homing import Moving
from mplsemu.control.learned import LearnedNeighbour
from mplsemu.control.numbering import number_network
from mplsemu.control.ports import cables_at
from mplsemu.controller.events import SEVERAL, EventLog, shortened
from mplsemu.controller.flush import mac_flushes, moved_flushes, stale_flushes
from mplsemu.controller.inbox import MIN_WAIT_S, Call, Inbox
from mplsemu.controller.learned import Learned
from mplsemu.controller.lsr_states import LsrStates
from mplsemu.controller.neighbours import NeighbourKey
from mplsemu.controller.network_change import Emulated, NetworkChanged
from mplsemu.controller.punt_handler import PuntHandler
from mplsemu.controller.snooper import Snooper
from mplsemu.controller.state import StateFile
from mplsemu.controller.storms import Storms
from mplsemu.controller.switchover import SwitchOver
from mplsemu.controller.timers import Timers
from mplsemu.errors import CapabilityError, LabelSpaceError, MplsEmuError
from mplsemu.model.network import Network
from mplsemu.model.numbers import NO_NUMBERS, Numbers
from mplsemu.program.diff import diff_programs
from mplsemu.program.program import Program
from mplsemu.southbound.plane.events import (
    InstallRejected,
    LsrConnected,
    LsrDisconnected,
    MacMoved,
    PacketPunted,
    PlaneEvent,
    PortChanged,
    UnknownLsrConnected,
)
from mplsemu.southbound.plane.limits import excess
from mplsemu.southbound.plane.macs import MacFlush
from mplsemu.southbound.plane.protocol import DataPlane
from mplsemu.southbound.punt.event import PacketOut, PuntReason
from mplsemu.southbound.punt.on_line import as_on_line

_LOG = logging.getLogger(__name__)

MAX_EVENT_TEXT: Final = 500
PAUSE_FACTOR: Final = 4
"""After a change caused by customers, further ones wait this many times as long as it took. A link
failure never waits."""


class Controller:
    """Keeps the LSRs of a lab in sync with its forwarding program.

    Args:
        network: the lab.
        plane: what the LSRs are made of.
        state_file: remembers labels, numbers and what was learned over a restart; None: nothing is
            remembered.
        numbers: of which the lab's automatic addresses are made.

    Attributes:
        network: the lab as it is now.
        numbers: all its numbers: what a change of its file has to be read with.
    """

    def __init__(
        self,
        network: Network,
        plane: DataPlane,
        state_file: Path | None = None,
        numbers: Numbers = NO_NUMBERS,
    ) -> None:
        self.network = network
        self.plane = plane
        self.events = EventLog(state_file.with_suffix(".events") if state_file else None)
        self.storms = Storms(self.events)
        self.state_file = StateFile(state_file)
        saved = self.state_file.load()
        is_same = saved.is_of(network)
        self._learned = Learned(network, saved, self.events)
        self.mac_moves = self._learned.mac_moves
        self._neighbours = self._learned.neighbours
        self.memberships = self._learned.memberships
        has_missed = bool(self.events.last or saved.program)
        self._snooper = Snooper(self, self.memberships, has_missed=has_missed)
        self._has_changed = is_same and saved.numbers is not None
        before = (saved.numbers if is_same else None) or NO_NUMBERS
        self.numbers = number_network(network, numbers.updated(before))
        self._emulated = Emulated.of(network)
        self._change: NetworkChanged | None = None
        self._moved: tuple[Program, tuple[MacFlush, ...]] | None = None
        self.program = self._compile(saved.program if is_same else None, frozenset())
        self._switch_over = SwitchOver(plane, (is_same and saved.program) or self.program)
        self.lsrs = LsrStates(self.program.node_by_name, cables_at(network, self.numbers))
        self.generation = 1
        if self.events.last:
            text = "controller started again; generations count from 1"
            self.events.add("program", text)
        self._down: frozenset[str] = frozenset()
        self._reported_down = self._down
        self._customers_at = 0.0
        self._cause: str | None = None
        self.inbox = Inbox(plane.threads, self.program)
        self._timers = Timers()
        self._when_installed: list[Callable[[], None]] = []
        self._punt_handler = PuntHandler(self)
        for key in self._neighbours.keys:
            self._punt_handler.watch(key)

    # --- for all threads --------------------------------------------------------------------

    def deliver(self, event: PlaneEvent | NetworkChanged) -> None:
        """Queue an event of the data plane, or a changed lab.

        Raises:
            LabError: a running lab cannot change like this; nothing is changed.
        """
        if isinstance(event, NetworkChanged):
            self._emulated.check(event.network)
        self.inbox.put(event)

    def ask(self, work: Callable[[], Any], timeout_s: float = 10.0) -> Any:
        """Have the worker call `work` between two events; return its result.

        Raises:
            MplsEmuError: raised by `work`, or the worker was busy for too long.
        """
        return self.inbox.call(work, timeout_s)

    def connected(self) -> list[str]:
        """Return the LSRs that are connected."""
        return [lsr.name for lsr in self.lsrs.connected()]

    # --- for the punt handler -------------------------------------------------------------------

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets; worker only."""
        lsr = self.program.node(node)
        self.plane.send(node, (as_on_line(lsr, packet) for packet in packets))

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Schedule work; worker only."""
        self._timers.add(delay_s, work)

    def learn(self, each: LearnedNeighbour) -> bool:
        """Add a neighbour to the program if the limits allow it; worker only."""
        is_taken = self._neighbours.learn(each)
        if is_taken:
            entry = each.neighbour
            text = f"{each.pe} {entry.circuit}: {entry.address} {entry.mac}"
            self.events.add("neighbour", text, circuit=entry.circuit)
        return is_taken

    def is_learned(self, key: NeighbourKey) -> bool:
        """Whether a neighbour was resolved by the network, and not read from the lab file."""
        return key in self._neighbours

    def forget(self, key: NeighbourKey) -> None:
        """Remove a resolved neighbour from the program; worker only."""
        entry = self._neighbours.forget(key).neighbour
        text = f"{key[0]} {entry.circuit}: {entry.address} {entry.mac} answers no more"
        self.events.add("neighbour", text, circuit=entry.circuit)

    def when_installed(self, work: Callable[[], None]) -> None:
        """Schedule work for when all resolved neighbours are installed."""
        self._when_installed.append(work)

    def neighbours(self) -> int:
        """Return how many neighbours the running network resolved."""
        return len(self._neighbours)

    # --- the worker -------------------------------------------------------------------------

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            try:
                self.handle(self.next_batch())
            except MplsEmuError as error:
                self.events.add("error", str(error))
                _LOG.error("%s", error)

    def next_batch(self) -> list[Any]:
        """Wait for events and return those that are queued; worker only."""
        return self.inbox.take(self._wait_s())

    def _wait_s(self) -> float | None:
        """Return how long to wait for events."""
        times = [self._timers.due, self.state_file.due, self.mac_moves.due]
        if self._causes():
            times.append(self._customers_at)
        due = [each for each in times if each is not None]
        return max(MIN_WAIT_S, min(due) - time.monotonic()) if due else None

    def handle(self, batch: list[Any]) -> None:
        """Handle events that were queued together; worker only."""
        entered, before = self._take_in(batch), self.program
        self._keep_up(entered)
        for event in batch:
            if isinstance(event, PacketPunted):
                is_snooped = event.punt.reason is PuntReason.SNOOPED
                handler = self._snooper if is_snooped else self._punt_handler
                handler.handle(event.node, event.punt)
        self._timers.run_due()
        self.mac_moves.free()
        if self._causes():
            self._keep_up()
        if entered or self.program is not before:
            self._snooper.ask(self.connected())
        self._release()
        for event in batch:
            if isinstance(event, Call):
                event.run()
        self._save()

    def _keep_up(self, entered: Collection[str] = ()) -> None:
        """Recompile if it is due, and install the difference."""
        if self._change is not None:
            change, self._change = self._change, None
            self._change_network(change)
        causes, started = self._causes(), time.monotonic()
        is_customers = self._are_customers(causes)
        is_due = causes and not (is_customers and started < self._customers_at)
        if is_due:
            self._recompile(causes)
        if entered:
            self._cause = None
            self._read_back(entered)
        self._install()
        if self._moved is not None:
            self.plane.flush_macs(*self._moved)
            self._moved = None
        if is_due and is_customers:
            now = time.monotonic()
            self._customers_at = now + PAUSE_FACTOR * (now - started)

    def _are_customers(self, causes: frozenset[str]) -> bool:
        """Whether customers caused a change; a dual-homed site's line is no customer's to pull."""
        pulled = self._reported_down ^ self._down
        return causes <= self.program.node_of_circuit.keys() and pulled.isdisjoint(self._homed())

    def _homed(self) -> frozenset[str]:
        """Return the lines of dual-homed sites."""
        return frozenset(line.circuit for _, line in self.network.lines() if line.homes)

    def _causes(self) -> frozenset[str]:
        """Return the links and circuits whose changes the program does not include yet."""
        return (self._reported_down ^ self._down) | self._learned.changed

    def _release(self) -> None:
        """Run what waited until all resolved neighbours are installed."""
        if not self._neighbours.changed:
            works, self._when_installed = self._when_installed, []
            for work in works:
                work()

    def _take_in(self, batch: list[Any]) -> list[str]:
        """Record events; return the LSRs that connected and have not disconnected since."""
        entered = {}
        for event in batch:
            match event:
                case LsrConnected(node, live_ports):
                    lsr = entered[node] = self.lsrs[node]
                    lsr.connected, lsr.node, lsr.live_ports = True, None, live_ports
                    self._switch_over.came_up(self.program, node, live_ports)
                    self.events.add("switch", f"{node} connected")
                case LsrDisconnected(node):
                    lsr = self.lsrs[node]
                    lsr.connected, lsr.node = False, None
                    self.events.add("switch", f"{node} left")
                case PortChanged(node, port, live):
                    others = (self.lsrs[node].live_ports or frozenset()) - {port}
                    self.lsrs[node].live_ports = others | ({port} if live else set())
                    self._switch_over.came_up(self.program, node, {port} if live else set())
                case MacMoved():
                    self.mac_moves.take(self.program, event)
                case InstallRejected(node, what):
                    self.lsrs[node].errors += 1
                    self._complain(f"{node} refused {what}")
                case UnknownLsrConnected(what):
                    self.events.add("error", f"{what} is not an LSR of this lab")
                case NetworkChanged():
                    self._change = event
        if not all(isinstance(event, PacketPunted | Call) for event in batch):
            self._reported_down = self.lsrs.down()
        return [lsr.name for lsr in entered.values() if lsr.connected]

    def _complain(self, text: str) -> None:
        self.events.add("error", text)
        _LOG.error("%s", text)

    def _compile_moving(self, down: frozenset[str], previous: Program, moving: Moving) -> Program:
        """Compile the lab while dual-homed sites are switched over."""
        return self._compiler(down)(previous=previous, moving=moving)

    def _compiler(self, down: frozenset[str]) -> Callable[..., Program]:
        """Return `compile_program` with all that the running network knows."""
        return partial(
            compile_program,
            self.network,
            down,
            numbers=self.numbers,
            **self._learned.arguments(),
        )

    def _compile(self, previous: Program | None, down: frozenset[str]) -> Program:
        try:
            return self._compiler(down)(previous=previous)
        except LabelSpaceError:
            if previous is None:
                raise
        # old and new labels do not fit side by side: labels are rebound in place
        self.events.add("error", "the label range is too small to change paths without loss")
        return self._compiler(down)()

    def _change_network(self, change: NetworkChanged) -> None:
        """Switch to the changed lab, or keep the current one if it cannot be compiled."""
        started = time.perf_counter()
        known = self.network, self.numbers
        self.network = change.network
        self._learned.keep(change.network)
        before = self.numbers.updated(change.numbers).updated(self.numbers.of_data_plane())
        self.numbers = number_network(change.network, before)
        self.lsrs.number_ports(cables_at(self.network, self.numbers))
        down = self.lsrs.down()
        try:
            program = self._compile(self.program, down)
            self._check_limits(program)
        except MplsEmuError as error:
            self.network, self.numbers = known
            self.lsrs.number_ports(cables_at(self.network, self.numbers))
            self._complain(f"the lab stays as it was: {error}")
            return
        circuits = {line.circuit for _, line in change.network.lines()}
        self._neighbours.forget_on(down | (self.program.node_of_circuit.keys() - circuits))
        self._learned.settle()
        self._down = self._reported_down = down
        self._cause = None
        self._has_changed = True
        self._follow(program, started)
        self.inbox.punts.follow(program)
        self._punt_handler.drop_what_is_gone()
        self.state_file.changed()

    def _check_limits(self, program: Program) -> None:
        problem = next(excess(program, self.plane.limits), None)
        if problem is not None:
            raise CapabilityError(f"the data plane {self.plane.name} cannot do this: {problem}")

    def _recompile(self, causes: frozenset[str]) -> None:
        started = time.perf_counter()
        self._cause = self._cause_of(causes)
        down = self._reported_down
        for name in sorted(down ^ self._down):
            text = f"{name} is down" if name in down else f"{name} is up again"
            self.events.add("port", text, circuit=self._cause_of({name}))
        self._learned.forget_on(down, self._homed())
        self._learned.settle()
        self.state_file.changed()  # the program may be the same
        self._down = down
        self._follow(self._compile(self.program, down), started)
        self._neighbours.forget_on(self._standbys())
        self._neighbours.settle()

    def _standbys(self) -> frozenset[str]:
        """Return the lines that are blocked: nobody is probed there."""
        return frozenset(
            name
            for name, node in self.program.node_of_circuit.items()
            if node.circuit_by_name[name].standby
        )

    def _follow(self, program: Program, started: float) -> None:
        """Make this the current program; `_install` brings it to the LSRs."""
        before, self.program = self.program, program
        changed = diff_programs(before, program)
        if changed.is_empty:
            return
        self.generation += 1
        took_ms = (time.perf_counter() - started) * 1000
        text = f"generation {self.generation}: {shortened(changed.summary(), MAX_EVENT_TEXT)}"
        self.events.add("program", text, took_ms, self._cause)
        self.plane.flush_macs(before, stale_flushes(before, program))
        self.plane.flush_macs(program, mac_flushes(before, program))
        self._moved = before, moved_flushes(before, program)
        self.plane.flush_macs(*self._moved)  # the old way may be gone, and again once it is unused
        self.state_file.changed()

    def _cause_of(self, causes: AbstractSet[str]) -> str | None:
        """Return the circuit to which an event belongs; None: the provider."""
        if not causes <= self.program.node_of_circuit.keys():
            return None
        return next(iter(causes)) if len(causes) == 1 else SEVERAL

    def _read_back(self, entered: Collection[str]) -> None:
        """Read what newly connected LSRs have installed."""
        for node, found in self.plane.read_back(self.program, entered).items():
            others = f", {found.unexpected} others" if found.unexpected else ""
            text = f"{node} has {found.kept} of {found.desired} {self.plane.entry_word}{others}"
            self.events.add("switch", text)

    def _install(self) -> None:
        started = time.perf_counter()
        behind = [
            lsr.name for lsr in self.lsrs.connected() if lsr.node is not self.program.node(lsr.name)
        ]
        if not behind:
            self._switch_over.tell_bundles(self.program)
            return
        done = self._switch_over.install(self.program, behind, self._down, self._compile_moving)
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
        self.events.add("program", text, took_ms, self._cause)

    def _save(self) -> None:
        numbers = self.numbers if self._has_changed else None
        try:
            self.state_file.save_if_due(self._learned.saved(self.program, numbers))
        except OSError as error:
            self._complain(f"cannot write {error.filename}: {error.strerror}")
