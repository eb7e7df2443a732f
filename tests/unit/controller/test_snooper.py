"""IGMP and MLD in a lab that runs: what becomes of the messages, and of what is sent to groups."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from mplsemu.controller.network_change import NetworkChanged
from mplsemu.controller.snooper import read_membership
from mplsemu.model.network import Network
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Delivered
from mplsemu.program.walk import walk
from mplsemu.southbound.plane.events import PacketPunted, PortChanged
from mplsemu.southbound.punt.event import OutOfPort, Punt, PuntReason
from mplsemu.verification.matrix import verify
from mplsemu.wire.ethernet import group_mac, parse_ethernet
from mplsemu.wire.membership import Query
from tests.builders import MacAddresses, network, provider, vpls
from tests.oracles import membership
from tests.unit.controller import ebpf_lab, openflow_lab
from tests.waiting import eventually

G, G6, OTHER = (ip_address(text) for text in ("239.1.1.1", "ff15::1", "239.9.9.9"))
MAC = "02:99:99:99:99:99"


def lab(*, snooping: bool = True) -> Network:
    sites = {"a": "x", "b": "x", "c": "y", "d": "z", "r": "y"}
    lan = vpls("lan", sites, subnet="10.0.0.0/24", macs=MacAddresses())
    return network(provider(("x-y", "y-z", "z-x")), replace(lan, igmp_snooping=snooping))


class Snooped:
    """A lab on a data plane, whose packet-outs are written down."""

    def __init__(self, controller) -> None:
        self.controller = controller
        self.sent: list[tuple[str, bytes]] = []
        controller.plane.send = self._sent

    def _sent(self, node: str, packets) -> None:
        circuits = {each.port: each.name for each in self.controller.program.node(node).circuits}
        for packet in packets:
            assert isinstance(packet, OutOfPort)
            self.sent.append((circuits[packet.port], packet.frame))

    def hears(self, circuit: str, packet: bytes) -> dict[str, bytes]:
        """Have a circuit send a message; return what circuits get then."""
        node = self.controller.program.node_of_circuit[circuit]
        vsi, frame = node.vsis[0], membership.in_frame(packet, MAC)
        port = node.circuit_by_name[circuit].port
        punt = Punt(PuntReason.SNOOPED, port, vsi.index, frame)
        self.sent.clear()
        self.controller.handle([PacketPunted(node.name, punt)])
        eventually(self._is_settled, "the program does not follow", timeout_s=5)
        assert len(self.sent) == len(dict(self.sent))
        return dict(self.sent)

    def _is_settled(self) -> bool:
        self.controller.handle([])
        return not self.controller.memberships.changed

    def reached(self, circuit: str, group) -> set[str]:
        source = "10.0.0.9" if group.version == 4 else "2001:db8::9"
        packet = Packet(MAC, group_mac(group), IpHeader(ip_address(source), group))
        ends = walk(self.controller.program, circuit, packet, learned=False).ends
        return {end.circuit.removeprefix("lan/") for end in ends if isinstance(end, Delivered)}


@pytest.fixture(params=["openflow", "ebpf"])
def snooped(request) -> Snooped:
    if request.param == "openflow":
        return Snooped(openflow_lab.connected(lab()))
    return Snooped(ebpf_lab.Lab(network=lab()).enter().controller)


def test_a_group_goes_to_its_members_and_others_to_everybody(snooped):
    assert snooped.reached("lan/a", G) == {"b", "c", "d", "r"}
    snooped.hears("lan/c", membership.igmp3((4, str(G), 0)))
    snooped.hears("lan/d", membership.mld2((4, str(G6), 0)))
    assert snooped.reached("lan/a", G) == {"c"}
    assert snooped.reached("lan/c", G) == set()
    assert snooped.reached("lan/a", G6) == snooped.reached("lan/c", G6) == {"d"}
    assert snooped.reached("lan/a", OTHER) == {"b", "c", "d", "r"}
    assert verify(snooped.controller.program, lab()).holds


def test_reports_go_to_routers_alone_and_queries_to_everybody(snooped):
    report = membership.igmp(0x16, str(G))
    assert snooped.hears("lan/a", report) == {}
    query = membership.igmp(0x11, dst="224.0.0.1")
    asked = snooped.hears("lan/r", query)
    assert asked == dict.fromkeys(
        ("lan/a", "lan/b", "lan/c", "lan/d"), membership.in_frame(query, MAC)
    )
    assert snooped.hears("lan/a", report) == {"lan/r": membership.in_frame(report, MAC)}
    assert snooped.reached("lan/d", G) == {"a", "r"}


def test_messages_that_are_none_of_membership_go_to_everybody(snooped):
    dvmrp = membership.igmp(0x13, dst="224.0.0.4")
    assert snooped.hears("lan/a", dvmrp).keys() == {"lan/b", "lan/c", "lan/d", "lan/r"}


def test_damaged_messages_go_nowhere_and_teach_nothing(snooped):
    report = bytearray(membership.igmp(0x16, str(G)))
    report[-1] ^= 1
    snooped.hears("lan/r", membership.igmp(0x11, dst="224.0.0.1"))
    assert snooped.hears("lan/a", bytes(report)) == {}
    assert snooped.reached("lan/d", G) == {"a", "b", "c", "r"}


@pytest.mark.parametrize(
    ("join", "left", "group"),
    [
        (membership.igmp(0x16, str(G)), membership.igmp(0x17, str(G), dst="224.0.0.2"), G),
        (membership.mld(131, str(G6)), membership.mld(132, str(G6), dst="ff02::2"), G6),
    ],
)
def test_where_there_is_no_querier_who_is_left_in_a_group_is_asked(snooped, join, left, group):
    snooped.hears("lan/a", join)
    asked = snooped.hears("lan/a", left)
    assert asked.keys() == {"lan/a"}
    question = read_membership(asked["lan/a"])
    assert isinstance(question, Query)
    assert question.group == group
    assert parse_ethernet(asked["lan/a"])[0].destination == group_mac(group)
    query = membership.igmp(0x11, dst="224.0.0.1")
    snooped.hears("lan/r", query)
    snooped.hears("lan/a", join)
    assert snooped.hears("lan/a", left).keys() == {"lan/r"}  # who asks by himself


def test_a_line_that_goes_down_takes_its_members_along(snooped):
    for circuit in ("lan/a", "lan/c"):
        snooped.hears(circuit, membership.igmp(0x16, str(G)))
    x = snooped.controller.program.node("x")
    port = x.circuit_by_name["lan/a"].port
    snooped.controller.handle([PortChanged("x", port, live=False)])

    def is_down() -> bool:
        snooped.controller.handle([])
        return not snooped.controller.program.node("x").circuit_by_name["lan/a"].up

    eventually(is_down, "the line is not down", timeout_s=5)
    (group,) = snooped.controller.program.node("x").vsis[0].groups
    assert (group.circuits, group.peers) == ((), ("y",))


def test_a_vpls_that_snoops_no_more_floods(snooped):
    snooped.hears("lan/c", membership.igmp(0x16, str(G)))
    snooped.controller.handle([NetworkChanged(lab(snooping=False))])
    assert snooped.reached("lan/a", G) == {"b", "c", "d", "r"}
    assert snooped.controller.memberships.is_empty
