"""Circuits that VLAN tags tell apart on a port: tags are read, popped and pushed in the kernel."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    CIRCUIT_DELIMITED,
    Drop,
    PortFlag,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import (
    GATEWAY_VALUE,
    GatewayKey,
    MemberKey,
    Port,
    RouteRecord,
    TaggedCircuit,
    TaggedKey,
    word,
)
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.pe import ALL, FRAMES, VSI, A, B, Pe
from tests.ebpf.router import Bench, Router
from tests.ebpf.wires import Wire
from tests.oracles.frames import advertisement, arp, ip, ip_frame, mac, solicitation

VRF = 7
HOST, NOBODY = "02:00:00:00:00:01", "00:00:00:00:00:00"
DOT1Q, DOT1AD, OLD = 0x8100, 0x88A8, 0x9100
TAGS = (
    pytest.param((DOT1Q, 100, 0), id="802.1Q"),
    pytest.param((DOT1AD, 200, 0), id="802.1ad"),
    pytest.param((OLD, 200, 0), id="9100"),
    pytest.param((DOT1AD, 200, 100), id="QinQ"),
    pytest.param((DOT1Q, 200, 100), id="two of 802.1Q"),
    pytest.param((OLD, 200, 100), id="9100 and 802.1Q"),
)
NO_TAG = (0, 0, 0)
WHOLE_FRAMES = [each for each in FRAMES if each.id != "nothing"]
"""The kernel drops a tagged frame that has nothing behind its tag, before any program sees it."""


def on_line(frame: bytes, tags: tuple[int, int, int]) -> bytes:
    kind, outer, inner = tags
    octets = struct.pack("!HH", kind, outer) if kind else b""
    octets += struct.pack("!HH", DOT1Q, inner) if inner else b""
    return frame[:12] + octets + frame[12:]


def line(
    router: Router,
    wire: Wire,
    number: int,
    tags: tuple[int, int, int],
    role: Role,
    service: int,
) -> int:
    """Make a circuit on a line; return its id."""
    router.port(wire, Role.LINE)
    record = Port(router.index, number, role, service, PortFlag.DELIMITED)
    router.bench.set("tagged_ports", TaggedKey(wire.ifindex, *tags).pack(), record.pack())
    circuit = CIRCUIT_DELIMITED | router.index << 16 | number
    leaving = TaggedCircuit(wire.ifindex, 1600, *tags)
    router.bench.set("tagged_circuits", word(circuit), leaving.pack())
    return circuit


def routed(router: Router, wire: Wire, number: int, tags: tuple[int, int, int], net: int) -> None:
    """Make a VRF's circuit with a gateway and a host in 10.NET.0.0/24 and 2001:db8:NET::/64."""
    circuit = line(router, wire, number, tags, Role.VRF, VRF)
    for prefix, host in ((f"10.{net}.0.", "2/32"), (f"2001:db8:{net}::", "2/128")):
        own = GatewayKey(circuit, ip_address(f"{prefix}1"))
        router.bench.set("gateways", own.pack(), GATEWAY_VALUE)
        deliver = RouteRecord(RouteKind.DELIVER, circuit, mac=mac(HOST), mtu=1500)
        router.route(VRF, prefix + host, deliver)


@pytest.fixture(autouse=True)
def only_own_lines(bench: Bench) -> Iterator[None]:
    """Wires are those of other tests, too: none knows tags afterwards."""
    yield
    lines = bench.program.maps["tagged_ports"]
    lines.delete_many(list(lines.keys()))


@pytest.fixture
def wire(router: Router) -> Wire:
    return router.bench.wires[0]


@pytest.mark.parametrize("tags", TAGS)
def test_a_gateway_answers_with_the_circuits_tags(router: Router, wire: Wire, tags):
    routed(router, wire, 11, tags, 1)
    question = arp(1, HOST, "10.1.0.2", NOBODY, "10.1.0.1")
    reply = arp(2, GATEWAY_MAC, "10.1.0.1", HOST, "10.1.0.2", HOST)
    assert router.pass_on(on_line(question, tags), wire) == {wire.ifindex: [on_line(reply, tags)]}
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.port, punt.service) == (PuntReason.ARP, 11, VRF)
    assert punt.frame == question  # without the tags: the circuit's number says them
    sought = solicitation(HOST, "2001:db8:1::2", "2001:db8:1::1")
    told = advertisement(GATEWAY_MAC, "2001:db8:1::1", HOST, "2001:db8:1::2")
    assert router.pass_on(on_line(sought, tags), wire) == {wire.ifindex: [on_line(told, tags)]}
    assert router.drops() == {}


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("version", [4, 6])
def test_a_packet_is_routed_from_one_circuit_of_a_line_to_another(
    router: Router, wire: Wire, tags, version
):
    routed(router, wire, 11, tags, 1)
    routed(router, wire, 12, (DOT1Q, 33, 0), 2)
    routed(router, wire, 13, NO_TAG, 3)
    for net, other in ((2, (DOT1Q, 33, 0)), (3, NO_TAG)):
        ends = ("10.1.0.2", f"10.{net}.0.2") if version == 4 else (
            "2001:db8:1::2",
            f"2001:db8:{net}::2",
        )  # fmt: skip
        there = ip_frame(GATEWAY_MAC, HOST, ip(*ends))
        arrives = ip_frame(HOST, GATEWAY_MAC, ip(*ends, ttl=63))
        sent = router.pass_on(on_line(there, tags), wire)
        assert sent == {wire.ifindex: [on_line(arrives, other)]}
        back = ip_frame(GATEWAY_MAC, HOST, ip(*reversed(ends)))
        arrives = ip_frame(HOST, GATEWAY_MAC, ip(*reversed(ends), ttl=63))
        sent = router.pass_on(on_line(back, other), wire)
        assert sent == {wire.ifindex: [on_line(arrives, tags)]}
    assert router.drops() == {}


@pytest.mark.parametrize("tags", TAGS)
def test_frames_without_the_right_tags_go_nowhere(router: Router, wire: Wire, tags):
    routed(router, wire, 11, tags, 1)
    kind, outer, inner = tags
    echo = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.1.0.2"))
    wrong = [NO_TAG, (kind, outer + 1, inner), (0x88A8 if kind != 0x88A8 else 0x8100, outer, inner)]
    if inner:
        wrong += [(kind, outer, 0), (kind, outer, inner + 1), (kind, inner, outer)]
    for each in wrong:
        assert router.pass_on(on_line(echo, each), wire, 0) == {}, each
    assert router.drops() == {Drop.TAG: len(wrong)}
    # behind the circuit's tags a VRF takes no other
    assert router.pass_on(on_line(on_line(echo, (DOT1Q, 5, 0)), tags), wire, 0) == {}
    assert sum(router.drops().values()) == len(wrong) + 1
    assert router.pass_on(on_line(echo, tags), wire, 1) != {}


@pytest.mark.parametrize("tags", TAGS)
@pytest.mark.parametrize("frame", WHOLE_FRAMES)
def test_a_vsi_carries_whatever_is_behind_the_circuits_tags(pe: Pe, tags, frame):
    trunk = pe.router.bench.wires[4]
    pe.wire(1, 200)
    pe.up()
    circuit = line(pe.router, trunk, 21, tags, Role.VSI, VSI)
    key = MemberKey(pe.router.index, VSI, 2)
    pe.router.bench.set("circuits", key.pack(), word(circuit))
    tc = 5 if b"\x45\xb8" in frame[:30] else 0
    expected = {
        pe.first.ifindex: [frame],
        pe.second.ifindex: [frame],
        pe.core.ifindex: [pe.on_wire(1, frame, 200, tc=tc)],
    }
    assert pe.router.pass_on(on_line(frame, tags), trunk, 3) == expected
    del expected[pe.first.ifindex], expected[pe.core.ifindex]
    expected[trunk.ifindex] = [on_line(frame, tags)]
    sent = pe.router.pass_on(pe.over_wire(1, frame), pe.core, 3)
    assert sent == expected | {pe.first.ifindex: [frame]}
    sent = pe.router.pass_on(frame, pe.first, 3)
    assert sent == expected | {pe.core.ifindex: [pe.on_wire(1, frame, 200, tc=tc)]}


@pytest.mark.parametrize("tags", TAGS)
def test_addresses_are_learned_at_their_circuit_and_known_frames_get_its_tags(pe: Pe, tags):
    trunk = pe.router.bench.wires[4]
    pe.up()
    for position, (number, each) in enumerate(((21, tags), (22, (DOT1Q, 44, 0))), 4):
        circuit = line(pe.router, trunk, number, each, Role.VSI, VSI)
        key = MemberKey(pe.router.index, VSI, position)
        pe.router.bench.set("circuits", key.pack(), word(circuit))
    pe.router.vsi(VSI, {1: pe.first, 3: pe.second, 4: pe.first}, {})  # counts them
    for position, number in ((4, 21), (5, 22)):
        circuit = CIRCUIT_DELIMITED | pe.router.index << 16 | number
        key = MemberKey(pe.router.index, VSI, position)
        pe.router.bench.set("circuits", key.pack(), word(circuit))
    hello = ip_frame(ALL, A, ip("10.0.0.1", "10.0.0.255"))
    pe.router.pass_on(on_line(hello, tags), trunk, 2)
    assert pe.router.station(VSI, A).id == CIRCUIT_DELIMITED | pe.router.index << 16 | 21
    answer = ip_frame(A, B, ip("10.0.0.2", "10.0.0.1"))
    # from another circuit of the same line, and from one of its own
    for frame, via in ((on_line(answer, (DOT1Q, 44, 0)), trunk), (answer, pe.first)):
        assert pe.router.pass_on(frame, via) == {trunk.ifindex: [on_line(answer, tags)]}
    # what would leave by the circuit that it came by goes nowhere
    assert pe.router.pass_on(on_line(answer, tags), trunk, 0) == {}


def test_an_untagged_circuit_of_a_line_carries_no_tagged_frame(pe: Pe):
    trunk = pe.router.bench.wires[4]
    pe.up()
    circuit = line(pe.router, trunk, 21, NO_TAG, Role.VSI, VSI)
    pe.router.bench.set("circuits", MemberKey(pe.router.index, VSI, 2).pack(), word(circuit))
    plain = ip_frame(ALL, A, ip("10.0.0.1", "10.0.0.255"))
    own = ip_frame(ALL, A, ip("10.0.0.1", "10.0.0.255"), (5,))
    both = {trunk.ifindex: [plain], pe.second.ifindex: [plain]}
    assert pe.router.pass_on(plain, pe.first, 2) == both
    assert pe.router.pass_on(own, pe.first, 1) == {pe.second.ifindex: [own]}
    assert pe.router.pass_on(own, trunk, 0) == {}
    assert pe.router.drops() == {Drop.TAG: 1}
