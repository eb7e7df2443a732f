"""Punted packets wait for the worker in queues that are short and take turns."""

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.controller.punt_queue import MAX_PER_SOURCE, MAX_WAITING, MIN_PER_SOURCE, PuntQueue
from mplsemu.lab.loader import load
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.plane.events import PacketPunted
from mplsemu.southbound.punt.event import Punt, PuntReason
from tests.oracles.frames import ethernet
from tests.places import TOPOLOGIES

NORDIC = TOPOLOGIES / "nordic.yaml"
CORE = 1


@pytest.fixture(scope="module")
def program():
    return compile_program(load(NORDIC).network)


@pytest.fixture
def waiting(program):
    return PuntQueue(program)


@pytest.fixture
def ports(program):
    return {circuit.name: circuit.port for circuit in program.node("dk").circuits}


def punted(port, reason=PuntReason.GLEAN, service=1, frame=b"", node="dk"):
    return PacketPunted(node, Punt(reason, port, service, frame))


def expired(*labels):
    words = [label << 12 | 1 for label in labels]
    words[-1] |= 0x100
    stack = b"".join(word.to_bytes(4, "big") for word in words)
    frame = ethernet(GATEWAY_MAC, GATEWAY_MAC, 0x8847, stack + bytes(20))
    return punted(CORE, PuntReason.TTL_EXPIRED, 0, frame)


def test_who_sends_one_packet_does_not_wait_behind_a_flood(waiting, ports):
    for _ in range(1000):
        waiting.put(punted(ports["a/aarhus"]))
    waiting.put(quiet := punted(ports["b/aarhus"]))
    assert quiet in waiting.take(2)


@pytest.mark.parametrize(
    ("flood", "quiet"),
    [
        ({"reason": PuntReason.ECHO_REQUEST6}, {"reason": PuntReason.ARP}),
        ({"reason": PuntReason.GLEAN}, {"reason": PuntReason.NEIGHBOUR_DISCOVERY}),
        ({"reason": PuntReason.ARP}, {"reason": PuntReason.GLEAN}),
        ({"port": CORE, "service": 1}, {"port": CORE, "service": 2}),
        ({"node": "dk"}, {"node": "se"}),
    ],
)
def test_classes_vrfs_and_lsrs_have_queues_of_their_own(waiting, ports, flood, quiet):
    common = {"port": ports["a/aarhus"]}
    for _ in range(100):
        waiting.put(punted(**(common | flood)))
    waiting.put(other := punted(**(common | quiet)))
    assert other in waiting.take(2)


def test_an_extranet_does_not_make_a_packet_another_customers(waiting, ports):
    for service in range(1, 100):
        waiting.put(punted(ports["a/aarhus"], service=service))
    waiting.put(quiet := punted(ports["b/aarhus"], service=1))
    assert quiet in waiting.take(2)


def test_labels_tell_apart_what_expired_in_the_middle(waiting):
    for _ in range(100):
        waiting.put(expired(16, 500))
    waiting.put(quiet := expired(16, 501))
    assert quiet in waiting.take(2)


def test_a_queue_is_short_and_the_others_do_not_grow_without_end(waiting, program):
    port = program.node("dk").circuits[0].port
    for _ in range(2 * MAX_PER_SOURCE):
        waiting.put(punted(port))
    assert len(waiting.take(MAX_WAITING)) == MAX_PER_SOURCE
    for service in range(1, 5000):
        for _ in range(20):
            waiting.put(punted(CORE, service=service))
    total = len(waiting.take(10**6))
    assert total <= MAX_WAITING + 5000 * MIN_PER_SOURCE
    assert not waiting


def test_packets_of_one_sender_stay_in_order_and_only_the_first_wakes_the_worker(waiting, ports):
    events = [punted(ports["a/aarhus"], frame=bytes([number])) for number in range(5)]
    assert [waiting.put(event) for event in events] == [True, False, False, False, False]
    assert waiting.take(3) + waiting.take(3) == events
    assert waiting.put(events[0])
