"""A lab on this machine: a Mininet built by a few big commands instead of many small ones."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from mplsemu.emulation import batches, shaping
from mplsemu.emulation.batch import Batch, Batches, run_ip_batch
from mplsemu.emulation.mininet_classes import CLI, Mininet
from mplsemu.emulation.namespace import (
    PrivateNamespace,
    inside,
    require_root,
    set_ipv6_conf,
)
from mplsemu.emulation.nodes import CeRouter, LabHost, LabLink, LabSwitch, SiteLan
from mplsemu.emulation.offload import turn_off_checksum_offload
from mplsemu.emulation.openvswitch import PrivateOpenVswitch, find_tool
from mplsemu.emulation.plan import Endpoint, HostPlan, LabPlan, Wire, make_plan
from mplsemu.emulation.throughput import Transfer, measure_throughput, parse_rate
from mplsemu.emulation.undertaker import Undertaker, end_processes_in
from mplsemu.errors import EmulationError, LabError
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPInterface
from mplsemu.program.program import Program

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
"""Called with a stage (``nodes``, ``links``, ...), how much of it is done, and of how much."""

_TOOLS: Final = (
    ("mnexec", "mininet"),
    ("ip", "iproute2"),
    ("tc", "iproute2"),
    ("bash", "bash"),
)
_HOST_IPV6: Final[Mapping[str, str]] = {
    # addresses are usable at once; nobody waits for a router's advertisement
    "default/accept_dad": "0",
    "default/accept_ra": "0",
    "default/autoconf": "0",
}
_CE_IPV6: Final[Mapping[str, str]] = {**_HOST_IPV6, "all/forwarding": "1"}
_OPEN_FILES: Final = 16_384
_FILES_OF_A_LAB: Final = 128
_FILES_OF_A_NODE: Final = 8  # its shell, its namespace, and what a probe opens there
_PATIENCE_S: Final = 15.0
_PATIENCE_PER_PORT_S: Final = 0.1
_LSRS_PER_TRANSACTION: Final = 200  # a command line holds 2 MB


def require_tools() -> None:
    """Check that what builds a lab is installed, beside Open vSwitch.

    Raises:
        MissingToolError: something is not; says which Debian package has it.
    """
    for tool, package in _TOOLS:
        find_tool(tool, package)


@dataclass(frozen=True, slots=True)
class LabOptions:
    """How a lab is built.

    Attributes:
        controllers: OpenFlow controllers of every LSR, as in ovs-vsctl(8).
        shape: emulate rates and delays.
        progress: told what is going on.
    """

    controllers: tuple[str, ...] = ()
    shape: bool = True
    progress: Progress = lambda _stage, _done, _total: None


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface of a running lab.

    Attributes:
        node: Mininet name of its node.
        name: its name.
        pid: a process in the namespace it is in.
    """

    node: str
    name: str
    pid: int


class LabNet(Mininet):  # type: ignore[misc]  # Mininet has no types
    """A lab's nodes and links, with Mininet's interface.

    Nodes can be had by Mininet's short names (``a-aarhus-h1``) and by full names (``a/aarhus/h1``,
    ``a/oslo/ce``, ``a/aarhus/lan``).

    Args:
        network: facts: sites, hosts, addresses, rates.
        program: compiled from it; has port numbers and MAC addresses.
        namespace: the one that this thread is in; everything in it dies with the lab process.
        openvswitch: started with the lab if it does not run yet.
        options: how the lab is built.

    Attributes:
        plan: all names.
        openvswitch: the lab's Open vSwitch; stopped with the lab.
        ces: the CE routers, which are not among ``hosts``: Mininet's pingall would ping them.
        site_lans: the Linux bridges of sites with several hosts.
        notes: what the machine cannot emulate, once built.
    """

    def __init__(
        self,
        network: Network,
        program: Program,
        namespace: PrivateNamespace,
        openvswitch: PrivateOpenVswitch,
        options: LabOptions | None = None,
    ) -> None:
        Mininet.inited = True  # its init() changes this machine's kernel settings
        # Mininet's CLI takes a hyphen for the end of a node's name
        CLI.identchars = "".join(sorted({*CLI.identchars, *"-./#"}))
        super().__init__(topo=None, controller=None, build=False)
        self.plan: LabPlan = make_plan(network, program)
        self._namespace = namespace
        self.openvswitch = openvswitch
        self.notes: tuple[str, ...] = ()
        self.options = options or LabOptions()
        self.ces: list[Any] = []
        self.site_lans: list[Any] = []
        self._datapath = "netdev"
        self._undertaker: Undertaker | None = None
        self._pins: list[int] = []
        self._wires: dict[str, Wire] = {wire.name: wire for wire in self.plan.wires}
        self._full_names: dict[str, str] = {}

    def build(self) -> None:
        """Make all nodes and links, so far without any controller; on failure leave nothing.

        Raises:
            NotRootError, MissingToolError, EmulationError: the machine cannot carry the lab.
        """
        require_root()
        require_tools()
        if not self._namespace.entered:
            raise EmulationError("this thread is not in the lab's private namespace")
        require_open_files(len(self.plan.hosts) + len(self.plan.ces))
        try:
            if not self.openvswitch.alive:
                self.openvswitch.start()
            self._datapath = self.openvswitch.datapath
            self._add_nodes()
            self._add_links()
            self._configure_hosts()
            if self.options.shape:
                self._shape()
            self.built = True
        except BaseException:  # also Ctrl-C: nothing may stay behind
            self.stop()
            raise

    def start(self) -> None:
        """Build if that is still to be done, then start the LSRs.

        Raises:
            EmulationError: see `build`; or Open vSwitch refused something.
        """
        if not self.built:
            self.build()
        try:
            self._start_switches(self.switches)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process of the lab and remove its links; a second call does nothing.

        Raises:
            EmulationError: a process would not end.
        """
        gone = end_processes_in({os.fstat(pin).st_ino for pin in self._pins})
        for node in self._nodes():
            node.terminate()
        self.openvswitch.hang_up()
        if self._undertaker is not None:
            lines = batches.removal_lines(self.plan, self._datapath)
            Batch("ip", lines, "the lab's namespace", keep_going=True).wait()
            self._undertaker.dismiss()
            self._undertaker = None
        self.openvswitch.stop()
        for pin in self._pins:
            os.close(pin)
        for nodes in (self.hosts, self.ces, self.site_lans, self.switches, self.controllers):
            nodes.clear()
        self.links.clear()
        self._pins.clear()
        self.nameToNode.clear()
        self.built = False
        if not gone:
            raise EmulationError("processes in the lab's hosts could not be killed")

    def restart_switches(self) -> None:
        """Bring ovs-vswitchd back after it died; bridges and ports return, flows do not."""
        self.openvswitch.restart()

    def node(self, name: str) -> Any:
        """Return a node by either of its names.

        Raises:
            LabError: there is none.
        """
        try:
            return self.nameToNode[name]
        except KeyError:
            raise LabError(f"no node {name!r} in this lab") from None

    def pid(self, name: str) -> int:
        """Return a process that lives in a node's namespace.

        Raises:
            LabError: there is no such node.
        """
        return int(self.node(name).pid)

    def full_name(self, name: str) -> str:
        """Return a node's full name: ``a/aarhus/h1`` for ``a-aarhus-h1``; an LSR has one name."""
        return self._full_names.get(name, name)

    def interface(self, link: str, node: str) -> Interface:
        """Return the interface with which a node is connected to a link or circuit.

        Raises:
            LabError: there is no such link, or the node is not at its end.
        """
        short = self.node(node).name
        for end in self._wire(link).ends:
            if end.node == short:
                return Interface(short, end.interface, self.pid(short))
        raise LabError(f"{node} is not an end of {link}")

    def set_link(self, link: str, *, up: bool) -> None:
        """Cut a core link or circuit, or mend it: the carrier goes at both ends.

        Raises:
            LabError: there is no such link.
        """
        state = "up" if up else "down"
        ends = [end for end in self._wire(link).ends if not end.own_namespace]
        run_ip_batch(f"link set {end.interface} {state}" for end in ends)

    def iperf(  # Mininet's signature
        self,
        hosts: Sequence[Any] | None = None,
        l4Type: str = "TCP",  # noqa: N803
        udpBw: str = "10M",  # noqa: N803
        fmt: str | None = None,  # noqa: ARG002
        seconds: float = 5,
        port: int = 5201,
    ) -> list[str]:
        """Measure the throughput between two hosts, by default the first and the last.

        Mininet's own method waits forever for a report that iperf 2.1 does not write.

        Returns:
            What the server got and what the client sent; in front of it `udpBw` if it is UDP.

        Raises:
            EmulationError: there is no connection.
        """
        client, server = hosts or (self.hosts[0], self.hosts[-1])
        udp_bps = parse_rate(udpBw) if l4Type == "UDP" else None
        transfer = Transfer(seconds, udp_bps, port)
        measured = measure_throughput(client.pid, server.pid, server.IP(), transfer)
        speeds = [f"{x / 1e6:.2f} Mbits/sec" for x in (measured.received_bps, measured.sent_bps)]
        return [udpBw, *speeds] if l4Type == "UDP" else speeds

    def _wire(self, name: str) -> Wire:
        try:
            return self._wires[name]
        except KeyError:
            raise LabError(f"no link or circuit {name!r} in this lab") from None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all nodes, also of those that Mininet has no list for."""
        for node in self._nodes():
            yield node.name

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._nodes())

    def _nodes(self) -> list[Any]:
        return [*self.hosts, *self.ces, *self.site_lans, *self.switches, *self.controllers]

    def _add_nodes(self) -> None:
        plan = self.plan
        self._undertaker = Undertaker()
        for host in plan.hosts:
            self._register(self.hosts, LabHost(host.name), str(host.ref))
        for ce in plan.ces:
            self._register(self.ces, CeRouter(ce.name), ce.full_name)
        for lsr in plan.lsrs:
            self._register(self.switches, LabSwitch(lsr.name, lsr, self._start_switch), lsr.name)
        for lan in plan.lans:
            self._register(self.site_lans, SiteLan(lan.name, lan.bridge), lan.full_name)
        shells = [*self.hosts, *self.ces]
        for node in self._each("nodes", shells):
            node.await_shell()
            self._pins.append(os.open(f"/proc/{node.pid}/ns/net", os.O_RDONLY))
        self._undertaker.add([os.getpid(), *(node.pid for node in shells)])

    def _register(self, kind: list[Any], node: Any, full_name: str) -> None:
        kind.append(node)
        self.nameToNode[node.name] = node
        self.nameToNode[full_name] = node
        self._full_names[node.name] = full_name

    def _each(self, stage: str, things: Sequence[T]) -> Iterator[T]:
        """Yield things and tell how far we are."""
        for done, thing in enumerate(things):
            self.options.progress(stage, done, len(things))
            yield thing
        self.options.progress(stage, len(things), len(things))

    def _add_links(self) -> None:
        self.options.progress("links", 0, len(self.plan.wires))
        pids = {node.name: node.pid for node in (*self.hosts, *self.ces)}
        for node in self.hosts:
            _set_sysctls(node.pid, _HOST_IPV6, forward=False)
        for node in self.ces:
            _set_sysctls(node.pid, _CE_IPV6, forward=True)
        run_ip_batch(batches.link_lines(self.plan, pids))
        for wire in self.plan.wires:
            first, second = ((self.nameToNode[end.node], end) for end in wire.ends)
            self.links.append(LabLink(wire.name, (first, second)))
        self.options.progress("links", len(self.plan.wires), len(self.plan.wires))

    def _configure_hosts(self) -> None:
        """Give hosts and CE routers their addresses and routes, all at the same time."""
        todo = [
            (self.nameToNode[host.name], tuple(batches.host_lines(host)), _ipv4(host))
            for host in self.plan.hosts
        ]
        todo += [
            (self.nameToNode[ce.name], tuple(batches.ce_lines(ce)), ce.router.wan)
            for ce in self.plan.ces
        ]
        with Batches() as running:
            for node, lines, address in self._each("hosts", todo):
                with inside(node.pid):
                    running.start("ip", lines, node.name)
                    for interface in node.intfNames():
                        turn_off_checksum_offload(interface)
                if address is not None:  # Mininet's IP() tells it from its own notes
                    intf = node.defaultIntf()
                    intf.ip, intf.prefixLen = str(address.ip), address.network.prefixlen

    def _shape(self) -> None:
        capabilities = shaping.probe_capabilities(self.plan.wires)
        self.notes = shaping.shortfalls(capabilities)
        ports: dict[int, list[tuple[Endpoint, shaping.Shape]]] = {}
        for end, shape in shaping.shaped_ports(self.plan, capabilities):
            ports.setdefault(self._pid_of(end), []).append((end, shape))
        with Batches() as running:
            for pid, shapes in self._each("shaping", tuple(ports.items())):
                where = f"the namespace of process {pid}"
                tc = [line for end, shape in shapes for line in shaping.tc_lines(end, shape)]
                ip = [line for end, shape in shapes for line in shaping.ip_lines(end, shape)]
                with inside(pid):
                    running.start("tc", tc, where)
                    if ip:
                        running.start("ip", ip, where)

    def _pid_of(self, end: Endpoint) -> int:
        return self.pid(end.node) if end.own_namespace else os.getpid()

    def _start_switch(self, switch: LabSwitch) -> None:
        self._start_switches([switch])

    def _start_switches(self, switches: Sequence[LabSwitch]) -> None:
        ends: dict[str, list[Endpoint]] = {}
        for _, end in self.plan.ports():
            ends.setdefault(end.node, []).append(end)
        plans = {lsr.name: lsr for lsr in self.plan.lsrs}
        controllers = (*self.options.controllers, *map(_target, self.controllers))
        for controller in self.controllers:
            controller.start()
        for first in range(0, len(switches), _LSRS_PER_TRANSACTION):
            self.options.progress("switches", first, len(switches))
            arguments = list(batches.OWN_QDISCS)
            for switch in switches[first : first + _LSRS_PER_TRANSACTION]:
                arguments += batches.bridge_arguments(
                    plans[switch.name],
                    ends.get(switch.name, ()),
                    self._datapath,
                    controllers,
                )
            patience_s = _PATIENCE_S + _PATIENCE_PER_PORT_S * sum(map(len, ends.values()))
            self.openvswitch.vsctl(*arguments, timeout_s=patience_s)
        self.options.progress("switches", len(switches), len(switches))


def _target(controller: Any) -> str:
    return f"{controller.protocol}:{controller.IP()}:{controller.port}"


def _ipv4(host: HostPlan) -> IPInterface | None:
    return next((address for address in host.addresses if address.version == 4), None)


def _set_sysctls(pid: int, ipv6: Mapping[str, str], *, forward: bool) -> None:
    with inside(pid):
        set_ipv6_conf(ipv6)
        if forward:
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1", encoding="ascii")


def require_open_files(nodes: int) -> None:
    """Have this process, and the daemons that it will start, open as many files as a lab needs.

    Args:
        nodes: how many hosts and CE routers there will be.

    Raises:
        EmulationError: they may not; says what to type.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _FILES_OF_A_LAB + _FILES_OF_A_NODE * nodes
    wanted = max(needed, _OPEN_FILES)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    most = hard if hard == resource.RLIM_INFINITY else max(hard, wanted)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    except (OSError, ValueError):  # a container's root may not go beyond the hard limit
        if hard < needed:
            raise EmulationError(
                f"a process may open {hard} files here, and this lab takes {needed};"
                f" type: ulimit -n {wanted}"
            ) from None
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
