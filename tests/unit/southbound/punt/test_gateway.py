"""What gateways answer: pings, also in fragments, TCP, UDP and what nobody serves."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address, ip_address

import pytest

from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.punt.reassembly import Reassembly
from mplsemu.wire.ip import parse_ip
from tests.oracles import frames
from tests.punted import STRANGER, Lab, checked, icmp, neighbour_message


def test_the_gateway_answers_pings_near_and_far_with_both_ip_versions():
    near = {"192.168.1.1", "2001:db8:1::1", "fe80::1"}
    for lab in (Lab(TtlMode.PIPE), Lab(TtlMode.UNIFORM)):
        for gateway in ("192.168.1.1", "192.168.3.1", "2001:db8:1::1", "2001:db8:3::1", "fe80::1"):
            source = "fe80::99" if gateway == "fe80::1" else None
            source = source or str(lab.address("a/aarhus", ip_address(gateway).version))
            seen = lab.one_back("a/aarhus", frames.echo(source, gateway))
            assert icmp(seen) == ((0, 0) if "." in gateway else (129, 0))
            assert seen.ttl == (64 if gateway in near else seen.ttl)
            assert seen.addresses == (ip_address(gateway), ip_address(source))
            assert seen.body[4:] == frames.echo(source, gateway)[-len(seen.body) + 4 :]


@pytest.mark.parametrize("subnet", ["2001:db8:1::", "2001:db8:3::"])
def test_a_gateway_answers_as_a_router_of_its_subnet_from_its_own_address(subnet):
    lab = Lab()
    source = str(lab.address("a/aarhus", 6))
    seen = checked(lab.one_back("a/aarhus", frames.echo(source, subnet)))
    assert icmp(seen) == (129, 0)
    # RFC 4443 section 2.2: an anycast address is no source of an answer
    assert seen.addresses == (ip_address(subnet) + 1, ip_address(source))


def test_a_solicitation_for_a_subnets_router_is_answered_without_overriding_others():
    asked = neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:0", "2001:db8:1::")
    frame = frames.ip_frame("33:33:ff:00:00:00", STRANGER, asked)
    [(_, answered)] = Lab().network.inject("a/aarhus", frame).deliveries
    seen = checked(frames.seen(answered))
    assert (seen.dst, seen.src, seen.body[0]) == (STRANGER, GATEWAY_MAC, 136)
    assert str(seen.addresses[0]) == "fe80::1"
    assert seen.body[4] == 0xC0  # router, solicited
    assert seen.body[8:24] == IPv6Address("2001:db8:1::").packed


def test_no_route_is_reported_by_the_gateway_it_came_to():
    seen = Lab().one_back("a/aarhus", frames.ip("192.168.1.2", "8.8.8.8"))
    assert (icmp(seen), str(seen.addresses[0])) == ((3, 0), "192.168.1.1")
    seen = Lab().one_back("a/aarhus", frames.ip("2001:db8:1::2", "2001:db8:ff::1"))
    assert (icmp(seen), str(seen.addresses[0])) == ((1, 0), "2001:db8:1::1")


def test_udp_to_a_gateway_is_answered_with_port_unreachable():
    for source, gateway, expected in (
        ("192.168.1.2", "192.168.1.1", (3, 3)),
        ("192.168.1.2", "192.168.3.1", (3, 3)),
        ("2001:db8:1::2", "2001:db8:3::1", (1, 4)),
    ):
        seen = Lab().one_back("a/aarhus", frames.udp(source, gateway))
        assert (icmp(seen), str(seen.addresses[0])) == (expected, gateway)
        spoilt = frames.udp(source, gateway)[:-1] + b"\xee"
        assert Lab().send("a/aarhus", spoilt) == []
    without = frames.ip("192.168.1.2", "192.168.1.1")  # RFC 768: it has no checksum
    assert icmp(Lab().one_back("a/aarhus", without)) == (3, 3)
    assert Lab().send("a/aarhus", frames.ip("2001:db8:1::2", "2001:db8:1::1")) == []


GATEWAYS = pytest.mark.parametrize(
    ("source", "gateway"),
    [
        ("192.168.1.2", "192.168.1.1"),
        ("192.168.1.2", "192.168.3.1"),
        ("2001:db8:1::2", "2001:db8:3::1"),
        ("2001:db8:1::2", "fe80::1"),
    ],
)
FIN, SYN, RST, PUSH, ACK = 1, 2, 4, 8, 16
TO_FAR_GATEWAY = 3
"""Routers that take one off a TTL on the way to it, in the uniform lab."""


@GATEWAYS
@pytest.mark.parametrize(
    ("flags", "size", "expected"),
    [
        (SYN, 0, (0, 8, RST | ACK)),
        (SYN, 5, (0, 13, RST | ACK)),
        (FIN, 3, (0, 11, RST | ACK)),
        (0, 4, (0, 11, RST | ACK)),
        (ACK, 0, (9, 0, RST)),
        (ACK | PUSH, 100, (9, 0, RST)),
        (SYN | ACK, 0, (9, 0, RST)),
    ],
)
def test_tcp_to_a_gateway_is_reset(source, gateway, flags, size, expected):
    """RFC 9293 section 3.10.7.1."""
    seen = Lab().one_back("a/aarhus", frames.tcp(source, gateway, flags, size=size))
    assert tuple(map(str, seen.addresses)) == (gateway, source)
    there, here, number, acknowledged, word, *_ = struct.unpack("!HHIIHHHH", seen.body)
    assert (there, here) == (80, 40000)
    assert (number, acknowledged, word & 0xFF) == expected
    assert seen.ttl == 64 or gateway in {"192.168.3.1", "2001:db8:3::1"}  # the far one's
    assert frames.summed(gateway, source, 6, seen.body[:16] + bytes(2) + seen.body[18:], 16) == (
        seen.body
    )


@GATEWAYS
def test_to_a_reset_and_to_a_spoilt_segment_there_is_no_answer(source, gateway):
    spoilt = frames.tcp(source, gateway, SYN)[:-1] + b"\x55"
    for packet in (
        frames.tcp(source, gateway, RST),
        frames.tcp(source, gateway, RST | ACK),
        spoilt,
        frames.ip(source, gateway, 6, bytes(10)),
    ):
        assert Lab().send("a/aarhus", packet) == []


@pytest.mark.parametrize("protocol", [4, 47, 50, 89, 132, 253])
def test_a_protocol_that_no_gateway_knows_is_unreachable(protocol):
    """RFC 1122 section 3.2.2.1, RFC 4443 section 3.4."""
    seen = Lab().one_back("a/aarhus", frames.ip("192.168.1.2", "192.168.1.1", protocol))
    assert icmp(seen) == (3, 2)
    for extensions, pointer in ((b"", 6), (bytes((protocol, 0)) + bytes(6), 40)):
        first = 60 if extensions else protocol
        packet = frames.ip("2001:db8:1::2", "2001:db8:3::1", first, extensions + b"anything")
        seen = Lab().one_back("a/aarhus", packet)
        assert icmp(seen) == (4, 1)
        assert int.from_bytes(seen.body[4:8], "big") == pointer
        assert seen.body[8:] == packet[:7] + bytes((packet[7] - TO_FAR_GATEWAY,)) + packet[8:]


@pytest.mark.parametrize(
    "packet",
    [
        frames.ip("192.168.1.2", "192.168.1.1", 2),
        frames.ip("2001:db8:1::2", "2001:db8:1::1", 59),
        frames.echo("192.168.1.2", "192.168.1.1", kind=13),
        frames.echo("2001:db8:1::2", "2001:db8:1::1", kind=139),
    ],
)
def test_of_some_protocols_a_gateway_says_nothing(packet):
    assert Lab().send("a/aarhus", packet) == []


@GATEWAYS
@pytest.mark.parametrize("size", [0, 1000, 1472, 1473, 3000, 65_500])
def test_a_fragmented_echo_request_is_answered_in_fragments(source, gateway, size):
    lab = Lab()
    body = bytes(range(256)) * (size // 256 + 1)
    request = frames.echo(source, gateway, body=body[:size])
    sent = []
    for piece in cut_up(request):
        sent += lab.send("a/aarhus", piece)
    assert {circuit for circuit, _ in sent} == {"a/aarhus"}
    waiting, made = Reassembly(), None
    for _, frame in sent:
        packet = parse_ip(frame[14:], int.from_bytes(frame[12:14], "big"))
        assert len(packet.whole) <= 1500
        made = waiting.add("x", None, packet, 0.0)
    assert len(waiting) == 0
    expected = frames.echo(gateway, source, kind=0 if "." in source else 129, body=body[:size])
    start = 20 if "." in source else 40
    assert made[start:] == expected[start:]


def cut_up(packet, room=560):
    """Cut a packet as a host would that believes in a small MTU."""
    if packet[0] >> 4 == 4:
        body = packet[20:]
        for at in range(0, len(body), room):
            data = body[at : at + room]
            word = at // 8 | (0x2000 if at + room < len(body) else 0)
            head = packet[:2] + struct.pack("!HHH", 20 + len(data), 77, word) + packet[8:20]
            yield frames.mended(head) + data
        return
    body = packet[40:]
    for at in range(0, len(body), room):
        data = body[at : at + room]
        word = at | (at + room < len(body))
        head = packet[:4] + struct.pack("!HB", 8 + len(data), 44) + packet[7:40]
        yield head + struct.pack("!BxHI", packet[6], word, 77) + data


@GATEWAYS
def test_udp_and_tcp_in_fragments_are_answered_as_whole(source, gateway):
    lab = Lab()
    for packet, expected in (
        (frames.udp(source, gateway, 2000), 1 if "." in source else 58),
        (frames.tcp(source, gateway, SYN, size=2000), 6),
    ):
        sent = []
        for piece in cut_up(packet):
            sent += lab.send("a/aarhus", piece)
        [(_, frame)] = sent
        assert frames.seen(frame).protocol == expected
