"""Lines that share the load: what their site's end is told, and what is learned on them."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.spare_lines import active_lines
from mplsemu.southbound.plane.events import PacketPunted, PortChanged
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort, Punt, PuntReason
from mplsemu.wire.arp import REPLY, REQUEST, Arp, parse_arp
from mplsemu.wire.ethernet import EthernetHeader, EtherType, parse_ethernet
from mplsemu.wire.ip import ip_packet
from mplsemu.wire.lacp import SLOW_PROTOCOLS_MAC, Lacpdu
from tests.networks import load_sharing
from tests.unit.controller.ebpf_lab import Lab

BOTH = ["v/hq", "v/hq@y"]
HOST_MAC = "02:00:00:00:00:99"
UNKNOWN = IPv4Address("10.1.0.6")
STATE_AT = 32


class Watched:
    """An eBPF lab whose controller's orders are noted: programs, packets, and pauses."""

    def __init__(self, monkeypatch):
        self.lab = Lab(network=load_sharing()).enter()
        self.done = []
        plane = self.lab.plane
        install = plane.install

        def noted(program, nodes, **how):
            self.done.append(("install", active_lines(program)["v/hq"]))
            return install(program, nodes, **how)

        monkeypatch.setattr(plane, "install", noted)
        monkeypatch.setattr(plane, "send", self._send)

    def _send(self, node, packets):
        self.done += [(node, packet) for packet in packets]

    def port(self, node, name):
        lsr = self.lab.controller.program.node(node)
        return {**lsr.circuit_by_name, **lsr.adjacency_by_link}[name].port

    def handle(self, *cables, live):
        self.done.clear()
        events = [PortChanged(node, self.port(node, name), live) for node, name in cables]
        self.lab.controller.handle(events)
        return self.told()

    def told(self):
        """Return what was done, with LACPDUs as the PE and whether its line is in use."""
        steps = []
        for what, detail in self.done:
            if what == "install":
                steps.append(detail)
            elif isinstance(detail, OutOfPort) and is_lacpdu(detail.frame):
                assert detail.port == self.port(what, {"x": "v/hq", "y": "v/hq@y"}[what])
                steps.append((what, bool(detail.frame[STATE_AT] & 0x08)))
        return steps


def is_lacpdu(frame):
    header, _ = parse_ethernet(frame)
    return (header.destination, header.ethertype) == (SLOW_PROTOCOLS_MAC, EtherType.SLOW_PROTOCOLS)


def test_a_line_that_comes_back_takes_packets_before_the_site_uses_it_and_then_leads_there(
    monkeypatch,
):
    watched = Watched(monkeypatch)
    assert watched.handle(("x", "v/hq"), live=False) == [["v/hq@y"], ["v/hq@y"]]
    steps = watched.handle(("x", "v/hq"), live=True)
    assert steps == [BOTH, ("x", True), BOTH, ("x", True), ("x", True)]
    watched.lab.assert_installed()


def test_the_site_is_told_first_that_a_pe_is_cut_off_and_last_that_it_is_not(monkeypatch):
    watched = Watched(monkeypatch)
    cut = ("x", "x-p"), ("p", "x-p")
    assert watched.handle(*cut, live=False) == [("x", False), ["v/hq@y"]]
    assert watched.handle(*cut, live=True) == [BOTH, ("x", True), BOTH, ("x", True)]


def test_a_line_that_was_away_too_shortly_to_be_noticed_is_told_of_too(monkeypatch):
    watched = Watched(monkeypatch)
    watched.done.clear()
    port = watched.port("x", "v/hq")
    flap = [PortChanged("x", port, live) for live in (False, True)]
    watched.lab.controller.handle(flap)
    assert watched.told() == [("x", True)]


def test_where_a_line_fails_its_pe_forgets_the_hosts_on_it_at_once(monkeypatch):
    watched = Watched(monkeypatch)
    installs = []
    install = watched.lab.plane.install

    def noted(program, nodes, **how):
        installs.append((sorted(nodes), how))
        return install(program, nodes, **how)

    monkeypatch.setattr(watched.lab.plane, "install", noted)
    monkeypatch.setattr(watched.lab.plane, "hasten", lambda: installs.append("hastened"))
    watched.handle(("y", "v/hq@y"), live=False)
    assert installs.pop(1) == "hastened"
    assert installs[0] == (["y"], {"at_once": True})
    assert len(installs) == 2


def arp_reply(pe_port):
    reply = Arp(REPLY, HOST_MAC, UNKNOWN, GATEWAY_MAC, IPv4Address("10.1.0.1"))
    header = EthernetHeader(HOST_MAC, GATEWAY_MAC, (), EtherType.ARP)
    return Punt(PuntReason.ARP, pe_port, 0, header.to_bytes() + reply.to_bytes())


@pytest.mark.parametrize("answered_at", ["x", "y"])
def test_the_answer_to_a_pe_may_come_by_the_other_line_and_both_know_the_host(
    monkeypatch, answered_at
):
    watched = Watched(monkeypatch)
    controller = watched.lab.controller
    service = controller.program.node("x").vrf_by_name["v"].index
    packet = ip_packet(IPv4Address("10.1.1.2"), UNKNOWN, 17, b"for somebody", ttl=9, dscp=0)
    header = EthernetHeader(GATEWAY_MAC, GATEWAY_MAC, (), EtherType.IPV4)
    glean = Punt(PuntReason.GLEAN, watched.port("x", "x-p"), service, header.to_bytes() + packet)
    watched.done.clear()
    controller.handle([PacketPunted("x", glean)])
    ((pe, asked),) = watched.done
    assert pe == "x"
    assert parse_arp(parse_ethernet(asked.frame)[1]).operation == REQUEST
    watched.done.clear()
    line = {"x": "v/hq", "y": "v/hq@y"}[answered_at]
    controller.handle([PacketPunted(answered_at, arp_reply(watched.port(answered_at, line)))])
    sent = [(node, each) for node, each in watched.done if isinstance(each, IntoVrf)]
    assert [(node, each.frame[14:]) for node, each in sent] == [("x", packet)]
    for node in "xy":
        known = controller.program.node(node).vrf_by_name["v"].neighbours
        assert (UNKNOWN, HOST_MAC) in {(each.address, each.mac) for each in known}


def test_an_lacpdu_is_as_the_standard_has_it():
    frame = Lacpdu("02:4d:50:00:00:01", 7, in_use=True).to_frame("02:4d:50:00:00:01")
    assert len(frame) == 14 + 110
    header, rest = parse_ethernet(frame)
    assert (header.destination, header.ethertype) == ("01:80:c2:00:00:02", 0x8809)
    assert rest[:2] == b"\x01\x01"  # LACP, version 1
    assert rest[2:4] == b"\x01\x14"  # actor information, 20 octets
    assert rest[6:12] == bytes.fromhex("024d50000001")
    assert rest[16:18] == (7).to_bytes(2)
    assert rest[18] == 0b00111101
    assert rest[22:24] == b"\x02\x14"  # partner information
    assert rest[42:44] == b"\x03\x10"  # collector information
    assert rest[58:60] == b"\x00\x00"  # terminator
    assert Lacpdu("02:4d:50:00:00:01", 7, in_use=False).to_frame("02:4d:50:00:00:01")[32] == 5
