"""A self-test with packets: whether this machine can run the eBPF data plane.

Two LSRs in two network namespaces, a link between them, hosts on either side: packets of every kind
must cross in both directions and arrive as they should. Nothing is left behind.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Final

from mplsemu.control.compile import compile_program
from mplsemu.emulation.batch import run_ip_batch
from mplsemu.emulation.batch_commands import link_lines
from mplsemu.emulation.fabric_ebpf import EbpfFabric
from mplsemu.emulation.interface import Interface
from mplsemu.emulation.interface_flags import set_up
from mplsemu.emulation.interrupts import interrupts_wait
from mplsemu.emulation.marked_packet import MarkedPacket
from mplsemu.emulation.namespace import enter_private_namespace, require_root, set_ipv6_conf
from mplsemu.emulation.operational import await_operational_at
from mplsemu.emulation.plan import HostPlan, LabPlan, make_plan
from mplsemu.errors import EmulationError, MplsEmuError
from mplsemu.lab.loader import loads
from mplsemu.model.vpn import IPAddress
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.inject import Injector, packet_socket
from mplsemu.southbound.ebpf.installer import Installer
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY
from mplsemu.southbound.ebpf.maps import RingBuffer
from mplsemu.southbound.ebpf.sizes import sizes
from mplsemu.southbound.ebpf.translate import entries, settings
from mplsemu.southbound.network_namespace import inside
from mplsemu.southbound.plane.events import PlaneEvent
from mplsemu.southbound.punt.event import IntoVrf
from mplsemu.wire.checksum import internet_checksum, pseudo_header
from mplsemu.wire.ethernet import BROADCAST_MAC, EthernetHeader, EtherType
from mplsemu.wire.ip import IPV4_HEADER_BYTES, IpProtocol, ip_packet
from mplsemu.wire.tcp import TCP_CHECKSUM_AT, TCP_HEADER_BYTES, TcpFlag, TcpHeader

_LAB: Final = """
name: self-test
provider: {nodes: {west: {role: pe}, east: {role: pe}}, links: [west-east]}
vpns:
  routed:
    type: l3vpn
    sites:
      w: {pe: west, subnet: [192.168.1.0/24, "2001:db8:1::/64"]}
      e: {pe: east, subnet: [192.168.2.0/24, "2001:db8:2::/64"]}
  bridged: {type: vpls, subnet: 10.0.0.0/24, sites: {w: {pe: west}, e: {pe: east}}}
  controlled:
    type: vpls
    control_word: true
    subnet: 10.0.0.0/24
    sites: {w: {pe: west}, e: {pe: east}}
"""
_WEST: Final = "west"
_EAST: Final = "east"
_ROUTED: Final = "routed"
_WAIT_S: Final = 1.0
_BEHIND_TWO_VRFS: Final = 62  # TTL of a packet that was sent with 64

_SOL_PACKET: Final = 263
_PACKET_VNET_HDR: Final = 15
_PACKET_IGNORE_OUTGOING: Final = 23
_ETH_P_ALL: Final = 3
_FRAME_BYTES: Final = 65_536
_SEGMENT_BYTES: Final = 1000
_OFFLOAD: Final = struct.Struct("=BBHHHH")  # struct virtio_net_hdr
_NEEDS_CHECKSUM: Final = 1
_TCP_SEGMENTS: Final = 1
_IP_AT: Final = 14
_TCP_AT: Final = _IP_AT + IPV4_HEADER_BYTES
_PAYLOAD_AT: Final = _TCP_AT + TCP_HEADER_BYTES


class _LostError(EmulationError):
    """A packet did not arrive as it should."""


@lru_cache(maxsize=1)
def why_not_ebpf() -> str | None:
    """Return why this machine cannot run the eBPF data plane, None where it can.

    The test runs once per process. It is repeated once if packets were lost, so that a short
    overload is not taken for a defect.
    """
    try:
        require_root()
        try:
            _try()
        except _LostError:
            _try()
    except (MplsEmuError, OSError) as error:
        return str(error) or type(error).__name__
    return None


def first_line(reason: str) -> str:
    """Return the first line of a reason; the verifier's log follows it."""
    return reason.split("\n", 1)[0].removesuffix("; libbpf says:")


def _try() -> None:
    network = loads(_LAB, "self-test").network
    program = compile_program(network)
    plan = make_plan(network, program, lsr_namespaces=True)
    with ExitStack() as stack:
        fabric = EbpfFabric(sizes(program))
        stack.callback(fabric.stop)
        fabric.start()
        if fabric.is_interpreted:
            raise EmulationError(
                "the kernel interprets eBPF programs, which is slow; "
                "type: sysctl -w net.core.bpf_jit_enable=1"
            )
        tasks = {name: stack.enter_context(_namespace()) for name in (_WEST, _EAST)}
        interfaces = _make_links(plan, tasks)
        lsrs = [SimpleNamespace(name=name, pid=task) for name, task in tasks.items()]
        fabric.connect(plan, lsrs, frozenset(), (), lambda *_: None)
        await_operational_at(_all_of(plan, tasks, interfaces))
        _install(fabric, program)
        lines = {task: stack.enter_context(_line(task)) for task in tasks.values()}
        at = [interfaces[host.name] for host in plan.hosts]
        hosts = [
            _Host(host, end.name, lines[end.pid]) for host, end in zip(plan.hosts, at, strict=True)
        ]
        for one, other in zip(hosts[::2], hosts[1::2], strict=True):  # two sites of a VPN
            _cross(one, other)
            _cross(other, one)
        _punt(fabric, *hosts[:2])
        _inject(program, tasks[_WEST], *hosts[:2])


@contextmanager
def _namespace() -> Iterator[int]:
    """Yield the id of a thread in a new network namespace."""
    ready, done = threading.Event(), threading.Event()
    tasks: list[int] = []
    errors: list[Exception] = []

    def live() -> None:
        try:
            with enter_private_namespace():
                set_ipv6_conf({"all/disable_ipv6": "1"})
                tasks.append(threading.get_native_id())
                ready.set()
                done.wait()
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            errors.append(error)
            ready.set()

    thread = threading.Thread(target=live, name="self-test", daemon=True)
    with interrupts_wait():
        thread.start()
        ready.wait()
    try:
        if errors:
            raise errors[0]
        yield tasks[0]
    finally:
        with interrupts_wait():
            done.set()
            thread.join()


def _make_links(plan: LabPlan, tasks: dict[str, int]) -> dict[str, Interface]:
    """Create the link and the hosts' lines; return the hosts' interfaces by Mininet name."""
    pids = dict(tasks)
    interfaces: dict[str, Interface] = {}
    veth_pairs = []
    for number, pair in enumerate(plan.veth_pairs):
        near, far = pair.ends
        if far.is_customers:  # hosts share their PE's namespace, so eth0 is not unique
            far = replace(far, interface=f"host{number}")
            pids[far.node] = tasks[near.node]
            interfaces[far.node] = Interface(far.interface, tasks[near.node])
        veth_pairs.append(replace(pair, ends=(near, far)))
    with inside(tasks[_WEST]):
        run_ip_batch(link_lines(replace(plan, veth_pairs=tuple(veth_pairs)), pids, tasks[_WEST]))
    for each in interfaces.values():
        with inside(each.pid):
            set_up([each.name], up=True)
    return interfaces


def _all_of(
    plan: LabPlan, tasks: dict[str, int], hosts: dict[str, Interface]
) -> dict[int, list[str]]:
    """Return the names of all interfaces by the namespace they are in."""
    found = {tasks[lsr]: [end.interface for end in ends] for lsr, ends in plan.lsr_ports().items()}
    for each in hosts.values():
        found[each.pid].append(each.name)
    return found


def _install(fabric: EbpfFabric, program: Program) -> None:
    attached, refused = fabric.attached, list[PlaneEvent]()
    installer = Installer(
        fabric.maps,
        attached.ports,
        lambda current, node: entries(current, node, attached),
        refused.append,
    )
    fabric.maps["settings"].set(SETTINGS_KEY, settings(program).pack())
    if installer.install(program, (_WEST, _EAST)).in_sync != {_WEST, _EAST}:
        raise EmulationError(f"entries were refused: {'; '.join(map(str, refused))}")


# --- packets -------------------------------------------------------------------------------


class _Host:
    """A host of the self-test.

    Args:
        plan: of it.
        interface: name of its interface.
        line: a packet(7) socket in its namespace.
    """

    def __init__(self, plan: HostPlan, interface: str, line: socket.socket) -> None:
        self.plan = plan
        self._interface = interface
        self._line = line

    def address(self, version: int) -> IPAddress:
        """Return its address of an IP version."""
        return next(each.ip for each in self.plan.addresses if each.version == version)

    def send(self, frame: bytes) -> None:
        """Send a frame."""
        self._line.sendto(frame, (self._interface, 0))

    def send_offloaded(self, offload: bytes, frame: bytes) -> None:
        """Send a frame with offload requests to the device (struct virtio_net_hdr)."""
        self._line.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
        self.send(offload + frame)
        self._line.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 0)

    def expect(self, arrives: Callable[[bytes], bool], what: str) -> None:
        """Wait for a frame.

        Raises:
            _LostError: it does not come.
        """
        deadline = time.monotonic() + _WAIT_S
        while (left := deadline - time.monotonic()) > 0:
            self._line.settimeout(left)
            try:
                data, address = self._line.recvfrom(_FRAME_BYTES)
            except TimeoutError:
                break
            if address[0] == self._interface and arrives(data):
                return
        raise _LostError(f"in the self-test {what} did not arrive as it should")


@contextmanager
def _line(task: int) -> Iterator[socket.socket]:
    """Yield one socket for all interfaces of a namespace: closing a socket takes 10 ms."""
    with inside(task):
        line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    with line:
        line.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        yield line


def _cross(source: _Host, target: _Host) -> None:
    """Send packets of every kind from one host to the other."""
    way = f"from {source.plan.ref} to {target.plan.ref}"
    if source.plan.ref.vpn == _ROUTED:
        for version in (4, 6):
            _route(source, target, version, f"an IPv{version} packet {way}")
    else:
        for mac in (BROADCAST_MAC, target.plan.mac):  # flooded, then to a learned address
            _bridge(source, target, mac, f"a frame {way}")
    _send_segments(source, target, f"a TCP packet of several segments {way}")


def _route(source: _Host, target: _Host, version: int, what: str) -> None:
    header = IpHeader(source.address(version), target.address(version))
    packet = MarkedPacket.make(source.plan.mac, GATEWAY_MAC, header)

    def arrives(data: bytes) -> bool:
        found = packet.find(data)
        if found is None or found.destination_mac != target.plan.mac:
            return False
        is_sound = version == 6 or internet_checksum(data[_IP_AT:_TCP_AT]) == 0
        return is_sound and found.ip_ttl == _BEHIND_TWO_VRFS

    source.send(packet.to_bytes())
    target.expect(arrives, what)


def _bridge(source: _Host, target: _Host, mac: str, what: str) -> None:
    frame = MarkedPacket.make(source.plan.mac, mac, None).to_bytes()
    source.send(frame)
    target.expect(lambda data: data == frame, what)


def _send_segments(source: _Host, target: _Host, what: str) -> None:
    """Send an unsegmented TCP packet: it must stay unsegmented, or TCP would be slow."""
    routed = source.plan.ref.vpn == _ROUTED
    mac = GATEWAY_MAC if routed else target.plan.mac
    payload = os.urandom(4 * _SEGMENT_BYTES)
    addresses = source.address(4), target.address(4)
    pseudo = pseudo_header(*addresses, IpProtocol.TCP, TCP_HEADER_BYTES + len(payload))
    partial = ~internet_checksum(pseudo) & 0xFFFF  # of the pseudo-header; the device adds the rest
    tcp = TcpHeader(7, 7, 1, 1, TcpFlag.ACK, window=0xFFFF, checksum=partial)
    packet = ip_packet(*addresses, IpProtocol.TCP, tcp.to_bytes() + payload, ttl=64)
    header = EthernetHeader(source.plan.mac, mac, (), EtherType.IPV4)
    frame = header.to_bytes() + packet
    offload = _OFFLOAD.pack(
        _NEEDS_CHECKSUM, _TCP_SEGMENTS, _PAYLOAD_AT, _SEGMENT_BYTES, _TCP_AT, TCP_CHECKSUM_AT
    )
    source.send_offloaded(offload, frame)
    target.expect(lambda data: data[_PAYLOAD_AT:] == payload, what)


def _punt(fabric: EbpfFabric, source: _Host, target: _Host) -> None:
    """Send a packet that the program has to punt."""
    header = IpHeader(source.address(4), target.address(4), ttl=1)
    punted: list[bytes] = []
    with RingBuffer(fabric.maps["punts"], punted.append) as punts:
        source.send(MarkedPacket.make(source.plan.mac, GATEWAY_MAC, header).to_bytes())
        deadline = time.monotonic() + _WAIT_S
        while not punted and (left := deadline - time.monotonic()) > 0:
            punts.poll(left)
    if not punted:
        raise _LostError("in the self-test a packet was not given to the controller")


def _inject(program: Program, task: int, source: _Host, target: _Host) -> None:
    """Inject a packet as the controller does, at an LSR's loopback interface."""
    node = program.node(_WEST)
    header = IpHeader(source.address(4), target.address(4))
    packet = MarkedPacket.make(source.plan.mac, GATEWAY_MAC, header)
    with inside(task):
        sender = packet_socket()
    with sender:
        order = IntoVrf(node.vrfs[0].index, packet.to_bytes())
        Injector(node.index, {}, sender).send(order)
    target.expect(lambda data: packet.find(data) is not None, "a packet of the controller's")
