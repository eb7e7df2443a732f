"""OpenFlow 1.3 to Open vSwitch as a data plane: which flows each switch has, and should have.

Flows are known by their cookies (ADR 4).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from mplsemu.errors import EmulationError
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.openflow import app, encode, framework
from mplsemu.southbound.openflow.changes import FlowChange, by_cookie, change
from mplsemu.southbound.openflow.flow import AnyMeter, Flow
from mplsemu.southbound.openflow.installer import GRACE_S, Installer, SwitchConnection
from mplsemu.southbound.openflow.learned import cookies_to_flush, is_learned, learned_mac
from mplsemu.southbound.openflow.limits import LIMITS
from mplsemu.southbound.openflow.move_reports import MoveReports
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.openflow.punts import is_move, mac_moved, packet_out, punt
from mplsemu.southbound.openflow.storm_meters import circuit_of_meter, storm_meters
from mplsemu.southbound.openflow.threads import GreenThreads
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.openflow.vsi_meters import vsi_meters
from mplsemu.southbound.openflow.vswitchd import Vswitchd
from mplsemu.southbound.plane.counters import Counter
from mplsemu.southbound.plane.events import (
    Deliver,
    InstallRejected,
    LsrConnected,
    LsrDisconnected,
    PacketPunted,
    PlaneEvent,
    PortChanged,
    UnknownLsrConnected,
)
from mplsemu.southbound.plane.macs import LearnedMac, MacFlush
from mplsemu.southbound.plane.readback import InstallResult, ReadBack
from mplsemu.southbound.punt.event import PacketOut

_PURGED_S: Final = 0.005
"""For what was on its way into the datapath's cache."""
_EXACTLY: Final = (1 << 64) - 1


class OpenFlowPlane:
    """The switches of one lab, by the framework that speaks with them.

    Args:
        host: address to listen on for switches.
        port: TCP port to listen on.
        vswitchd: all switches are its; None: whose they are is not known.
    """

    name: Final = "openflow"
    entry_word: Final = "flows"
    limits: Final = LIMITS

    def __init__(self, host: str, port: int, vswitchd: Vswitchd | None = None) -> None:
        self.threads = GreenThreads()
        self.version = framework.version()
        self._listen = host, port
        self._vswitchd = vswitchd
        self._listeners: list[Any] = []
        self._names: dict[int, str] = {}
        self._ids: dict[str, int] = {}
        self._deliver: Deliver = lambda _event: None
        self._wanted: dict[str, tuple[NodeProgram, dict[int, Flow]]] = {}
        self._installed: dict[str, dict[int, Flow]] = {}
        self._unexpected: dict[str, bytes] = {}
        self._meters: dict[str, dict[int, AnyMeter]] = {}
        self._readers: list[Installer] = []
        self._moves = MoveReports()

    def start(self, program: Program, deliver: Deliver) -> None:
        """Listen for switches."""
        connection, self._listeners = app.start(self, *self._listen)
        self.attach(connection, program, deliver)

    def attach(self, connection: SwitchConnection, program: Program, deliver: Deliver) -> None:
        """Use `connection` to speak with the switches of a program's LSRs."""
        self._connection = connection
        self._installer = Installer(connection)
        self._names = {node.index: node.name for node in program.nodes}
        self._ids = {node.name: node.index for node in program.nodes}
        self._deliver = deliver

    def wait(self) -> None:
        """Wait until the framework's listener has ended."""
        framework.hub.joinall(self._listeners)

    # --- messages of switches ----------------------------------------------------------------

    def connected(self, datapath_id: int, live_ports: frozenset[int]) -> None:
        """Deliver that an LSR connected; these are called from the framework's event loop."""
        self._report(datapath_id, lambda node: LsrConnected(node, live_ports))

    def port_changed(self, datapath_id: int, port: int, *, live: bool) -> None:
        """Deliver that a port began or ceased to carry packets."""
        self._report(datapath_id, lambda node: PortChanged(node, port, live))

    def packet_in(self, packet: app.PacketIn) -> None:
        """Deliver the punt that a packet-in stands for."""
        node = self._names.get(packet.datapath_id)
        if node is not None and is_move(packet.registers):
            moved = mac_moved(node, packet.metadata, packet.registers, packet.frame)
            if times := self._moves.moves(moved):
                self._deliver(replace(moved, times=times))
            return
        punted = punt(
            packet.reason, packet.in_port, packet.metadata, packet.registers, packet.frame
        )
        if node is not None and punted is not None:
            self._deliver(PacketPunted(node, punted))

    def rejected(self, datapath_id: int, error_type: int, code: int) -> None:
        """Deliver that an LSR rejected a message."""
        if (error_type, code) != encode.METER_EXISTS:
            what = f"a message: type {error_type} code {code}"
            self._report(datapath_id, lambda node: InstallRejected(node, what))

    def replied(self, reply: app.Reply) -> None:
        """Pass a reply to those who wait for it, and deliver that an LSR disconnected."""
        for each in (self._installer, *self._readers):
            each.deliver(reply)
        if isinstance(reply, app.Disconnected):
            self._report(reply.datapath_id, LsrDisconnected)

    def _report(self, datapath_id: int, event: Callable[[str], PlaneEvent]) -> None:
        node = self._names.get(datapath_id)
        if node is None:
            self._deliver(UnknownLsrConnected(f"datapath {datapath_id:#x}"))
        else:
            self._deliver(event(node))

    # --- flows ------------------------------------------------------------------------------

    def read_back(self, program: Program, nodes: Collection[str]) -> Mapping[str, ReadBack]:
        """Ask switches for their flows' cookies."""
        answers = self._installer.read_cookies(self._ids[node] for node in nodes)
        found = {}
        for node in nodes:
            self._installed[node] = {}
            self._unexpected.pop(node, None)
            cookies = answers.get(self._ids[node])
            if cookies is None:
                continue
            ours = {cookie for cookie in cookies if not is_learned(cookie)}
            wanted = self._wanted_flows(program, node)
            self._installed[node] = {c: flow for c, flow in wanted.items() if c in ours}
            unexpected = sorted(ours - wanted.keys())
            if unexpected:
                self._unexpected[node] = b"".join(
                    encode.delete_by_cookie(each, _EXACTLY) for each in unexpected
                )
            self._meters.pop(node, None)
            self._add_meters(program.node(node))
            found[node] = ReadBack(len(self._installed[node]), len(wanted), len(unexpected))
        return found

    def install(
        self, program: Program, nodes: Collection[str], *, at_once: bool = False
    ) -> InstallResult:
        """Send what differs, and wait until the switches have done it."""
        changes: dict[str, FlowChange] = {}
        for node in nodes:
            installed = self._installed.get(node, {})
            difference = change(installed, self._wanted_flows(program, node))
            self._add_meters(program.node(node))  # its flows may be the same, and its rates others
            if difference.size:
                changes[node] = difference
        done = self._install(changes, at_once=at_once)
        for node in done:
            self._installed[node] = self._wanted_flows(program, node)
        for node in nodes:  # after their replacements are installed
            if (removal := self._unexpected.pop(node, None)) is not None:
                self._connection.send(self._ids[node], removal)
        return InstallResult(
            in_sync=frozenset(nodes) - changes.keys() | done,
            touched=len(changes),
            followed=len(done),
            changed=sum(changes[node].size for node in done),
        )

    def _add_meters(self, node: NodeProgram) -> None:
        """Add the meters that a switch does not have yet, before flows that name them."""
        known = self._meters.setdefault(node.name, {})
        wanted = (*PuntMeters(node), *storm_meters(node), *vsi_meters(node))
        meters = [meter for meter in wanted if known.get(meter.meter_id) != meter]
        if meters:
            known.update((meter.meter_id, meter) for meter in meters)
            self._connection.send(self._ids[node.name], b"".join(map(encode.add_meter, meters)))

    def _install(self, changes: dict[str, FlowChange], *, at_once: bool) -> frozenset[str]:
        if not changes:
            return frozenset()
        by_id = {self._ids[node]: each for node, each in changes.items()}
        done = self._installer.install(by_id, at_once=at_once)
        return frozenset(self._names[datapath_id] for datapath_id in done)

    def settle(self) -> None:
        """Wait for the datapath, which follows flows later than a barrier says that they are there.

        Without the flows that it has cached, it is as far as they are.
        """
        self.threads.sleep(_PURGED_S if self._purge() else GRACE_S)

    def hasten(self) -> None:
        """Empty the datapath's cache, which on a busy machine is behind the flows for long."""
        self._purge()

    def _purge(self) -> bool:
        return self._vswitchd is not None and self._vswitchd.purge()

    def entries(self, node: str) -> int:
        """Return how many flows of the program a switch has."""
        return len(self._installed.get(node, ()))

    def _wanted_flows(self, program: Program, name: str) -> dict[int, Flow]:
        node = program.node(name)
        known = self._wanted.get(name)
        if known is None or (known[0] is not node and known[0] != node):
            known = (node, by_cookie(flows(program, name)))
            self._wanted[name] = known
        return known[1]

    # --- packets, MAC addresses, counters ---------------------------------------------------

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have a switch run the actions that stand for each packet."""
        data = b"".join(map(_packet_message, packets))
        if data:
            self._connection.send(self._ids[node], data)

    def flush_macs(self, program: Program, orders: Iterable[MacFlush]) -> None:
        """Remove learned flows."""
        removals: dict[str, list[bytes]] = {}
        for order in orders:
            removals.setdefault(order.node, []).extend(
                encode.delete_by_cookie(cookie, mask)
                for cookie, mask in cookies_to_flush(program, order)
            )
        for node, messages in removals.items():
            self._connection.send(self._ids[node], b"".join(messages))

    def macs(self, program: Program, nodes: Collection[str]) -> Iterator[LearnedMac]:
        """Read the learned flows; it takes long if there are many, so any thread may call it."""
        with self._reading() as reader:
            answers = reader.read_flows((self._ids[node] for node in nodes), Table.VSI_FDB)
        for node in nodes:
            for flow in answers.get(self._ids[node], ()):
                if is_learned(flow.cookie):
                    entry = learned_mac(program.node(node), flow.cookie, flow.match)
                    if entry is not None:
                        yield entry

    def storm_drops(self, program: Program, nodes: Collection[str]) -> Mapping[str, int]:
        """Read the meters; any thread may call it."""
        limited = [node for node in nodes if any(storm_meters(program.node(node)))]
        found = {}
        with self._reading() as reader:
            answers = reader.read_meters(self._ids[node] for node in limited)
        for node in limited:
            for meter, dropped in answers.get(self._ids[node], {}).items():
                circuit = circuit_of_meter(program.node(node), meter)
                if circuit is not None:
                    found[circuit] = dropped
        return found

    @contextmanager
    def _reading(self) -> Iterator[Installer]:
        """Yield a reader beside the one that installs."""
        reader = Installer(self._connection)
        self._readers.append(reader)
        try:
            yield reader
        finally:
            self._readers.remove(reader)

    def counters(self, program: Program, nodes: Collection[str]) -> Iterable[Counter] | None:  # noqa: ARG002
        """Return None: a switch counts by flow, and a flow that is replaced begins at 0."""
        return None


def check_address(host: str, port: int) -> None:
    """Check that an address can be listened on: the framework would only print a stack trace.

    Raises:
        EmulationError: it cannot.
    """
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        raise EmulationError(
            f"cannot listen on {host}:{port}: {error.strerror}; write --listen [HOST:]PORT"
        ) from None


def _packet_message(packet: PacketOut) -> bytes:
    translated = packet_out(packet)
    return encode.packet_out(encode.PORT_CONTROLLER, translated.actions, translated.frame)
