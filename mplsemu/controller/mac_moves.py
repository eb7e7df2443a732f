"""MAC addresses that move too often between places of a VPLS, and circuits blocked for it.

A loop at the customer's side, or a second station with the same address, makes an address flap. Of
`MacMove.BLOCK` a circuit between which it moves is blocked for some time, as a provider's edge
does: that breaks a loop for all addresses at once, where pinning one of them would not. It is the
one to which the address moved at last; or from which, at a PE that sees it move to another PE. That
one may never see it move: unicast frames do not come to all PEs.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from mplsemu.controller.events import EventLog
from mplsemu.model.mac_move import MacMove
from mplsemu.model.network import Network
from mplsemu.model.vpls import Vpls
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Vsi
from mplsemu.southbound.mac_moves import TOO_MANY, WINDOW_S
from mplsemu.southbound.plane.events import AtPort, Attachment, MacMoved, OverPseudowire
from mplsemu.southbound.plane.macs import BehindPe, LearnedAt, OnCircuit

BLOCK_S: Final = 30.0
"""How long a circuit is blocked."""
HOLD_S: Final = 2.0
"""After a circuit was blocked, moves in its VPN are of the time before."""
MAX_TOLD: Final = 16
"""Addresses of one VPN that are told of at once: a loop moves all of a LAN."""


@dataclass(slots=True)
class Flapping:
    """An address that moves too often.

    Attributes:
        vpn: the VPLS.
        mac: the address.
        places: the last two, in words.
        last_s: when it last did so, by the clock.
    """

    vpn: str
    mac: str
    places: tuple[str, str]
    last_s: float


@dataclass(frozen=True, slots=True)
class Block:
    """A blocked circuit: for which address, and until when by the clock."""

    circuit: str
    vpn: str
    mac: str
    until_s: float


class MacMoves:
    """What is known of moves; worker only.

    Args:
        events: where they are told.
        clock: seconds.
    """

    def __init__(self, events: EventLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._events = events
        self._clock = clock
        self._moves: dict[tuple[str, str, str], deque[float]] = {}
        self._flapping: dict[tuple[str, str], Flapping] = {}
        self._blocks: dict[str, Block] = {}
        self._held: dict[str, float] = {}
        self._changed: set[str] = set()

    @property
    def blocked(self) -> frozenset[str]:
        """Circuits that carry nothing: an argument of the next compilation."""
        return frozenset(self._blocks)

    @property
    def changed(self) -> frozenset[str]:
        """Circuits that were blocked or freed since `settle`."""
        return frozenset(self._changed)

    @property
    def due(self) -> float | None:
        """When the first circuit is to be freed, by the clock; None if none is blocked."""
        return min((each.until_s for each in self._blocks.values()), default=None)

    def restore(self, blocks: Iterable[Block], circuits: Collection[str]) -> None:
        """Block again what a controller before had blocked, of these circuits."""
        self._blocks = {each.circuit: each for each in blocks if each.circuit in circuits}

    def settle(self) -> None:
        """Note that the program includes all changes."""
        self._changed.clear()

    def flapping(self) -> list[Flapping]:
        """Return the addresses that move too often, by VPN and address."""
        now = self._clock()
        for key in [k for k, each in self._flapping.items() if now - each.last_s >= WINDOW_S]:
            del self._flapping[key]
        return [self._flapping[key] for key in sorted(self._flapping)]

    def blocks(self) -> list[Block]:
        """Return what is blocked, by circuit."""
        return [self._blocks[name] for name in sorted(self._blocks)]

    def take(self, program: Program, event: MacMoved) -> Block | None:
        """Take in that an address has moved; return the block that follows, if one does."""
        node = program.node_by_name.get(event.node)
        vsi = (
            next((each for each in node.vsis if each.index == event.service), None)
            if node
            else None
        )
        if node is None or vsi is None or vsi.mac_move is MacMove.NONE:
            return None
        before, now = (_place(node, vsi, each) for each in (event.before, event.now))
        if before is None or now is None or not self._is_too_often(event, vsi.name):
            return None
        self._tell(vsi.name, event.mac, (_words(before), _words(now)))
        own = next((each for each in (now, before) if isinstance(each, OnCircuit)), None)
        if vsi.mac_move is not MacMove.BLOCK or own is None:
            return None
        return self._block(vsi.name, event.mac, own.circuit)

    def free(self) -> None:
        """Free the circuits whose time has come."""
        now = self._clock()
        for block in [each for each in self._blocks.values() if each.until_s <= now]:
            self._free(block.circuit)
            self._events.add("mac", f"{block.circuit} is free again", circuit=block.circuit)

    def keep(self, circuits: Collection[str]) -> None:
        """Free all circuits but these, as after a change of the lab."""
        for name in self._blocks.keys() - circuits:
            self._free(name)

    def _is_too_often(self, event: MacMoved, vpn: str) -> bool:
        now = self._clock()
        if now < self._held.get(vpn, 0.0):
            return False
        key = (event.node, vpn, event.mac)
        moves = self._moves.setdefault(key, deque())
        while moves and now - moves[0] >= WINDOW_S:
            moves.popleft()
        moves.extend([now] * event.times)
        if len(moves) < TOO_MANY:
            self._forget_old(now)
            return False
        del self._moves[key]
        return True

    def _forget_old(self, now: float) -> None:
        """Forget addresses that have not moved lately: there may be ever new ones."""
        old = [key for key, moves in self._moves.items() if now - moves[-1] >= WINDOW_S]
        for key in old:
            del self._moves[key]

    def _tell(self, vpn: str, mac: str, places: tuple[str, str]) -> None:
        now = self._clock()
        known = self._flapping.get((vpn, mac))
        if known is not None and now - known.last_s < WINDOW_S:
            known.places, known.last_s = places, now
            return
        if sum(each.vpn == vpn for each in self.flapping()) >= MAX_TOLD:
            return
        self._flapping[vpn, mac] = Flapping(vpn, mac, places, now)
        first, second = places
        text = (
            f"{vpn}: {mac} moves between {first} and {second}, {TOO_MANY} times within {WINDOW_S} s"
        )
        self._events.add("mac", text)

    def _block(self, vpn: str, mac: str, circuit: str) -> Block:
        now = self._clock()
        block = self._blocks[circuit] = Block(circuit, vpn, mac, now + BLOCK_S)
        self._changed.add(circuit)
        self._held[vpn] = now + HOLD_S
        self._moves = {key: moves for key, moves in self._moves.items() if key[1] != vpn}
        text = f"{circuit} is blocked for {BLOCK_S:g} s: {mac} moved to it too often"
        self._events.add("mac", text, circuit=circuit)
        return block

    def _free(self, circuit: str) -> None:
        del self._blocks[circuit]
        self._changed.add(circuit)


def blockable(network: Network) -> frozenset[str]:
    """Return the circuits that may be blocked."""
    return frozenset(
        line.circuit
        for vpn, line in network.lines()
        if isinstance(vpn, Vpls) and vpn.mac_move is MacMove.BLOCK
    )


def _place(node: NodeProgram, vsi: Vsi, where: Attachment) -> LearnedAt | None:
    match where:
        case AtPort(port):
            circuits = (node.circuit_by_name[name] for name in vsi.circuits)
            return next((OnCircuit(each.name) for each in circuits if each.port == port), None)
        case OverPseudowire(index):
            peers = (BehindPe(pw.peer) for pw in vsi.pseudowires if pw.index == index)
            return next(peers, None)


def _words(place: LearnedAt) -> str:
    return place.circuit if isinstance(place, OnCircuit) else f"PE {place.peer}"
