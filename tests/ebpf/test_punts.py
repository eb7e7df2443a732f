"""How fast a router may punt, and how much of a packet."""

from __future__ import annotations

import time

import pytest

from mplsemu.program.program import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import PUNT_OCTETS, Drop, Role, RouteKind
from mplsemu.southbound.ebpf.layout import RouteRecord
from mplsemu.southbound.openflow.pipeline import METERS, MeterId
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.router import Router
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame

HOST, VRF = "02:00:00:00:00:01", 7
RATE = {MeterId(meter.meter_id): meter.rate_pps for meter in METERS}
OVERALL, ERRORS = RATE[MeterId.CONTROLLER], RATE[MeterId.ERRORS]
GLEAN = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.2.0.2"))
NO_ROUTE = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.3.0.2"))
UDP = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.1.0.1"))
EXPIRED = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.4.0.2", ttl=1))
ARP = arp(1, HOST, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.99")


@pytest.fixture
def circuit(router: Router) -> Wire:
    router.route(VRF, "10.1.0.1/32", RouteRecord(RouteKind.LOCAL))
    router.route(VRF, "10.2.0.0/24", RouteRecord(RouteKind.CONNECTED))
    router.route(VRF, "10.4.0.0/24", RouteRecord(RouteKind.DELIVER))
    return router.port(router.bench.wires[0], Role.VRF, VRF)


def flood(router: Router, circuit: Wire, frame: bytes, count: int) -> tuple[int, float]:
    """Have so many packets come; return how many were punted, and in how many seconds."""
    started, punted = time.monotonic(), 0
    for _ in range(0, count, 100):
        for _ in range(100):
            router.run(frame, circuit)
        punted += len(router.bench.punts())
    return punted, time.monotonic() - started


@pytest.mark.parametrize(
    ("frame", "rate"),
    [(ARP, OVERALL), (GLEAN, OVERALL), (EXPIRED, OVERALL), (NO_ROUTE, ERRORS), (UDP, ERRORS)],
)
def test_a_router_punts_no_faster_than_an_open_vswitch_would(router: Router, circuit, frame, rate):
    punted, took_s = flood(router, circuit, frame, 3000)
    assert rate <= punted <= rate * (1 + took_s) + 1
    reasons = router.drops()
    assert sum(reasons.values()) == 3000
    if frame in {ARP, GLEAN, UDP}:
        assert reasons == {Drop.PUNTED: punted, Drop.PUNT_RATE: 3000 - punted}
    else:
        assert reasons == {Drop.TTL if frame == EXPIRED else Drop.NO_ROUTE: 3000}


def test_errors_leave_room_for_address_resolution(router: Router, circuit):
    flood(router, circuit, NO_ROUTE, 1000)
    flood(router, circuit, UDP, 500)
    router.run(GLEAN, circuit)
    router.run(ARP, circuit)
    assert [punt.reason for punt in router.bench.punts()] == [PuntReason.GLEAN, PuntReason.ARP]


def test_routers_have_rates_of_their_own(router: Router, circuit):
    flood(router, circuit, NO_ROUTE, 1000)
    other = router.bench.router()
    other.port(circuit, Role.VRF, VRF)
    other.run(NO_ROUTE, circuit)
    assert [punt.router for punt in router.bench.punts()] == [other.index]


def test_what_was_used_up_comes_again(router: Router, circuit):
    flood(router, circuit, NO_ROUTE, 1000)
    deadline = time.monotonic() + 2
    while not router.bench.punts() and time.monotonic() < deadline:
        router.run(NO_ROUTE, circuit)
    assert time.monotonic() < deadline


@pytest.mark.parametrize("octets", [60, PUNT_OCTETS - 1, PUNT_OCTETS, PUNT_OCTETS + 1, 8900])
def test_a_long_packet_is_cut(router: Router, circuit, octets):
    packet = ip("10.1.0.2", "10.3.0.2", payload=bytes(range(256)) * 40)
    frame = ip_frame(GATEWAY_MAC, HOST, packet[: octets - 14])
    whole = bytearray(frame)
    whole[16:18] = (octets - 14).to_bytes(2, "big")
    router.pass_on(bytes(whole), circuit, 0)
    (punt,) = router.bench.punts()
    assert punt.frame == bytes(whole)[:PUNT_OCTETS]


def test_a_ring_that_nobody_reads_drops_what_does_not_fit(router: Router, circuit):
    flooding = [router.bench.router() for _ in range(3)]
    for each in flooding:
        each.port(circuit, Role.VRF, VRF)
        for _ in range(900):
            each.run(ARP, circuit)
    punted = len(router.bench.punts())
    assert 1900 < punted < 2700
    assert sum(each.drops().get(Drop.PUNT_RATE, 0) for each in flooding) == 2700 - punted


def test_frames_without_a_payload_are_no_arp(router: Router, circuit):
    router.pass_on(ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x0806, b""), circuit, 0)
    (punt,) = router.bench.punts()
    assert punt.frame == ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x0806, b"")
