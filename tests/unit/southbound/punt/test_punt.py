"""Answers to punted packets, through the pipeline's flows on a fake network where it matters."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.services import Neighbour
from mplsemu.southbound.openflow.punts import punt
from mplsemu.southbound.punt.answer import router_address, unresolved
from mplsemu.southbound.punt.answers import NO_ANSWER, Answers
from mplsemu.southbound.punt.event import IntoLfib, IntoVrf, OutOfPort, Punt, PuntReason
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.punted import (
    BROADCAST,
    STRANGER,
    Lab,
    answered,
    checked,
    icmp,
    neighbour_message,
    program,
)


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
    [(node, pending)] = lab.pending
    assert (node, pending.vrf, str(pending.address)) == ("dk", "a", "192.168.1.77")
    reply = frames.arp(2, STRANGER, "192.168.1.77", GATEWAY_MAC, "192.168.1.1", dst=GATEWAY_MAC)
    lab.network.inject("a/aarhus", reply)
    [learned] = lab.learned
    neighbour = Neighbour(IPv4Address("192.168.1.77"), "a/aarhus", STRANGER)
    assert (learned.vrf, learned.neighbour, learned.is_new) == ("a", neighbour, True)
    assert isinstance(pending.packet, IntoVrf)


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
    found = answered(lab.program, "dk", Punt(PuntReason.SOLICITED, port, 1, frame))
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
    assert answered(program(), "dk", given) == NO_ANSWER


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
    assert answered(program(), "dk", given) == NO_ANSWER


def test_an_arp_whose_frame_comes_from_someone_else_is_not_believed():
    frame = bytearray(frames.arp(1, STRANGER, "192.168.1.9", BROADCAST, "192.168.1.1"))
    frame[6:12] = frames.mac("02:99:00:00:00:02")
    given = Punt(PuntReason.ARP, port("a/aarhus"), vrf_index("a"), bytes(frame))
    assert answered(program(), "dk", given) == NO_ANSWER


def test_a_known_neighbour_is_not_news():
    lab = Lab()
    host = lab.host("a/aarhus")
    asked = frames.arp(1, host.mac, "192.168.1.2", "00:00:00:00:00:00", "192.168.1.1")
    assert [c for c, _ in lab.network.inject("a/aarhus", asked).deliveries] == ["a/aarhus"]
    assert [each.is_new for each in lab.learned] == [False]


def test_when_nobody_answers_the_sender_hears_host_unreachable():
    lab = Lab()
    lab.send("a/aarhus", frames.ip("192.168.1.2", "192.168.1.77"))
    [(node, pending)] = lab.pending
    [out] = unresolved(lab.program, node, pending.punt).packets_out
    assert isinstance(out, IntoVrf)
    seen = checked(frames.seen(out.frame))
    assert icmp(seen) == (3, 1)
    assert seen.addresses == (IPv4Address("192.168.1.1"), IPv4Address("192.168.1.2"))


def test_a_packet_that_may_go_no_further_is_not_asked_for():
    lab = Lab()
    seen = lab.one_back("a/aarhus", frames.ip("192.168.1.2", "192.168.1.77", ttl=1))
    assert icmp(seen) == (11, 0)
    assert not lab.pending


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
    assert answered(program(), "dk", Punt(reason, port("a/aarhus"), 1, frame)) == NO_ANSWER


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
        assert answered(program(), "dk", given) == NO_ANSWER


def test_below_an_expired_label_only_what_is_surely_ip_is_answered():
    stack = struct.pack("!II", 17 << 12 | 1, 16 << 12 | 0x100 | 255)
    ip = frames.ip("192.168.1.2", "192.168.3.2")
    broken = bytearray(ip)
    broken[10] ^= 0xFF
    ethernet = frames.ethernet("45:00:00:3c:00:00", STRANGER, 0x0800, ip)
    for below in (bytes(broken), ethernet, b"", b"\x45", ip[:30]):
        frame = frames.ethernet("0a:00:00:00:00:01", STRANGER, 0x8847, stack + below)
        assert answered(program(), "p1", Punt(PuntReason.TTL_EXPIRED, 1, 0, frame)) == NO_ANSWER
    frame = frames.ethernet("0a:00:00:00:00:01", STRANGER, 0x8847, stack + ip)
    [out] = answered(program(), "p1", Punt(PuntReason.TTL_EXPIRED, 1, 0, frame)).packets_out
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
    answers = answered(program(), node, Punt(reason, in_port, service, frame))
    assert isinstance(answers, Answers)
    for out in answers.packets_out:
        assert len(out.frame) <= 14 + 1280 + 4 * len(frame)
        if isinstance(out, OutOfPort):
            assert out.port
