"""Neighbours that the running network resolved, as time goes by: a clock of its own, no switch."""

import heapq
import itertools
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.controller.punt_handler import (
    MAX_SOLICITATIONS,
    MAX_UNRESOLVED_PER_CIRCUIT,
    PROBE_INTERVAL_S,
    RETRANS_TIMER_S,
    PuntHandler,
)
from mplsemu.lab.loader import load
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.punt.event import Punt, PuntReason
from tests.oracles import frames
from tests.places import TOPOLOGIES

NORDIC = TOPOLOGIES / "nordic.yaml"
ADDRESS = "192.168.1.77"
KEY = ("dk", "a", ip_address(ADDRESS))
ONE, ANOTHER = "02:aa:00:00:00:01", "02:aa:00:00:00:02"
ASKED = frames.arp(1, GATEWAY_MAC, "192.168.1.1", "00:00:00:00:00:00", ADDRESS)
ROUND_S = PROBE_INTERVAL_S + MAX_SOLICITATIONS * RETRANS_TIMER_S


class FakeController:
    """What the resolver needs of a controller, with time that passes when it is told to."""

    def __init__(self):
        self.network = load(NORDIC).network
        self.learned = {}
        self.questions = 0
        self.owner = None
        self._now = 0.0
        self._timers = []
        self._numbers = itertools.count()
        self.resolver = PuntHandler(self)

    @property
    def program(self):
        return compile_program(self.network, learned=self.learned.values())

    def send(self, node, packets):
        assert node == "dk"
        self.questions += sum(packet.frame == ASKED for packet in packets)
        if self.owner is not None:
            self.arp(self.owner)

    def after(self, delay_s, work):
        heapq.heappush(self._timers, (self._now + delay_s, next(self._numbers), work))

    def learn(self, each):
        self.learned[each.pe, each.vrf, each.neighbour.address] = each
        return True

    def is_learned(self, key):
        return key in self.learned

    def forget(self, key):
        del self.learned[key]

    def when_installed(self, work):
        work()

    def arp(self, mac):
        """Have somebody at aarhus say that the address is his."""
        port = self.program.node("dk").circuit_by_name["a/aarhus"].port
        reply = frames.arp(2, mac, ADDRESS, GATEWAY_MAC, "192.168.1.1", dst=GATEWAY_MAC)
        self.resolver.handle("dk", Punt(PuntReason.ARP, port, 1, reply))

    def pass_time(self, seconds):
        until = self._now + seconds
        while self._timers and self._timers[0][0] <= until:
            self._now, _, work = heapq.heappop(self._timers)
            work()
        self._now = until

    def mac(self):
        return self.learned[KEY].neighbour.mac if KEY in self.learned else None


@pytest.fixture
def controller():
    made = FakeController()
    made.arp(ONE)
    assert made.mac() == ONE
    return made


def test_a_neighbour_that_answers_is_asked_once_a_round_and_kept(controller):
    controller.owner = ONE
    controller.pass_time(10 * ROUND_S)
    assert controller.mac() == ONE
    assert 8 <= controller.questions <= 10


def test_a_neighbour_that_is_gone_is_asked_for_three_times_and_forgotten(controller):
    controller.pass_time(PROBE_INTERVAL_S - 1)
    assert (controller.questions, controller.mac()) == (0, ONE)
    controller.pass_time(1 + MAX_SOLICITATIONS * RETRANS_TIMER_S)
    assert (controller.questions, controller.mac()) == (MAX_SOLICITATIONS, None)
    controller.pass_time(10 * ROUND_S)
    assert controller.questions == MAX_SOLICITATIONS


def test_an_address_that_moved_is_found_where_it_is_now(controller):
    controller.owner = ANOTHER
    controller.pass_time(ROUND_S)
    assert controller.mac() == ANOTHER


def test_one_that_is_slow_to_answer_is_kept(controller):
    controller.pass_time(PROBE_INTERVAL_S + 2 * RETRANS_TIMER_S + 0.5)
    controller.arp(ONE)
    controller.pass_time(2 * RETRANS_TIMER_S)
    assert controller.mac() == ONE
    controller.pass_time(ROUND_S)
    assert controller.mac() is None


def test_one_that_was_forgotten_and_comes_back_is_watched_again(controller):
    controller.pass_time(ROUND_S)
    controller.arp(ANOTHER)
    assert controller.mac() == ANOTHER
    controller.pass_time(ROUND_S)
    assert controller.mac() is None


def test_one_whose_line_was_cut_is_asked_for_no_more(controller):
    controller.forget(KEY)
    controller.pass_time(10 * ROUND_S)
    assert controller.questions == 0


def test_a_scan_is_asked_for_up_to_a_number_of_addresses_at_once(controller):
    host = controller.program.node("dk").circuit_by_name["a/aarhus"].port
    asked = []
    controller.send = lambda node, packets: asked.extend(packets)

    def scan(first, count):
        for number in range(first, first + count):
            packet = frames.ip("2001:db8:1::2", f"2001:db8:1:0:9::{number:x}")
            frame = frames.ip_frame(GATEWAY_MAC, ONE, packet)
            controller.resolver.handle("dk", Punt(PuntReason.GLEAN, host, 1, frame))

    scan(0, 2 * MAX_UNRESOLVED_PER_CIRCUIT)
    assert len(asked) == MAX_UNRESOLVED_PER_CIRCUIT
    controller.pass_time(MAX_SOLICITATIONS * RETRANS_TIMER_S)
    asked.clear()
    scan(5000, 10)
    assert len(asked) == 10
