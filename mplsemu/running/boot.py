"""Boot a lab in this process, and take it down again whatever happens."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from mplsemu.control.compile import compile_program
from mplsemu.emulation.fabric_openvswitch import OpenVswitchFabric
from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.emulation.namespace import (
    PrivateNamespace,
    enter_private_namespace,
    require_root,
)
from mplsemu.emulation.net import LabNet, LabOptions, require_open_files, require_tools
from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.errors import EmulationError, LabError
from mplsemu.lab.loader import LoadedLab, load
from mplsemu.program.program import Program
from mplsemu.running.controller_process import ControllerProcess
from mplsemu.running.directory import HostRecord, LabDirectory, LabRecord
from mplsemu.running.supervisor import Daemon, Supervisor
from mplsemu.running.web_process import WebPlace, WebProcess

_LOG = logging.getLogger(__name__)

SYNC_TIMEOUT_S: Final = 120.0
DATAPLANES: Final = ("openflow",)
Progress = Callable[[str, int, int], None]


def _quiet(_stage: str, _done: int, _total: int) -> None:
    """Progress that nobody wants to see."""


@dataclass(frozen=True, slots=True)
class BootOptions:
    """How to boot.

    Attributes:
        dataplane: ``openflow``.
        progress: told what is going on: stage, how much is done, of how much.
        tell: gets a line whenever something happens that the user should know.
        given_up: called when the lab cannot go on (a daemon cannot be kept alive).
        web: where its live page is served, for a lab that has one.
    """

    dataplane: Literal["openflow"] = "openflow"
    progress: Progress = _quiet
    tell: Callable[[str], None] = _LOG.warning
    given_up: Callable[[str], None] = _LOG.error
    web: WebPlace | None = None


class BootedLab:
    """A lab whose nodes are this process's; a context manager that takes it down.

    Args:
        lab_file: path of the lab file.
        options: how to boot.

    Attributes:
        loaded: the network and what there is to note about it.
        program: what was compiled at boot; the controller has the current one.
        net: the Mininet of it.
        record: what others are told of it.
        is_up: whether booting was done: from when on others may find it.
    """

    loaded: LoadedLab
    program: Program
    net: LabNet
    record: LabRecord

    def __init__(self, lab_file: Path, options: BootOptions) -> None:
        self.is_up = False
        self._options = options
        self._started = time.monotonic()
        require_root()
        require_tools()
        self.loaded = load(lab_file)
        self.program = compile_program(self.loaded.network)
        sites = [site for _, site in self.loaded.network.sites()]
        require_open_files(sum(len(site.hosts) + bool(site.ce) for site in sites))
        self.directory = LabDirectory(self.loaded.network.name)
        self.controller = ControllerProcess(self.directory)
        self._web = WebProcess(self.directory, options.web) if options.web else None
        self._lab_file = lab_file
        self._namespace: PrivateNamespace | None = None
        self._net: LabNet | None = None
        self._supervisor: Supervisor | None = None

    def __enter__(self) -> Self:
        try:
            self._boot()
        except BaseException:  # also Ctrl-C: nothing may stay behind
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
            self.directory.lab_file.write_bytes(self._lab_file.read_bytes())
        except OSError as error:
            raise EmulationError(
                f"cannot write {self.directory.lab_file}: {error.strerror}"
            ) from None
        self._namespace = enter_private_namespace()
        self.controller.start()  # it loads its framework while the nodes are made
        openvswitch = PrivateOpenVswitch(self.directory.path / "ovs")
        self._fabric = OpenVswitchFabric(openvswitch, (self.controller.target,))
        options = LabOptions(progress=self._options.progress)
        self.net = self._net = LabNet(
            self.loaded.network, self.program, self._namespace, self._fabric, options
        )
        self.net.build()
        self._options.progress("controller", 0, 1)
        self.controller.wait()  # a switch that finds nobody listening tries again a second later
        self._options.progress("controller", 1, 1)
        self.net.start()
        self._wait_for_flows()
        self.record = self._make_record()
        self.is_up = True  # before anyone can know: whoever ends it from now on ends a lab
        self.directory.write(self.record)
        if self._web is not None:
            self._web.start()  # it finds the lab as everybody does: by its record
        self._supervise()

    def _wait_for_flows(self) -> None:
        total = len(self.program.nodes)

        def in_sync(status: dict[str, object]) -> bool:
            switches = status["switches"]
            assert isinstance(switches, dict)
            done = sum(switch["in_sync"] for switch in switches.values())
            self._options.progress("flows", done, total)
            return bool(status["in_sync"])

        status = self.controller.client.wait_until(
            in_sync,
            SYNC_TIMEOUT_S,
            "flows on every LSR",
            give_up=lambda: self.controller.pid() is None or not self._fabric.openvswitch.alive,
        )
        refused = [name for name, switch in status["switches"].items() if switch["errors"]]
        if refused:
            words = self.controller.last_words()
            raise EmulationError(f"Open vSwitch refused flows of {', '.join(refused)}; {words}")

    def _supervise(self) -> None:
        openvswitch, web = self._fabric.openvswitch, self._web
        daemons = [
            Daemon("the controller", self.controller.pid, self.controller.restart),
            Daemon("ovsdb-server", lambda: openvswitch.server_pid, openvswitch.restart_server),
            Daemon("ovs-vswitchd", lambda: openvswitch.switch_pid, openvswitch.restart),
        ]
        if web is not None:
            daemons.append(Daemon("the web server", web.pid, web.start, is_vital=False))
        self._supervisor = Supervisor(tuple(daemons), self._options.tell, self._options.given_up)
        self._supervisor.start()

    def _make_record(self) -> LabRecord:
        plan, net = self.net.plan, self.net
        hosts = {
            str(host.ref): HostRecord(
                host.name,
                net.pid(host.name),
                net.node(host.name).intfNames()[0],
                host.mac,
                tuple(map(str, host.addresses)),
            )
            for host in plan.hosts
        }
        for ce in plan.ces:
            interface = net.node(ce.name).intfNames()[0]
            addresses = (str(ce.router.wan), *map(str, ce.lan))
            hosts[ce.full_name] = HostRecord(
                ce.name, net.pid(ce.name), interface, ce.router.mac, addresses
            )
        openvswitch = self._fabric.openvswitch
        kernel = openvswitch.datapath == "system"
        return LabRecord(
            name=self.loaded.network.name,
            pid=os.getpid(),
            dataplane=self._options.dataplane,
            datapath="kernel" if kernel else "userspace",
            lab_file=str(self._lab_file.resolve()),
            boot_s=round(time.monotonic() - self._started, 3),
            hosts=hosts,
            bridges={lsr.name: lsr.bridge for lsr in plan.lsrs},
            links={
                wire.name: tuple(end.interface for end in wire.ends if not end.own_namespace)
                for wire in plan.wires
            },
            environment=dict(openvswitch.environment),
            notes=(*self.loaded.notes, *net.notes),
            web=self._options.web.address if self._options.web else None,
        )

    def close(self) -> None:
        """Take everything down; a second call does nothing. Signals wait until it is done."""
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


def check_dataplane(name: str) -> None:
    """Check that a data plane exists.

    Raises:
        LabError: it does not.
    """
    if name not in DATAPLANES:
        raise LabError(
            f"no data plane {name!r} here", remedy=f"write one of: {', '.join(DATAPLANES)}"
        )
