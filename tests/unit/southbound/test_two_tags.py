"""Circuits with two tags, octet by octet, by the flows and by the maps of both data planes."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk_from_port
from mplsemu.southbound.openflow.limits import LIMITS as OPENFLOW
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.plane.limits import excess
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
      outer: {pe: dk, port: u, vlan: 200, subnet: 10.1.0.0/24}
      both: {pe: dk, port: u, vlan: [200, 5], subnet: 10.2.0.0/24}
      far: {pe: se, vlan: {outer: 9, inner: 10, tpid: 0x8100}, subnet: 10.4.0.0/24}
  lan:
    type: vpls
    subnet: 10.9.0.0/24
    sites:
      one: {pe: dk, port: u, vlan: [200, 30]}
      two: {pe: dk, port: u, vlan: 31}
      own: {pe: dk}
      far: {pe: se, vlan: [300, 4]}
      near: {pe: se}
  wire:
    type: vpws
    subnet: 10.8.0.0/24
    sites: {one: {pe: dk, port: u, vlan: [200, 40]}, far: {pe: se, vlan: [41, 42]}}
"""

NETWORK = loads(LAB, "t.yaml").network
PROGRAM = compile_program(NETWORK)
BLOCKED = compile_program(NETWORK, blocked=frozenset({"lan/one"}))
PORT = PROGRAM.node("dk").circuits[0].physical_port
"""Of the line that circuits share."""
MACS = {f"{ref.vpn}/{ref.site}": host.mac for ref, _, host in NETWORK.hosts()}
ALL = "ff:ff:ff:ff:ff:ff"


def by_openflow(program, node: str, port: int, frame: bytes) -> list[tuple[str, int, bytes]]:
    """Return what leaves on access lines: LSR, port, frame."""
    made = {each.name: flows(program, each.name) for each in program.nodes}
    net = fakeswitch.FakeNetwork(program, made)
    net.inject_at(node, port, frame)
    return sorted(net.lines.seen)


def by_ebpf(program, node: str, port: int, frame: bytes) -> list[tuple[str, int, bytes]]:
    net = fakebpfnet.FakeNetwork(program)
    net.inject_at(node, port, frame)
    return sorted(net.lines.seen)


PLANES = pytest.mark.parametrize("sent", [by_openflow, by_ebpf])


def tagged(frame: bytes, *tags: tuple[int, int]) -> bytes:
    return frame[:12] + b"".join(k.to_bytes(2) + v.to_bytes(2) for k, v in tags) + frame[12:]


def port(node: str, circuit: str) -> int:
    return PROGRAM.node(node).circuit_by_name[circuit].physical_port


def outer(vlan: int, inner: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (0x88A8, vlan), (0x8100, inner)


@PLANES
def test_a_routed_packet_loses_two_tags_and_gets_two_others(sent):
    packet = ip_frame(GATEWAY_MAC, MACS["a/both"], ip("10.2.0.2", "10.4.0.2"))
    arrives = ip_frame(MACS["a/far"], GATEWAY_MAC, ip("10.2.0.2", "10.4.0.2", ttl=62))
    there = ("se", port("se", "a/far"), tagged(arrives, (0x8100, 9), (0x8100, 10)))
    assert sent(PROGRAM, "dk", PORT, tagged(packet, *outer(200, 5))) == [there]


@PLANES
def test_a_gateway_answers_under_both_tags(sent):
    asks = arp(1, MACS["a/both"], "10.2.0.2", "00:00:00:00:00:00", "10.2.0.1")
    told = arp(2, GATEWAY_MAC, "10.2.0.1", MACS["a/both"], "10.2.0.2", MACS["a/both"])
    back = ("dk", PORT, tagged(told, *outer(200, 5)))
    assert sent(PROGRAM, "dk", PORT, tagged(asks, *outer(200, 5))) == [back]
    assert sent(PROGRAM, "dk", PORT, tagged(asks, (0x88A8, 200))) == []
    assert sent(PROGRAM, "dk", PORT, tagged(asks, *outer(200, 6))) == []


OWN_TAGS = pytest.mark.parametrize(
    "own", [(), ((0x8100, 7),), ((0x88A8, 7),), ((0x8100, 7), (0x8100, 8)), outer(200, 30)]
)


@PLANES
@OWN_TAGS
def test_a_flood_gets_both_tags_of_each_circuit_before_the_customers_own(sent, own):
    plain = tagged(ip_frame(ALL, MACS["lan/one"], ip("10.9.0.1", "10.9.0.255")), *own)
    circuits = {
        "lan/one": ("dk", PORT, outer(200, 30)),
        "lan/two": ("dk", PORT, ((0x8100, 31),)),
        "lan/own": ("dk", port("dk", "lan/own"), ()),
        "lan/far": ("se", port("se", "lan/far"), outer(300, 4)),
        "lan/near": ("se", port("se", "lan/near"), ()),
    }
    on_lines = {name: (node, at, tagged(plain, *tags)) for name, (node, at, tags) in
                circuits.items()}  # fmt: skip
    for source, (node, at, frame) in on_lines.items():
        expected = sorted(line for name, line in on_lines.items() if name != source)
        assert sent(PROGRAM, node, at, frame) == expected, source


@PLANES
@OWN_TAGS
def test_a_wire_has_both_tags_of_each_of_its_ends(sent, own):
    frame = tagged(ip_frame(MACS["wire/far"], MACS["wire/one"], ip("10.8.0.1", "10.8.0.2")), *own)
    here = ("dk", PORT, tagged(frame, *outer(200, 40)))
    there = ("se", port("se", "wire/far"), tagged(frame, *outer(41, 42)))
    assert sent(PROGRAM, *here) == [there]
    assert sent(PROGRAM, *there) == [here]


@PLANES
@pytest.mark.parametrize("program", [PROGRAM, BLOCKED], ids=["up", "one is blocked"])
@pytest.mark.parametrize("site", ["a/outer", "a/both", "lan/one", "wire/one"])
def test_frames_of_every_class_of_tags_go_where_the_walk_says(sent, program, site):
    """Also those of a circuit with two tags that is down, beside one with the outer tag alone."""
    net = {"a/outer": "10.1.0.2", "a/both": "10.2.0.2"}.get(site, "10.9.0.1")
    gateway = GATEWAY_MAC if site.startswith("a/") else ALL
    header = IpHeader(ip_address(net), ip_address("10.4.0.2"))
    plain = ip_frame(gateway, MACS[site], ip(net, "10.4.0.2"))
    due = {each.vlan.identifiers: each.circuit for _, each in NETWORK.sites() if each.port == "u"}
    for vlans in tag_classes(due):
        packet = Packet(MACS[site], gateway, header, vlans)
        walked = walk_from_port(program, "dk", PORT, packet)
        ends = () if walked is None else walked.ends
        left = sent(program, "dk", PORT, tagged(plain, *types(vlans)))
        assert len(left) == sum(isinstance(end, Delivered) for end in ends), vlans


def types(vlans: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Return tags with the types that the lab's circuits of these VLANs have."""
    first = 0x88A8 if len(vlans) == 2 and vlans[0] == 200 else 0x8100
    return tuple((kind, vlan) for kind, vlan in zip((first, 0x8100), vlans, strict=False))


def test_openflow_takes_it():
    assert list(excess(PROGRAM, OPENFLOW)) == []
