"""What is installed in a running lab's switches against what its program asks for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mplsemu.errors import EmulationError
from mplsemu.program.codec import load_program
from mplsemu.running.session import Session
from mplsemu.southbound.openflow.differences import Difference, differences
from mplsemu.southbound.openflow.read import read_flows

_TRIES: Final = 5
_PAUSE_S: Final = 0.2
_OVS_RUN_DIR: Final = "OVS_RUNDIR"


@dataclass(frozen=True, slots=True)
class Installed:
    """What was found.

    Attributes:
        lab: its name.
        generation: of the program that was compared; the controller counts them.
        down: links and circuits that are down, which the program takes into account.
        lsrs: switches that were read.
        flows: on all of them, learned ones too.
        differences: by LSR.
    """

    lab: str
    generation: int
    down: tuple[str, ...]
    lsrs: int
    flows: int
    differences: tuple[Difference, ...]


def compare_installed(session: Session, progress: Callable[[str, int, int], object]) -> Installed:
    """Read every switch and compare; while the lab changes, again.

    Raises:
        LabNotRunningError: its controller does not answer.
        EmulationError: a switch does not answer, or the lab never stands still.
    """
    for _ in range(_TRIES):
        before = session.controller.call("status")
        found = _compare(session, before, progress)
        after = session.controller.call("status")
        if _is_quiet(before) and _is_quiet(after) and _state(before) == _state(after):
            return found
        time.sleep(_PAUSE_S)
    raise EmulationError(f"lab {session.record.name!r} keeps changing; try again")


def _is_quiet(status: dict[str, Any]) -> bool:
    """Whether the controller believes that all is installed; a switch that is gone never is."""
    return all(
        switch["in_sync"] or not switch["connected"] for switch in status["switches"].values()
    )


def _state(status: dict[str, Any]) -> tuple[object, object]:
    return status["pid"], status["generation"]


def _compare(
    session: Session, status: dict[str, Any], progress: Callable[[str, int, int], object]
) -> Installed:
    program = load_program(session.controller.call("program"))
    directory = Path(session.record.environment[_OVS_RUN_DIR])
    count = 0
    found: list[Difference] = []
    bridges = {name: lsr.bridge for name, lsr in session.record.lsrs.items() if lsr.bridge}
    for done, (node, bridge) in enumerate(bridges.items()):
        progress("switches", done, len(bridges))
        installed = read_flows(directory / f"{bridge}.mgmt")
        count += len(installed)
        found += differences(program, node, installed)
    return Installed(
        lab=session.record.name,
        generation=status["generation"],
        down=tuple(status["down"]),
        lsrs=len(bridges),
        flows=count,
        differences=tuple(found),
    )
