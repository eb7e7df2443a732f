"""Which circuits storm control limits right now, by what data planes say they dropped.

The watch asks every few seconds, in a thread of its own: a switch that does not answer delays no
failure.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from mplsemu.controller.events import EventLog
from mplsemu.errors import MplsEmuError
from mplsemu.program.program import Program
from mplsemu.southbound.plane.protocol import DataPlane

_LOG = logging.getLogger(__name__)

POLL_S: Final = 2.0
CALM_S: Final = 5.0
"""After so long without a drop a storm is over."""


@dataclass(slots=True)
class _Storm:
    """What is known of one circuit: frames dropped since boot, and when there was one last."""

    dropped: int
    last: float | None = None


class Storms:
    """The storms on all circuits.

    Args:
        events: where the beginning and the end of each is told.
        clock: seconds.
    """

    def __init__(self, events: EventLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._events = events
        self._clock = clock
        self._by_circuit: dict[str, _Storm] = {}

    @property
    def circuits(self) -> dict[str, int]:
        """Circuits on which there is a storm, and how many of their frames were dropped."""
        found = {name: each for name, each in self._by_circuit.items() if each.last is not None}
        return {name: found[name].dropped for name in sorted(found)}

    def take(self, dropped: Mapping[str, int]) -> None:
        """Take in how many frames of each circuit were dropped since boot.

        A controller that starts again finds old numbers: only what grows is a storm.
        """
        now = self._clock()
        for name in self._by_circuit.keys() - dropped.keys():
            del self._by_circuit[name]
        for name, number in dropped.items():
            storm = self._by_circuit.get(name)
            if storm is None:
                self._by_circuit[name] = _Storm(number)
                continue
            if number > storm.dropped:
                if storm.last is None:
                    self._tell(name, "floods more than storm control lets through")
                storm.last = now
            elif storm.last is not None and now - storm.last >= CALM_S:
                storm.last = None
                self._tell(name, f"is calm again; storm control dropped {number:,} frames")
            storm.dropped = number

    def _tell(self, circuit: str, what: str) -> None:
        self._events.add("storm", f"{circuit} {what}", circuit=circuit)


class Watched(Protocol):
    """What the watch needs of the controller."""

    @property
    def program(self) -> Program:
        """The current program."""

    @property
    def plane(self) -> DataPlane:
        """What the LSRs are made of."""

    @property
    def storms(self) -> Storms:
        """Where it tells what it sees."""

    def connected(self) -> Iterable[str]:
        """Return the LSRs that are connected."""


def watch_storms(controller: Watched) -> None:
    """Ask now and then, until the process ends."""
    never: Any = controller.plane.threads.queue()  # all kinds of threads can wait for one
    while True:
        with contextlib.suppress(queue.Empty):
            never.get(timeout=POLL_S)
        try:
            look_for_storms(controller)
        except MplsEmuError as error:
            _LOG.warning("cannot look for storms: %s", error)


def look_for_storms(controller: Watched) -> None:
    """Ask once, if any VSI has storm control."""
    program, connected = controller.program, set(controller.connected())
    nodes = [
        node.name
        for node in program.nodes
        if node.name in connected and any(vsi.storm_control_bps for vsi in node.vsis)
    ]
    controller.storms.take(controller.plane.storm_drops(program, nodes) if nodes else {})
