"""Hosts with all their offloads talk through routers in a row.

What the kernel hands on in one piece stays in one piece; what is too long for a link does not
cross it.
"""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network

import pytest

from mplsemu.southbound.ebpf.kinds import CounterKind, RouteKind
from mplsemu.southbound.ebpf.layout import CounterKey, CounterRecord, FibKey, RouteRecord
from mplsemu.southbound.ebpf.maps import RingBuffer
from mplsemu.southbound.ebpf.punts import PuntRecord
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.checksum import internet_checksum as checksum
from tests.ebpf.elsewhere import opened_inside
from tests.ebpf.path import BRIDGED, CORE_MTU, GATEWAYS, ROUTED, TRANSPORT, VRF, Path, address, path

pytestmark = pytest.mark.slow
OCTETS = 8_000_000
SO_RCVBUFFORCE = 33
SERVICES = pytest.mark.parametrize("service", ["l3vpn", "vpls"])
VERSIONS = pytest.mark.parametrize("version", [4, 6])
WAYS_TO_GO = {
    "queued": {"direct": False},
    "direct": {"direct": True},
    "queued, no control word": {"direct": False, "word": False},
    "tagged": {"direct": False, "tagged": True},
    "direct, tagged": {"direct": True, "tagged": True},
    "uniform": {"direct": False, "uniform": True},
    "pushed": {"direct": False, "pushed": True},
    "direct, pushed": {"direct": True, "pushed": True, "word": False},
}


@pytest.fixture(scope="module", params=WAYS_TO_GO)
def row(request: pytest.FixtureRequest) -> Iterator[Path]:
    with path(3, **WAYS_TO_GO[request.param]) as made:
        yield made


def tcp(row: Path, destination: str) -> bool:
    """Send some megabytes from host 1 to host 2; return whether they came as they were sent."""
    family = socket.AF_INET6 if ":" in destination else socket.AF_INET
    sent = random.Random(destination).randbytes(OCTETS)

    def made() -> socket.socket:
        made = socket.socket(family)
        made.settimeout(10)
        return made

    with (
        opened_inside(row.pid("h2"), made) as listening,
        opened_inside(row.pid("h1"), made) as sender,
    ):
        listening.bind((destination, 0))
        listening.listen()
        sender.connect(listening.getsockname()[:2])
        receiver, _ = listening.accept()
        with receiver, ThreadPoolExecutor(1) as pool:
            receiver.settimeout(10)
            received = pool.submit(everything, receiver)
            sender.sendall(sent)
            sender.shutdown(socket.SHUT_WR)
            return received.result() == sent


def everything(receiver: socket.socket) -> bytes:
    pieces = []
    while piece := receiver.recv(1 << 20):
        pieces.append(piece)
    return b"".join(pieces)


def tap(row: Path, router: str, interface: str) -> socket.socket:
    """Return a socket that sees what comes in and goes out at a router's interface."""

    def made() -> socket.socket:
        listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        listening.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
        listening.bind((interface, 3))
        listening.settimeout(0.1)
        return listening

    return opened_inside(row.pid(router), made)


def frames(listening: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield listening.recv(1 << 17)
        except TimeoutError:
            return


@SERVICES
@VERSIONS
def test_tcp_of_hosts_with_all_offloads_goes_through(row: Path, service, version):
    assert tcp(row, address(2, service, version))


@SERVICES
@VERSIONS
def test_what_is_to_be_segmented_crosses_the_core_in_one_piece(row: Path, service, version):
    arrival = ROUTED if service == "l3vpn" else BRIDGED
    with tap(row, "r2", "left") as core, tap(row, "h2", arrival) as host:
        assert tcp(row, address(2, service, version))
        crossed = [len(frame) for frame in frames(core) if frame[12:14] == b"\x88\x47"]
        arrived = [len(frame) for frame in frames(host)]
    assert max(crossed) > 10_000
    assert max(arrived) > 10_000


def test_counters_count_what_would_be_on_a_wire(row: Path):
    counters = row.program.maps["counters"]
    key = CounterKey(2, CounterKind.LSP, TRANSPORT + 3).pack()
    counters.set(key, CounterRecord(0, 0).pack())
    assert tcp(row, address(2, "l3vpn", 4))
    sums = counters.sums(key)
    counters.delete(key)
    assert sums is not None
    packets, octets = sums
    assert octets > OCTETS
    assert octets / packets < CORE_MTU


@SERVICES
@VERSIONS
@pytest.mark.parametrize("size", [0, 1, 56, 1400, 1452, 4000])
def test_echoes_of_any_size_come_back(row: Path, service, version, size):
    target = address(2, service, version)
    said = row.run("h1", "ping", "-n", "-c3", "-i0.02", "-W1", f"-s{size}", target)
    assert " 3 received" in said


@pytest.mark.parametrize("direct", [False, True])
@SERVICES
def test_a_packet_that_is_too_long_for_a_core_link_does_not_cross_it(direct, service):
    with path(3, direct=direct) as row:
        for node, interface in (("h1", "eth0"), ("h1", "eth1"), ("h2", "eth0"), ("h2", "eth1")):
            row.run(node, "ip", "link", "set", interface, "mtu", "4000")
        for node, side in (("r1", "left"), ("r3", "right")):
            for kind in ("vrf", "vsi"):
                row.run(node, "ip", "link", "set", f"{kind}-{side}", "mtu", "4000")
        target = address(2, service, 4)
        # what a core link takes, less two labels, a frame's header and a control word, IP and ICMP
        fits = CORE_MTU - 8 - (18 if service == "vpls" else 0) - 28
        row.run("h1", "ping", "-n", "-c1", "-W1", target)
        assert " 1 received" in row.run("h1", "ping", "-n", "-c1", "-W1", f"-s{fits}", target)
        with pytest.raises(RuntimeError, match="100% packet loss"):
            row.run("h1", "ping", "-n", "-c1", "-W1", "-Mdo", "-s2500", target)


@pytest.mark.parametrize("direct", [False, True])
@pytest.mark.parametrize("routers", [1, 2, 9])
def test_rows_of_other_lengths(direct, routers):
    services = ["l3vpn"] if routers == 1 else ["l3vpn", "vpls"]
    with path(routers, direct=direct) as row:
        for service in services:
            for version in (4, 6):
                assert tcp(row, address(2, service, version))


@VERSIONS
def test_a_punted_packets_checksum_is_complete_though_its_host_left_it_open(version):
    """The controller sends such a packet on as bytes, when its target has been resolved."""
    net, source = ("10.0.77.0/24", "10.0.1.1") if version == 4 else ("fd00:77::/64", "fd00:1::1")
    target = next(ip_network(net).hosts())
    punted: list[PuntRecord] = []

    def take(data: bytes) -> None:
        record = PuntRecord.unpack(data)
        if record.reason is PuntReason.GLEAN:
            punted.append(record)

    with path(3, direct=False) as row, RingBuffer(row.program.maps["punts"], take) as ring:
        key = FibKey(1, VRF, ip_network(net))
        row.program.maps[f"fib{version}"].set(key.pack(), RouteRecord(RouteKind.CONNECTED).pack())
        family = [f"-{version}", "route", "add", net, "via", GATEWAYS[1][version == 6]]
        row.run("h1", "ip", *family)
        kind = socket.AF_INET if version == 4 else socket.AF_INET6
        made = opened_inside(row.pid("h1"), lambda: socket.socket(kind, socket.SOCK_DGRAM))
        with made as sender:
            sender.sendto(b"whatever", (str(target), 9))
        deadline = time.monotonic() + 5
        while not punted and time.monotonic() < deadline:
            ring.poll(0.1)
    (punt,) = punted
    datagram = punt.frame[34 if version == 4 else 54 :]
    pseudo = ip_address(source).packed + target.packed + struct.pack("!II", len(datagram), 17)
    assert datagram[8:] == b"whatever"
    assert checksum(pseudo + datagram) == 0
