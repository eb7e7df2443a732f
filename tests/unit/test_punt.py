"""Answers to punted packets, through the pipeline's flows on a fake network where it matters."""

from __future__ import annotations

import struct
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.controller.reassembler import Reassembler
from mplsemu.model.topology import TtlMode
from mplsemu.program.program import GATEWAY_MAC
from mplsemu.program.services import Neighbour
from mplsemu.southbound.openflow.punts import packet_out, punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.answer import answer, router_address, unresolved
from mplsemu.southbound.punt.event import (
    NOTHING,
    Answers,
    IntoLfib,
    IntoVrf,
    OutOfPort,
    Punt,
    PuntReason,
)
from mplsemu.southbound.punt.reassembly import Reassembly
from mplsemu.southbound.punt.wire import parse_ip
from tests import builders
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.fakeswitch import FakeNetwork

BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "02:99:00:00:00:01"


@cache
def program(ttl=TtlMode.UNIFORM):
    macs = builders.MacAddresses()
    two = {
        "aarhus": ("dk", "192.168.1.0/24 2001:db8:1::/64"),
        "oslo": ("no", "192.168.3.0/24 2001:db8:3::/64"),
        "ribe": ("dk", "192.168.5.0/24", "ce"),
    }
    return compile_program(
        builders.network(
            builders.provider(("dk-p1", "p1-p2", "p2-no"), pes=("dk", "no"), ttl_mode=ttl),
            builders.l3vpn("a", two, number=1, imports=(1, 2), macs=macs),
            builders.l3vpn(
                "shared", {"hub": ("dk", "172.16.1.0/24")}, number=2, imports=(1, 2), macs=macs
            ),
            builders.l3vpn(
                "oneway", {"x": ("dk", "10.7.0.0/24")}, number=3, imports=(1, 3), macs=macs
            ),
        )
    )


class Lab:
    """A fake network whose controller answers punted packets as the real one does."""

    def __init__(self, ttl=TtlMode.UNIFORM):
        self.program = program(ttl)
        self.learned, self.waiting = [], []
        made = {node.name: flows(self.program, node.name) for node in self.program.nodes}
        self.network = FakeNetwork(self.program, made, self._control)
        self.reassembler = Reassembler(self)

    def after(self, _delay_s, _work):
        """No time passes here."""

    def _control(self, node, packet_in):
        given = punt(
            packet_in.reason,
            packet_in.in_port,
            packet_in.metadata,
            packet_in.registers,
            packet_in.frame,
        )
        assert given is not None
        if given.reason is PuntReason.FRAGMENT:
            given = self.reassembler.take(node, given)
            if given is None:
                return
        answers = answer(self.program, node, given)
        self.learned += answers.learned
        if answers.waiting:
            self.waiting.append((node, answers.waiting))
        for out in answers.packets_out:
            made = packet_out(out)
            yield made.actions, made.frame

    def host(self, circuit):
        return self.program.node_of_circuit[circuit].circuit_by_name[circuit].hosts[0]

    def address(self, circuit, version=4):
        return next(a.ip for a in self.host(circuit).addresses if a.version == version)

    def send(self, circuit, packet, mac=None):
        frame = frames.ip_frame(GATEWAY_MAC, mac or self.host(circuit).mac, packet)
        return self.network.inject(circuit, frame).deliveries

    def one_back(self, circuit, packet):
        [(where, frame)] = self.send(circuit, packet)
        assert where == circuit
        return checked(frames.seen(frame))


def checked(seen):
    """Demand right checksums of what a host gets."""
    pseudo = b""
    if seen.payload[0] >> 4 == 4:
        assert internet_checksum(seen.payload[:20]) == 0
    else:
        pseudo = seen.payload[8:40] + struct.pack("!II", len(seen.body), seen.protocol)
    if seen.protocol in {1, 58}:
        assert internet_checksum(pseudo + seen.body) == 0
    return seen


def icmp(seen):
    return seen.body[0], seen.body[1]


@pytest.mark.parametrize("version", [4, 6])
def test_a_traceroute_through_a_pipe_shows_the_virtual_routers(version):
    lab = Lab(TtlMode.PIPE)
    source, target = lab.address("a/aarhus", version), lab.address("a/oslo", version)
    routers = []
    for ttl in (1, 2):
        seen = lab.one_back("a/aarhus", frames.ip(source, target, ttl=ttl))
        assert icmp(seen) == ((11, 0) if version == 4 else (3, 0))
        assert seen.addresses[1] == source
        assert ttl > 1 or seen.ttl == 64
        routers.append(str(seen.addresses[0]))
    expected = {4: ["192.168.1.1", "192.168.3.1"], 6: ["2001:db8:1::1", "2001:db8:3::1"]}
    assert routers == expected[version]
    assert [c for c, _ in lab.send("a/aarhus", frames.ip(source, target, ttl=3))] == ["a/oslo"]


@pytest.mark.parametrize("version", [4, 6])
def test_a_traceroute_through_a_uniform_lsp_shows_every_lsr_and_its_labels(version):
    lab = Lab(TtlMode.UNIFORM)
    source, target = lab.address("a/aarhus", version), lab.address("a/oslo", version)
    found = []
    for ttl in (1, 2, 3, 4):
        seen = lab.one_back("a/aarhus", frames.ip(source, target, ttl=ttl))
        assert seen.addresses[1] == source
        found.append((seen.addresses[0], stack_in(seen)))
    nodes = {name: router_address(lab.program.node(name), version) for name in ("p1", "p2")}
    assert [address for address, _ in found[1:3]] == [nodes["p1"], nodes["p2"]]
    depths = [len(stack) for _, stack in found]
    assert depths == [0, 2, 2, 0]
    label = lab.program.node("no").vrf_by_name["a"]
    inner = label.label if version == 4 else label.label6
    for _, stack in found[1:3]:
        assert stack[-1][0] == inner
        assert stack[0][2] == 1
    assert [c for c, _ in lab.send("a/aarhus", frames.ip(source, target, ttl=5))] == ["a/oslo"]


def stack_in(seen):
    """Return the label stack of an RFC 4884 extension, after checking its form."""
    version = seen.payload[0] >> 4
    length = seen.body[5] * 4 if version == 4 else seen.body[4] * 8
    if not length:
        return ()
    extension = seen.body[8 + length :]
    assert length >= 128
    assert extension[0] >> 4 == 2
    assert internet_checksum(extension) == 0
    size, kind = struct.unpack("!HH", extension[4:8])
    assert kind == 0x0101
    assert size == len(extension) - 4
    words = struct.unpack(f"!{(size - 4) // 4}I", extension[8:])
    assert [bool(word & 0x100) for word in words] == [False] * (len(words) - 1) + [True]
    return tuple((word >> 12, word >> 9 & 7, word & 0xFF) for word in words)


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


def test_an_expired_packet_on_the_way_into_an_extranet_is_reported_where_it_came_from():
    lab = Lab()
    target = lab.address("shared/hub")
    seen = lab.one_back("a/aarhus", frames.ip("192.168.1.2", target, ttl=1))
    assert str(seen.addresses[0]) == "192.168.1.1"
    # a does not import oneway: only oneway's own VRF knows the way back
    back = lab.one_back("oneway/x", frames.ip("10.7.0.2", lab.address("a/aarhus"), ttl=1))
    assert str(back.addresses[0]) == "10.7.0.1"


def test_an_unknown_address_is_asked_for_while_its_packet_waits():
    lab = Lab()
    packet = frames.ip(lab.address("a/oslo"), "192.168.1.77")
    [(circuit, asked)] = lab.send("a/oslo", packet)
    assert circuit == "a/aarhus"
    assert asked == frames.arp(1, GATEWAY_MAC, "192.168.1.1", "00:00:00:00:00:00", "192.168.1.77")
    [(node, waiting)] = lab.waiting
    assert (node, waiting.vrf, str(waiting.address)) == ("dk", "a", "192.168.1.77")
    reply = frames.arp(2, STRANGER, "192.168.1.77", GATEWAY_MAC, "192.168.1.1", dst=GATEWAY_MAC)
    lab.network.inject("a/aarhus", reply)
    [learned] = lab.learned
    neighbour = Neighbour(IPv4Address("192.168.1.77"), "a/aarhus", STRANGER)
    assert (learned.vrf, learned.neighbour, learned.is_new) == ("a", neighbour, True)
    assert isinstance(waiting.packet, IntoVrf)


def test_an_unknown_ipv6_address_is_solicited_and_its_advertisement_believed():
    lab = Lab()
    [(_, asked)] = lab.send("a/oslo", frames.ip(lab.address("a/oslo", 6), "2001:db8:1::77"))
    seen = checked(frames.seen(asked))
    assert seen.dst == "33:33:ff:00:00:77"
    assert seen.addresses == (IPv6Address("2001:db8:1::1"), IPv6Address("ff02::1:ff00:77"))
    assert seen.ttl == 255
    assert seen.body[8:24] == IPv6Address("2001:db8:1::77").packed
    advertised = neighbour_message(136, "2001:db8:1::77", "2001:db8:1::1", "2001:db8:1::77", 2)
    lab.network.inject("a/aarhus", frames.ip_frame(GATEWAY_MAC, STRANGER, advertised))
    [learned] = lab.learned
    assert learned.neighbour == Neighbour(IPv6Address("2001:db8:1::77"), "a/aarhus", STRANGER)


def neighbour_message(kind, src, dst, target, option=1, hop_limit=255, mac=STRANGER):
    """Return a neighbour solicitation (135) or advertisement (136) in IPv6."""
    message = bytearray(struct.pack("!BBHI", kind, 0, 0, 0x60000000 if kind == 136 else 0))
    message += IPv6Address(target).packed
    if option:
        message += bytes((option, 1)) + frames.mac(mac)
    pseudo = IPv6Address(src).packed + IPv6Address(dst).packed
    pseudo += struct.pack("!II", len(message), 58)
    message[2:4] = internet_checksum(pseudo + bytes(message)).to_bytes(2, "big")
    return frames.ip(src, dst, 58, bytes(message), ttl=hop_limit)


@pytest.mark.parametrize("target", ["2001:db8:1::1", "fe80::1"])
def test_a_solicitation_for_the_gateway_is_answered_and_its_sender_learned(target):
    lab = Lab()
    asked = neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:1", target)
    [(circuit, frame)] = lab.network.inject(
        "a/aarhus", frames.ip_frame("33:33:ff:00:00:01", STRANGER, asked)
    ).deliveries
    seen = checked(frames.seen(frame))
    assert (circuit, seen.dst, seen.src, seen.ttl) == ("a/aarhus", STRANGER, GATEWAY_MAC, 255)
    assert seen.body[0] == 136
    assert seen.body[4] == 0xE0  # router, solicited, override
    assert seen.body[8:24] == IPv6Address(target).packed
    assert seen.body[24:32] == b"\x02\x01" + frames.mac(GATEWAY_MAC)
    assert [str(each.neighbour.address) for each in lab.learned] == ["2001:db8:1::88"]


def test_of_a_solicitation_that_was_answered_only_the_sender_is_learned():
    lab = Lab()
    port = lab.program.node("dk").circuit_by_name["a/aarhus"].port
    asked = neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:1", "2001:db8:1::1")
    frame = frames.ip_frame("33:33:ff:00:00:01", STRANGER, asked)
    found = answer(lab.program, "dk", Punt(PuntReason.SOLICITED, port, 1, frame))
    assert not found.packets_out
    assert [str(each.neighbour.address) for each in found.learned] == ["2001:db8:1::88"]


def test_who_probes_for_the_gateways_address_is_told_with_everyone():
    probe = neighbour_message(135, "::", "ff02::1:ff00:1", "2001:db8:1::1", option=0)
    [(_, frame)] = (
        Lab()
        .network.inject("a/aarhus", frames.ip_frame("33:33:ff:00:00:01", STRANGER, probe))
        .deliveries
    )
    seen = checked(frames.seen(frame))
    assert seen.dst == "33:33:00:00:00:01"
    assert str(seen.addresses[1]) == "ff02::1"
    assert seen.body[4] == 0xA0  # not solicited


@pytest.mark.parametrize(
    "packet",
    [
        neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:1", "2001:db8:1::1", hop_limit=64),
        neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:1", "2001:db8:1::99", option=0),
        neighbour_message(136, "2001:db8:1::88", "ff02::1", "2001:db8:1::88", 2),
        neighbour_message(136, "2001:db8:9::88", "2001:db8:1::1", "2001:db8:9::88", 2),
        neighbour_message(135, "2001:db8:1::88", "ff02::1", "ff02::1:ff00:1", 1),
        neighbour_message(135, "fe80::88", "ff02::1:ff00:1", "2001:db8:1::9", 1),
        neighbour_message(136, "2001:db8:1::1", "2001:db8:1::1", "2001:db8:1::1", 2),
        neighbour_message(136, "2001:db8:1::88", "fe80::1", "2001:db8:1::88", 2, mac=BROADCAST),
    ],
    ids=["routed", "not-ours", "solicited-to-all", "off-link", "group", "link-local", "spoofed",
         "group-mac"],
)  # fmt: skip
def test_invalid_and_uninteresting_neighbour_messages_have_no_effect(packet):
    given = Punt(PuntReason.NEIGHBOUR_DISCOVERY, port("a/aarhus"), vrf_index("a"),
                 frames.ip_frame(GATEWAY_MAC, STRANGER, packet))  # fmt: skip
    assert answer(program(), "dk", given) == NOTHING


def port(circuit):
    return program().node_of_circuit[circuit].circuit_by_name[circuit].port


def vrf_index(name, node="dk"):
    return program().node(node).vrf_by_name[name].index


@pytest.mark.parametrize(
    ("spa", "sha"),
    [
        ("192.168.1.1", STRANGER),
        ("192.168.1.255", STRANGER),
        ("192.168.1.0", STRANGER),
        ("192.168.9.9", STRANGER),
        ("0.0.0.0", STRANGER),  # RFC 5227: a probe
        ("192.168.1.9", GATEWAY_MAC),
        ("192.168.1.9", "03:00:00:00:00:01"),
    ],
)
def test_nothing_is_learned_from_arp_that_cannot_be(spa, sha):
    frame = frames.arp(1, sha, spa, "00:00:00:00:00:00", "192.168.1.1")
    given = Punt(PuntReason.ARP, port("a/aarhus"), vrf_index("a"), frame)
    assert answer(program(), "dk", given) == NOTHING


def test_an_arp_whose_frame_comes_from_someone_else_is_not_believed():
    frame = bytearray(frames.arp(1, STRANGER, "192.168.1.9", BROADCAST, "192.168.1.1"))
    frame[6:12] = frames.mac("02:99:00:00:00:02")
    given = Punt(PuntReason.ARP, port("a/aarhus"), vrf_index("a"), bytes(frame))
    assert answer(program(), "dk", given) == NOTHING


def test_a_known_neighbour_is_not_news():
    lab = Lab()
    host = lab.host("a/aarhus")
    asked = frames.arp(1, host.mac, "192.168.1.2", "00:00:00:00:00:00", "192.168.1.1")
    assert [c for c, _ in lab.network.inject("a/aarhus", asked).deliveries] == ["a/aarhus"]
    assert [each.is_new for each in lab.learned] == [False]


def test_when_nobody_answers_the_sender_hears_host_unreachable():
    lab = Lab()
    lab.send("a/aarhus", frames.ip("192.168.1.2", "192.168.1.77"))
    [(node, waiting)] = lab.waiting
    [out] = unresolved(lab.program, node, waiting, port("a/aarhus")).packets_out
    assert isinstance(out, IntoVrf)
    seen = checked(frames.seen(out.frame))
    assert icmp(seen) == (3, 1)
    assert seen.addresses == (IPv4Address("192.168.1.1"), IPv4Address("192.168.1.2"))


def test_a_packet_that_may_go_no_further_is_not_asked_for():
    lab = Lab()
    seen = lab.one_back("a/aarhus", frames.ip("192.168.1.2", "192.168.1.77", ttl=1))
    assert icmp(seen) == (11, 0)
    assert not lab.waiting


def icmp_error(version):
    if version == 4:
        return frames.echo("192.168.1.2", "8.8.8.8", kind=3)
    return frames.echo("2001:db8:1::2", "2001:db8:ff::1", kind=1)


@pytest.mark.parametrize(
    "packet",
    [
        icmp_error(4),
        icmp_error(6),
        frames.ip("0.0.0.0", "8.8.8.8"),
        frames.ip("224.0.0.1", "8.8.8.8"),
        frames.ip("192.168.1.2", "224.0.0.9"),
        frames.ip("192.168.1.2", "255.255.255.255"),
        frames.ip("127.0.0.1", "8.8.8.8"),
        frames.ip("::", "2001:db8:ff::1"),
        frames.ip("ff02::1", "2001:db8:ff::1"),
        frames.ip("192.168.1.2", "8.8.8.8", 1, b""),
    ],
)
@pytest.mark.parametrize(
    "reason", [PuntReason.TTL_EXPIRED, PuntReason.NO_ROUTE, PuntReason.NOT_SERVED]
)
def test_no_error_is_sent_about_errors_or_to_what_is_not_one_host(packet, reason):
    frame = frames.ip_frame(GATEWAY_MAC, STRANGER, packet)
    assert answer(program(), "dk", Punt(reason, port("a/aarhus"), 1, frame)) == NOTHING


def test_no_error_is_sent_about_later_fragments_broken_headers_or_group_frames():
    good = frames.ip("192.168.1.2", "8.8.8.8")
    fragment = bytearray(good)
    fragment[6:8] = b"\x00\x10"
    fragment[10:12] = b"\0\0"
    fragment[10:12] = internet_checksum(fragment[:20]).to_bytes(2, "big")
    broken = bytearray(good)
    broken[8] ^= 1
    for packet, dst in ((fragment, GATEWAY_MAC), (broken, GATEWAY_MAC), (good, BROADCAST)):
        frame = frames.ip_frame(dst, STRANGER, bytes(packet))
        given = Punt(PuntReason.NO_ROUTE, port("a/aarhus"), 1, frame)
        assert answer(program(), "dk", given) == NOTHING


def test_below_an_expired_label_only_what_is_surely_ip_is_answered():
    stack = struct.pack("!II", 17 << 12 | 1, 16 << 12 | 0x100 | 255)
    ip = frames.ip("192.168.1.2", "192.168.3.2")
    broken = bytearray(ip)
    broken[10] ^= 0xFF
    ethernet = frames.ethernet("45:00:00:3c:00:00", STRANGER, 0x0800, ip)
    for below in (bytes(broken), ethernet, b"", b"\x45", ip[:30]):
        frame = frames.ethernet("0a:00:00:00:00:01", STRANGER, 0x8847, stack + below)
        assert answer(program(), "p1", Punt(PuntReason.TTL_EXPIRED, 1, 0, frame)) == NOTHING
    frame = frames.ethernet("0a:00:00:00:00:01", STRANGER, 0x8847, stack + ip)
    [out] = answer(program(), "p1", Punt(PuntReason.TTL_EXPIRED, 1, 0, frame)).packets_out
    assert isinstance(out, IntoLfib)
    assert frames.seen(out.frame).stack == ((17, 0, 255), (16, 0, 255))


def test_a_packet_in_that_no_flow_of_ours_explains_is_no_punt():
    assert punt(1, 1, 1, {}, b"") is None
    assert punt(1, 1, 1, {0: 99}, b"") is None
    assert punt(2, 1, 1, {}, b"") == Punt(PuntReason.TTL_EXPIRED, 1, 1, b"")


REASONS = st.sampled_from(PuntReason)
SEEDS = st.sampled_from(
    [
        frames.arp(1, STRANGER, "192.168.1.9", BROADCAST, "192.168.1.1"),
        frames.ip_frame(GATEWAY_MAC, STRANGER, frames.ip("192.168.1.2", "192.168.1.9")),
        frames.ip_frame(GATEWAY_MAC, STRANGER, frames.ip("2001:db8:1::2", "2001:db8:1::9")),
        frames.ip_frame(GATEWAY_MAC, STRANGER, frames.echo("2001:db8:1::2", "2001:db8:1::1")),
        frames.ip_frame(
            "33:33:ff:00:00:01",
            STRANGER,
            neighbour_message(135, "2001:db8:1::88", "ff02::1:ff00:1", "2001:db8:1::1"),
        ),
        frames.ethernet(
            GATEWAY_MAC,
            STRANGER,
            0x8847,
            struct.pack("!II", 17 << 12 | 1, 16 << 12 | 0x100)
            + frames.ip("192.168.1.2", "192.168.3.2"),
        ),
    ]
)


@st.composite
def damaged(draw):
    """A frame of a kind that is answered, with octets changed, cut off or added."""
    frame = bytearray(draw(SEEDS))
    for place, value in draw(
        st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)), max_size=4)
    ):
        frame[place] = value
    return bytes(frame[: draw(st.integers(0, len(frame)))]) + draw(st.binary(max_size=8))


@given(
    frame=st.one_of(st.binary(max_size=200), damaged()),
    reason=REASONS,
    in_port=st.integers(0, 6),
    service=st.integers(0, 5),
    node=st.sampled_from(["dk", "p1", "no"]),
)
def test_no_bytes_whatever_make_it_fail(frame, reason, in_port, service, node):
    answers = answer(program(), node, Punt(reason, in_port, service, frame))
    assert isinstance(answers, Answers)
    for out in answers.packets_out:
        assert len(out.frame) <= 14 + 1280 + 4 * len(frame)
        if isinstance(out, OutOfPort):
            assert out.port


# too big -----------------------------------------------------------------------------------------


def sized(source, target, octets, *, fragment=0, options=b""):
    """Return an IP packet of so many octets."""
    head = 40 if ":" in source else 20 + len(options)
    payload = struct.pack("!HHHH", 40000, 5001, octets - head, 0)
    packet = bytearray(
        frames.ip(source, target, payload=bytes(options) + payload.ljust(octets - head, b"x"))
    )
    if ":" not in source:
        packet[0] = 4 << 4 | head // 4
        packet[6:8] = fragment.to_bytes(2, "big")
        packet[10:12] = b"\0\0"
        packet[10:12] = internet_checksum(packet[:head]).to_bytes(2, "big")
    return bytes(packet)


def too_big(packet, *, node="dk", port=None, service=1):
    """Answer a packet that is punted by a PE as too big."""
    made = program(TtlMode.PIPE)
    circuit = made.node(node).circuit_by_name["a/aarhus"] if node == "dk" else None
    in_port = port if port is not None else circuit.port
    frame = frames.ip_frame(GATEWAY_MAC, STRANGER, packet)
    return answer(made, node, Punt(PuntReason.TOO_BIG, in_port, service, frame))


def test_a_packet_with_df_is_answered_with_the_next_hops_mtu():
    (out,) = too_big(sized("192.168.1.2", "192.168.3.2", 1593, fragment=0x4000)).packets_out
    report = frames.seen(out.frame).payload
    assert report[12:20] == ip_address("192.168.1.1").packed + ip_address("192.168.1.2").packed
    assert report[20:22] == bytes([3, 4])
    assert int.from_bytes(report[26:28], "big") == 1592
    assert internet_checksum(report[20:]) == 0
    assert len(report) == 576  # RFC 1812 section 4.3.2.3
    assert report[28:32] == sized("192.168.1.2", "192.168.3.2", 1593, fragment=0x4000)[:4]


def test_an_ipv6_packet_is_answered_with_the_next_hops_mtu():
    (out,) = too_big(sized("2001:db8:1::2", "2001:db8:3::2", 1593)).packets_out
    report = frames.seen(out.frame).payload
    assert report[40:42] == bytes([2, 0])
    assert int.from_bytes(report[44:48], "big") == 1592
    assert len(report) == 1280  # RFC 4443 section 2.4 (c)


def test_at_the_egress_the_circuits_mtu_counts_and_the_gateway_there_says_so():
    packet = sized("192.168.1.2", "192.168.3.2", 1501, fragment=0x4000)
    (out,) = too_big(packet, node="no", port=0).packets_out
    report = frames.seen(out.frame).payload
    assert report[12:16] == ip_address("192.168.3.1").packed
    assert int.from_bytes(report[26:28], "big") == 1500


def reassembled(pieces):
    """Put fragments together (RFC 791 section 3.2)."""
    found = {}
    for piece in pieces:
        head = (piece[0] & 15) * 4
        assert internet_checksum(piece[:head]) == 0
        assert int.from_bytes(piece[2:4], "big") == len(piece)
        word = int.from_bytes(piece[6:8], "big")
        found[word & 0x1FFF] = (bool(word & 0x2000), piece[head:])
    whole = b""
    for offset in sorted(found):
        assert offset * 8 == len(whole)
        whole += found[offset][1]
    return whole, found[max(found)][0]


@pytest.mark.parametrize("octets", [1593, 1600, 1604, 3200])
@pytest.mark.parametrize("options", [b"", b"\x01\x94\x04\0\0\0\0\0", b"\x07\x07\x04\0\0\0\0\0"])
def test_a_packet_without_df_is_cut_so_that_it_can_be_put_together_again(octets, options):
    packet = sized("192.168.1.2", "192.168.3.2", octets, options=options)
    outs = too_big(packet).packets_out
    pieces = [frames.seen(out.frame).payload for out in outs]
    assert all(isinstance(out, IntoVrf) and out.service == 1 for out in outs)
    assert all(len(piece) <= 1592 for piece in pieces)
    assert len(pieces) == -(-octets // 1592)
    assert {piece[4:6] + piece[8:10] + piece[12:20] for piece in pieces} == {
        packet[4:6] + packet[8:10] + packet[12:20]
    }
    assert reassembled(pieces) == (packet[20 + len(options) :], False)
    # an option with the copy bit goes along, another does not (RFC 791 section 3.1)
    kept = {b"\x94": 4, b"": 0}.get(options[1:2], 0)
    assert (pieces[1][0] & 15) * 4 == 20 + kept


@pytest.mark.parametrize("more", [0x2000, 0])
def test_a_fragment_is_cut_into_fragments_of_the_same_packet(more):
    packet = sized("192.168.1.2", "192.168.3.2", 1600, fragment=more | 5)
    pieces = [frames.seen(out.frame).payload for out in too_big(packet).packets_out]
    words = [int.from_bytes(piece[6:8], "big") for piece in pieces]
    assert words[0] == 0x2000 | 5
    assert words[1] == more | 5 + (len(pieces[0]) - 20) // 8


@pytest.mark.parametrize("fragment", [0, 0x4000])
def test_a_packet_that_only_its_frame_made_too_large_goes_on_without_what_pads_it(fragment):
    packet = sized("192.168.1.2", "192.168.3.2", 100, fragment=fragment)
    (out,) = too_big(packet + bytes(1500)).packets_out
    assert frames.seen(out.frame).payload == packet


def test_a_packet_whose_ttl_has_run_out_is_answered_as_that_however_large():
    packet = bytearray(sized("192.168.1.2", "192.168.3.2", 1600))
    packet[8] = 1
    packet[10:12] = b"\0\0"
    packet[10:12] = internet_checksum(packet[:20]).to_bytes(2, "big")
    (out,) = too_big(bytes(packet)).packets_out
    assert frames.seen(out.frame).payload[20:22] == bytes([11, 0])


def test_nothing_is_said_about_a_later_fragment_or_an_error_that_is_too_big():
    later = sized("192.168.1.2", "192.168.3.2", 1600, fragment=0x4000 | 5)
    assert too_big(later) == NOTHING
