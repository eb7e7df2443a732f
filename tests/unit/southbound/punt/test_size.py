"""What a PE does with a packet that is too large for its next hop (RFC 1191, RFC 4443)."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest

from mplsemu.model.topology import TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.punt.answers import NO_ANSWER
from mplsemu.southbound.punt.event import IntoVrf, Punt, PuntReason
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.punted import STRANGER, answered, program


def sized(source, target, octets, *, fragment=0, options=b""):
    """Return an IP packet of so many octets."""
    head = 40 if ":" in source else 20 + len(options)
    payload = struct.pack("!HHHH", 40000, 5001, octets - head, 0)
    packet = bytearray(
        frames.ip(source, target, payload=bytes(options) + payload.ljust(octets - head, b"x"))
    )
    if ":" not in source:
        packet[0] = 4 << 4 | head // 4
        packet[6:8] = fragment.to_bytes(2, "big")
        packet[10:12] = b"\0\0"
        packet[10:12] = internet_checksum(packet[:head]).to_bytes(2, "big")
    return bytes(packet)


def too_big(packet, *, node="dk", port=None, service=1):
    """Answer a packet that is punted by a PE as too big."""
    made = program(TtlMode.PIPE)
    circuit = made.node(node).circuit_by_name["a/aarhus"] if node == "dk" else None
    in_port = port if port is not None else circuit.port
    frame = frames.ip_frame(GATEWAY_MAC, STRANGER, packet)
    return answered(made, node, Punt(PuntReason.TOO_BIG, in_port, service, frame))


def test_a_packet_with_df_is_answered_with_the_next_hops_mtu():
    (out,) = too_big(sized("192.168.1.2", "192.168.3.2", 1593, fragment=0x4000)).packets_out
    report = frames.seen(out.frame).payload
    assert report[12:20] == ip_address("192.168.1.1").packed + ip_address("192.168.1.2").packed
    assert report[20:22] == bytes([3, 4])
    assert int.from_bytes(report[26:28], "big") == 1592
    assert internet_checksum(report[20:]) == 0
    assert len(report) == 576  # RFC 1812 section 4.3.2.3
    assert report[28:32] == sized("192.168.1.2", "192.168.3.2", 1593, fragment=0x4000)[:4]


def test_an_ipv6_packet_is_answered_with_the_next_hops_mtu():
    (out,) = too_big(sized("2001:db8:1::2", "2001:db8:3::2", 1593)).packets_out
    report = frames.seen(out.frame).payload
    assert report[40:42] == bytes([2, 0])
    assert int.from_bytes(report[44:48], "big") == 1592
    assert len(report) == 1280  # RFC 4443 section 2.4 (c)


def test_at_the_egress_the_circuits_mtu_counts_and_the_gateway_there_says_so():
    packet = sized("192.168.1.2", "192.168.3.2", 1501, fragment=0x4000)
    (out,) = too_big(packet, node="no", port=0).packets_out
    report = frames.seen(out.frame).payload
    assert report[12:16] == ip_address("192.168.3.1").packed
    assert int.from_bytes(report[26:28], "big") == 1500


def reassembled(pieces):
    """Put fragments together (RFC 791 section 3.2)."""
    found = {}
    for piece in pieces:
        head = (piece[0] & 15) * 4
        assert internet_checksum(piece[:head]) == 0
        assert int.from_bytes(piece[2:4], "big") == len(piece)
        word = int.from_bytes(piece[6:8], "big")
        found[word & 0x1FFF] = (bool(word & 0x2000), piece[head:])
    whole = b""
    for offset in sorted(found):
        assert offset * 8 == len(whole)
        whole += found[offset][1]
    return whole, found[max(found)][0]


@pytest.mark.parametrize("octets", [1593, 1600, 1604, 3200])
@pytest.mark.parametrize("options", [b"", b"\x01\x94\x04\0\0\0\0\0", b"\x07\x07\x04\0\0\0\0\0"])
def test_a_packet_without_df_is_cut_so_that_it_can_be_put_together_again(octets, options):
    packet = sized("192.168.1.2", "192.168.3.2", octets, options=options)
    outs = too_big(packet).packets_out
    pieces = [frames.seen(out.frame).payload for out in outs]
    assert all(isinstance(out, IntoVrf) and out.service == 1 for out in outs)
    assert all(len(piece) <= 1592 for piece in pieces)
    assert len(pieces) == -(-octets // 1592)
    assert {piece[4:6] + piece[8:10] + piece[12:20] for piece in pieces} == {
        packet[4:6] + packet[8:10] + packet[12:20]
    }
    assert reassembled(pieces) == (packet[20 + len(options) :], False)
    # an option with the copy bit goes along, another does not (RFC 791 section 3.1)
    kept = {b"\x94": 4, b"": 0}.get(options[1:2], 0)
    assert (pieces[1][0] & 15) * 4 == 20 + kept


@pytest.mark.parametrize("more", [0x2000, 0])
def test_a_fragment_is_cut_into_fragments_of_the_same_packet(more):
    packet = sized("192.168.1.2", "192.168.3.2", 1600, fragment=more | 5)
    pieces = [frames.seen(out.frame).payload for out in too_big(packet).packets_out]
    words = [int.from_bytes(piece[6:8], "big") for piece in pieces]
    assert words[0] == 0x2000 | 5
    assert words[1] == more | 5 + (len(pieces[0]) - 20) // 8


@pytest.mark.parametrize("fragment", [0, 0x4000])
def test_a_packet_that_only_its_frame_made_too_large_goes_on_without_what_pads_it(fragment):
    packet = sized("192.168.1.2", "192.168.3.2", 100, fragment=fragment)
    (out,) = too_big(packet + bytes(1500)).packets_out
    assert frames.seen(out.frame).payload == packet


def test_a_packet_whose_ttl_has_run_out_is_answered_as_that_however_large():
    packet = bytearray(sized("192.168.1.2", "192.168.3.2", 1600))
    packet[8] = 1
    packet[10:12] = b"\0\0"
    packet[10:12] = internet_checksum(packet[:20]).to_bytes(2, "big")
    (out,) = too_big(bytes(packet)).packets_out
    assert frames.seen(out.frame).payload[20:22] == bytes([11, 0])


def test_nothing_is_said_about_a_later_fragment_or_an_error_that_is_too_big():
    later = sized("192.168.1.2", "192.168.3.2", 1600, fragment=0x4000 | 5)
    assert too_big(later) == NO_ANSWER
