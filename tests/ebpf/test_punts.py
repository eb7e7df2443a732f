"""How fast a router may punt, and how much of a packet."""

from __future__ import annotations

import time

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.sizes import ETHERNET_OCTETS
from mplsemu.southbound.ebpf.kinds import (
    PUNT_OCTETS,
    Drop,
    IlmAction,
    Operation,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import IlmRecord, RouteRecord
from mplsemu.southbound.punt.rate_limits import PER_LSR, PER_SOURCE
from tests.ebpf.router import Router, labelled, nhlfe, stack
from tests.ebpf.wires import MTU, Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame, mended
from tests.waiting import eventually

HOST, VRF, VRFS = "02:00:00:00:00:01", 7, range(7, 20)
GLEAN = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.2.0.2"))
NO_ROUTE = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.3.0.2"))
UDP = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.1.0.1"))
EXPIRED = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.4.0.2", ttl=1))
ARP = arp(1, HOST, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.99")
FRAMES = {"arp": ARP, "glean": GLEAN, "expired": EXPIRED, "no route": NO_ROUTE, "udp": UDP}
CLASSES = {name: [each for each in FRAMES if each not in {"arp", "glean"}] for name in FRAMES}
CLASSES |= {"arp": ["arp"], "glean": ["glean"]}
"""Kinds of frames by kind: those that have one share."""


@pytest.fixture
def circuit(router: Router) -> Wire:
    for vrf in VRFS:
        router.route(vrf, "10.1.0.1/32", RouteRecord(RouteKind.LOCAL))
        router.route(vrf, "10.2.0.0/24", RouteRecord(RouteKind.CONNECTED))
        router.route(vrf, "10.4.0.0/24", RouteRecord(RouteKind.DELIVER))
    return router.port(router.bench.wires[0], Role.VRF, VRF)


@pytest.fixture
def neighbour(router: Router) -> Wire:
    """Another circuit, of another VRF."""
    return router.port(router.bench.wires[1], Role.VRF, VRF + 1)


@pytest.fixture
def core(router: Router) -> Wire:
    for vrf in VRFS:
        router.ilm(100 + vrf, IlmRecord(IlmAction.TO_VRF, ip_version=4, service=vrf))
    return router.port(router.bench.wires[2])


def flood(router: Router, circuit: Wire, frame: bytes, count: int) -> tuple[int, float]:
    """Have so many packets come; return how many were punted, and in how many seconds."""
    started, punted = time.monotonic(), 0
    for _ in range(0, count, 100):
        for _ in range(100):
            router.run(frame, circuit)
        punted += len(router.bench.punts())
    return punted, time.monotonic() - started


def over_the_core(vrf: int) -> bytes:
    """Return a packet to somebody whom nobody knows."""
    return labelled(stack((100 + vrf, 0, 9)), ip("10.9.0.2", "10.2.0.2"))


@pytest.mark.parametrize("kind", FRAMES)
def test_a_circuit_punts_no_faster_than_its_share(router: Router, circuit, kind):
    rate = PER_SOURCE
    punted, took_s = flood(router, circuit, FRAMES[kind], 2000)
    assert rate.burst <= punted <= rate.burst + rate.per_second * took_s + 1
    reasons = router.drops()
    assert sum(reasons.values()) == 2000
    if kind in {"arp", "glean", "udp"}:
        assert reasons == {Drop.PUNTED: punted, Drop.PUNT_RATE: 2000 - punted}
    else:
        assert reasons == {Drop.TTL if kind == "expired" else Drop.NO_ROUTE: 2000}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_flood_takes_nothing_from_other_circuits_and_from_other_classes(
    router: Router, circuit, neighbour, kind
):
    flood(router, circuit, FRAMES[kind], 1000)
    others = [frame for each, frame in FRAMES.items() if each not in CLASSES[kind]]
    for frame in others:
        router.run(frame, circuit)
    for frame in FRAMES.values():
        router.run(frame, neighbour)
    came = [punt.port for punt in router.bench.punts()]
    ports = [circuit.number] * len(others) + [neighbour.number] * len(FRAMES)
    assert [port for port in came if port == neighbour.number] == ports[len(others) :]
    assert came.count(circuit.number) >= len(others)


def test_what_comes_over_the_core_has_a_share_for_each_vrf(router: Router, circuit, core):
    flood(router, core, over_the_core(VRF), 1000)
    router.run(over_the_core(VRF + 1), core)
    router.run(GLEAN, circuit)
    last = [(punt.port, punt.service) for punt in router.bench.punts()][-2:]
    assert last == [(core.number, VRF + 1), (circuit.number, VRF)]


def test_packets_that_expire_under_labels_have_a_share_by_their_labels(router: Router, core):
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    flooding, other = (
        labelled(stack((16, 0, 1), (service, 0, 255)), ip("10.9.0.2", "10.2.0.2"))
        for service in (500, 501)
    )
    flood(router, core, flooding, 1000)
    router.run(other, core)
    assert router.bench.punts()[-1].frame == other


def test_many_who_flood_share_what_the_router_may_punt(router: Router, circuit, core):
    """Each may have half of his share in any case, and that is what the others have."""
    started = time.monotonic()
    punted = sum(flood(router, core, over_the_core(vrf), 400)[0] for vrf in VRFS)
    took_s = time.monotonic() - started
    free = len(VRFS) * (PER_SOURCE.burst / 2 + PER_SOURCE.per_second * took_s + 1)
    assert punted <= PER_LSR.burst + PER_LSR.per_second * took_s + free
    quiet, _ = flood(router, circuit, GLEAN, 100)
    assert quiet == 100


def test_routers_have_shares_of_their_own(router: Router, circuit):
    flood(router, circuit, NO_ROUTE, 1000)
    other = router.bench.router()
    other.port(circuit, Role.VRF, VRF)
    other.run(NO_ROUTE, circuit)
    assert [punt.lsr for punt in router.bench.punts()] == [other.index]


def test_what_was_used_up_comes_again(router: Router, circuit):
    flood(router, circuit, NO_ROUTE, 1000)

    def punted():
        router.run(NO_ROUTE, circuit)
        return router.bench.punts()

    eventually(punted, "a punt", 2, pause_s=0)


@pytest.mark.parametrize(
    "octets", [60, PUNT_OCTETS - 1, PUNT_OCTETS, PUNT_OCTETS + 1, 9216, MTU + ETHERNET_OCTETS]
)
def test_a_packet_of_any_mtu_comes_whole(router: Router, circuit, octets):
    packet = ip("10.1.0.2", "10.3.0.2", payload=bytes(range(256)) * 70)
    cut = mended(packet[:2] + (octets - 14).to_bytes(2, "big") + packet[4 : octets - 14])
    whole = ip_frame(GATEWAY_MAC, HOST, cut)
    router.pass_on(whole, circuit, 0)
    (punt,) = router.bench.punts()
    assert punt.frame == whole


def test_a_ring_that_nobody_reads_drops_what_does_not_fit(router: Router, circuit):
    flooding = [router.bench.router() for _ in range(13)]
    for each in flooding:
        each.port(circuit, Role.VRF, VRF)
        for _ in range(200):
            each.run(ARP, circuit)
    punted = len(router.bench.punts())
    assert 1900 < punted < 2600
    assert sum(each.drops().get(Drop.PUNT_RATE, 0) for each in flooding) == 2600 - punted


def test_frames_without_a_payload_are_no_arp(router: Router, circuit):
    router.pass_on(ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x0806, b""), circuit, 0)
    (punt,) = router.bench.punts()
    assert punt.frame == ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x0806, b"")
