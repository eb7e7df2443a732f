"""Fragments for a gateway, put together within bounds, and given up in time."""

from __future__ import annotations

import itertools
import random
import struct
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.controller.reassembler import Reassembler
from mplsemu.errors import PacketError
from mplsemu.model.limits import ACCESS_MTU
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.punt.event import Punt, PuntReason
from mplsemu.southbound.punt.parsed import ParsedPunt, parse_punt
from mplsemu.southbound.punt.reassembly import (
    MAX_DATAGRAMS,
    MAX_FRAGMENTS,
    MAX_OCTETS,
    REASSEMBLY_TIMEOUT_S,
    Reassembly,
)
from mplsemu.wire.fragments import fragment_of, source_fragments
from mplsemu.wire.ip import ip_packet, parse_ip
from tests.oracles import frames
from tests.punted import program

HERE, THERE = "192.168.1.2", "192.168.1.1"
HERE6, THERE6 = "2001:db8:1::2", "2001:db8:1::1"
ETHERTYPE = {4: 0x0800, 6: 0x86DD}
PAIRS = pytest.mark.parametrize("pair", [(HERE, THERE), (HERE6, THERE6)], ids=["IPv4", "IPv6"])


def packet_of(octets: bytes):
    return parse_ip(octets, ETHERTYPE[octets[0] >> 4])


def punt_of(octets: bytes, port: int = 3) -> ParsedPunt:
    frame = frames.ip_frame(GATEWAY_MAC, "02:00:00:00:00:01", octets)
    parsed = parse_punt(Punt(PuntReason.FRAGMENT, port, 1, frame))
    assert parsed is not None
    return parsed


def whole_of(pair, size: int, protocol: int = 17) -> bytes:
    source, target = map(ip_address, pair)
    body = random.Random(size).randbytes(size)
    return ip_packet(source, target, protocol, body, ttl=64, dscp=48)


def put_together(pieces, waiting=None, now=0.0, sender="x"):
    waiting = Reassembly() if waiting is None else waiting
    return [waiting.add(sender, punt_of(each), packet_of(each), now) for each in pieces]


def unnumbered(octets: bytes) -> bytes:
    """Return an IPv4 packet without what its fragments have in common."""
    return frames.mended(octets[:4] + bytes(2) + octets[6:]) if octets[0] >> 4 == 4 else octets


@PAIRS
@pytest.mark.parametrize("size", [1481, 1500, 3000, 20_008, 65_515])
@pytest.mark.parametrize("order", ["forward", "backward", "shuffled"])
def test_what_is_cut_comes_together_in_whatever_order(pair, size, order):
    whole = whole_of(pair, size)
    pieces = list(source_fragments(whole, 0x12345678, ACCESS_MTU))
    assert len(pieces) > 1
    assert all(len(each) <= ACCESS_MTU for each in pieces)
    if order == "backward":
        pieces.reverse()
    elif order == "shuffled":
        random.Random(1).shuffle(pieces)
    waiting = Reassembly()
    *before, last = put_together(pieces, waiting)
    assert before == [None] * len(before)
    assert unnumbered(last) == whole
    assert len(waiting) == 0


@PAIRS
def test_a_fragment_that_comes_twice_counts_once(pair):
    whole = whole_of(pair, 4000)
    first, second, *rest = source_fragments(whole, 7, ACCESS_MTU)
    *before, last = put_together([first, first, second, first, *rest])
    assert not any(before)
    assert unnumbered(last) == whole


@PAIRS
def test_packets_of_several_identifications_and_senders_do_not_mix(pair):
    waiting = Reassembly()
    whole = [whole_of(pair, 4000 + number) for number in range(4)]
    cut = [source_fragments(each, number << 16, ACCESS_MTU) for number, each in enumerate(whole)]
    made = [put_together([piece], waiting)[0] for row in zip(*cut, strict=True) for piece in row]
    assert [unnumbered(each) for each in made if each] == whole
    one, *others = source_fragments(whole[0], 9, ACCESS_MTU)
    assert put_together([one], waiting, sender="x") == [None]
    assert not any(put_together(others, waiting, sender="y"))


def changed4(octets: bytes, word: int, body: bytes) -> bytes:
    head = octets[:2] + struct.pack("!HHH", 20 + len(body), 5, word) + octets[8:20]
    return frames.mended(head) + body


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param((0x2000, 24), (2, 16), id="overlap"),
        pytest.param((0x2000, 24), (0x2001, 40), id="within and beyond"),
        pytest.param((0x2000, 16), (0x2000, 24), id="again, longer"),
        pytest.param((0x2000, 23), None, id="not a multiple of eight"),
        pytest.param((0x1FFF, 9), None, id="beyond 65,535"),
        pytest.param((2, 16), (4, 16), id="two last ones"),
        pytest.param((2, 16), (0x2008, 16), id="beyond the last one"),
        pytest.param((0x2000, 0), None, id="empty"),
    ],
)
def test_what_can_never_become_whole_is_forgotten(first, second):
    base = whole_of((HERE, THERE), 8)
    waiting = Reassembly()
    for word, size in filter(None, (first, second)):
        assert put_together([changed4(base, word, bytes(range(size)))], waiting) == [None]
    assert len(waiting) == 0


def test_a_sender_has_room_for_so_much_and_loses_his_own_oldest():
    waiting = Reassembly()
    base = whole_of((HERE, THERE), 8)
    other = source_fragments(whole_of((HERE6, THERE6), 3000), 1, ACCESS_MTU)
    assert put_together(other[:1], waiting, sender="other") == [None]
    for number in range(500):
        part = changed4(base, 0x2000, bytes(1480))
        part = frames.mended(part[:4] + struct.pack("!H", number) + part[6:])
        put_together([part], waiting, sender="flood")
        assert len(waiting) <= MAX_DATAGRAMS + 1
    for number, offset in itertools.product(range(6), range(0, 60_000, 1480)):
        part = changed4(base, 0x2000 | offset // 8 + 1, bytes(1480))
        part = frames.mended(part[:4] + struct.pack("!H", number) + part[6:])
        put_together([part], waiting, sender="flood")
        assert waiting.octets <= MAX_OCTETS + 3000
    assert put_together(other[1:], waiting, sender="other")[-1] is not None


def test_a_packet_in_too_many_pieces_is_forgotten():
    waiting = Reassembly()
    base = whole_of((HERE, THERE), 8)
    for offset in range(MAX_FRAGMENTS + 1):
        assert len(waiting) == bool(offset)
        put_together([changed4(base, 0x2000 | offset, bytes(8))], waiting)
    assert len(waiting) == 0


@PAIRS
def test_what_does_not_become_whole_in_time_is_given_up(pair):
    waiting = Reassembly()
    first, second, *_ = source_fragments(whole_of(pair, 4000), 7, ACCESS_MTU)
    put_together([second, first], waiting, now=100.0)
    _, late, *_ = source_fragments(whole_of(pair, 4000), 0x70000, ACCESS_MTU)
    put_together([late], waiting, now=100.0)
    assert waiting.next_due() == 100.0 + REASSEMBLY_TIMEOUT_S
    assert list(waiting.expire(100.0 + REASSEMBLY_TIMEOUT_S - 0.1)) == []
    # of a packet whose first fragment is missing nothing is said (RFC 1122 section 3.3.2)
    assert list(waiting.expire(100.0 + REASSEMBLY_TIMEOUT_S)) == [punt_of(first)]
    assert len(waiting) == 0
    assert waiting.next_due() is None


@given(st.binary(min_size=1, max_size=120), st.sampled_from([4, 6]), st.randoms())
def test_no_fragment_breaks_it(tail, version, rng):
    waiting = Reassembly()
    pair = (HERE, THERE) if version == 4 else (HERE6, THERE6)
    for _ in range(8):
        piece = bytearray(source_fragments(whole_of(pair, 3000), 3, ACCESS_MTU)[rng.randrange(2)])
        for at in rng.sample(range(4, 48), 3):
            piece[at] ^= rng.choice(tail)
        octets = frames.mended(bytes(piece)) if version == 4 else bytes(piece)
        with suppress(PacketError):
            packet = parse_ip(octets, ETHERTYPE[version])
            fragment_of(packet)
            waiting.add("x", punt_of(octets), packet, 0.0)


class FakeController:
    """A clock, and what is sent."""

    def __init__(self):
        self.program, self.sent, self.timers, self.now = program(), [], [], 0.0

    def send(self, node, packets):
        self.sent += [(node, packet) for packet in packets]

    def after(self, delay_s, work):
        self.timers.append((self.now + delay_s, work))


@PAIRS
def test_whose_packet_does_not_become_whole_is_told_when_its_time_is_over(pair):
    host = FakeController()
    reassembler = Reassembler(host, clock=lambda: host.now)
    first, *_ = source_fragments(whole_of(pair, 4000), 7, ACCESS_MTU)
    port = host.program.node_of_circuit["a/aarhus"].circuit_by_name["a/aarhus"].port
    assert reassembler.take("dk", punt_of(first, port)) is None
    host.now = 30.0
    later = source_fragments(whole_of(pair, 4000), 0x80000, ACCESS_MTU)[0]
    assert reassembler.take("dk", punt_of(later, port)) is None
    for count in (1, 2):
        ((host.now, work),) = host.timers
        host.timers.clear()
        work()
        assert len(host.sent) == count
    assert host.timers == []
    said = frames.seen(host.sent[0][1].frame)
    assert said.body[:2] == (b"\x0b\x01" if said.protocol == 1 else b"\x03\x01")
    assert tuple(map(str, said.addresses)) == pair[::-1]


@PAIRS
def test_what_becomes_whole_is_as_if_it_had_come_so(pair):
    host = FakeController()
    reassembler = Reassembler(host, clock=lambda: host.now)
    whole = whole_of(pair, 4000)
    *before, last = [
        reassembler.take("dk", punt_of(each)) for each in source_fragments(whole, 0, ACCESS_MTU)
    ]
    assert not any(before)
    assert last == replace(punt_of(whole), reason=PuntReason.NOT_SERVED)
