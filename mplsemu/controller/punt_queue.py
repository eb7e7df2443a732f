"""Punted packets that wait for the controller's worker: a queue for each who sends them.

The worker takes from all queues in turn, so that nobody waits behind another's flood, and the
queues are short, so that a flood is dropped and not worked off when it is over.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from mplsemu.program.program import Program
from mplsemu.southbound.plane.events import PacketPunted
from mplsemu.southbound.punt.event import Punt
from mplsemu.southbound.punt.rate_limits import PER_SOURCE, PuntClass, class_of
from mplsemu.wire.mpls import labels_of

MAX_WAITING: Final = 8192
"""Queued packets in total, of up to 2 kB each."""
MAX_PER_SOURCE: Final = PER_SOURCE.burst
MIN_PER_SOURCE: Final = 8
_OUTERMOST: Final = 2
"""Labels that identify the source of a packet that reached no VRF: the tunnel's, the service's."""

Source = tuple[str, PuntClass, str | int | tuple[int, ...]]
"""LSR, class, and where the packet comes from: circuit, index of the VRF, or the top labels."""


class PuntQueue:
    """Packets by who sent them; any thread may call its methods.

    Args:
        program: for its circuits.
    """

    def __init__(self, program: Program) -> None:
        self.follow(program)
        self._waiting: dict[Source, deque[PacketPunted]] = {}
        self._turns: deque[Source] = deque()
        self._lock = threading.Lock()

    def follow(self, program: Program) -> None:
        """Take over which circuit is at which port."""
        self._circuits = {
            (node.name, circuit.port): circuit.name
            for node in program.nodes
            for circuit in node.circuits
        }

    def __bool__(self) -> bool:
        return bool(self._turns)

    def put(self, event: PacketPunted) -> bool:
        """Queue a packet unless its source has too many; return whether the queue was empty."""
        source = self._source(event.node, event.punt)
        with self._lock:
            was_empty = not self._turns
            queue = self._waiting.get(source)
            if queue is None:
                queue = self._waiting[source] = deque()
                self._turns.append(source)
            if len(queue) < max(
                MIN_PER_SOURCE, min(MAX_PER_SOURCE, MAX_WAITING // len(self._turns))
            ):
                queue.append(event)
        return was_empty

    def take(self, most: int) -> list[PacketPunted]:
        """Return the next packets, round robin over their sources."""
        taken: list[PacketPunted] = []
        with self._lock:
            while self._turns and len(taken) < most:
                source = self._turns.popleft()
                queue = self._waiting[source]
                taken.append(queue.popleft())
                if queue:
                    self._turns.append(source)
                else:
                    del self._waiting[source]
        return taken

    def _source(self, node: str, punt: Punt) -> Source:
        asked = class_of(punt.reason)
        circuit = self._circuits.get((node, punt.in_port))
        if circuit is not None:  # not by VRF: it may be in the VRF of another customer (extranet)
            return node, asked, circuit
        return node, asked, punt.service or labels_of(punt.frame)[:_OUTERMOST]
