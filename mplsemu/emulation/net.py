"""A lab on this machine: a Mininet that a few batch commands build."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from mplsemu.emulation import batch_commands, masquerading, shaping
from mplsemu.emulation.access_lines import LineEnd, connect_access_lines
from mplsemu.emulation.batch import Batch, Batches, run_ip_batch
from mplsemu.emulation.etc_hosts import write_hosts_files
from mplsemu.emulation.fabric import Fabric
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.interface_flags import set_up
from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.emulation.mininet_classes import CLI, Mininet
from mplsemu.emulation.namespace import PrivateNamespace, require_root, set_sysctls
from mplsemu.emulation.node_namespaces import NodeView
from mplsemu.emulation.nodes import AccessSwitch, CeRouter, LabHost, LabLink, SiteLan
from mplsemu.emulation.offload import turn_off_checksum_offload
from mplsemu.emulation.operational import await_operational_at
from mplsemu.emulation.options import LabOptions
from mplsemu.emulation.plan import (
    CePlan,
    Endpoint,
    HostPlan,
    LabPlan,
    LanPlan,
    LsrPlan,
    VethPair,
    make_plan,
)
from mplsemu.emulation.reaper import Reaper, end_processes_in
from mplsemu.emulation.requirements import require_open_files, require_tools
from mplsemu.emulation.segmentation import single_frame_ends
from mplsemu.emulation.throughput import Transfer, measure_throughput, parse_rate
from mplsemu.errors import EmulationError, LabError
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPInterface
from mplsemu.program.program import Program
from mplsemu.southbound.network_namespace import inside

T = TypeVar("T")

_HOST_IPV6: Final[Mapping[str, str]] = {
    # addresses are usable immediately; no host waits for a router advertisement
    "default/accept_dad": "0",
    "default/accept_ra": "0",
    "default/autoconf": "0",
}
_CE_IPV6: Final[Mapping[str, str]] = {**_HOST_IPV6, "all/forwarding": "1"}
_CE_IPV4: Final[Mapping[str, str]] = {
    "ip_forward": "1",
    # a hub's CE router sends packets back by the line they came
    "conf/all/send_redirects": "0",
    "conf/default/send_redirects": "0",
}
_LSR_IPV6: Final[Mapping[str, str]] = {"all/disable_ipv6": "1", "default/disable_ipv6": "1"}


class LabNet(Mininet):  # type: ignore[misc]  # Mininet has no types
    """A lab's nodes and links, with Mininet's interface.

    Nodes are found by Mininet's short names (``a-aarhus-h1``) and by full names (``a/aarhus/h1``,
    ``a/oslo/ce``, ``a/aarhus/lan``).

    Args:
        network: facts: sites, hosts, addresses, rates.
        program: compiled from it; has port numbers and MAC addresses.
        namespace: that this thread is in; it ends with the lab process.
        fabric: builds the LSRs; started and stopped with the lab.
        options: how the lab is built.

    Attributes:
        plan: what is built, with all names.
        program: that the lab begins with.
        fabric: builds the LSRs.
        ces: the CE routers, which are not among ``hosts``: Mininet's pingall would ping them.
        site_lans: the Linux bridges of sites with several hosts, and the far ends of access lines
            that carry tags or share a site's load.
        notes: what the machine cannot emulate, once built.
    """

    def __init__(
        self,
        network: Network,
        program: Program,
        namespace: PrivateNamespace | None,
        fabric: Fabric,
        options: LabOptions | None = None,
    ) -> None:
        Mininet.inited = True  # its init() changes this machine's kernel settings
        # to Mininet's CLI a hyphen would end a node's name
        CLI.identchars = "".join(sorted({*CLI.identchars, *"-./#"}))
        super().__init__(topo=None, controller=None, build=False)
        self.plan: LabPlan = make_plan(network, program, lsr_namespaces=fabric.lsr_namespaces)
        self._network = network
        self.program = program
        self._namespace = namespace
        self.fabric = fabric
        self.notes: tuple[str, ...] = ()
        self.options = options or LabOptions()
        self.ces: list[Any] = []
        self.site_lans: list[Any] = []
        self._capabilities = shaping.Capabilities(htb=False, netem=False)
        self._shaped: frozenset[str] = frozenset()
        self._reaper: Reaper | None = None
        self._pins: list[int] = []
        self._veth_pairs: dict[str, VethPair] = {pair.name: pair for pair in self.plan.veth_pairs}
        self._full_names: dict[str, str] = {}
        self._hosts_files: dict[str, Path] = {}

    def build(self) -> None:
        """Make all nodes and links, without a controller; leave nothing behind on failure.

        Raises:
            NotRootError, MissingToolError, EmulationError: the machine cannot carry the lab.
        """
        require_root()
        require_tools()
        if self._namespace is None or not self._namespace.entered:
            raise EmulationError("this thread is not in the lab's private namespace")
        require_open_files(self._count_namespaces())
        if self.options.shape:
            self._capabilities = shaping.probe_capabilities(self.plan.veth_pairs)
        try:
            self.fabric.start()
            self._add_nodes()
            self._add_links()
            connect_access_lines(self.plan)
            self._configure_hosts()
            if self.options.shape:
                self._shape()
            self.built = True
        except BaseException:  # also on Ctrl-C nothing may stay behind
            self.stop()
            raise

    def start(self) -> None:
        """Build, unless that is done, then start the LSRs.

        Raises:
            EmulationError: see `build`; or Open vSwitch reports an error.
        """
        if not self.built:
            self.build()
        try:
            self._connect(self.switches)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process of the lab and remove its links; a second call does nothing.

        Raises:
            EmulationError: a process cannot be killed.
        """
        gone = end_processes_in({os.fstat(pin).st_ino for pin in self._pins})
        for node in self._nodes():
            node.terminate()
        self.fabric.hang_up()
        if self._reaper is not None:
            lines = self.fabric.removal_lines(self.plan)
            Batch("ip", lines, "the lab's namespace", keep_going=True).wait()
            self._reaper.dismiss()
            self._reaper = None
        self.fabric.stop()
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
        """Return a process in a node's namespace.

        Raises:
            LabError: there is no such node.
        """
        return int(self.node(name).pid)

    def pids(self) -> frozenset[int]:
        """Return a process of every namespace in the lab, including this process."""
        return frozenset((os.getpid(), *(int(node.pid) for node in self._with_namespaces())))

    def full_name(self, name: str) -> str:
        """Return a node's full name: ``a/aarhus/h1`` for ``a-aarhus-h1``; an LSR has one name."""
        return self._full_names.get(name, name)

    def interface(self, link: str, node: str) -> Interface:
        """Return the interface with which a node is connected to a link or circuit.

        Raises:
            LabError: there is no such link, or the node is not at its end.
        """
        short = self.node(node).name
        for end in self._veth_pair(self.plan.cable(link)).ends:
            if end.node == short:
                return Interface(end.interface, self._pid_of(end))
        raise LabError(f"{node} is not an end of {link}")

    def set_link(self, link: str, *, up: bool) -> None:
        """Take a core link or circuit down or up: both ends lose or get their carrier.

        Raises:
            LabError: there is no such link.
        """
        pair = self._veth_pair(self.plan.cable(link))
        for end in pair.ends:
            if not end.is_customers:
                with inside(self._pid_of(end)):
                    set_up([end.interface], up=up)
        if up:
            self._await_operational([pair])

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
            What the server received and the client sent, preceded by `udpBw` for UDP.

        Raises:
            EmulationError: there is no connection.
        """
        client, server = hosts or (self.hosts[0], self.hosts[-1])
        udp_bps = parse_rate(udpBw) if l4Type == "UDP" else None
        transfer = Transfer(seconds, udp_bps, port)
        measured = measure_throughput(client.pid, server.pid, server.IP(), transfer)
        speeds = [f"{x / 1e6:.2f} Mbits/sec" for x in (measured.received_bps, measured.sent_bps)]
        return [udpBw, *speeds] if l4Type == "UDP" else speeds

    def _veth_pair(self, name: str) -> VethPair:
        try:
            return self._veth_pairs[name]
        except KeyError:
            raise LabError(f"no link or circuit {name!r} in this lab") from None

    def __iter__(self) -> Iterator[str]:
        """Yield the names of all nodes, also of those in none of Mininet's lists."""
        for node in self._nodes():
            yield node.name

    def __len__(self) -> int:
        """Return how many nodes there are."""
        return len(self._nodes())

    def _nodes(self) -> list[Any]:
        return [*self.hosts, *self.ces, *self.site_lans, *self.switches, *self.controllers]

    def _add_nodes(self) -> None:
        plan = self.plan
        self._reaper = Reaper()
        if self.options.hosts_files is not None:
            self._hosts_files = write_hosts_files(self.options.hosts_files, plan)
        self._register_nodes()
        shells = self._with_namespaces()
        for node in self._each("nodes", shells):
            node.await_shell()
            self._pins.append(os.open(f"/proc/{node.pid}/ns/net", os.O_RDONLY))
        self._reaper.add([os.getpid(), *(node.pid for node in shells)])

    def _view(self, node: HostPlan | CePlan | LsrPlan | LanPlan | LineEnd) -> NodeView:
        """Return what a node sees; the lab's own directory is hidden from customers' nodes."""
        is_customers = isinstance(node, HostPlan | CePlan)
        hidden = self.options.hidden if is_customers else ()
        return NodeView(node.name, self._hosts_files.get(node.name), hidden)

    def _count_namespaces(self) -> int:
        plan = self.plan
        lsrs = len(plan.lsrs) if self.fabric.lsr_namespaces else 0
        return len(plan.hosts) + len(plan.ces) + lsrs

    def _with_namespaces(self) -> list[Any]:
        """Return the nodes that have a namespace of their own."""
        lsrs = self.switches if self.fabric.lsr_namespaces else []
        return [*self.hosts, *self.ces, *lsrs]

    def _register_nodes(self) -> None:
        for host in self.plan.hosts:
            self._register(self.hosts, partial(self._host, host), str(host.ref))
        for ce in self.plan.ces:
            self._register(self.ces, partial(self._ce, ce), str(ce.ref))
        for lsr in self.plan.lsrs:
            self._register(self.switches, partial(self._lsr, lsr), lsr.name)
        for lan in self.plan.lans:
            self._register(self.site_lans, partial(self._lan, lan), lan.full_name)
        ends: tuple[LineEnd, ...] = (*self.plan.accesses, *self.plan.bundles)
        for end in ends:
            self._register(self.site_lans, partial(self._access, end), end.full_name)

    def _host(self, host: HostPlan) -> Any:
        return LabHost(host.name, self._view(host))

    def _ce(self, ce: CePlan) -> Any:
        return CeRouter(ce.name, self._view(ce))

    def _lsr(self, lsr: LsrPlan) -> Any:
        return self.fabric.lsr(lsr, lambda each: self._connect([each]), self._view(lsr))

    def _lan(self, lan: LanPlan) -> Any:
        return SiteLan(lan.name, lan.bridge, self._view(lan))

    def _access(self, access: LineEnd) -> Any:
        return AccessSwitch(access.name, self._view(access))

    def _register(self, kind: list[Any], make: Callable[[], Any], full_name: str) -> None:
        with interrupts_wait():  # an unregistered node would be left behind
            node = make()
            kind.append(node)
        self.nameToNode[node.name] = node
        self.nameToNode[full_name] = node
        self._full_names[node.name] = full_name

    def _each(self, stage: str, things: Sequence[T]) -> Iterator[T]:
        """Yield things, and report the progress."""
        for done, thing in enumerate(things):
            self.options.progress(stage, done, len(things))
            yield thing
        self.options.progress(stage, len(things), len(things))

    def _add_links(self) -> None:
        self.options.progress("links", 0, len(self.plan.veth_pairs))
        pids = {node.name: node.pid for node in self._with_namespaces()}
        for node in self.hosts:
            set_sysctls(node.pid, _HOST_IPV6, {})
        for node in self.ces:
            set_sysctls(node.pid, _CE_IPV6, _CE_IPV4)
        if self.fabric.lsr_namespaces:
            for node in self.switches:
                set_sysctls(node.pid, _LSR_IPV6, {"ip_forward": "0"})
        run_ip_batch(batch_commands.link_lines(self.plan, pids, threading.get_native_id()))
        self._note_links()
        self.options.progress("links", len(self.plan.veth_pairs), len(self.plan.veth_pairs))

    def _note_links(self) -> None:
        """Register existing links and the addresses of hosts with Mininet."""
        for pair in self.plan.veth_pairs:
            first, second = ((self.nameToNode[end.node], end) for end in pair.ends)
            self.links.append(LabLink(pair.name, (first, second)))
        named = [(host.name, _ipv4(host.addresses)) for host in self.plan.hosts]
        named += [(ce.name, _ipv4(ce.router.wan)) for ce in self.plan.ces]
        for name, address in named:
            if address is not None:
                intf = self.nameToNode[name].defaultIntf()
                intf.ip, intf.prefixLen = str(address.ip), address.network.prefixlen

    def _configure_hosts(self) -> None:
        """Configure addresses and routes of hosts and CE routers, all in parallel."""
        plan = self.plan
        todo = [(host.name, [*batch_commands.host_lines(host)]) for host in plan.hosts]
        todo += [(ce.name, [*batch_commands.ce_lines(ce)]) for ce in plan.ces]
        single: dict[str, list[str]] = {}
        for end in self._single_frame_ends():
            single.setdefault(end.node, []).append(batch_commands.single_frame_line(end))
        with Batches() as running:
            for name, lines in self._each("hosts", todo):
                node = self.nameToNode[name]
                with inside(node.pid):
                    running.start("ip", [*lines, *single.get(name, ())], name)
                    self._prepare_offloads(node.intfNames())
            for ce in plan.ces:
                if lines := [*batch_commands.ce_inet6_lines(ce)]:
                    with inside(self.nameToNode[ce.name].pid):
                        running.start("ip -6", lines, ce.name)
                if ce.router.masquerades:
                    with inside(self.nameToNode[ce.name].pid):
                        running.start("nft", masquerading.nft_lines(), ce.name)

    def _prepare_offloads(self, interfaces: Iterable[str]) -> None:
        """Turn checksum offload off at a customer's interfaces, if the LSRs need checksums."""
        if self.fabric.needs_checksums:
            for interface in interfaces:
                turn_off_checksum_offload(interface)

    def _single_frame_ends(self) -> tuple[Endpoint, ...]:
        return single_frame_ends(
            self._network,
            self.plan,
            self._capabilities,
            whole_packets=not self.fabric.needs_checksums,
        )

    def _shape(self) -> None:
        self.notes = shaping.shortfalls(self._capabilities)
        tc: dict[int, list[str]] = {}
        shaped = tuple(shaping.shaped_ports(self.plan, self._capabilities))
        for end, shape in shaped:
            tc.setdefault(self._pid_of(end), []).extend(shaping.tc_lines(end, shape))
        self._shaped = frozenset(end.interface for end, _ in shaped)
        with Batches() as running:
            for pid, lines in self._each("shaping", tuple(tc.items())):
                with inside(pid):
                    running.start("tc", lines, f"the namespace of process {pid}")

    def _pid_of(self, end: Endpoint) -> int:
        return self.pid(end.node) if end.own_namespace else os.getpid()

    def _connect(self, lsrs: Sequence[Any]) -> None:
        for controller in self.controllers:
            controller.start()
        targets = tuple(map(_target, self.controllers))
        self.fabric.connect(self.plan, lsrs, self._shaped, targets, self.options.progress)
        self._await_operational(self.plan.veth_pairs)

    def _await_operational(self, pairs: Iterable[VethPair]) -> None:
        """Wait until veth pairs whose ends are both up are operational."""
        places: dict[int, list[str]] = {}
        for pair in pairs:
            for end in pair.ends:
                places.setdefault(self._pid_of(end), []).append(end.interface)
        await_operational_at(places)


def _target(controller: Any) -> str:
    return f"{controller.protocol}:{controller.IP()}:{controller.port}"


def _ipv4(addresses: Iterable[IPInterface]) -> IPInterface | None:
    return next((address for address in addresses if address.version == 4), None)
