"""Several ways of equal cost: a flow keeps to one, flows spread, whatever the labels carry."""

from __future__ import annotations

import random
import struct
from collections import Counter
from collections.abc import Callable

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import IlmAction, Operation, Role, RouteKind
from mplsemu.southbound.ebpf.layout import IlmRecord, PwRecord, RouteRecord
from tests.ebpf.router import Router, labelled, nhlfe, stack
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame

HOST, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
TCP, UDP, SCTP = 6, 17, 132
VRF, VSI, PE = 7, 3, 42


def ways(oif: int, count: int, operation: Operation = Operation.SWAP, label: int = 17) -> tuple:
    """Return NHLFEs that differ in the last octet of the MAC address they send to."""
    labels = () if operation is Operation.POP else (label,)
    return tuple(
        nhlfe(oif, operation, *labels, to=f"02:00:00:00:77:{way:02x}") for way in range(count)
    )


def transport(sport: int, dport: int, length: int = 20) -> bytes:
    return struct.pack("!HH", sport, dport) + bytes(length)


def packet(flow: int, protocol: int = TCP, **options) -> bytes:
    return ip("10.1.0.2", "10.2.0.2", protocol, transport(1024 + flow, 443), **options)


def packet6(flow: int, protocol: int = UDP, **options) -> bytes:
    pair = "2001:db8:1::2", "2001:db8:2::2"
    return ip(*pair, protocol, transport(1024 + flow, 53), **options)


def in_frame(inner: bytes, *vlans: int) -> bytes:
    return ip_frame(OTHER, HOST, inner, vlans)


def host(flow: int) -> str:
    return f"02:00:00:01:{flow >> 8:02x}:{flow & 255:02x}"


BELOW = {
    "IPv4": packet,
    "IPv4 UDP": lambda flow: packet(flow, UDP),
    "IPv4 SCTP": lambda flow: packet(flow, SCTP),
    "IPv6": packet6,
    "IPv6 behind options": lambda flow: ip(
        "fd00::1", "fd00::2", 60, b"\x06\0" + bytes(6) + transport(flow, 80)
    ),
    "IPv4, hosts differ": lambda flow: ip(f"10.1.{flow >> 8}.{flow & 255}", "10.2.0.2", 1),
    "control word, IPv4": lambda flow: bytes(4) + in_frame(packet(flow)),
    "control word, IPv6": lambda flow: bytes(4) + in_frame(packet6(flow)),
    "control word, tagged": lambda flow: bytes(4) + in_frame(packet(flow), 5, 6),
    "control word, anything": lambda flow: (
        bytes(4) + ethernet(OTHER, host(flow), 0x88B5, b"payload")
    ),
    "control word, short": lambda flow: bytes(4) + ethernet(OTHER, host(flow), 0x88B5, b""),
    "Ethernet, IPv4": lambda flow: in_frame(packet(flow)),
    "Ethernet, IPv6": lambda flow: in_frame(packet6(flow)),
    "Ethernet, tagged": lambda flow: in_frame(packet(flow), 5),
    "Ethernet, padded": lambda flow: in_frame(packet(flow) + bytes(2)),
}


@pytest.fixture
def core(router: Router) -> Wire:
    return router.port(router.bench.wires[0])


def way_of(router: Router, via: Wire, frame: bytes) -> int:
    return router.run(frame, via).frame[5]


def transit_way(router: Router, core: Wire, below: bytes, *entries: tuple[int, int, int]) -> int:
    return way_of(router, core, labelled(stack((16, 0, 64), *entries), below))


def assert_spread(chosen: Counter[int], count: int) -> None:
    """Check that flows are on all ways, as evenly as chance makes it (5 standard deviations)."""
    total = sum(chosen.values())
    mean = total / count
    slack = 5 * (mean * (1 - 1 / count)) ** 0.5
    assert set(chosen) == set(range(count))
    assert all(abs(each - mean) < slack for each in chosen.values()), chosen


@pytest.mark.parametrize("name", BELOW)
@pytest.mark.parametrize("count", [2, 3, 16])
@pytest.mark.parametrize("operation", [Operation.SWAP, Operation.POP, Operation.PUSH])
def test_flows_spread_over_all_ways(router: Router, core, name, count, operation):
    router.forward(16, *ways(102, count, operation))
    make: Callable[[int], bytes] = BELOW[name]
    chosen = Counter(
        transit_way(router, core, make(flow), (500, 0, 64)) for flow in range(40 * count)
    )
    assert_spread(chosen, count)


@pytest.mark.parametrize("name", BELOW)
def test_a_flow_keeps_to_its_way_whatever_the_stack_says(router: Router, core, name):
    router.forward(16, *ways(102, 16))
    for flow in range(20):
        below = BELOW[name](flow)
        stacks = [(), ((500, 1, 2),), ((600, 0, 9), (500, 7, 3)), ((7, 0, 0), (500, 0, 0))]
        assert len({transit_way(router, core, below, *each) for each in stacks}) == 1


@pytest.mark.parametrize("make", [packet, packet6])
def test_a_flow_keeps_to_its_way_whatever_its_packets_are(router: Router, core, make):
    router.forward(16, *ways(102, 16))
    for flow in range(20):
        first = make(flow)
        others = [make(flow, ttl=9), make(flow, dscp=46)]
        chosen = {transit_way(router, core, each, (500, 0, 64)) for each in (first, *others)}
        assert len(chosen) == 1


def test_the_fragments_of_a_datagram_take_one_way(router: Router, core):
    router.forward(16, *ways(102, 16))
    chosen = Counter()
    for number in range(60):
        pair = f"10.1.0.{number}", "10.2.0.2"
        way = set()
        for field, payload in ((0x2000, transport(5, 6)), (0x2003, bytes(24)), (0x0006, b"end")):
            whole = bytearray(ip(*pair, UDP, payload))
            whole[6:8] = field.to_bytes(2, "big")
            fix_checksum(whole)
            way.add(transit_way(router, core, bytes(whole), (500, 0, 64)))
        assert len(way) == 1
        chosen[way.pop()] += 1
    assert len(chosen) > 8


def fix_checksum(header: bytearray) -> None:
    header[10:12] = b"\0\0"
    total = sum(struct.unpack("!10H", header[:20]))
    total = (total & 0xFFFF) + (total >> 16)
    header[10:12] = ((total & 0xFFFF) + (total >> 16) ^ 0xFFFF).to_bytes(2, "big")


def test_the_fragments_of_an_ipv6_datagram_take_one_way(router: Router, core):
    router.forward(16, *ways(102, 16))
    chosen = Counter()
    for number in range(60):
        pair = f"2001:db8:1::{number:x}", "2001:db8:2::2"
        way = set()
        for field, payload in ((1, transport(5, 6)), (8 << 3 | 1, bytes(24)), (16 << 3, b"end")):
            # RFC 8200 section 4.5: what follows, the first fragment says; others may say otherwise
            header = UDP if field == 1 else number
            fragment = struct.pack("!BBHI", header, 0, field, 77) + payload
            way.add(transit_way(router, core, ip(*pair, 44, fragment), (500, 0, 64)))
        assert len(way) == 1
        chosen[way.pop()] += 1
    assert len(chosen) > 8


def spoilt(header: bytes) -> bytes:
    return header[:10] + bytes([header[10] ^ 1]) + header[11:]


@pytest.mark.parametrize(
    "below",
    [
        pytest.param(lambda n: b"", id="nothing"),
        pytest.param(lambda n: random.Random(n).randbytes(40), id="noise"),
        pytest.param(lambda n: arp(1, host(n), "10.0.0.1", host(n), "10.0.0.2"), id="ARP"),
        pytest.param(lambda n: packet(n)[:-1], id="IPv4 that is cut"),
        pytest.param(lambda n: spoilt(packet(n)), id="IPv4 with a wrong checksum"),
        pytest.param(lambda n: packet6(n) + bytes(47), id="IPv6 with something behind it"),
        pytest.param(lambda n: b"\x45" + in_frame(packet(n))[1:-1], id="a MAC like IPv4"),
        pytest.param(
            lambda n: b"\x60" + ethernet(OTHER, host(n), 5, bytes(50))[1:], id="like IPv6"
        ),
        pytest.param(lambda n: b"\0\0\0\1" + in_frame(packet(n)), id="sequence number"),
    ],
)
def test_what_is_not_understood_keeps_to_the_way_of_its_labels(router: Router, core, below):
    router.forward(16, *ways(102, 16))
    for service in (500, 501, 502):
        entries = (300, 0, 64), (service, 0, 64)
        chosen = {transit_way(router, core, below(number), *entries) for number in range(30)}
        assert len(chosen) == 1
    per_label = Counter(
        transit_way(router, core, below(0), (service, 0, 64)) for service in range(500, 900)
    )
    assert_spread(per_label, 16)


def test_labels_with_a_special_purpose_say_nothing_about_a_flow(router: Router, core):
    router.forward(16, *ways(102, 16))
    chosen = {transit_way(router, core, b"", (number, 0, 0), (500, 0, 64)) for number in range(16)}
    assert len(chosen) == 1


def test_a_mac_address_that_looks_like_an_ip_header_misleads_nobody(router: Router, core):
    router.forward(16, *ways(102, 16))
    for first in ("45", "46", "60", "6f", "00"):
        dst = f"{first}:00:00:00:00:01"
        frames = []
        for number in range(20):
            inner = bytearray(packet(1))
            inner[4:6] = number.to_bytes(2, "big")
            fix_checksum(inner)
            frames.append(ip_frame(dst, HOST, bytes(inner)))
        assert len({transit_way(router, core, frame, (500, 0, 64)) for frame in frames}) == 1


def test_the_next_router_does_not_choose_as_the_first_did(router: Router, core):
    """Else ways would stay empty downstream: of the flows on a way, all would choose alike."""
    routers = [router, *(router.bench.router() for _ in range(4))]
    for each in routers:
        each.forward(16, *ways(102, 2))
    flows = [labelled(stack((16, 0, 64), (500, 0, 64)), packet(flow)) for flow in range(400)]
    choices = []
    for each in routers:
        each.port(core)
        choices.append([way_of(each, core, frame) for frame in flows])
    for first in range(len(choices)):
        for second in range(first):
            pairs = Counter(zip(choices[first], choices[second], strict=True))
            assert min(pairs.values()) > 60, (first, second, pairs)
            assert len(pairs) == 4
    router.port(core)


def test_a_way_that_is_not_there_yet_is_the_first(router: Router, core):
    first, *_ = ways(102, 4)
    router.forward(16, *(first for _ in range(4)))
    for flow in range(10):
        assert transit_way(router, core, packet(flow), (500, 0, 64)) == 0


# --- at the ingress ---


@pytest.mark.parametrize("make", [packet, packet6])
def test_a_vrfs_flows_spread_at_the_ingress(router: Router, make):
    circuit = router.port(router.bench.wires[1], Role.VRF, VRF)
    router.tunnel(PE, *ways(102, 4, Operation.PUSH))
    for prefix in ("0.0.0.0/0", "::/0"):
        router.route(VRF, prefix, RouteRecord(RouteKind.TO_PE, PE, 500))
    frames = [ip_frame(GATEWAY_MAC, HOST, make(flow)) for flow in range(200)]
    chosen = [way_of(router, circuit, frame) for frame in frames]
    assert_spread(Counter(chosen), 4)
    assert [way_of(router, circuit, frame + bytes(3)) for frame in frames] == chosen


@pytest.mark.parametrize("name", ["IPv4", "IPv6", "tagged", "anything"])
def test_a_vsis_flows_spread_at_the_ingress_and_keep_to_their_way_when_flooded(router, name):
    make = {
        "IPv4": lambda flow: in_frame(packet(flow)),
        "IPv6": lambda flow: in_frame(packet6(flow)),
        "tagged": lambda flow: in_frame(packet(flow), 5),
        "anything": lambda flow: ethernet(OTHER, host(flow), 0x88B5, b"payload"),
    }[name]
    circuit, core = router.bench.wires[1:3]
    router.tunnel(PE, *ways(core.ifindex, 4, Operation.PUSH))
    router.vsi(VSI, {1: circuit}, {1: PwRecord(PE, 500)})
    flooded = [router.pass_on(make(flow), circuit)[core.ifindex][0][5] for flow in range(160)]
    assert_spread(Counter(flooded), 4)
    learned = ethernet("ff:ff:ff:ff:ff:ff", OTHER, 0x88B5, b"")
    router.ilm(600, IlmRecord(IlmAction.TO_PSEUDOWIRE, service=VSI, pw=1))
    router.port(core)
    router.run(labelled(stack((600, 0, 9)), learned), core)
    assert [way_of(router, circuit, make(flow)) for flow in range(160)] == flooded
