"""Pseudowires of tagged mode (RFC 4448 section 4.4.1), octet by octet, on both data planes."""

from __future__ import annotations

import dataclasses

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.model.pw_type import PwType
from mplsemu.program.packet import Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk
from mplsemu.southbound.openflow.translate import flows
from mplsemu.verification.matrix import verify
from tests.oracles import fakebpfnet, fakeswitch
from tests.oracles.frames import ip, ip_frame

LAB = """\
name: t
provider: {nodes: {dk: {role: pe}, p: , se: {role: pe}}, links: [dk-p, p-se]}
vpns:
  lan:
    type: vpls
    pw_type: tagged
    subnet: 10.9.0.0/24
    sites:
      one: {pe: dk, port: u, vlan: 30}
      two: {pe: dk, port: u, vlan: [200, 31]}
      bare: {pe: dk, port: u}
      own: {pe: dk}
      far: {pe: se, vlan: 44}
      near: {pe: se}
  wire:
    type: vpws
    pw_type: tagged
    subnet: 10.8.0.0/24
    sites: {one: {pe: dk, port: u, vlan: 40}, far: {pe: se}}
"""

NETWORK = loads(LAB, "t.yaml").network
PROGRAM = compile_program(NETWORK)
MACS = {f"{ref.vpn}/{ref.site}": host.mac for ref, _, host in NETWORK.hosts()}
ALL = "ff:ff:ff:ff:ff:ff"
HEAD = 14 + 2 * 4
"""Octets before the frame on the first link: an Ethernet header and two labels."""


def by_openflow(circuit: str, frame: bytes) -> tuple[list[bytes], list[tuple[str, bytes]]]:
    """Return what leaves its PE on links, without the labels, and what arrives at circuits."""
    made = {each.name: flows(PROGRAM, each.name) for each in PROGRAM.nodes}
    outcome = fakeswitch.FakeNetwork(PROGRAM, made).inject(circuit, frame)
    pe = PROGRAM.node_of_circuit[circuit].name
    on_links = [sent[HEAD:] for _, node, sent in outcome.on_links if node == pe]
    return on_links, sorted(outcome.deliveries)


def by_ebpf(circuit: str, frame: bytes) -> tuple[list[bytes], list[tuple[str, bytes]]]:
    trails = fakebpfnet.FakeNetwork(PROGRAM).inject(circuit, frame)
    pe = PROGRAM.node_of_circuit[circuit].name
    # copies to several circuits of the other PE cross as one
    crossed = dict.fromkeys(each for trail in trails for each in trail.crossed if each.node == pe)
    on_links = [each.frame[HEAD:] for each in crossed]
    ends = [trail.end for trail in trails]
    arrived = [(e.circuit, e.frame) for e in ends if isinstance(e, fakebpfnet.Delivered)]
    return on_links, sorted(arrived)


PLANES = pytest.mark.parametrize("sent", [by_openflow, by_ebpf])
OWN_TAGS = pytest.mark.parametrize("own", [b"", b"\x81\0\0\7", b"\x88\xa8\0\7\x81\0\0\x08"])
DELIMITERS = {
    "lan/one": b"\x81\0\0\x1e",
    "lan/two": b"\x81\0\0\xc8",  # the outer one, with a customer's type
    "lan/bare": b"\x81\0\0\0",
    "lan/own": b"\x81\0\0\0",
    "lan/far": b"\x81\0\0\x2c",
    "lan/near": b"\x81\0\0\0",
}


@PLANES
@OWN_TAGS
def test_every_frame_on_a_pseudowire_has_its_circuits_tag_or_a_dummy(sent, own):
    for circuit, delimiter in DELIMITERS.items():
        if own and circuit == "lan/bare":
            continue  # no tagged frame is its own
        plain = ip_frame(ALL, MACS[circuit], ip("10.9.0.1", "10.9.0.255"))
        frame = plain[:12] + own + plain[12:]
        on_links, arrived = sent(circuit, frame)
        assert on_links == [frame[:12] + delimiter + frame[12:]], circuit
        others = DELIMITERS.keys() - {circuit} - ({"lan/bare"} if own else set())
        assert arrived == [(other, frame) for other in sorted(others)], circuit


@PLANES
@OWN_TAGS
def test_a_wire_carries_the_tag_one_way_and_a_dummy_the_other(sent, own):
    plain = ip_frame(MACS["wire/far"], MACS["wire/one"], ip("10.8.0.1", "10.8.0.2"))
    frame = plain[:12] + own + plain[12:]
    there = [frame[:12] + b"\x81\0\0\x28" + frame[12:]]
    back = [frame[:12] + b"\x81\0\0\0" + frame[12:]]
    assert sent("wire/one", frame) == (there, [("wire/far", frame)])
    assert sent("wire/far", frame) == (back, [("wire/one", frame)])


@pytest.mark.parametrize(("pw_type", "mtu"), [("raw", 1522), ("tagged", 1526)])
@pytest.mark.parametrize("octets", [1500, 1501])
def test_the_tag_takes_four_octets_of_every_links_mtu(pw_type, mtu, octets):
    """14 octets of Ethernet header, two labels, and in tagged mode the tag."""
    text = LAB.replace("pw_type: tagged", f"pw_type: {pw_type}").replace(
        "links: [dk-p, p-se]", f"links: [dk-p, p-se], defaults: {{mtu: {mtu}}}"
    )
    program = compile_program(loads(text, "t.yaml").network)
    fits = octets == 1500
    source, target = MACS["wire/one"], MACS["wire/far"]
    walked = walk(program, "wire/one", Packet(source, target, octets=octets))
    assert any(isinstance(end, Delivered) for end in walked.ends) is fits
    frame = ip_frame(target, source, ip("10.8.0.1", "10.8.0.2", payload=bytes(octets - 20)))
    assert len(frame) == 14 + octets
    made = {each.name: flows(program, each.name) for each in program.nodes}
    by_flows = fakeswitch.FakeNetwork(program, made).inject("wire/one", frame)
    assert bool(by_flows.deliveries) is fits
    trails = fakebpfnet.FakeNetwork(program).inject("wire/one", frame)
    assert any(isinstance(trail.end, fakebpfnet.Delivered) for trail in trails) is fits


def test_a_pseudowire_whose_ends_are_of_different_modes_is_refuted():
    node = PROGRAM.node("dk")
    vsi = node.vsi_by_name["wire"]
    (wire,) = vsi.pseudowires
    raw = dataclasses.replace(vsi, pseudowires=(dataclasses.replace(wire, pw_type=PwType.RAW),))
    vsis = tuple(raw if each.name == "wire" else each for each in node.vsis)
    nodes = tuple(
        dataclasses.replace(each, vsis=vsis) if each.name == "dk" else each
        for each in PROGRAM.nodes
    )
    assert verify(PROGRAM, NETWORK).holds
    assert not verify(dataclasses.replace(PROGRAM, nodes=nodes), NETWORK).holds


def test_the_types_are_those_of_iana():
    assert (PwType.RAW.code, PwType.TAGGED.code) == (5, 4)
