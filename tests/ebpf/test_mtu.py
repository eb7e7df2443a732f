"""Packets that are too large for where they are to go: who hears of it, and from what size on."""

from __future__ import annotations

import struct

import pytest

from mplsemu.southbound.ebpf.kinds import BridgeKind, Drop, IlmAction, Operation, Role, RouteKind
from mplsemu.southbound.ebpf.layout import IlmRecord, PwRecord, RouteRecord
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import Router, labelled, nhlfe, stack
from tests.ebpf.test_vrf import HOST, OTHER, PE, TO_PE, VRF, to_gateway
from tests.ebpf.wires import MTU
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.frames import ethernet, ip, mac
from tests.unit.southbound.ebpf.test_checksum import pseudo

TCP, UDP = 6, 17
FAR = {4: ("10.1.0.2", "10.2.0.2", "10.2.0.0/24"),
       6: ("2001:db8:1::2", "2001:db8:2::2", "2001:db8:2::/64")}  # fmt: skip
LIMIT = 1400
VERSIONS = pytest.mark.parametrize("version", [4, 6])


@pytest.fixture(params=["tunnel", "circuit"])
def limited(request, router: Router):
    """Have all that goes to `FAR` go where `LIMIT` octets is the most; return where it comes in."""
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF)
    out = router.bench.wires[1]
    router.port(out)
    router.tunnel(PE, nhlfe(out.ifindex, Operation.PUSH, 100), mtu=LIMIT + 4)
    to_host = RouteRecord(RouteKind.DELIVER, out.ifindex, mac=mac(OTHER), mtu=LIMIT)
    for _, _, prefix in FAR.values():
        router.route(VRF, prefix, TO_PE if request.param == "tunnel" else to_host)
    return circuit


def sized(version: int, octets: int, protocol: int = UDP) -> bytes:
    """Return an IP packet of so many octets."""
    source, target, _ = FAR[version]
    rest = octets - (20 if version == 4 else 40)
    if protocol == UDP:
        body = struct.pack("!HHHH", 40000, 5001, rest, 0)
    else:
        body = struct.pack("!HHIIBBHHH", 40000, 5001, 1000, 0, 5 << 4, 0x19, 512, 0, 0)
    return ip(source, target, protocol, body.ljust(rest, b"x"))


@VERSIONS
def test_a_packet_passes_if_it_is_not_larger_than_its_next_hop_takes(router, limited, version):
    assert router.run(to_gateway(sized(version, LIMIT)), limited).verdict is Verdict.REDIRECT
    assert router.bench.punts() == []
    frame = to_gateway(sized(version, LIMIT + 1))
    outcome = router.run(frame, limited)
    assert outcome.verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.service, punt.frame) == (PuntReason.TOO_BIG, VRF, frame)
    assert router.drops() == {Drop.PUNTED: 1}


@VERSIONS
@pytest.mark.parametrize(("protocol", "header"), [(TCP, 20), (UDP, 8)])
def test_of_a_packet_that_is_yet_to_be_segmented_the_segments_count(
    router, limited, version, protocol, header
):
    size = LIMIT - header - (20 if version == 4 else 40)
    frame = to_gateway(sized(version, 3000, protocol))
    assert router.run(frame, limited, gso_size=size).verdict is Verdict.REDIRECT
    assert router.run(frame, limited, gso_size=size + 1).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert punt.reason is PuntReason.TOO_BIG
    assert len(punt.frame) == 14 + LIMIT + 1
    assert punt.frame == as_first_segment(frame, LIMIT + 1, version, protocol)


def as_first_segment(frame: bytes, octets: int, version: int, protocol: int) -> bytes:
    """Return what a network card would make of a frame's beginning."""
    said = bytearray(to_gateway(sized(version, octets, protocol)))
    start = 14 + (20 if version == 4 else 40)
    said[start:] = frame[start : 14 + octets]
    if protocol == TCP:
        said[start + 13] = 0x10  # neither FIN nor PSH
    else:
        said[start + 4 : start + 6] = (14 + octets - start).to_bytes(2, "big")
    at = start + (16 if protocol == TCP else 6)
    said[at : at + 2] = b"\0\0"
    source, target, _ = FAR[version]
    body = bytes(said[start:])
    found = internet_checksum(pseudo((source, target), body, protocol) + body)
    said[at : at + 2] = found.to_bytes(2, "big")
    return bytes(said)


@pytest.mark.parametrize("operation", [Operation.SWAP, Operation.PUSH])
def test_a_labelled_packet_is_as_large_as_its_link_takes_and_no_octet_larger(
    router: Router, operation
):
    core, out = router.port(router.bench.wires[0]), router.port(router.bench.wires[1])
    router.forward(100, nhlfe(out.ifindex, operation, 101))
    more = 4 if operation is Operation.PUSH else 0
    for octets, expected in ((MTU - more, 1), (MTU, 1 if more == 0 else 0)):
        frame = labelled(stack((100, 0, 64)), bytes(octets - 4))
        left = router.pass_on(frame, core, expected)
        assert [len(each) - 14 for each in left.get(out.ifindex, [])] == [octets + more] * expected
    assert router.drops() == ({Drop.TOO_BIG: 1} if more else {})


@pytest.fixture(params=BridgeKind)
def wired(request, router: Router):
    """Return a circuit of a VSI that has one pseudowire, and the core port that it leaves by."""
    circuit, out = router.bench.wires[0], router.port(router.bench.wires[1])
    router.vsi(3, {1: circuit}, {1: PwRecord(PE, 700)}, kind=request.param)
    router.tunnel(PE, nhlfe(out.ifindex, Operation.PUSH, 100), mtu=MTU - 4)
    return circuit, out


def test_a_frame_over_a_pseudowire_counts_with_its_header_and_labels(router: Router, wired):
    circuit, out = wired
    most = MTU - 8 - 14
    for octets, expected in ((most, 1), (most + 1, 0)):
        left = router.pass_on(ethernet(OTHER, HOST, 0x88B5, bytes(octets)), circuit, expected)
        assert [len(each) - 14 for each in left.get(out.ifindex, [])] == [MTU] * expected


@pytest.mark.parametrize("wired", [BridgeKind.VPWS], indirect=True)  # nothing sends a flood's copy
def test_segments_in_frames_count_so_too(router: Router, wired):
    circuit, out = wired
    router.tunnel(PE, nhlfe(out.ifindex, Operation.PUSH, 100), mtu=LIMIT + 4)
    frame = to_gateway(sized(4, 3000, TCP))
    for number, more in enumerate((0, 1)):
        router.run(frame, circuit, gso_size=LIMIT - 14 - 40 + more)
        assert sum(router.drops().values()) == number


def test_a_tag_does_not_count_on_a_line(router: Router):
    first, second = router.bench.wires[:2]
    router.vsi(3, {1: first, 2: second}, {})
    frame = ethernet(OTHER, HOST, 0x88B5, bytes(MTU), (7,))
    left = router.pass_on(frame, first, 1)
    assert [len(each) for each in left[second.ifindex]] == [MTU + 18]


def test_what_came_to_a_vrf_over_the_core_is_measured_too(router: Router):
    core, out = router.port(router.bench.wires[0]), router.bench.wires[1]
    router.ilm(94, IlmRecord(IlmAction.TO_VRF, ip_version=4, service=VRF))
    to_host = RouteRecord(RouteKind.DELIVER, out.ifindex, mac=mac(OTHER), mtu=LIMIT)
    router.route(VRF, "10.2.0.0/24", to_host)
    for octets, reasons in ((LIMIT, []), (LIMIT + 1, [PuntReason.TOO_BIG])):
        router.run(labelled(stack((94, 0, 64)), sized(4, octets)), core)
        assert [punt.reason for punt in router.bench.punts()] == reasons
