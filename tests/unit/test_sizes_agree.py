"""Packets of sizes around every limit: the interpreter and both fake data planes treat them alike.

In random networks whose links and sites have MTUs of their own. Who is told of an MTU, and of
which, is what the controller makes of the packet that each data plane gives it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mplsemu.control.compile import compile_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered, TooBig
from mplsemu.program.program import Program
from mplsemu.program.sizes import ETHERNET_OCTETS, frame_mtu
from mplsemu.program.walk import walk
from mplsemu.southbound.openflow.punts import punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.answer import answer
from mplsemu.southbound.punt.event import Punt, PuntReason
from mplsemu.southbound.punt.parsed import parse_punt
from mplsemu.verification.largest_packet import largest_packets
from tests.builders import nordic
from tests.oracles import fakebpf, fakebpfnet, fakeswitch, frames
from tests.oracles.senders import Sender, senders
from tests.strategies import networks

DF = 0x4000
LOST = ("lost", "", 0)
Fate = tuple[str, str, int]
"""Delivered, where; too big, who says so, and for which MTU; or lost."""


def sized(header: IpHeader, octets: int) -> bytes:
    """Return a UDP datagram of so many octets with DF."""
    head = 20 if header.source.version == 4 else 40
    body = struct.pack("!HHHH", 40000, 5001, octets - head, 0).ljust(octets - head, b"x")
    raw = bytearray(frames.ip(header.source, header.destination, payload=body))
    if head == 40:
        return bytes(raw)
    raw[6:8] = DF.to_bytes(2, "big")
    return frames.mended(bytes(raw))


def limits(program: Program, sender: Sender, other: Sender) -> list[int]:
    """Return every size that could matter between two hosts, and one octet more of each."""
    here, there = (program.node_of_circuit[each.circuit] for each in (sender, other))
    found = {node.circuit_by_name[each.circuit].mtu
             for node, each in ((here, sender), (there, other))}  # fmt: skip
    lines = {there.circuit_by_name[other.circuit].line_mtu}
    for node, far in ((here, there), (there, here)):
        entry = node.ftn_by_egress.get(far.name)
        if sender.routed and entry is not None:
            found.add(entry.mtu - 4)
        for vsi in node.vsis:
            wires = [each for each in vsi.pseudowires if each.peer == far.name]
            found |= {(frame_mtu(node, each) or 0) - ETHERNET_OCTETS for each in wires}
    limits = found if sender.routed else found | lines
    return sorted(size for limit in limits for size in (limit, limit + 1) if size > 48)


def interpreted(program: Program, circuit: str, packet: Packet) -> Fate:
    fates = set()
    for branch in walk(program, circuit, packet, learned=True).branches:
        match branch.end:
            case Delivered(circuit=name):
                fates.add(("delivered", name, 0))
            case TooBig(node=node, mtu=mtu):
                fates.add(("too big", node, mtu))
            case _:
                fates.add(LOST)
    return only(fates)


def only(fates: set[Fate]) -> Fate:
    """Return the fate of all ways, which may differ only in what a link of equal cost takes."""
    assume(len(fates) == 1)
    return fates.pop()


def told(program: Program, node: str, given: Punt) -> Fate:
    """Return what the controller says about a packet that is too big."""
    parsed = parse_punt(given)
    assert parsed is not None
    (out,) = answer(program, node, parsed).packets_out
    report = frames.seen(out.frame).payload
    is_old = report[0] >> 4 == 4
    assert report[20:22] == b"\3\4" if is_old else report[40:42] == b"\2\0"
    mtu = report[26:28] if is_old else report[44:48]
    return "too big", node, int.from_bytes(mtu, "big")


class OpenFlow:
    def __init__(self, program: Program) -> None:
        self.program = program
        made = {node.name: flows(program, node.name) for node in program.nodes}
        self.network = fakeswitch.FakeNetwork(program, made)

    def fate(self, circuit: str, frame: bytes) -> Fate:
        outcome = self.network.inject(circuit, frame)
        for node, each in outcome.packet_ins:
            said = punt(each.reason, each.in_port, each.metadata, each.registers, each.frame)
            if said is not None and said.reason is PuntReason.TOO_BIG:
                return told(self.program, node, said)
        if outcome.deliveries:
            ((where, got),) = outcome.deliveries
            return arrived(where, frame, got)
        return LOST


class Ebpf:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.network = fakebpfnet.FakeNetwork(program)

    def fate(self, circuit: str, frame: bytes) -> Fate:
        fates = set()
        for trail in self.network.inject(circuit, frame):
            if isinstance(trail.end, fakebpfnet.Delivered):
                fates.add(arrived(trail.end.circuit, frame, trail.end.frame))
                continue
            fate = trail.end.fate
            is_punted = isinstance(fate, fakebpf.Punted) and fate.reason is PuntReason.TOO_BIG
            node = self.program.node(trail.end.node)
            at = node.circuit_by_name.get(circuit)
            port = at.port if at is not None else 0
            # the fake does not say what the packet looks like; its MAC addresses do not matter here
            fates.add(
                told(self.program, node.name, Punt(fate.reason, port, fate.service, frame))
                if is_punted
                else LOST
            )
        return only(fates)


def arrived(circuit: str, sent: bytes, got: bytes) -> Fate:
    """Compare octet by octet: behind a router all but MAC addresses, TTL and checksum are equal."""
    assert len(got) == len(sent)
    is_routed = sent[:6].hex(":") == GATEWAY_MAC
    after = 54 if got[12:14] == b"\x86\xdd" else 26
    assert got[after if is_routed else 0 :] == sent[after if is_routed else 0 :]
    return "delivered", circuit, 0


def conversations(program: Program) -> Iterator[tuple[Sender, Sender, str, IpHeader]]:
    """Yield a pair of hosts for each pair of circuits of a VPN, and each IP version."""
    first = {each.circuit: each for each in reversed(senders(program))}.values()
    for sender in first:
        for other in first:
            if other.vpn != sender.vpn or other is sender:
                continue
            mac = GATEWAY_MAC if sender.routed else other.own_mac
            for own in sender.addresses:
                for address in other.addresses:
                    if own.version == address.version:
                        yield sender, other, mac, IpHeader(own, address)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(max_nodes=4), st.data())
def test_a_packet_of_any_size_fares_alike_everywhere(network, data):
    program = compile_program(network)
    planes = [OpenFlow(program), Ebpf(program)]
    for sender in senders(program):
        if not sender.routed:
            hello = frames.ethernet("ff:ff:ff:ff:ff:ff", sender.mac, 0x88B5, b"hello" * 10)
            for plane in planes:
                plane.network.inject(sender.circuit, hello)
    found = list(conversations(program))
    assume(found)
    for sender, other, mac, header in data.draw(st.permutations(found))[:6]:
        for octets in limits(program, sender, other):
            frame = frames.ip_frame(mac, sender.mac, sized(header, octets))
            packet = Packet(sender.mac, mac, header, octets=octets)
            wanted = interpreted(program, sender.circuit, packet)
            for plane in planes:
                got = plane.fate(sender.circuit, frame)
                assert got == wanted, (type(plane).__name__, sender.name, other.name, octets)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(networks(max_nodes=4))
def test_the_largest_packet_that_check_names_arrives_whole_and_none_larger_does_by_the_core(
    network,
):
    """What `check` says of a pair falls short, sent as a packet."""
    program = compile_program(network)
    short = {each.pair: each for found in largest_packets(program) for each in found.short}
    framed = {found.vpn for found in largest_packets(program) if found.framed}
    for sender, other, mac, header in conversations(program):
        found = short.get((sender.circuit, other.circuit))
        if found is None:
            continue
        extra = ETHERNET_OCTETS if sender.vpn in framed else 0
        for more, arrives in ((0, True), (1, False)):
            packet = Packet(sender.mac, mac, header, octets=found.octets - extra + more)
            fates = {
                isinstance(branch.end, Delivered)
                for branch in walk(program, sender.circuit, packet, learned=True).branches
            }
            assert all(fates) is arrives


@pytest.mark.parametrize("limit", [1396, 9212])
def test_the_sizes_that_are_tried_are_those_of_links_and_circuits(limit):
    """So that a random network cannot make the tests above say nothing."""
    lab = nordic()
    links = tuple(replace(each, mtu=limit + 4) for each in lab.provider.links)
    program = compile_program(replace(lab, provider=replace(lab.provider, links=links)))
    by_name = {each.name: each for each in senders(program)}
    found = limits(program, by_name["a/aarhus/h1"], by_name["a/stockholm/h1"])
    assert {1500, 1501} <= set(found)
    assert {limit - 4, limit - 3} <= set(found)
