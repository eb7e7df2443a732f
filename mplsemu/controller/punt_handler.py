"""Handles packets that LSRs punted: answers them, or queues them while an address is resolved.

southbound.punt (pure) decides what is answered. This module keeps state and timers: packets for an
address that is being resolved wait, are sent once it is, or are dropped after three solicitations.
Resolved neighbours are probed from time to time and forgotten if they do not answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Protocol

from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.neighbours import NeighbourKey
from mplsemu.controller.reassembler import Reassembler
from mplsemu.program.program import Program
from mplsemu.program.spare_lines import bundled_lines
from mplsemu.southbound.punt.answer import answer, unresolved
from mplsemu.southbound.punt.answers import Answers, Learned, PendingPacket
from mplsemu.southbound.punt.event import PacketOut, Punt, PuntReason
from mplsemu.southbound.punt.parsed import parse_punt
from mplsemu.southbound.punt.resolve import resolution_request

MAX_SOLICITATIONS: Final = 3
RETRANS_TIMER_S: Final = 1.0
"""Between two questions: RFC 4861's RETRANS_TIMER, and what Linux does for ARP."""
PROBE_INTERVAL_S: Final = 60.0
"""Interval at which a neighbour is probed: its address may have moved or be gone."""
MAX_WAITING_PER_ADDRESS: Final = 3
"""Packets kept for one address, as Linux keeps them (unres_qlen)."""
MAX_UNRESOLVED_PER_CIRCUIT: Final = 256
"""Addresses being resolved at once on one circuit; more looks like an address scan."""


class PuntContext(Protocol):
    """What the handler needs of the controller."""

    @property
    def program(self) -> Program:
        """The current program."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets."""

    def after(self, delay_s: float, work: Callable[[], None]) -> None:
        """Do something later."""

    def learn(self, each: LearnedNeighbour) -> bool:
        """Take a neighbour into the program; False if its circuit may not have it (now)."""

    def is_learned(self, key: NeighbourKey) -> bool:
        """Whether a neighbour is one that was learned."""

    def forget(self, key: NeighbourKey) -> None:
        """Take a neighbour that was learned out of the program."""

    def when_installed(self, work: Callable[[], None]) -> None:
        """Do something when what follows from what was learned is installed."""


@dataclass(slots=True)
class _Queue:
    """Packets for one address, and how often it was solicited."""

    asked: int = 1
    packets: list[PendingPacket] = field(default_factory=list)


class PuntHandler:
    """Answers punted packets.

    Args:
        context: the controller.
    """

    def __init__(self, context: PuntContext) -> None:
        self._context = context
        self._queues: dict[NeighbourKey, _Queue] = {}
        self._unknown: Counter[str] = Counter()
        self._unanswered: dict[NeighbourKey, int] = {}
        self._reassembler = Reassembler(context)

    def watch(self, key: NeighbourKey) -> None:
        """Probe a resolved neighbour periodically, until it does not answer."""
        self._unanswered[key] = 0
        self._context.after(PROBE_INTERVAL_S, lambda: self._check(key))

    def handle(self, node: str, punt: Punt) -> None:
        """Handle a punted packet."""
        parsed = parse_punt(punt)
        if parsed is not None and punt.reason is PuntReason.FRAGMENT:
            parsed = self._reassembler.take(node, parsed)
        if parsed is not None:
            self._follow(node, answer(self._context.program, node, parsed))

    def drop_what_is_gone(self) -> None:
        """Stop resolving addresses on circuits and VRFs that were removed."""
        program = self._context.program
        for key, queue in list(self._queues.items()):
            node = program.node(key[0])
            circuit = queue.packets[0].circuit
            if key[1] not in node.vrf_by_name or circuit not in node.circuit_by_name:
                self._end(key)

    def _follow(self, node: str, answers: Answers) -> None:
        is_new = answers.pending is None or self._enqueue(node, answers.pending)
        if is_new and answers.packets_out:  # else it has been asked for already
            self._context.send(node, answers.packets_out)
        for learned in answers.learned:
            self._learn(node, learned)

    def _enqueue(self, node: str, pending: PendingPacket) -> bool:
        """Queue a packet; return whether it is the first for its address."""
        key = (node, pending.vrf, pending.address)
        queue = self._queues.get(key)
        is_first = queue is None
        if queue is None:
            if self._unknown[pending.circuit] >= MAX_UNRESOLVED_PER_CIRCUIT:
                return False
            self._unknown[pending.circuit] += 1
            queue = self._queues[key] = _Queue()
            self._context.after(RETRANS_TIMER_S, lambda: self._ask_again(key))
        queue.packets = [*queue.packets, pending][-MAX_WAITING_PER_ADDRESS:]
        return is_first

    def _ask_again(self, key: NeighbourKey) -> None:
        queue = self._queues.get(key)
        if queue is None:
            return
        node = key[0]
        if queue.asked < MAX_SOLICITATIONS:
            queue.asked += 1
            self._context.send(node, [queue.packets[0].solicitation])
            self._context.after(RETRANS_TIMER_S, lambda: self._ask_again(key))
            return
        self._end(key)
        for pending in queue.packets:
            answers = unresolved(self._context.program, node, pending.punt)
            self._context.send(node, answers.packets_out)

    def _check(self, key: NeighbourKey) -> None:
        node, vrf, address = key
        lsr = self._context.program.node(node)
        there = lsr.vrf_by_name.get(vrf)
        asked = resolution_request(lsr, there, address) if there is not None else None
        if not self._context.is_learned(key) or asked is None:
            del self._unanswered[key]
        elif self._unanswered[key] < MAX_SOLICITATIONS:
            self._unanswered[key] += 1
            self._context.send(node, [asked])
            self._context.after(RETRANS_TIMER_S, lambda: self._check_answer(key))
        else:
            del self._unanswered[key]
            self._context.forget(key)

    def _check_answer(self, key: NeighbourKey) -> None:
        if self._unanswered[key]:
            self._check(key)
        else:
            self._context.after(PROBE_INTERVAL_S, lambda: self._check(key))

    def _learn(self, node: str, learned: Learned) -> None:
        entry = learned.neighbour
        key = (node, learned.vrf, entry.address)
        askers = self._askers(key, entry.circuit)
        for asker in askers:
            if asker in self._unanswered:
                self._unanswered[asker] = 0
        if learned.is_new:
            if not self._context.learn(LearnedNeighbour(node, learned.vrf, entry)):
                return
            if key not in self._unanswered:
                self.watch(key)
        for asker in askers:
            queue = self._end(asker)
            if queue is not None:  # a packet sent before its flow is there would come back
                packets = [pending.packet for pending in queue.packets]
                send = partial(self._context.send, asker[0], packets)
                self._context.when_installed(send)

    def _askers(self, key: NeighbourKey, circuit: str) -> list[NeighbourKey]:
        """Return who may have asked for an address: where lines share the load, each one's PE.

        The answer takes any of the lines, and what one PE learns all of them know.
        """
        program = self._context.program
        lines = (line for line in bundled_lines(program, circuit) if line != circuit)
        return [key, *((program.node_of_circuit[line].name, *key[1:]) for line in lines)]

    def _end(self, key: NeighbourKey) -> _Queue | None:
        """Stop resolving an address; return its queue."""
        queue = self._queues.pop(key, None)
        if queue is not None:
            self._unknown[queue.packets[0].circuit] -= 1
        return queue
