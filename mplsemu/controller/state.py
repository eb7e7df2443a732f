"""What a controller must remember to go on where it was when it ended: one JSON file.

Without it a restarted controller would bind other labels and replace flows that carry packets.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from mplsemu.control.learned import LearnedNeighbour
from mplsemu.errors import ProgramError
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.program import Program
from mplsemu.program.services import Neighbour

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SavedState:
    """What the state file held; nothing where there was none."""

    program: Program | None = None
    learned: tuple[LearnedNeighbour, ...] = ()


def save_state(path: Path, program: Program, learned: Iterable[LearnedNeighbour]) -> None:
    """Write the state file, all at once.

    Raises:
        OSError: it cannot be written.
    """
    state = {
        "program": dump_program(program),
        "learned": [
            [each.pe, each.vrf, str(entry.address), entry.circuit, entry.mac]
            for each in learned
            for entry in [each.neighbour]
        ],
    }
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(state), encoding="utf-8")
    temporary.replace(path)


def load_state(path: Path) -> SavedState:
    """Read the state file; one that is missing or damaged counts as none."""
    try:
        state = json.loads(path.read_text(encoding="utf-8"))
        learned = tuple(
            LearnedNeighbour(pe, vrf, Neighbour(ip_address(address), circuit, mac))
            for pe, vrf, address, circuit, mac in state["learned"]
        )
        return SavedState(load_program(state["program"]), learned)
    except FileNotFoundError:
        return SavedState()
    except (OSError, ValueError, KeyError, TypeError, ProgramError) as error:
        _LOG.warning("state file %s is of no use: %s", path, error)
        return SavedState()
