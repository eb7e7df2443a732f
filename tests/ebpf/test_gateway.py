"""A VRF's gateways: ARP, neighbour discovery, echo; packets from the controller."""

from __future__ import annotations

import socket
import struct

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import Drop, IlmAction, Operation, Role, RouteKind
from mplsemu.southbound.ebpf.layout import IlmRecord, RouteRecord
from mplsemu.southbound.ebpf.punts import injected
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import OURS, THEIRS, Router, labelled, nhlfe, stack
from tests.ebpf.wires import Wire, collect
from tests.oracles.frames import (
    advertisement,
    arp,
    echo,
    ethernet,
    ip,
    ip_frame,
    mac,
    solicitation,
)

HOST, NOBODY = "02:00:00:00:00:01", "00:00:00:00:00:00"
VRF, PE = 7, 42
LOOPBACK = 1


@pytest.fixture
def circuit(router: Router) -> Wire:
    wire = router.port(router.bench.wires[0], Role.VRF, VRF)
    router.gateway(wire, "10.1.0.1")
    router.route(VRF, "10.1.0.1/32", RouteRecord(RouteKind.LOCAL))
    router.route(VRF, "2001:db8:1::1/128", RouteRecord(RouteKind.LOCAL))
    for host in ("10.1.0.2/32", "2001:db8:1::2/128"):
        router.route(VRF, host, RouteRecord(RouteKind.DELIVER, wire.ifindex, mac=mac(HOST)))
    return wire


def the_punt(router: Router) -> tuple[PuntReason, int, int, bytes]:
    (punt,) = router.bench.punts()
    assert punt.lsr == router.index
    return punt.reason, punt.port, punt.service, punt.frame


# --- ARP ---


@pytest.mark.parametrize("asker", ["10.1.0.2", "0.0.0.0"])
@pytest.mark.parametrize("asked", ["ff:ff:ff:ff:ff:ff", GATEWAY_MAC, "02:00:00:00:00:77"])
@pytest.mark.parametrize("padding", [b"", bytes(18)])
def test_a_gateway_answers_arp_and_the_controller_sees_who_asked(
    router: Router, circuit, asker, asked, padding
):
    question = arp(1, HOST, asker, NOBODY, "10.1.0.1", asked) + padding
    reply = arp(2, GATEWAY_MAC, "10.1.0.1", HOST, asker, HOST) + padding
    assert router.run(question, circuit).frame == reply
    assert the_punt(router) == (PuntReason.ARP, 1, VRF, question)
    assert router.pass_on(question, circuit) == {circuit.ifindex: [reply]}
    assert router.drops() == {}


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(arp(1, HOST, "10.1.0.2", NOBODY, "10.1.0.9"), id="another address"),
        pytest.param(arp(2, HOST, "10.1.0.2", GATEWAY_MAC, "10.1.0.1", GATEWAY_MAC), id="reply"),
        pytest.param(arp(1, HOST, "10.1.0.2", HOST, "10.1.0.2"), id="gratuitous"),
        pytest.param(arp(1, HOST, "10.1.0.2", NOBODY, "10.1.0.1")[:41], id="short"),
        pytest.param(
            arp(1, HOST, "10.1.0.2", NOBODY, "10.1.0.1").replace(
                b"\x00\x01\x08\x00", b"\0\6\x08\0"
            ),
            id="another hardware",
        ),
    ],
)
def test_other_arp_is_only_punted(router: Router, circuit, frame):
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.ARP, 1, VRF, frame)
    assert router.drops() == {Drop.PUNTED: 1}


def test_a_gateway_is_one_on_its_own_circuit_only(router: Router, circuit):
    other = router.port(router.bench.wires[1], Role.VRF, VRF)
    question = arp(1, HOST, "10.1.0.2", NOBODY, "10.1.0.1")
    assert router.run(question, other).verdict is Verdict.SHOT


# --- neighbour discovery ---


def discovery(kind: int, dst: str, extension: bytes = b"") -> bytes:
    message = struct.pack("!BBHI", kind, 0, 0, 0) + bytes(16)
    protocol = 0 if extension else 58
    return ip("fe80::2", dst, protocol, extension + message, ttl=255)


@pytest.mark.parametrize("kind", [135, 136])
@pytest.mark.parametrize("to", ["33:33:ff:00:00:01", GATEWAY_MAC, "02:00:00:00:00:77"])
@pytest.mark.parametrize("dst", ["ff02::1:ff00:1", "fe80::1", "2001:db8:1::1"])
@pytest.mark.parametrize("extension", [b"", b"\x3a\0" + bytes(6)])
def test_neighbour_discovery_is_punted_wherever_it_goes(
    router: Router, circuit, kind, to, dst, extension
):
    frame = ip_frame(to, HOST, discovery(kind, dst, extension))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.NEIGHBOUR_DISCOVERY, 1, VRF, frame)


def solicited(target: str, source: str = "2001:db8:1::2", **changed) -> bytes:
    return solicitation(HOST, source, target, **changed)


@pytest.mark.parametrize("target", ["2001:db8:1::1", "fe80::1"])
@pytest.mark.parametrize("source", ["2001:db8:1::2", "fe80::2"])
@pytest.mark.parametrize("option", [b"\1\1", b"\x0e\1"])
def test_a_gateway_answers_a_solicitation_and_the_controller_sees_who_asked(
    router: Router, circuit, target, source, option
):
    router.gateway(circuit, "2001:db8:1::1")
    question = solicited(target, source, option=option)
    reply = advertisement(GATEWAY_MAC, target, HOST, source)
    assert router.run(question, circuit).frame == reply
    assert the_punt(router) == (PuntReason.SOLICITED, 1, VRF, question)
    assert router.pass_on(question, circuit) == {circuit.ifindex: [reply]}
    assert router.drops() == {}


def test_a_flood_of_solicitations_is_answered_to_the_last(router: Router, circuit):
    router.gateway(circuit, "2001:db8:1::1")
    question = solicited("2001:db8:1::1")
    for _ in range(1000):
        assert router.run(question, circuit).verdict is Verdict.REDIRECT
    assert 0 < len(router.bench.punts()) < 1000


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(solicited("2001:db8:1::9"), id="another address"),
        pytest.param(solicited("2001:db8:1::1", "::"), id="probe"),
        pytest.param(solicited("2001:db8:1::1", "ff02::1"), id="from a group"),
        pytest.param(solicited("2001:db8:1::1", ttl=254), id="from far away"),
        pytest.param(solicited("2001:db8:1::1", code=1), id="code"),
        pytest.param(solicited("2001:db8:1::1", kind=136), id="advertisement"),
        pytest.param(solicited("2001:db8:1::1", option=b""), id="no option"),
        pytest.param(solicited("2001:db8:1::1", option=b"\1\2"), id="malformed option"),
        pytest.param(solicited("2001:db8:1::1", option=b"\1\0"), id="empty option"),
        pytest.param(solicited("2001:db8:1::1") + bytes(4), id="padded"),
        pytest.param(solicited("2001:db8:1::1")[:-1] + b"\0", id="checksum"),
    ],
)
def test_what_is_no_plain_solicitation_is_left_to_the_controller(router: Router, circuit, frame):
    router.gateway(circuit, "2001:db8:1::1")
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.NEIGHBOUR_DISCOVERY, 1, VRF, frame)


def test_a_solicited_gateway_is_one_on_its_own_circuit_only(router: Router, circuit):
    router.gateway(circuit, "2001:db8:1::1")
    other = router.port(router.bench.wires[1], Role.VRF, VRF)
    assert router.run(solicited("2001:db8:1::1"), other).verdict is Verdict.SHOT
    assert the_punt(router)[0] is PuntReason.NEIGHBOUR_DISCOVERY


@pytest.mark.parametrize("kind", [133, 134, 137])
def test_other_messages_between_neighbours_are_dropped(router: Router, circuit, kind):
    frame = ip_frame("33:33:00:00:00:02", HOST, discovery(kind, "ff02::2"))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.bench.punts() == []
    assert router.drops() == {Drop.NOT_FOR_US: 1}


# --- echo and what else is for a gateway ---


def test_a_gateway_answers_an_echo_request(router: Router, circuit):
    frame = ip_frame(GATEWAY_MAC, HOST, echo("10.1.0.2", "10.1.0.1", ttl=1))
    reply = ip_frame(HOST, GATEWAY_MAC, echo("10.1.0.1", "10.1.0.2", kind=0, ttl=64))
    assert router.run(frame, circuit).frame == reply
    assert router.pass_on(frame, circuit) == {circuit.ifindex: [reply]}
    assert router.bench.punts() == []


@pytest.mark.parametrize("code", [0, 7, 255])
@pytest.mark.parametrize("body", [b"", b"x", bytes(1400), b"\xff" * 64])
def test_an_echo_reply_has_the_requests_body_and_a_right_checksum(
    router: Router, circuit, code, body
):
    message = bytearray(struct.pack("!BBHHH", 8, code, 0, 1, 1) + body)
    message[2:4] = checksum(bytes(message)).to_bytes(2, "big")
    frame = ip_frame(GATEWAY_MAC, HOST, ip("10.1.0.2", "10.1.0.1", 1, bytes(message)))
    reply = router.run(frame, circuit).frame
    assert checksum(reply[14:34]) == 0
    assert checksum(reply[34:]) == 0
    assert reply[34:36] == bytes([0, code])
    assert reply[38:] == bytes(message[4:])


def checksum(data: bytes) -> int:
    padded = data + bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def test_an_echo_from_a_far_site_goes_back_through_its_tunnel(router: Router, circuit):
    core = router.port(router.bench.wires[1])
    router.ilm(91, IlmRecord(IlmAction.TO_VRF, ip_version=4, service=VRF))
    router.route(VRF, "10.2.0.0/24", RouteRecord(RouteKind.TO_PE, PE, 500))
    router.tunnel(PE, nhlfe(core.ifindex, Operation.PUSH, 17))
    came = labelled(stack((91, 0, 9)), echo("10.2.0.2", "10.1.0.1", ttl=62))
    reply = echo("10.1.0.1", "10.2.0.2", kind=0, ttl=64)
    sent = labelled(stack((17, 0, 255), (500, 0, 255)), reply, THEIRS, OURS)
    assert router.pass_on(came, core) == {core.ifindex: [sent]}


def test_an_echo_through_another_vrf_is_answered_by_that_one(router: Router, circuit):
    other = router.port(router.bench.wires[2], Role.VRF, VRF + 1)
    router.route(VRF + 1, "10.1.0.0/24", RouteRecord(RouteKind.TO_VRF, VRF))
    back = RouteRecord(RouteKind.DELIVER, other.ifindex, mac=mac(HOST))
    router.route(VRF, "10.3.0.2/32", back)
    frame = ip_frame(GATEWAY_MAC, HOST, echo("10.3.0.2", "10.1.0.1"))
    reply = echo("10.1.0.1", "10.3.0.2", kind=0, ttl=64)
    assert router.run(frame, other).frame == ip_frame(HOST, GATEWAY_MAC, reply)


def test_a_gateway_does_not_answer_itself(router: Router, circuit):
    frame = ip_frame(GATEWAY_MAC, HOST, echo("10.1.0.1", "10.1.0.1"))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOBODY: 1}


def fragmented(packet: bytes, field: int) -> bytes:
    changed = bytearray(packet)
    changed[6:8] = field.to_bytes(2, "big")
    changed[10:12] = b"\0\0"
    changed[10:12] = checksum(bytes(changed[:20])).to_bytes(2, "big")
    return bytes(changed)


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(echo("10.1.0.2", "10.1.0.1", kind=0), id="echo reply"),
        pytest.param(echo("10.1.0.2", "10.1.0.1", kind=13), id="timestamp"),
        pytest.param(ip("10.1.0.2", "10.1.0.1", 1, b"\x08\0\0\0\0\0\0"), id="short"),
        pytest.param(ip("10.1.0.2", "10.1.0.1", 2, bytes(20)), id="IGMP"),
        pytest.param(ip("2001:db8:1::2", "2001:db8:1::1", 59, bytes(20)), id="no next header"),
        pytest.param(echo("2001:db8:1::2", "2001:db8:1::1", kind=129), id="echo reply, IPv6"),
        pytest.param(echo("2001:db8:1::2", "fe80::1", kind=129), id="echo reply, link-local"),
    ],
)
def test_a_gateway_drops_the_rest_without_a_word(router: Router, circuit, packet):
    assert router.run(ip_frame(GATEWAY_MAC, HOST, packet), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOBODY: 1}
    assert router.bench.punts() == []


@pytest.mark.parametrize("address", ["2001:db8:1::1", "fe80::1"])
@pytest.mark.parametrize("source", ["2001:db8:1::2", "fe80::2"])
def test_an_ipv6_echo_request_is_punted(router: Router, circuit, address, source):
    frame = ip_frame(GATEWAY_MAC, HOST, echo(source, address, ttl=1))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.ECHO_REQUEST6, 1, VRF, frame)


@pytest.mark.parametrize(
    ("source", "address"),
    [("10.1.0.2", "10.1.0.1"), ("2001:db8:1::2", "2001:db8:1::1"), ("fe80::2", "fe80::1")],
)
@pytest.mark.parametrize("protocol", [6, 17, 47, 253])
def test_what_a_gateway_does_not_serve_is_punted(
    router: Router, circuit, source, address, protocol
):
    frame = ip_frame(GATEWAY_MAC, HOST, ip(source, address, protocol, ttl=1))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.NOT_SERVED, 1, VRF, frame)


@pytest.mark.parametrize("offset", [0x2000, 0x0001, 0x2005])
@pytest.mark.parametrize("protocol", [1, 6, 17, 253])
def test_fragments_for_a_gateway_are_punted(router: Router, circuit, offset, protocol):
    packet = fragmented(ip("10.1.0.2", "10.1.0.1", protocol, bytes(40)), offset)
    frame = ip_frame(GATEWAY_MAC, HOST, packet)
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.FRAGMENT, 1, VRF, frame)


@pytest.mark.parametrize("address", ["2001:db8:1::1", "fe80::1"])
@pytest.mark.parametrize("word", [1, 8, 9, 0x2001])
@pytest.mark.parametrize("protocol", [58, 6, 17, 60])
def test_ipv6_fragments_for_a_gateway_are_punted(router: Router, circuit, address, word, protocol):
    body = struct.pack("!BxHI", protocol, word, 7) + b"\x80" + bytes(39)
    frame = ip_frame(GATEWAY_MAC, HOST, ip("2001:db8:1::2", address, 44, body))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert the_punt(router) == (PuntReason.FRAGMENT, 1, VRF, frame)


def test_the_link_local_gateway_is_one_for_its_mac_address_only(router: Router, circuit):
    frame = ip_frame("02:00:00:00:00:77", HOST, echo("fe80::2", "fe80::1"))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOT_FOR_US: 1}


def test_from_the_core_the_link_local_gateway_is_never_routed(router: Router, circuit):
    core = router.port(router.bench.wires[1])
    router.ilm(96, IlmRecord(IlmAction.TO_VRF, ip_version=6, service=VRF))
    frame = labelled(stack((96, 0, 9)), echo("2001:db8:2::2", "fe80::1"))
    assert router.run(frame, core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NEVER_ROUTED: 1}


# --- from the controller ---


@pytest.mark.parametrize("pair", [("10.1.0.1", "10.1.0.2"), ("2001:db8:1::1", "2001:db8:1::2")])
def test_the_controller_sends_through_a_vrf(router: Router, circuit, pair):
    kind = 0x0800 if "." in pair[0] else 0x86DD
    frame = injected(router.index, VRF, kind, ip(*pair, ttl=65))
    outcome = router.run(frame, LOOPBACK)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame == ip_frame(HOST, GATEWAY_MAC, ip(*pair, ttl=64))


def test_the_controller_sends_along_an_lsp(router: Router):
    router.forward(16, nhlfe(102, Operation.SWAP, 17))
    frame = injected(router.index, 0, 0x8847, stack((16, 0, 255), (500, 0, 255)) + b"report")
    outcome = router.run(frame, LOOPBACK)
    sent = stack((17, 0, 254), (500, 0, 255))
    assert outcome.frame == labelled(sent, b"report", THEIRS, OURS)


def test_what_the_controller_sends_and_cannot_go_on_says_no_port(router: Router, circuit):
    frame = injected(router.index, VRF, 0x0800, ip("10.1.0.1", "10.9.0.2"))
    assert router.run(frame, LOOPBACK).verdict is Verdict.SHOT
    assert the_punt(router)[:3] == (PuntReason.NO_ROUTE, 0, VRF)


def test_what_the_kernel_says_to_itself_passes(router: Router):
    for frame in (
        ethernet(NOBODY, NOBODY, 0x0800, ip("127.0.0.1", "127.0.0.1")),
        ethernet("02:00:00:00:00:01", NOBODY, 0x0800, ip("127.0.0.1", "127.0.0.1")),
        ethernet(NOBODY, NOBODY, 0x86DD, ip("::1", "::1")),
        ethernet(NOBODY, NOBODY, 0x8847, stack((16, 0, 9))),
    ):
        outcome = router.run(frame, LOOPBACK)
        assert (outcome.verdict, outcome.frame) == (Verdict.OK, frame)


def test_other_packets_from_the_controller_are_dropped(router: Router):
    frame = injected(router.index, VRF, 0x0806, bytes(28))
    assert router.run(frame, LOOPBACK).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


def test_the_controllers_packets_really_go_through_loopback(router: Router, circuit):
    frame = injected(router.index, VRF, 0x0800, ip("10.1.0.1", "10.1.0.2", ttl=65))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as loopback:
        loopback.bind(("lo", 0))
        loopback.send(frame)
    sent = ip_frame(HOST, GATEWAY_MAC, ip("10.1.0.1", "10.1.0.2", ttl=64))
    assert collect(router.bench.wires, 1) == {circuit.ifindex: [sent]}
