"""Captures in a running lab: where to tap, and what the captured label stacks mean."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mplsemu.control.cables import cables_of
from mplsemu.emulation.dissect import Frame, Stack, dissect
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.taps import CapturedFrame, TapPoint
from mplsemu.errors import LabError, MplsEmuError
from mplsemu.model.topology import Link
from mplsemu.model.vpn import Site
from mplsemu.program.program import Program
from mplsemu.program.stack_reading import UNKNOWN, Carried, StackReading, read_stack
from mplsemu.running.record import LabRecord
from mplsemu.running.session import Session
from mplsemu.suggest import unknown_name_remedy
from mplsemu.wire.mpls import labels_of

_REST: Final = 9
"""Fetching programs for unknown labels may keep the controller busy a tenth of the time."""
_MIN_REST_S: Final = 0.05
_KEPT: Final = 3
"""Earlier programs that are remembered."""


def tap_points(session: Session, targets: Sequence[str]) -> tuple[TapPoint, ...]:
    """Return where to tap, every cable once.

    Args:
        session: with the lab.
        targets: links, circuits, LSRs (all their cables) and hosts; none is every core link.

    Raises:
        LabError: there is no such thing; names the nearest.
        NodeGoneError: a process by which an interface is found has ended.
    """
    found: dict[str, TapPoint] = {}
    if not targets:
        targets = [link.name for link in session.network.provider.links]
    for target in targets:
        for point in _points(session, target):
            found.setdefault(point.name, point)
    for pid in {pid for point in found.values() for pid in pids_of(point)}:
        session.record.require(pid)
    return tuple(found.values())


def pids_of(point: TapPoint) -> set[int]:
    """Return the processes by which a tap's interfaces are found."""
    return {end.pid for end in (point.interface, point.far_end) if end is not None}


def _points(session: Session, target: str) -> Iterator[TapPoint]:
    record = session.record
    name = target if target in record.links else cables_of(session.network).get(target)
    if name is not None and target not in record.lsrs:
        yield _cable(session, name, None)
        return
    if target in record.lsrs:
        for link in session.network.provider.links:
            if target in link.ends:
                yield _cable(session, link.name, target)
        for _, line in session.network.lines():
            if line.pe == target:
                yield _cable(session, line.circuit, target)
        return
    for full, host in record.hosts.items():
        if target in {full, host.short}:
            yield TapPoint(full, Interface(host.interface, host.pid), full, "its site")
            return
    known = [*record.links, *record.lsrs, *record.hosts]
    see = f"mplsemu show {record.name} {'hosts' if '/' in target else 'links'}"
    raise LabError(
        f"no link or node {target!r} in lab {record.name!r}",
        remedy=unknown_name_remedy(target, known, see),
    )


def _cable(session: Session, name: str, near: str | None) -> TapPoint:
    """Return the tap on a link or circuit, at the node `near` or else at its first end."""
    for link in session.network.provider.links:
        if link.name == name:
            return core_tap(session.record, link, near)
    site = next(line for _, line in session.network.lines() if line.circuit == name)
    return circuit_tap(session.record, site)


def core_tap(record: LabRecord, link: Link, near: str | None = None) -> TapPoint:
    """Return the tap on a core link: it captures incoming frames at both ends.

    Outgoing frames may be invisible: an eBPF program redirects them to the peer device directly.
    """
    (one, other), (first, second) = record.links[link.name], link.ends
    if near == second:
        return TapPoint(link.name, other, second, first, far_end=one)
    return TapPoint(link.name, one, first, second, far_end=other)


def circuit_tap(record: LabRecord, site: Site) -> TapPoint:
    """Return the tap on a site's line, at the PE."""
    return TapPoint(site.circuit, record.links[site.circuit][0], site.pe, site.circuit)


def site_tap(record: LabRecord, site: Site) -> TapPoint:
    """Return a tap that sees a site's frames alone, without tags of its circuit."""
    port = record.site_ports.get(site.circuit, record.links[site.circuit][0])
    return TapPoint(site.circuit, port, site.pe, site.circuit)


class FrameReader:
    """Interprets captured frames by the network's label bindings.

    An unknown label makes it fetch the program again: the network may have changed. Earlier
    bindings are remembered, for packets that were in flight.

    Args:
        fetch: returns the installed program.

    Attributes:
        seen: what was below the innermost label of frames that were commented on, by label.
    """

    def __init__(self, fetch: Callable[[], Program]) -> None:
        self.seen: dict[int, frozenset[Carried]] = {}
        self._fetch = fetch
        self._programs: list[Program] = []
        self._ask_again_at = 0.0
        self._known: dict[tuple[str, tuple[int, ...]], StackReading] = {}
        self._ask()
        self._ask_again_at = 0.0  # the first fetch takes longer: it imports much

    def meaning(self, frame: CapturedFrame) -> StackReading:
        """Return what a frame's label stack means to its receiver."""
        return self._meaning(frame.receiver, labels_of(frame.data))

    def read(self, frame: CapturedFrame) -> Frame:
        """Return a frame dissected."""

        def carried(stack: Stack) -> Carried:
            labels = tuple(int(entry.label) for entry in stack)
            return self._meaning(frame.receiver, labels).carried

        return dissect(frame.data, carried)

    def comment(self, frame: CapturedFrame) -> str:
        """Return the names of a frame's labels; empty without labels.

        For a frame over a pseudowire, its contents are added: Wireshark may guess them wrong.
        """
        meaning = self.meaning(frame)
        names = " | ".join(meaning.names)
        if meaning.is_known and names:
            label = labels_of(frame.data)[-1]
            self.seen[label] = self.seen.get(label, frozenset()) | {meaning.carried}
        return f"{names}: {self.read(frame)}" if meaning.carried.is_ethernet else names

    def _meaning(self, node: str, labels: tuple[int, ...]) -> StackReading:
        key = (node, labels)
        if key not in self._known:
            found = self._look_up(node, labels)
            if not found.is_known and self._ask():
                found = self._look_up(node, labels)
            if not found.is_known:
                return found
            self._known[key] = found
        return self._known[key]

    def _look_up(self, node: str, labels: tuple[int, ...]) -> StackReading:
        for program in reversed(self._programs):
            found = read_stack(program, node, labels)
            if found.is_known:
                return found
        return StackReading((UNKNOWN,) * len(labels), Carried.UNKNOWN)

    def _ask(self) -> bool:
        """Fetch the program, unless that was just done; return whether it has changed."""
        began = time.monotonic()
        if began < self._ask_again_at:
            return False
        try:
            program = self._fetch()
        except MplsEmuError:  # no controller at the moment; the capture goes on without it
            program = None
        now = time.monotonic()
        self._ask_again_at = now + max(_MIN_REST_S, _REST * (now - began))
        if program is None or (self._programs and program == self._programs[-1]):
            return False
        self._programs = [*self._programs[-_KEPT:], program]
        return True
