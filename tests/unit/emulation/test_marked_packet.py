"""A marked packet is found below labels and in other frames, and told from what quotes it."""

from ipaddress import ip_address

import pytest

from mplsemu.emulation.dissect import dissect
from mplsemu.emulation.marked_packet import MarkedPacket, PacketMatch
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.program.packet import IpHeader
from mplsemu.wire.ip import IpProtocol, ip_packet
from mplsemu.wire.mpls import stack_bytes
from tests.oracles import frames

HERE, THERE = "02:00:00:00:00:01", "02:00:00:00:00:02"
OUTER = "02:4c:00:00:00:01"
IPV4 = IpHeader(ip_address("192.168.1.2"), ip_address("192.168.2.2"), 9, 46)
IPV6 = IpHeader(ip_address("2001:db8:1::2"), ip_address("2001:db8:2::2"), 9, 46)
STACK = (LabelStackEntry(Label(18), 5, 254), LabelStackEntry(Label(16), 5, 255))


def packet(ip, vlans=()):
    return MarkedPacket.make(HERE, THERE, ip, vlans)


def labelled(payload, stack=STACK):
    return frames.ethernet(OUTER, HERE, 0x8847, stack_bytes(stack) + payload)


@pytest.mark.parametrize("ip", [IPV4, IPV6, None])
@pytest.mark.parametrize("vlans", [(), (7,), (7, 8)])
def test_it_is_found_as_it_was_sent(ip, vlans):
    marked = packet(ip, vlans)
    data = marked.to_bytes()
    assert marked.find(data) == PacketMatch(THERE, (), 9 if ip else None)
    read = dissect(data)
    assert (read.ethernet.source, read.ethernet.destination) == (HERE, THERE)
    assert read.ethernet.vlans == vlans
    if ip is not None:
        assert read.ip.info.startswith("echo request")
        assert (read.ip.ttl, read.ip.dscp) == (9, 46)


@pytest.mark.parametrize("ip", [IPV4, IPV6, None])
def test_it_is_found_below_labels_routed_or_in_its_frame(ip):
    marked = packet(ip)
    inside = marked.to_bytes()
    assert marked.find(labelled(inside)) == PacketMatch(OUTER, STACK, 9 if ip else None)
    tagged = packet(ip, (7,))
    assert tagged.find(labelled(tagged.to_bytes(), STACK[1:])).stack == STACK[1:]
    if ip is not None:
        assert marked.find(labelled(inside[14:])) == PacketMatch(OUTER, STACK, 9)


def test_another_packet_an_answer_and_an_error_about_it_are_not_it():
    for ip, protocol in ((IPV4, IpProtocol.ICMP), (IPV6, IpProtocol.ICMPV6)):
        marked = packet(ip)
        data = marked.to_bytes()
        assert packet(ip).find(data) is None
        assert marked.find(b"") is None
        assert marked.find(data[:40]) is None
        answer = packet(IpHeader(ip.destination, ip.source)).to_bytes()
        answer = answer[: answer.index(b"mplsemu")] + data[data.index(b"mplsemu") :]
        assert marked.find(answer) is None
        error = b"\x0b\0\0\0\0\0\0\0" + data[14:]
        quoting = ip_packet(ip.destination, ip.source, protocol, error, ttl=64, dscp=48)
        assert marked.find(frames.ip_frame(HERE, THERE, quoting)) is None
        assert marked.find(labelled(quoting)) is None
        assert marked.find(labelled(frames.ip_frame(HERE, THERE, quoting))) is None


def test_a_stack_without_an_end_is_not_misread():
    marked = packet(IPV4)
    data = marked.to_bytes()
    assert marked.find(OUTER.replace(":", "").encode()[:12] + b"\x88\x47" + data) is None
