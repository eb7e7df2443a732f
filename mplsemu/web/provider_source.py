"""A running lab as one of its several providers sees it: a `LabSource` of his network alone."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any

from mplsemu.emulation.counters import Counters
from mplsemu.program.hosts import find_host
from mplsemu.program.program import Program
from mplsemu.program.provider_part import part_of
from mplsemu.running.session import PingResult
from mplsemu.views.tables.counters import CounterTable
from mplsemu.views.tables.macs import MacRow
from mplsemu.web.provider_events import OwnNames, own_event
from mplsemu.web.source import InstalledProgram, LabFacts, LabSource, Status, version_of


@dataclass(frozen=True, slots=True)
class _Seen:
    """A provider's part of the installed program.

    Attributes:
        version: of the whole program.
        generation: how many different parts there were.
        part: the provider's.
    """

    version: str
    generation: int
    part: Program


class ProviderSource:
    """A `LabSource` that knows what one of several providers may know.

    Args:
        whole: the lab.
        provider: his name.
    """

    def __init__(self, whole: LabSource, provider: str) -> None:
        self._whole = whole
        self._provider = provider
        self._facts = whole.facts.of_provider(provider)
        self._lock = threading.Lock()
        self._seen: _Seen | None = None

    @property
    def facts(self) -> LabFacts:
        """Facts that do not change."""
        return self._facts

    def is_running(self) -> bool:
        """Whether the lab still runs."""
        return self._whole.is_running()

    def status(self) -> Status:
        """Return the state of the controller and of his LSRs; `generation` counts his programs."""
        status = self._whole.status()
        seen = self._look(status)
        own = self._own(seen)
        switches = {name: each for name, each in status["switches"].items() if name in own.nodes}
        cables = {*own.links, *own.circuits}
        return {
            "pid": status["pid"],
            "generation": seen.generation,
            "in_sync": all(each["connected"] and each["in_sync"] for each in switches.values()),
            "down": [name for name in status["down"] if name in cables],
            "storms": {k: v for k, v in status.get("storms", {}).items() if k in own.circuits},
            "mac_moves": [each for each in status.get("mac_moves", ()) if each["vpn"] in own.vpns],
            "blocked": {k: v for k, v in status.get("blocked", {}).items() if k in own.circuits},
            "switches": switches,
        }

    def events(self, since: int) -> Sequence[dict[str, Any]]:
        """Return events; of what is not his the numbers and times alone."""
        found = self._whole.events(since)
        if not found:
            return found
        own = self._own(self._look(self._whole.status()))
        return [own_event(event, own) for event in found]

    def installed(self) -> InstalledProgram:
        """Return his part of the program that the controller has installed."""
        status = self._whole.status()
        seen = self._look(status)
        version = version_of({"pid": status["pid"], "generation": seen.generation})
        return InstalledProgram(version, seen.generation, seen.part)

    def macs(self) -> Sequence[MacRow]:
        """Return the MAC addresses that his PEs have learned."""
        nodes = self._now().nodes
        return [row for row in self._whole.macs() if row.node in nodes]

    def counted(self) -> CounterTable:
        """Return what his LSRs have counted."""
        counted, nodes = self._whole.counted(), self._now().nodes
        return replace(counted, rows=tuple(row for row in counted.rows if row.node in nodes))

    def counters(self) -> Counters:
        """Return how much both ends of each of his links and borders have sent."""
        counters, links = self._whole.counters(), self._now().links
        sent = {link: ends for link, ends in counters.sent_bytes.items() if link in links}
        return replace(counters, sent_bytes=sent)

    def set_link(self, link: str, *, up: bool) -> None:
        """Cut or mend a link, border or circuit of his."""
        own = self._now()
        if link not in own.links and link not in own.circuits:
            raise ValueError(f"{link!r} is not the provider's")  # LabApi has looked it up
        self._whole.set_link(link, up=up)

    def ping(self, source: str, target: str, count: int) -> PingResult:
        """Ping from a host of his to another, or to an address.

        Raises:
            LabError: an end does not exist, or they have no IP version in common.
        """
        part = self.installed().program
        sender = str(find_host(part, source).ref)
        try:
            ip_address(target)
        except ValueError:
            vpn = sender.partition("/")[0]
            target = str(find_host(part, target, vpn).ref)
        return self._whole.ping(sender, target, count)

    def _now(self) -> OwnNames:
        return self._own(self._look(self._whole.status()))

    def _own(self, seen: _Seen) -> OwnNames:
        return OwnNames.of(seen.part, self._provider, self._facts.pictured)

    def _look(self, status: Status) -> _Seen:
        """Return his part of the program that a status is about, or of a later one."""
        with self._lock:
            if self._seen is None or self._seen.version != version_of(status):
                installed = self._whole.installed()
                part = part_of(installed.program, self._provider)
                if self._seen is None:
                    generation = 1
                else:
                    generation = self._seen.generation + (part != self._seen.part)
                self._seen = _Seen(installed.version, generation, part)
            return self._seen
