"""A running lab as a `LabSource`: its controller, the kernel's counters, its hosts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from mplsemu.control.compile import compile_program
from mplsemu.emulation.counters import Counters, read_counters
from mplsemu.model.network import Vpn
from mplsemu.program.codec import load_program
from mplsemu.program.program import VpnInfo
from mplsemu.running.session import PingResult, Session
from mplsemu.views.tables.counters import CounterTable, counter_table
from mplsemu.views.tables.macs import MacRow, mac_rows
from mplsemu.web.source import InstalledProgram, LabFacts, Status, parts_of, version_of


class RunningSource:
    """A `LabSource` on a lab that runs on this machine; needs root.

    Args:
        session: with the lab.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._installed: InstalledProgram | None = None
        record = session.record
        vpns = tuple(_info(vpn) for vpn in session.network.vpns)
        several = session.network.provider.systems
        parts = parts_of(compile_program(session.network)) if several else {}
        self._facts = LabFacts(record.name, record.dataplane, record.datapath, vpns, parts)
        self._core = {link.name: record.links[link.name] for link in session.network.provider.links}

    @property
    def facts(self) -> LabFacts:
        """Facts that do not change."""
        return self._facts

    def is_running(self) -> bool:
        """Whether the lab process lives."""
        return self._session.directory.is_claimed()

    def status(self) -> Status:
        """Return the state of the controller and of its LSRs."""
        status: Status = self._session.controller.call("status")
        return status

    def events(self, since: int) -> Sequence[dict[str, Any]]:
        """Return the events after one of this number."""
        events: Sequence[dict[str, Any]] = self._session.controller.call("events", since=since)
        return events

    def installed(self) -> InstalledProgram:
        """Return the installed program; fetched again only if its version changed."""
        with self._lock:
            status = self.status()
            version = version_of(status)
            if self._installed is None or self._installed.version != version:
                program = load_program(self._session.controller.call("program"))
                self._installed = InstalledProgram(version, status["generation"], program)
            return self._installed

    def macs(self) -> Sequence[MacRow]:
        """Return the MAC addresses that every VPLS has learned."""
        return mac_rows(self._session.controller.call("macs"))

    def counted(self) -> CounterTable:
        """Return what LSRs have counted by LSP, tunnel, VRF and pseudowire."""
        return counter_table(self._session.controller.call("counters"))

    def counters(self) -> Counters:
        """Return how much both ends of each core link have sent."""
        return read_counters(self._core)

    def set_link(self, link: str, *, up: bool) -> None:
        """Cut or mend a link or circuit, and wait until the controller has dealt with it."""
        self._session.set_link(link, up=up)

    def ping(self, source: str, target: str, count: int) -> PingResult:
        """Ping from a host to a host or an address."""
        return self._session.ping(source, target, count=count)


def _info(vpn: Vpn) -> VpnInfo:
    return VpnInfo(vpn.name, vpn.kind, vpn.customer)
