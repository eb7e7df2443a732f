"""Ports of LSRs as rtnetlink tells of them: its messages, and a kernel that forgets some."""

import socket
import struct

import pytest

from mplsemu.errors import EmulationError
from mplsemu.southbound.ebpf.links import DumpEnd, LinkSocket, LinkState, parse_links
from mplsemu.southbound.ebpf.ports import LsrPorts
from mplsemu.southbound.plane.events import PortChanged

UP, RUNNING, LOWER_UP = 1, 0x40, 0x10000
NEW, GONE = 16, 17
OPER_UNKNOWN, OPER_DOWN, OPER_UP = 0, 2, 6


def message(kind, body, flags=0):
    return struct.pack("=IHHII", 16 + len(body), kind, flags, 1, 0) + body


def link(ifindex, flags, kind=NEW, state=OPER_UP):
    attributes = struct.pack("=HH8s", 12, 3, b"se-dk\0") + struct.pack("=HHB3x", 5, 16, state)
    return message(kind, struct.pack("=BxHiII", 0, 1, ifindex, flags, 0) + attributes)


class FakeTeller:
    """A kernel that tells what a test says."""

    def __init__(self, *told):
        self.told = list(told)
        self.asked = 0

    def fileno(self):
        return 0

    def request_dump(self):
        self.asked += 1

    def receive(self):
        return self.told.pop(0)


def lsr(*told):
    return LsrPorts("dk", FakeTeller(*told), {101: 1, 102: 2})


def test_an_interface_is_live_if_it_is_up_and_has_a_carrier():
    data = link(1, UP | LOWER_UP) + link(2, UP) + link(3, LOWER_UP) + link(4, UP | LOWER_UP, GONE)
    assert list(parse_links(data)) == [
        LinkState(1, live=True, name="se-dk"),
        LinkState(2, live=False, name="se-dk"),
        LinkState(3, live=False, name="se-dk"),
        LinkState(4, live=False, name="se-dk"),
    ]


def test_an_interface_whose_carrier_the_kernel_has_not_noticed_yet_is_not_live():
    """What is sent by it is lost."""
    (said,) = parse_links(link(1, UP | LOWER_UP, state=OPER_DOWN))
    assert (said.live, said.settled) == (False, False)


def test_an_interface_of_which_the_kernel_says_nothing_is_live_but_not_settled():
    (said,) = parse_links(link(1, UP | LOWER_UP, state=OPER_UNKNOWN))
    assert (said.live, said.settled) == (True, False)


def test_the_end_of_a_dump_is_told_and_an_acknowledgement_is_nothing():
    assert list(parse_links(message(2, bytes(20)) + message(3, bytes(4)))) == [DumpEnd.END]


def test_a_refusal_is_told():
    with pytest.raises(EmulationError, match="not permitted"):
        list(parse_links(message(2, struct.pack("=i16x", -1))))


@pytest.mark.parametrize("data", [b"", b"short", bytes(16), struct.pack("=IHHII", 3, 16, 0, 0, 0)])
def test_what_is_no_message_says_nothing(data):
    assert list(parse_links(data)) == []


def test_a_real_kernel_tells_of_its_loopback():
    links = LinkSocket()
    told = []
    try:
        while DumpEnd.END not in told:
            told += links.receive()
    finally:
        links.close()
    assert socket.if_nametoindex("lo") in {said.ifindex for said in told[:-1]}


def test_at_first_all_live_ports_are_told():
    ports = lsr((LinkState(1, live=True), LinkState(101, live=True)), (DumpEnd.END,))
    assert ports.first() == {1}


def test_an_lsr_whose_ports_are_not_there_is_elsewhere():
    assert lsr().is_here is False
    ports = lsr((LinkState(101, live=False), DumpEnd.END))
    ports.first()
    assert ports.is_here


def test_a_change_is_told_once_and_what_is_no_port_not_at_all():
    ports = lsr(
        (LinkState(101, live=True), LinkState(102, live=True), DumpEnd.END),
        (LinkState(101, live=True), LinkState(102, live=False), LinkState(7, live=False)),
        (LinkState(102, live=False),),
        (LinkState(102, live=True),),
    )
    assert ports.first() == {1, 2}
    assert list(ports.changes()) == [PortChanged("dk", 2, live=False)]
    assert list(ports.changes()) == []
    assert list(ports.changes()) == [PortChanged("dk", 2, live=True)]


def test_where_messages_were_lost_all_is_asked_for_again():
    ports = lsr(
        (LinkState(101, live=True), LinkState(102, live=True), DumpEnd.END),
        None,
        (LinkState(102, live=True),),
        (DumpEnd.END,),
    )
    ports.first()
    assert list(ports.changes()) == []
    assert ports.monitor.asked == 1
    assert list(ports.changes()) == []
    assert list(ports.changes()) == [PortChanged("dk", 1, live=False)]  # it vanished unseen


def test_a_loss_while_all_is_told_waits_for_the_end_of_it():
    ports = lsr(
        None,
        (LinkState(101, live=True), DumpEnd.END),
        (LinkState(101, live=True), LinkState(102, live=True), DumpEnd.END),
    )
    assert ports.first() == {1, 2}
    assert ports.monitor.asked == 1
