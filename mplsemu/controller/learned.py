"""What only the running network knows: input of the next compilation, kept over a restart."""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from mplsemu.controller.events import EventLog
from mplsemu.controller.mac_moves import MacMoves, blockable
from mplsemu.controller.memberships import Memberships, snooped
from mplsemu.controller.neighbours import Neighbours
from mplsemu.controller.state import SavedState
from mplsemu.model.network import Network
from mplsemu.model.numbers import Numbers
from mplsemu.program.program import Program


class Learned:
    """All of it; worker only.

    Args:
        network: the lab.
        saved: what a controller before left.
        events: where moves of MAC addresses are told.
    """

    def __init__(self, network: Network, saved: SavedState, events: EventLog) -> None:
        self.neighbours = Neighbours(saved.learned)
        self.mac_moves = MacMoves(events)
        self.mac_moves.restore(saved.blocks, blockable(network))
        self.memberships = Memberships()
        self.memberships.restore(saved.lans, *snooped(network))

    @property
    def changed(self) -> frozenset[str]:
        """Circuits of which the program does not include all yet."""
        return self.neighbours.changed | self.mac_moves.changed | self.memberships.changed

    def settle(self) -> None:
        """Note that the program includes all."""
        self.neighbours.settle()
        self.mac_moves.settle()
        self.memberships.settle()

    def keep(self, network: Network) -> None:
        """Forget what a changed lab does not have any more; neighbours know by what is down."""
        self.mac_moves.keep(blockable(network))
        self.memberships.keep(*snooped(network))

    def forget_on(self, down: frozenset[str], homed: Container[str]) -> None:
        """Forget who is behind circuits that are down or blocked.

        Args:
            down: circuits, links too.
            homed: lines of dual-homed sites: their hosts are in their groups by the other line.
        """
        self.neighbours.forget_on(down)  # another device may be there when the circuit comes back
        gone = down | self.mac_moves.blocked
        self.memberships.forget_on({name for name in gone if name not in homed})

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `compile_program` that say it."""
        return {
            "learned": tuple(self.neighbours),
            "blocked": self.mac_moves.blocked,
            "groups": tuple(self.memberships.groups()),
        }

    def saved(self, program: Program, numbers: Numbers | None) -> SavedState:
        """Return what a restarted controller has to know, with what else it does."""
        return SavedState(
            program,
            tuple(self.neighbours),
            numbers,
            tuple(self.mac_moves.blocks()),
            tuple(self.memberships.lans()),
        )
