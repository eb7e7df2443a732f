"""Frames on access lines, octet by octet, by the flows and by the maps of both data planes."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk_from_port
from mplsemu.southbound.ebpf.limits import INTERPRETED_LIMITS
from mplsemu.southbound.ebpf.limits import LIMITS as EBPF
from mplsemu.southbound.openflow.limits import LIMITS as OPENFLOW
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.limits import excess
from mplsemu.southbound.punt.event import IntoLfib, OutOfPort
from mplsemu.southbound.punt.on_line import as_on_line
from mplsemu.verification.access_lines import tag_classes
from tests.oracles import fakebpfnet, fakeswitch
from tests.oracles.frames import arp, ip, ip_frame

LAB = """\
name: t
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}}, links: [dk-p, p-se]}
vpns:
  a:
    type: l3vpn
    sites:
      one: {pe: dk, port: u, vlan: 10, subnet: 10.1.0.0/24}
      two: {pe: dk, port: u, vlan: 11, subnet: 10.2.0.0/24}
      bare: {pe: dk, port: u, subnet: 10.3.0.0/24}
      far: {pe: se, vlan: 1000, subnet: 10.4.0.0/24}
  lan:
    type: vpls
    subnet: 10.9.0.0/24
    sites: {one: {pe: dk, port: u, vlan: 30}, two: {pe: dk, port: u, vlan: 31}, far: {pe: se}}
  wire:
    type: vpws
    subnet: 10.8.0.0/24
    sites: {one: {pe: dk, port: u, vlan: 40}, far: {pe: se, vlan: 41}}
"""


NETWORK = loads(LAB, "t.yaml").network
PROGRAM = compile_program(NETWORK)
DK, SE = PROGRAM.node("dk"), PROGRAM.node("se")
PORT = DK.circuits[0].physical_port
"""Of the line that circuits share."""
FAR = SE.circuit_by_name["a/far"].port
HOSTS = {f"{ref.vpn}/{ref.site}": host.mac for ref, _, host in NETWORK.hosts()}
FLOWS = {node.name: flows(PROGRAM, node.name) for node in PROGRAM.nodes}
TAG_10, TAG_11, TAG_1000 = bytes.fromhex("8100000a"), bytes.fromhex("8100000b"), b"\x81\0\x03\xe8"


def by_openflow(node: str, port: int, frame: bytes) -> list[tuple[str, int, bytes]]:
    """Return what leaves on access lines: LSR, port, frame."""
    net = fakeswitch.FakeNetwork(PROGRAM, FLOWS)
    net.inject_at(node, port, frame)
    return sorted(net.lines.seen)


def by_ebpf(node: str, port: int, frame: bytes) -> list[tuple[str, int, bytes]]:
    net = fakebpfnet.FakeNetwork(PROGRAM)
    net.inject_at(node, port, frame)
    return sorted(net.lines.seen)


PLANES = pytest.mark.parametrize("sent", [by_openflow, by_ebpf])


def tagged(frame: bytes, *vlans: int) -> bytes:
    return frame[:12] + b"".join(b"\x81\0" + vlan.to_bytes(2) for vlan in vlans) + frame[12:]


@PLANES
def test_a_routed_packet_loses_one_tag_and_gets_another(sent):
    packet = ip_frame(GATEWAY_MAC, HOSTS["a/one"], ip("10.1.0.2", "10.4.0.2"))
    arrives = ip_frame(HOSTS["a/far"], GATEWAY_MAC, ip("10.1.0.2", "10.4.0.2", ttl=62))
    assert sent("dk", PORT, tagged(packet, 10)) == [("se", FAR, tagged(arrives, 1000))]
    # the same, by the octets
    (_, _, frame) = sent("dk", PORT, packet[:12] + TAG_10 + packet[12:])[0]
    assert frame[12:18] == TAG_1000 + b"\x08\0"


@PLANES
def test_a_packet_goes_back_out_of_the_line_that_it_came_by(sent):
    packet = ip_frame(GATEWAY_MAC, HOSTS["a/one"], ip("10.1.0.2", "10.2.0.2"))
    arrives = ip_frame(HOSTS["a/two"], GATEWAY_MAC, ip("10.1.0.2", "10.2.0.2", ttl=63))
    assert sent("dk", PORT, tagged(packet, 10)) == [("dk", PORT, tagged(arrives, 11))]
    packet = ip_frame(GATEWAY_MAC, HOSTS["a/two"], ip("10.2.0.2", "10.3.0.2"))
    arrives = ip_frame(HOSTS["a/bare"], GATEWAY_MAC, ip("10.2.0.2", "10.3.0.2", ttl=63))
    assert sent("dk", PORT, packet[:12] + TAG_11 + packet[12:]) == [("dk", PORT, arrives)]


@PLANES
@pytest.mark.parametrize(("site", "vlans", "net"), [("a/one", (10,), 1), ("a/bare", (), 3)])
def test_a_gateway_answers_arp_with_the_circuits_tag(sent, site, vlans, net):
    asks = arp(1, HOSTS[site], f"10.{net}.0.2", "00:00:00:00:00:00", f"10.{net}.0.1")
    told = arp(2, GATEWAY_MAC, f"10.{net}.0.1", HOSTS[site], f"10.{net}.0.2", HOSTS[site])
    assert sent("dk", PORT, tagged(asks, *vlans)) == [("dk", PORT, tagged(told, *vlans))]
    assert sent("dk", PORT, tagged(asks, 30)) != [("dk", PORT, tagged(told, 30))]


@PLANES
@pytest.mark.parametrize("own", [(), (7,), (7, 8), (30,)])
def test_a_flood_gets_each_circuits_tag_before_the_customers_own(sent, own):
    frame = tagged(
        ip_frame("ff:ff:ff:ff:ff:ff", HOSTS["lan/one"], ip("10.9.0.1", "10.9.0.255")), *own
    )
    lan = SE.circuit_by_name["lan/far"].port
    expected = [("dk", PORT, tagged(frame, 31)), ("se", lan, frame)]
    assert sent("dk", PORT, tagged(frame, 30)) == expected
    expected = sorted(("dk", PORT, tagged(frame, vlan)) for vlan in (30, 31))
    assert sent("se", lan, frame) == expected


@PLANES
@pytest.mark.parametrize("own", [(), (7,), (7, 8)])
def test_a_wire_has_the_tags_of_both_its_ends(sent, own):
    frame = tagged(ip_frame(HOSTS["wire/far"], HOSTS["wire/one"], ip("10.8.0.1", "10.8.0.2")), *own)
    far = SE.circuit_by_name["wire/far"].port
    assert sent("dk", PORT, tagged(frame, 40)) == [("se", far, tagged(frame, 41))]
    assert sent("se", far, tagged(frame, 41)) == [("dk", PORT, tagged(frame, 40))]


@PLANES
@pytest.mark.parametrize("site", ["a/one", "a/bare", "lan/one", "wire/one"])
def test_frames_of_every_class_of_tags_go_where_the_walk_says(sent, site):
    net = {"a/one": "10.1.0.2", "a/bare": "10.3.0.2"}.get(site, "10.9.0.1")
    gateway = GATEWAY_MAC if site.startswith("a/") else "ff:ff:ff:ff:ff:ff"
    header = IpHeader(ip_address(net), ip_address("10.4.0.2"))
    plain = ip_frame(gateway, HOSTS[site], ip(net, "10.4.0.2"))
    due = {() if each.vlan is None else each.vlan.identifiers: each.circuit
           for _, each in NETWORK.sites() if each.port == "u"}  # fmt: skip
    for vlans in tag_classes(due):
        packet = Packet(HOSTS[site], gateway, header, vlans)
        walked = walk_from_port(PROGRAM, "dk", PORT, packet)
        ends = () if walked is None else walked.ends
        circuits = sorted(end.circuit for end in ends if isinstance(end, Delivered))
        left = [
            _circuit(node, port, frame)
            for node, port, frame in sent("dk", PORT, tagged(plain, *vlans))
        ]
        assert sorted(left) == circuits, vlans


def _circuit(node: str, port: int, frame: bytes) -> str:
    vlan = int.from_bytes(frame[14:16]) if frame[12:14] == b"\x81\0" else None
    on_port = [each for each in PROGRAM.node(node).circuits if each.physical_port == port]
    if len(on_port) == 1:
        return on_port[0].name
    return next(each.name for each in on_port if (each.tags.outer if each.tags else None) == vlan)


def test_what_the_controller_sends_has_the_circuits_tag():
    one = DK.circuit_by_name["a/one"]
    frame = ip_frame(HOSTS["a/one"], GATEWAY_MAC, ip("10.1.0.1", "10.1.0.2"))
    assert as_on_line(DK, OutOfPort(one.port, frame)) == OutOfPort(PORT, tagged(frame, 10))
    bare = DK.circuit_by_name["a/bare"]
    assert as_on_line(DK, OutOfPort(bare.port, frame)) == OutOfPort(PORT, frame)
    plain = SE.circuit_by_name["lan/far"]
    for packet in (OutOfPort(plain.port, frame), IntoLfib(frame)):
        assert as_on_line(SE, packet) is packet


def test_a_tag_of_type_9100_is_beyond_openflow_and_not_beyond_ebpf():
    text = LAB.replace("vlan: 40", "vlan: [40, 4]").replace(
        "vlan: 41", "vlan: {outer: 41, tpid: 0x9100}"
    )
    program = compile_program(loads(text, "t.yaml").network)
    assert list(excess(program, OPENFLOW)) == [
        "se: circuit wire/far has tags of type 0x9100; it does not know them for tags",
    ]
    assert list(excess(program, EBPF)) == []


def test_where_the_kernel_interprets_programs_no_circuit_is_delimited_by_tags():
    said = list(excess(PROGRAM, INTERPRETED_LIMITS))
    assert "dk: tags, or their lack, delimit circuit a/bare; it knows none" in said
    delimited = [each.name for node in PROGRAM.nodes for each in node.circuits if each.is_delimited]
    assert len(said) == len(delimited)
