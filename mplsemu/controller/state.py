"""The state file: what a restarted controller needs to continue, as JSON.

Without it a restarted controller would bind other labels and replace entries that carry packets.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from mplsemu.control.learned import LearnedNeighbour
from mplsemu.controller.mac_moves import Block
from mplsemu.controller.memberships import KnownLan
from mplsemu.errors import ProgramError
from mplsemu.model.network import Network
from mplsemu.model.numbers import Allocation, Numbered, Numbers, Space
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.program import Program
from mplsemu.program.services import Neighbour

_LOG = logging.getLogger(__name__)

SAVE_DELAY_S: Final = 0.1
"""Delay of a write after a change, so that it includes changes that follow."""
_PAUSE_FACTOR: Final = 4
"""Pause between writes, in multiples of the time that the last one took."""


@dataclass(frozen=True, slots=True)
class SavedState:
    """Contents of the state file; empty if there was none.

    Attributes:
        program: the last one.
        learned: neighbours that the network had resolved.
        numbers: of the lab, if it has changed since boot; None: they follow from the lab file's
            order.
        blocks: circuits blocked for MAC moves; their times are of the machine's monotonic clock.
        lans: multicast memberships.
    """

    program: Program | None = None
    learned: tuple[LearnedNeighbour, ...] = ()
    numbers: Numbers | None = None
    blocks: tuple[Block, ...] = ()
    lans: tuple[KnownLan, ...] = ()

    def is_of(self, network: Network) -> bool:
        """Whether it has the LSRs and circuits of this network."""
        if self.program is None:
            return False
        circuits = {line.circuit: line.pe for _, line in network.lines()}
        found = {name: node.name for name, node in self.program.node_of_circuit.items()}
        names = {node.name for node in network.provider.nodes}
        return self.program.node_by_name.keys() == names and circuits == found


class StateFile:
    """Writes the state file, delayed and rate-limited.

    Args:
        path: of the file; None: nothing is written.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._next = 0.0
        self.due: float | None = None

    def load(self) -> SavedState:
        """Return what the file holds."""
        return load_state(self._path) if self._path is not None else SavedState()

    def changed(self) -> None:
        """Schedule a write."""
        if self.due is None and self._path is not None:
            self.due = max(time.monotonic() + SAVE_DELAY_S, self._next)

    def save_if_due(self, state: SavedState) -> None:
        """Write the file if a write is due.

        Raises:
            OSError: it cannot be written.
        """
        if self._path is None or self.due is None or time.monotonic() < self.due:
            return
        self.due = None
        started = time.monotonic()
        try:
            save_state(self._path, state)
        finally:
            now = time.monotonic()
            self._next = now + _PAUSE_FACTOR * (now - started)


def save_state(path: Path, saved: SavedState) -> None:
    """Write the state file atomically.

    Raises:
        OSError: it cannot be written.
    """
    state = {
        "program": dump_program(saved.program) if saved.program is not None else None,
        "learned": [
            [each.pe, each.vrf, str(entry.address), entry.circuit, entry.mac]
            for each in saved.learned
            for entry in [each.neighbour]
        ],
        "numbers": _numbers_json(saved.numbers) if saved.numbers is not None else None,
        "blocks": [[each.circuit, each.vpn, each.mac, each.until_s] for each in saved.blocks],
        "lans": [
            [lan.vpn, [[str(group), names] for group, names in lan.members], lan.routers]
            for lan in saved.lans
        ],
    }
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(state), encoding="utf-8")
    temporary.replace(path)


def load_state(path: Path) -> SavedState:
    """Read the state file; a missing or damaged one is empty."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        learned = tuple(
            LearnedNeighbour(pe, vrf, Neighbour(ip_address(address), circuit, mac))
            for pe, vrf, address, circuit, mac in state["learned"]
        )
        numbers = state.get("numbers")
        return SavedState(
            load_program(state["program"]),
            learned,
            _numbers(numbers) if numbers is not None else None,
            tuple(Block(*each) for each in state.get("blocks", ())),
            tuple(_lan(*each) for each in state.get("lans", ())),
        )
    except FileNotFoundError:
        return SavedState()
    except (OSError, ValueError, KeyError, TypeError, ProgramError) as error:
        _LOG.warning("state file %s is of no use: %s", path, error)
        return SavedState()


def _lan(vpn: str, members: Iterable[tuple[str, list[str]]], routers: list[str]) -> KnownLan:
    by_group = tuple((ip_address(group), tuple(names)) for group, names in members)
    return KnownLan(vpn, by_group, tuple(routers))


def _numbers_json(numbers: Numbers) -> list[list[Any]]:
    return [
        [space.of.value, list(space.within), dict(each.current), dict(each.retired)]
        for space, each in numbers.allocations.items()
    ]


def _numbers(rows: Iterable[Any]) -> Numbers:
    return Numbers(
        {
            Space(Numbered(of), tuple(within)): Allocation(dict(current), dict(retired))
            for of, within, current, retired in rows
        }
    )
