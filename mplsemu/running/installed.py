"""Compares what is installed in a running lab's LSRs with its program."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mplsemu.emulation.interrupts import sleep
from mplsemu.errors import EmulationError
from mplsemu.program.program import Program
from mplsemu.running.session import Session
from mplsemu.southbound.difference import Difference
from mplsemu.southbound.ebpf import differences as ebpf
from mplsemu.southbound.ebpf.attached import ATTACHED_FILE, Attached, load_attached
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.read import read_attached
from mplsemu.southbound.ebpf.translate import entries
from mplsemu.southbound.openflow import differences as openflow
from mplsemu.southbound.openflow.read import read_flows

_TRIES: Final = 5
_PAUSE_S: Final = 0.2
_OVS_RUN_DIR: Final = "OVS_RUNDIR"

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, slots=True)
class InstalledComparison:
    """The result of the comparison.

    Attributes:
        lab: its name.
        dataplane: ``openflow`` or ``ebpf``.
        generation: the controller's number of the program that was compared.
        down: links and circuits that are down, which the program takes into account.
        lsrs: number of LSRs that were read.
        entries: number of their flows or map entries, including learned ones.
        differences: by LSR.
    """

    lab: str
    dataplane: str
    generation: int
    down: tuple[str, ...]
    lsrs: int
    entries: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read from a data plane, and how it differs."""

    lsrs: int
    entries: int
    differences: tuple[Difference, ...]


def compare_installed(session: Session, progress: Progress) -> InstalledComparison:
    """Read every LSR and compare; repeat it if the lab changed meanwhile.

    Raises:
        LabNotRunningError: its controller does not answer.
        EmulationError: an LSR cannot be read, or the lab keeps changing.
    """
    compare = {"openflow": _compare_flows, "ebpf": _compare_maps}[session.record.dataplane]
    for _ in range(_TRIES):
        before = session.controller.call("status")
        read = compare(session, session.program(), progress)
        after = session.controller.call("status")
        if _is_quiet(before) and _is_quiet(after) and _state(before) == _state(after):
            return InstalledComparison(
                lab=session.record.name,
                dataplane=session.record.dataplane,
                generation=before["generation"],
                down=tuple(before["down"]),
                lsrs=read.lsrs,
                entries=read.entries,
                differences=read.differences,
            )
        sleep(_PAUSE_S)
    raise EmulationError(f"lab {session.record.name!r} keeps changing; try again")


def _is_quiet(status: dict[str, Any]) -> bool:
    """Whether all connected switches are in sync, according to the controller."""
    return all(
        switch["in_sync"] or not switch["connected"] for switch in status["switches"].values()
    )


def _state(status: dict[str, Any]) -> tuple[object, object]:
    return status["pid"], status["generation"]


def _compare_flows(session: Session, program: Program, progress: Progress) -> _Read:
    directory = Path(session.record.environment[_OVS_RUN_DIR])
    count = 0
    found: list[Difference] = []
    bridges = {name: lsr.bridge for name, lsr in session.record.lsrs.items() if lsr.bridge}
    for done, (node, bridge) in enumerate(bridges.items()):
        progress("switches", done, len(bridges))
        installed = read_flows(directory / f"{bridge}.mgmt")
        count += len(installed)
        found += openflow.differences(program, node, installed)
    return _Read(len(bridges), count, tuple(found))


def _compare_maps(session: Session, program: Program, progress: Progress) -> _Read:
    attached = _attached(session.directory.path / ATTACHED_FILE)
    installed = read_attached(attached)
    wanted: list[Entry] = []
    for done, node in enumerate(program.nodes):
        progress("switches", done, len(program.nodes))
        wanted += entries(program, node.name, attached)
    found = ebpf.differences(program, attached, wanted, installed)
    return _Read(len(program.nodes), len(installed), tuple(found))


def _attached(file: Path) -> Attached:
    try:
        return load_attached(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise EmulationError(f"cannot read {file}: {error.strerror}") from error
