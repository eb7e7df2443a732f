"""Whose a frame at a port is; the numbers of shared ports; what the program says of them."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.control.numbering import number_network, numbers_in
from mplsemu.control.ports import cables_at
from mplsemu.control.services import Services
from mplsemu.lab.loader import loads
from mplsemu.model.numbers import Space
from mplsemu.model.tags import VlanTags
from mplsemu.program.access_line import circuit_of_frame
from mplsemu.program.codec import dump_program, load_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, Dropped
from mplsemu.program.walk import walk, walk_from_port
from tests.programs import program_of

LAB = """\
name: t
provider: {nodes: {dk: {role: pe}, se: {role: pe}}, links: [dk-se]}
vpns:
  a:
    type: l3vpn
    sites:
      one: {pe: dk, port: u, vlan: 7, subnet: 10.1.0.0/24}
      two: {pe: dk, port: u, vlan: [7, 8], subnet: 10.2.0.0/24}
      bare: {pe: dk, port: u, subnet: 10.3.0.0/24}
      far: {pe: se, vlan: 7, subnet: 10.4.0.0/24}
  lan: {type: vpls, subnet: 10.9.0.0/24, sites: {one: {pe: dk, port: u, vlan: 9}, two: {pe: se}}}
"""
NETWORK = loads(LAB, "t.yaml").network
PROGRAM = compile_program(NETWORK)
DK = PROGRAM.node("dk")
PORT = DK.circuits[0].physical_port


@pytest.mark.parametrize(
    ("vlans", "circuit", "own"),
    [
        ((), "a/bare", ()),
        ((7,), "a/one", ()),
        ((7, 8), "a/two", ()),
        ((7, 9), "a/one", (9,)),
        ((7, 8, 9), "a/two", (9,)),
        ((9,), "lan/one", ()),
        ((9, 7), "lan/one", (7,)),
        ((9, 7, 8), "lan/one", (7, 8)),
        ((8,), None, ()),
        ((8, 7), None, ()),
        ((4094,), None, ()),
    ],
)
def test_a_frame_belongs_to_the_circuit_whose_tags_it_has(vlans, circuit, own):
    found = circuit_of_frame(DK, PORT, vlans)
    assert found == (None if circuit is None else (DK.circuit_by_name[circuit], own))


def test_a_port_with_one_untagged_circuit_takes_every_frame():
    se = PROGRAM.node("se")
    lan = se.circuit_by_name["lan/two"]
    for vlans in ((), (7,), (7, 8)):
        assert circuit_of_frame(se, lan.port, vlans) == (lan, vlans)
    assert circuit_of_frame(se, se.circuit_by_name["a/far"].port, ()) is None


def test_the_walk_pops_the_tag_of_one_circuit_and_pushes_that_of_another():
    ip = IpHeader(ip_address("10.1.0.2"), ip_address("10.2.0.2"))
    packet = Packet("02:00:00:00:00:01", GATEWAY_MAC, ip)
    (branch,) = walk(PROGRAM, "a/one", packet).branches
    assert isinstance(branch.end, Delivered)
    assert branch.hops[0].action == "pop VLAN 7; 10.2.0.0/24 is on a/two; deliver; push VLAN 7.8"


def test_a_frame_on_the_line_is_followed_by_its_tags():
    ip = IpHeader(ip_address("10.1.0.2"), ip_address("10.4.0.2"))
    packet = Packet("02:00:00:00:00:01", GATEWAY_MAC, ip)
    found = walk_from_port(PROGRAM, "dk", PORT, replace(packet, vlans=(7,)))
    assert found == walk(PROGRAM, "a/one", packet)
    assert walk_from_port(PROGRAM, "dk", PORT, replace(packet, vlans=(8,))) is None
    further = walk_from_port(PROGRAM, "dk", PORT, replace(packet, vlans=(7, 5)))
    assert isinstance(further.ends[0], Dropped)


def test_an_untagged_circuit_of_a_line_has_no_tagged_frames():
    ip = IpHeader(ip_address("10.3.0.2"), ip_address("10.4.0.2"))
    packet = Packet("02:00:00:00:00:01", GATEWAY_MAC, ip, vlans=(5,))
    (end,) = walk(PROGRAM, "a/bare", packet).ends
    assert end == Dropped("dk", "tagged, which no frame of a/bare is")


def test_a_shared_port_is_one_number_and_its_circuits_have_theirs():
    numbers = number_network(NETWORK)
    assert numbers[Space.ports("dk")] == {
        "dk-se": 1, "dk:u": 2, "a/one": 3, "a/two": 4, "a/bare": 5, "lan/one": 6
    }  # fmt: skip
    assert {circuit.physical_port for circuit in DK.circuits} == {2}
    assert numbers_in(PROGRAM, Services(NETWORK))[Space.ports("dk")] == numbers[Space.ports("dk")]


def test_circuits_of_a_port_come_and_go_together():
    cables = cables_at(NETWORK, number_network(NETWORK))
    at_port = [name for port, name in cables["dk"] if port == PORT]
    assert at_port == ["a/one", "a/two", "a/bare", "lan/one"]


def test_a_program_with_tags_survives_its_text():
    assert load_program(dump_program(PROGRAM)) == PROGRAM


def test_a_program_without_tags_says_nothing_of_them():
    text = dump_program(program_of("nordic"))
    assert '"tags"' not in text
    assert '"line"' not in text


def test_two_tags_stand_before_the_type_as_the_wire_has_them():
    assert VlanTags(200, 100).to_bytes().hex() == "810000c881000064"
    assert DK.circuit_by_name["a/two"].tags.to_bytes().hex() == "88a8000781000008"
