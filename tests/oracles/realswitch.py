"""The same lab on a real Open vSwitch: one bridge for each LSR, veth pairs, raw sockets; no hosts.

It takes the flows as text, and shows what a fake network shows, so that both can be compared.
"""

from __future__ import annotations

import selectors
import socket
import struct
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from mplsemu.emulation.openvswitch import PrivateOpenVswitch
from mplsemu.emulation.operational import await_operational
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.openflow.flow import AnyMeter, BitMeter, Flow
from mplsemu.southbound.openflow.flow_text import flow_text
from mplsemu.southbound.openflow.pipeline import MeterId
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.openflow.storm_meters import storm_meters
from mplsemu.southbound.openflow.vsi_meters import vsi_meters
from tests.oracles.fakeswitch import FakeOutcome
from tests.oracles.lines import Lines

SOL_PACKET, PACKET_AUXDATA = 263, 8
ETH_P_ALL = 3
PACKET_OUTGOING = 4
VLAN_VALID = 0x10
CORE_MTU = 2000


def meter_text(meter: AnyMeter) -> str:
    """Return a meter as ``ovs-ofctl add-meter`` takes it."""
    if isinstance(meter, BitMeter):
        band = f"type=drop,rate={meter.rate_kbps},burst_size={meter.burst_kbits}"
        return f"meter={meter.meter_id},kbps,burst,stats,bands={band}"
    name = "controller" if meter.meter_id == MeterId.CONTROLLER else str(int(meter.meter_id))
    return (
        f"meter={name},pktps,burst,bands=type=drop,rate={meter.rate_pps},burst_size={meter.burst}"
    )


class RealNetwork:
    """Bridges, veth pairs and sockets in the namespace that the caller is in.

    Args:
        program: for its links, ports and circuits only.
        flows: of every node.
        openvswitch: started.
        directory: for files of flows.
    """

    def __init__(
        self,
        program: Program,
        flows: Mapping[str, Iterable[Flow]],
        openvswitch: PrivateOpenVswitch,
        directory: Path,
    ) -> None:
        self._openvswitch = openvswitch
        self._selector = selectors.DefaultSelector()
        self._lines: dict[tuple[str, int], socket.socket] = {}
        self._program = program
        self._tags = Lines(program)
        self._make_wires()
        self._make_bridges()
        self.texts = {name: [flow_text(flow) for flow in each] for name, each in flows.items()}
        for name, lines in self.texts.items():
            path = directory / f"{name}.flows"
            path.write_text("\n".join(lines) + "\n")
            for meter in (
                *PuntMeters(program.node(name)),
                *storm_meters(program.node(name)),
                *vsi_meters(program.node(name)),
            ):
                self.ofctl("add-meter", name, meter_text(meter))
            self.ofctl("add-flows", name, str(path))
        self._open_sockets()

    def close(self) -> None:
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def ofctl(self, command: str, node: str, *arguments: str) -> str:
        done = subprocess.run(
            ["ovs-ofctl", "-O", "OpenFlow13", command, self._bridge(node), *arguments],
            check=True,
            capture_output=True,
            text=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **self._openvswitch.environment},
        )
        return done.stdout

    def installed(self, node: str) -> int:
        return sum("actions=" in line for line in self.ofctl("dump-flows", node).splitlines())

    def inject(
        self, circuit: str, frame: bytes, expected: FakeOutcome, timeout_s: float = 5.0
    ) -> FakeOutcome:
        """Send a frame into a circuit; collect until what was expected is there, or too late."""
        outcome = FakeOutcome()
        node, port, on_line = self._tags.sent(circuit, frame)
        self._lines[node, port].send(on_line)
        wanted = len(expected.deliveries), len(expected.on_links)
        deadline = time.monotonic() + timeout_s
        while (len(outcome.deliveries), len(outcome.on_links)) != wanted:
            if not self.collect(outcome, deadline - time.monotonic()):
                break
        return outcome

    def collect(self, outcome: FakeOutcome, timeout_s: float) -> bool:
        """Take in what has arrived; False if nothing did in time."""
        ready = self._selector.select(max(0, timeout_s))
        for key, _ in ready:
            frame, outgoing = _receive(key.fileobj)
            match key.data:
                case ("line", node, number) if not outgoing:
                    outcome.deliveries += self._tags.received(node, int(number), frame)
                case ("link", name, node) if outgoing:
                    outcome.on_links.append((name, node, frame))
        return bool(ready)

    def _bridge(self, node: str) -> str:
        return f"br{self._program.node(node).index}"

    def _port(self, node: str, number: int) -> str:
        return f"p{self._program.node(node).index}-{number}"

    def _make_wires(self) -> None:
        lines, ends = [], {}
        for node in self._program.nodes:
            for adjacency in node.adjacencies:
                ends.setdefault(adjacency.link, []).append(self._port(node.name, adjacency.port))
            for number in _lines(node):
                port = self._port(node.name, number)
                ends[port] = [port, f"c{port[1:]}"]
        for first, second in ends.values():
            lines.append(f"link add {first} mtu {CORE_MTU} type veth peer {second} mtu {CORE_MTU}")
            lines += [f"link set {first} up", f"link set {second} up"]
        batch = "\n".join(lines)
        subprocess.run(["ip", "-batch", "-"], input=batch, text=True, check=True)
        await_operational(name for pair in ends.values() for name in pair)

    def _make_bridges(self) -> None:
        words = []
        for node in self._program.nodes:
            bridge = self._bridge(node.name)
            words += ["--", "add-br", bridge, "--", "set", "bridge", bridge]
            words += [f"datapath_type={self._openvswitch.datapath}", "fail_mode=secure"]
            words += ["protocols=OpenFlow13"]
            for number in (*(each.port for each in node.adjacencies), *_lines(node)):
                port = self._port(node.name, number)
                words += ["--", "add-port", bridge, port]
                words += ["--", "set", "interface", port, f"ofport_request={number}"]
        self._openvswitch.vsctl(*words[1:])

    def _open_sockets(self) -> None:
        for node in self._program.nodes:
            for adjacency in node.adjacencies:
                port = self._port(node.name, adjacency.port)
                self._listen(port, ("link", adjacency.link, node.name))
            for number in _lines(node):
                port = f"c{self._port(node.name, number)[1:]}"
                self._lines[node.name, number] = self._listen(
                    port, ("line", node.name, str(number))
                )

    def _listen(self, interface: str, data: tuple[str, ...]) -> socket.socket:
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        made.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        made.bind((interface, ETH_P_ALL))
        made.setblocking(False)
        self._selector.register(made, selectors.EVENT_READ, data)
        return made


def _lines(node: NodeProgram) -> tuple[int, ...]:
    """Return the numbers of an LSR's ports towards customers."""
    return tuple(dict.fromkeys(circuit.physical_port for circuit in node.circuits))


def _receive(sock: socket.socket) -> tuple[bytes, bool]:
    """Return a frame with the VLAN tag that the kernel took off it, and whether it was sent."""
    frame, ancillary, _, address = sock.recvmsg(4096, 256)
    for level, kind, data in ancillary:
        if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
            if status & VLAN_VALID:
                frame = frame[:12] + struct.pack("!HH", tpid or 0x8100, tci) + frame[12:]
    return frame, address[2] == PACKET_OUTGOING
