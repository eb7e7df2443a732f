"""A running lab, from another process: what exec, ping, link, status and down do."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address, ip_interface
from typing import Any, Final

from mplsemu.controller.client import ControllerClient
from mplsemu.emulation.etc_hosts import lsr_hosts_file
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.interface_flags import not_running, set_up
from mplsemu.emulation.interrupts import communicate
from mplsemu.emulation.namespace import require_root
from mplsemu.emulation.node_namespaces import NodeView, start_at
from mplsemu.emulation.operational import await_operational_at
from mplsemu.errors import EmulationError, LabError
from mplsemu.model.network import Network
from mplsemu.program.program import Program
from mplsemu.running.directory import LabDirectory, find_lab
from mplsemu.running.down import take_down
from mplsemu.running.link_names import link_name
from mplsemu.running.record import HostRecord
from mplsemu.southbound.network_namespace import inside
from mplsemu.suggest import unknown_name_remedy

CHANGE_TIMEOUT_S: Final = 30.0
"""A change takes milliseconds, or seconds if the controller is just being restarted."""
_PING_SUMMARY: Final = re.compile(r"(\d+) packets transmitted, (\d+) received")


@dataclass(frozen=True, slots=True)
class LinkState:
    """A core link between two LSRs, or a site's line between a PE and the site."""

    link: str
    ends: tuple[str, str]
    up: bool


@dataclass(frozen=True, slots=True)
class ExecTarget:
    """Where a command of a node runs.

    Attributes:
        pid: a process of the node, or of the lab if it has none of its own.
        environment: variables in addition to ours.
        view: for a node that has no namespaces.
    """

    pid: int
    environment: Mapping[str, str]
    view: NodeView | None = None


@dataclass(frozen=True, slots=True)
class PingResult:
    """The result of a ping; `output` is what ping printed."""

    sent: int
    received: int
    output: str


class Session:
    """Works on one running lab; needs root.

    Args:
        directory: the lab's.

    Raises:
        LabNotRunningError: it does not run.
        NotRootError: this process is not root.
    """

    def __init__(self, directory: LabDirectory) -> None:
        require_root()
        self.directory = directory
        self.record = directory.read()

    @classmethod
    def find(cls, name: str | None = None) -> Session:
        """Return a session with the lab of that name, or with the only one that runs."""
        return cls(find_lab(name))

    @property
    def controller(self) -> ControllerClient:
        """Its controller."""
        return ControllerClient(self.directory.controller_socket)

    @cached_property
    def network(self) -> Network:
        """The facts it was booted from."""
        from mplsemu.lab.loader import load  # noqa: PLC0415  # half of what a command takes to start

        return load(self.directory.lab_file).network

    def program(self) -> Program:
        """Return the forwarding program that the controller has installed."""
        from mplsemu.program.codec import load_program  # noqa: PLC0415  # it takes time, too

        return load_program(self.controller.call("program"))

    # --- names ------------------------------------------------------------------------------

    def host(self, name: str, vpn: str | None = None) -> HostRecord:
        """Return a host or CE router by its full or its Mininet name.

        Args:
            name: either of them.
            vpn: whose hosts are suggested for an unknown name.

        Raises:
            LabError: there is none; names the nearest.
        """
        for full, host in self.record.hosts.items():
            if name in {full, host.short}:
                return host
        if name in self.record.lsrs:
            raise LabError(f"{name} is an LSR", remedy="name a host, VPN/SITE/HOST")
        raise LabError(
            f"no host {name!r} in lab {self.record.name!r}",
            remedy=unknown_name_remedy(
                name, self.record.hosts, f"mplsemu show {self.record.name} hosts", vpn
            ),
        )

    def vpn_of(self, name: str) -> str:
        """Return the VPN of a host or CE router, given by either of its names.

        Raises:
            LabError: there is no such host; names the nearest.
        """
        return self.record.vpn_of(self.host(name))

    def exec_target(self, name: str) -> ExecTarget:
        """Return where commands of a node run.

        Raises:
            LabError: there is no such node; names the nearest.
            NodeGoneError: its process has ended.
        """
        target = self._exec_target(name)
        self.record.require(target.pid)
        return target

    def _exec_target(self, name: str) -> ExecTarget:
        if name in self.record.lsrs:
            lsr = self.record.lsrs[name]
            hosts = lsr_hosts_file(self.directory.hosts_files)
            view = NodeView(name, hosts) if lsr.bridge else None
            return ExecTarget(lsr.pid, self.record.environment, view)
        for full, host in self.record.hosts.items():
            if name in {full, host.short}:
                return ExecTarget(host.pid, {})
        raise LabError(f"no node {name!r} in lab {self.record.name!r}", remedy=self._nearest(name))

    def link_name(self, first: str, second: str | None = None) -> str:
        """Return the name of a link or circuit, given its name or the nodes at its two ends.

        Raises:
            LabError: there is none, or there are several between these nodes.
        """
        return link_name(self.network, first, second)

    def _nearest(self, name: str) -> str:
        if name == self.record.name:
            return f"if you mean the lab, write --lab {name}"
        names = [*self.record.hosts, *self.record.lsrs]
        return unknown_name_remedy(name, names, f"mplsemu show {self.record.name} hosts")

    # --- doing ------------------------------------------------------------------------------

    def popen(self, node: str, command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a command on a node; `options` are those of `subprocess.Popen`.

        Raises:
            LabError: there is no such node.
            EmulationError: the command cannot be started.
        """
        target = self.exec_target(node)
        environment = {**os.environ, **target.environment}
        return start_at(target.pid, command, target.view, env=environment, **options)

    def shell_command(self, node: str) -> list[str]:
        """Return the command of a shell at a node, with the node's name in its prompt.

        Raises:
            LabError: there is no such node.
        """
        full = next((full for full, host in self.record.hosts.items() if host.short == node), node)
        self.exec_target(full)
        return ["env", f"PS1={full}:\\w\\$ ", "bash", "--norc"]

    def ping(
        self, source: str, target: str, *, count: int = 3, size: int | None = None
    ) -> PingResult:
        """Ping from a host to a host or an address, and wait for the answers.

        Raises:
            LabError: an end does not exist, or they have no IP version in common.
        """
        process = self.popen(
            source,
            self.ping_command(source, target, count=count, size=size),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output, _ = communicate(process)
        summary = _PING_SUMMARY.search(output)
        sent, received = (int(summary[1]), int(summary[2])) if summary else (0, 0)
        return PingResult(sent, received, output)

    def ping_command(
        self, source: str, target: str, *, count: int = 3, size: int | None = None
    ) -> list[str]:
        """Return the ping command of a source towards a host or an address."""
        address = self.address_of(source, target)
        command = ["ping", "-n", "-c", str(count), "-i", "0.2", "-W", "1"]
        if size is not None:
            command += ["-s", str(size), "-M", "do"]
        return [*command, address]

    def address_of(self, source: str, target: str) -> str:
        """Return the address under which `source` reaches `target` (a host's name or an address).

        Raises:
            LabError: an end does not exist, or they have no IP version in common.
        """
        sender = self.host(source)
        ours = {ip_interface(each).version for each in sender.addresses}
        try:
            theirs = [ip_address(target)]
        except ValueError:
            found = self.host(target, self.record.vpn_of(sender))
            theirs = [ip_interface(each).ip for each in found.addresses]
        for address in theirs:
            # every interface has link-local addresses and loopback
            if address.version in ours or address.is_link_local or address.is_loopback:
                return str(address)
        raise LabError(f"{source} and {target} have no IP version in common")

    def set_link(self, link: str, *, up: bool) -> None:
        """Take a link or circuit down or up, and wait until the network has converged.

        Raises:
            LabError: there is no such link.
            EmulationError: the controller does not react, or what is at the other end of a circuit
                is down itself.
        """
        if link not in self.record.links:
            link = self.link_name(link)
        # a concurrent change could undo what is awaited
        with self.directory.changing(CHANGE_TIMEOUT_S):
            self._set_link(link, up=up)

    def _set_link(self, link: str, *, up: bool) -> None:
        interfaces = self.record.links[link]
        state = "up" if up else "down"
        for interface in interfaces:
            self.record.require(interface.pid)
            try:
                with inside(interface.pid):
                    set_up([interface.name], up=up)
            except OSError as error:
                name = interface.name
                raise EmulationError(f"cannot take {name} {state}: {error.strerror}") from error
        if up:
            self._await_operational(link)
            self._check_carrier(link)
        self.controller.wait_until(
            lambda status: (link in status["down"]) is not up and status["in_sync"],
            CHANGE_TIMEOUT_S,
            f"the controller's answer to {link} {state}",
        )

    def _await_operational(self, link: str) -> None:
        """Wait until both ends of a link or circuit are operational."""
        for interface in self.record.links[link]:
            await_operational_at({interface.pid: [interface.name]})
        for host in self.record.hosts_at(link):
            with suppress(EmulationError):  # a customer may have changed its interface
                await_operational_at({host.pid: [host.interface]})

    def _check_carrier(self, link: str) -> None:
        """Check that what is at the other end is up: the controller would be waited for in vain."""
        for interface in self.record.links[link]:
            with inside(interface.pid):
                is_running = not not_running([interface.name])
            if not is_running:
                raise EmulationError(f"{link} stays down: {self._why_down(link, interface)}")

    def _why_down(self, link: str, interface: Interface) -> str:
        at_site = self.record.hosts_at(link)
        for name, host in self.record.hosts.items():
            if host not in at_site:
                continue
            with inside(host.pid):
                down = not_running([host.interface])
            if down:
                command = f"mplsemu exec {name} -- ip link set {host.interface} up"
                return f"so is {host.interface} of {name}; type: {command}"
        return f"{interface.name} has no carrier"

    def links(self) -> tuple[LinkState, ...]:
        """Return every core link and circuit with its state, as the controller sees it."""
        down = set(self.controller.call("status")["down"])
        ends = [(link.name, link.ends) for link in self.network.provider.links]
        ends += [(line.circuit, (line.pe, line.circuit)) for _, line in self.network.lines()]
        return tuple(LinkState(name, both, up=name not in down) for name, both in ends)

    def down(self) -> None:
        """Ask the lab process to take the lab down, and wait until it has.

        Raises:
            EmulationError: it does not end.
        """
        take_down(self.directory)
