"""What captures say about frames: stacks by name, what is below them, and odd bytes."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.emulation.dissect import Datagram, Frame, Payload, dissect
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.model.names import is_core
from mplsemu.model.topology import NullLabel
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.stack_reading import Carried, read_stack
from mplsemu.program.trace import trace
from mplsemu.wire.arp import Arp
from mplsemu.wire.mpls import labels_of, stack_bytes
from tests.builders import nordic
from tests.oracles import frames

SYN_ACK = struct.pack("!HHIIBBHI", 9, 80, 0, 0, 80, 18, 0, 0)
HOST = "02:00:00:00:00:01"
PING = frames.echo("192.168.1.2", "192.168.2.2")
PING6 = frames.echo("2001:db8:4::2", "2001:db8:3::2")


def labelled(payload, *labels):
    stack = stack_bytes(tuple(LabelStackEntry(Label(label)) for label in labels))
    return frames.ethernet(HOST, GATEWAY_MAC, 0x8847, stack + payload)


def below(carried):
    return lambda _stack: carried


# --- label stacks --------------------------------------------------------------------------


@pytest.mark.parametrize("null_label", NullLabel)
@pytest.mark.parametrize(
    ("source", "target", "last", "carried"),
    [
        ("a/aarhus/h1", "a/stockholm/h1", "VRF a", Carried.IPV4),
        ("a/malmo/h1", "2001:db8:3::2", "VRF a", Carried.IPV6),
        ("b/aarhus/h1", "b/oslo/h1", "VRF b", Carried.IPV4),
        ("c/odense/h1", "c/bergen/h1", "PW c from dk", Carried.ETHERNET),
    ],
)
def test_the_stack_on_every_link_of_a_way_says_the_lsp_and_the_vpn(
    source, target, last, carried, null_label
):
    program = compile_program(nordic(null_label=null_label))
    way = trace(program, source, target)
    egress = next(hop.node for hop in reversed(way.hops) if is_core(hop.node))
    core = [hop for hop in way.hops if is_core(hop.link)]
    for hop, labels in zip(core, way.labels, strict=True):
        receiver = program.node(hop.node).adjacency_by_link[hop.link].peer
        found = read_stack(program, receiver, labels)
        assert found.is_known
        assert (found.names[-1], found.carried) == (last, carried)
        assert found.vpn == source[0]
        tunnel = "explicit null" if receiver == egress else f"LSP to {egress}"
        assert found.names[:-1] == (tunnel,) * (len(labels) - 1)


def test_a_label_that_nobody_bound_is_unknown_and_so_is_what_is_below_it():
    program = compile_program(nordic())
    found = read_stack(program, "p1", (99_999, 16))
    assert found.names == ("?", "?")
    assert (found.carried, found.vpn, found.is_known) == (Carried.UNKNOWN, None, False)
    lsp = int(program.node("p1").ilm[0].label)
    assert read_stack(program, "p1", (lsp,)).carried is Carried.UNKNOWN
    assert read_stack(program, "p1", (lsp, 99_999)).names[1] == "?"
    assert read_stack(program, "no-such-lsr", (16,)).names == ("?",)
    assert read_stack(program, "p1", ()).names == ()
    vrf = int(program.node("se").vrf_by_name["a"].label)
    assert read_stack(program, "se", (vrf, 17)).carried is Carried.UNKNOWN


# --- frames --------------------------------------------------------------------------------


def test_a_routed_packet_below_its_labels():
    found = dissect(labelled(PING, 18, 16), below(Carried.IPV4))
    assert found.labels == labels_of(labelled(PING, 18, 16)) == (18, 16)
    assert (found.ethernet.source, found.ethernet.destination) == (GATEWAY_MAC, HOST)
    assert isinstance(found.inner, Datagram)
    assert str(found) == "192.168.1.2 > 192.168.2.2 ICMP echo request id 1 seq 1, ttl 64"
    assert found.ip is found.inner


def test_an_ipv6_packet_below_a_label():
    found = dissect(labelled(PING6, 17), below(Carried.IPV6))
    assert str(found.inner).startswith("2001:db8:4::2 > 2001:db8:3::2 ICMPv6 echo request")


def test_a_customers_frame_below_a_pseudowires_label_with_its_tags():
    frame = frames.ip_frame("02:00:00:00:00:09", HOST, PING, vlans=(7, 8))
    found = dissect(labelled(frame, 18, 19), below(Carried.ETHERNET))
    assert isinstance(found.inner, Frame)
    assert found.inner.ethernet.vlans == (7, 8)
    assert found.ip == found.inner.inner
    assert str(found).startswith(f"{HOST} > 02:00:00:00:00:09, vlan 7, vlan 8: 192.168.1.2 > ")


def test_what_is_not_ip_says_so_with_its_addresses():
    arp = dissect(frames.arp(1, HOST, "10.0.0.1", "00:00:00:00:00:00", "10.0.0.2"))
    assert isinstance(arp.inner, Arp)
    assert str(arp) == "ARP who has 10.0.0.2? tell 10.0.0.1"
    answer = dissect(frames.arp(2, HOST, "10.0.0.1", HOST, "10.0.0.2", dst=HOST))
    assert str(answer) == f"ARP 10.0.0.1 is at {HOST}"
    odd = dissect(frames.ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x88B5, b"x" * 46))
    assert str(odd) == f"{HOST} > ff:ff:ff:ff:ff:ff: ethertype 0x88b5, 46 bytes"
    assert odd.ip is None


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (frames.ip("10.0.0.1", "10.0.0.2", dscp=46), "UDP port 40000 > 33434, ttl 64, dscp 46"),
        (
            frames.ip("10.0.0.1", "10.0.0.2", 6, SYN_ACK),
            "TCP port 9 > 80 [S.], ttl 64",
        ),
        (frames.echo("10.0.0.1", "10.0.0.2", kind=11), "ICMP time exceeded, ttl 64"),
        (frames.echo("10.0.0.1", "10.0.0.2", kind=99), "ICMP type 99, ttl 64"),
        (frames.ip("10.0.0.1", "10.0.0.2", 89, b""), "OSPF, ttl 64"),
        (frames.ip("10.0.0.1", "10.0.0.2", 200, b""), "200, ttl 64"),
        (frames.echo("fe80::1", "fe80::2", kind=135), "ICMPv6 neighbour solicitation"),
        (frames.ip("2001:db8::1", "2001:db8::2", dscp=46), "ttl 64, dscp 46"),
    ],
)
def test_the_payload_of_an_ip_packet_in_one_line(packet, said):
    assert said in str(dissect(frames.ip_frame(GATEWAY_MAC, HOST, packet)))


def test_what_is_below_an_unknown_label_is_ipv4_only_if_its_checksum_says_so():
    assert dissect(labelled(PING, 99)).ip is not None
    damaged = PING[:8] + b"\x01" + PING[9:]
    assert isinstance(dissect(labelled(damaged, 99)).inner, Payload)
    found = dissect(labelled(damaged, 99), below(Carried.IPV4))
    assert str(found) == f"a damaged IPv4 packet, {len(PING)} bytes"


def test_a_stack_without_an_end_is_told():
    frame = frames.ethernet(HOST, GATEWAY_MAC, 0x8847, b"\x00\x01\x00\xff" * 3)
    assert labels_of(frame) == ()
    assert "a label stack without an end" in str(dissect(frame))


@given(st.binary(max_size=120), st.sampled_from(Carried))
def test_no_bytes_are_too_odd_for_it(data, carried):
    for frame in (data, data[:12] + b"\x88\x47" + data[12:], data[:12] + b"\x08\x00" + data[12:]):
        str(dissect(frame, below(carried)))
        labels_of(frame)
