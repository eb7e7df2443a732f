"""Boots a lab in this process, and takes it down again in any case."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from mplsemu.control.compile import compile_program
from mplsemu.emulation.access_lines import require_tagging
from mplsemu.emulation.bundles import require_bundling
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.interrupts import act, interrupts_wait
from mplsemu.emulation.masquerading import require_nft
from mplsemu.emulation.namespace import (
    PrivateNamespace,
    enter_private_namespace,
    require_root,
)
from mplsemu.emulation.net import LabNet
from mplsemu.emulation.options import LabOptions
from mplsemu.emulation.requirements import require_open_files, require_tools
from mplsemu.errors import EmulationError
from mplsemu.lab.dataplane import DataPlaneChoice
from mplsemu.lab.loader import LabText, LoadedLab, read
from mplsemu.program.program import Program
from mplsemu.running.choice import choose, requested
from mplsemu.running.controller_process import ControllerProcess
from mplsemu.running.dataplanes import lab_data_plane
from mplsemu.running.directory import LabDirectory, hidden_directories
from mplsemu.running.process import Process
from mplsemu.running.record import HostRecord, LabRecord, LsrRecord
from mplsemu.running.supervisor import Daemon, Supervisor
from mplsemu.running.web_process import WebEndpoint, WebProcess

_LOG = logging.getLogger(__name__)

SYNC_TIMEOUT_S: Final = 120.0
Progress = Callable[[str, int, int], None]


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class BootOptions:
    """How to boot.

    Attributes:
        dataplane: that was asked for; None leaves it to the lab file.
        progress: called with a stage, the number of steps done, and their total.
        tell: called with a line for the user.
        given_up: called if the lab cannot go on, as a daemon cannot be kept alive.
        web: where its live page is served, if it has one.
    """

    dataplane: DataPlaneChoice | None = None
    progress: Progress = _quiet
    tell: Callable[[str], None] = _LOG.warning
    given_up: Callable[[str], None] = _LOG.error
    web: WebEndpoint | None = None


class BootedLab:
    """A lab whose nodes are this process's; a context manager that takes it down.

    Args:
        lab_file: the lab file, already read or its path.
        options: how to boot.

    Attributes:
        loaded: the network and notes about it.
        program: compiled at boot; the controller has the current one.
        net: its Mininet.
        chosen: its data plane.
        record: published for other processes.
        is_up: whether booting is complete, and other processes may find it.
    """

    loaded: LoadedLab
    program: Program
    net: LabNet
    record: LabRecord

    def __init__(self, lab_file: Path | LabText, options: BootOptions) -> None:
        self.is_up = False
        self._options = options
        self._started = time.monotonic()
        require_root()
        require_tools()
        self._text = lab_file if isinstance(lab_file, LabText) else read(lab_file)
        self.loaded = self._text.load()
        self.program = compile_program(self.loaded.network)
        self.directory = LabDirectory(self.loaded.network.name)
        asked_for = requested(options.dataplane, self.loaded.dataplane)
        self.chosen = choose(asked_for, self.loaded.network, self.program)
        self._plane = lab_data_plane(self.chosen.name, self.directory, self.program)
        require_open_files(self._count_namespaces())
        require_tagging(self.loaded.network)
        require_bundling(self.loaded.network)
        require_nft(self.loaded.network)
        self._web = WebProcess(self.directory, options.web) if options.web else None
        self._namespace: PrivateNamespace | None = None
        self._net: LabNet | None = None
        self._supervisor: Supervisor | None = None

    def _count_namespaces(self) -> int:
        network = self.loaded.network
        sites = [site for _, site in network.sites()]
        lsrs = len(network.provider.nodes) if self._plane.fabric.lsr_namespaces else 0
        return lsrs + sum(len(site.end_hosts) + site.has_router for site in sites)

    @property
    def controller(self) -> ControllerProcess:
        """Its controller."""
        return self._plane.controller

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:  # also on Ctrl-C nothing may stay behind
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _boot(self) -> None:
        with interrupts_wait():
            self.directory.claim()
        try:
            self.directory.lab_file.write_bytes(self._text.text.encode())
        except OSError as error:
            raise EmulationError(
                f"cannot write {self.directory.lab_file}: {error.strerror}"
            ) from None
        self._namespace = enter_private_namespace()
        plane = self._plane
        plane.begin()
        act()
        self.net = self._net = LabNet(
            self.loaded.network,
            self.program,
            self._namespace,
            plane.fabric,
            LabOptions(
                progress=self._progress,
                hosts_files=self.directory.hosts_files,
                hidden=hidden_directories(),
            ),
        )
        self.net.build()
        self._progress("controller", 0, 1)
        plane.before_connecting()
        self._progress("controller", 1, 1)
        self.net.start()
        plane.after_connecting()
        self._wait_for_entries()
        act()
        self.record = self._make_record()
        self.is_up = True  # before it is published: from now on a signal ends a running lab
        self.directory.write(self.record)
        if self._web is not None:
            self._web.start()  # it finds the lab by its record, as all others do
        self._supervise()

    def _progress(self, stage: str, done: int, total: int) -> None:
        """Report the progress of the boot, and act on signals."""
        act()
        self._options.progress(stage, done, total)

    def _wait_for_entries(self) -> None:
        total = len(self.program.nodes)

        def in_sync(status: dict[str, object]) -> bool:
            switches = status["switches"]
            assert isinstance(switches, dict)
            done = sum(switch["in_sync"] for switch in switches.values())
            self._progress("flows", done, total)
            return bool(status["in_sync"])

        status = self.controller.client.wait_until(
            in_sync,
            SYNC_TIMEOUT_S,
            "flows on every LSR",
            give_up=lambda: not self._plane.is_healthy(),
        )
        refused = [name for name, switch in status["switches"].items() if switch["errors"]]
        if refused:
            words = self.controller.last_message()
            raise EmulationError(f"the data plane refused flows of {', '.join(refused)}; {words}")

    def _supervise(self) -> None:
        daemons = [*self._plane.daemons()]
        if (web := self._web) is not None:
            daemons.append(Daemon("the web server", web.pid, web.start, is_vital=False))
        self._supervisor = Supervisor(tuple(daemons), self._options.tell, self._options.given_up)
        self._supervisor.start()

    def _make_record(self) -> LabRecord:
        plan, net = self.net.plan, self.net
        bridged = not self._plane.fabric.lsr_namespaces
        return LabRecord(
            name=self.loaded.network.name,
            pid=os.getpid(),
            dataplane=self.chosen.name,
            datapath=self._plane.datapath,
            lab_file=str(Path(self._text.file).resolve()),
            boot_s=round(time.monotonic() - self._started, 3),
            hosts=host_records(net),
            lsrs={
                lsr.name: LsrRecord(net.pid(lsr.name), lsr.bridge if bridged else None)
                for lsr in plan.lsrs
            },
            links={
                name: tuple(net.interface(name, end.node) for end in ends if not end.is_customers)
                for name, ends in plan.cables()
            },
            site_ports={
                pair.name: Interface(pair.ends[0].interface, os.getpid())
                for pair in plan.veth_pairs
                if pair.name in plan.lines
            },
            environment=dict(self._plane.environment),
            notes=(*self.loaded.notes, *net.notes, *self.chosen.notes()),
            web=self._options.web.address if self._options.web else None,
            started={pid: Process.of(pid).started for pid in sorted(net.pids())},
        )

    def close(self) -> None:
        """Take everything down; a second call does nothing. Signals are deferred meanwhile."""
        with interrupts_wait():
            if self._supervisor is not None:
                self._supervisor.stop()
                self._supervisor = None
            if self._web is not None:
                self._web.stop()
            self.controller.stop()
            if self._net is not None:
                self._net.stop()
                self._net = None
            if self._namespace is not None:
                self._namespace.leave()
                self._namespace = None
            self.directory.release()


def host_records(net: LabNet) -> dict[str, HostRecord]:
    """Return the records of hosts and CE routers, by full name."""
    hosts = {
        str(host.ref): HostRecord(
            host.name,
            net.pid(host.name),
            net.node(host.name).intfNames()[0],
            host.mac,
            tuple(map(str, host.addresses)),
            tuple(map(str, host.loopbacks)),
        )
        for host in net.plan.hosts
    }
    for ce in net.plan.ces:
        interface = net.node(ce.name).intfNames()[0]
        addresses = tuple(map(str, (*ce.router.wan, *ce.lan)))
        hosts[str(ce.ref)] = HostRecord(
            ce.name,
            net.pid(ce.name),
            interface,
            ce.router.mac,
            addresses,
            is_station=ce.by_vpls is not None,
        )
    return hosts
