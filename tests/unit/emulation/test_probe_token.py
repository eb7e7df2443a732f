import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.emulation.probe_token import (
    TOKEN_BYTES,
    Carrier,
    Token,
    carrier_of,
    echo_request,
    probe_frame,
)
from mplsemu.wire.checksum import internet_checksum

NONCE = b"12345678"
MACS = bytes.fromhex("020000000002020000000001")
tokens = st.builds(Token, st.just(NONCE), st.integers(0, 0xFFFF_FFFF), st.integers(0, 0xFFFF))


@given(tokens, st.binary(max_size=60), st.binary(max_size=60))
def test_a_token_is_found_wherever_it_is_in_a_frame(token, before, after):
    assert Token.find(before + token.encode() + after, NONCE) == token


@given(tokens)
def test_a_token_of_another_run_is_not_ours(token):
    assert Token.find(token.encode(), b"87654321") is None


def test_a_token_cut_short_is_none():
    assert Token.find(Token(NONCE, 1, 2).encode()[:-1], NONCE) is None


@given(tokens, st.integers(0, 0xFFFF), st.integers(TOKEN_BYTES, 200).map(lambda n: n * 2))
def test_an_echo_request_has_the_size_and_a_checksum_that_holds(token, identifier, size):
    packet = echo_request(token, identifier, version=4, payload_bytes=size)
    assert len(packet) == 8 + size
    assert internet_checksum(packet) == 0
    assert packet[0] == 8


def test_an_odd_payload_has_a_checksum_too():
    packet = echo_request(Token(NONCE, 1, 0), 7, version=4, payload_bytes=101)
    assert internet_checksum(packet + b"\0") == 0


def ipv4(protocol: int, payload: bytes) -> bytes:
    header = bytes([0x45, 0, 0, 0, 0, 0, 0, 0, 64, protocol]) + bytes(10)
    return MACS + b"\x08\x00" + header + payload


def ipv6(next_header: int, payload: bytes) -> bytes:
    return MACS + b"\x86\xdd" + bytes([0x60, 0, 0, 0, 0, 0, next_header, 64]) + bytes(32) + payload


@pytest.mark.parametrize(
    ("frame", "carrier"),
    [
        (ipv4(1, b"\x08\x00"), Carrier.REQUEST),
        (ipv4(1, b"\x00\x00"), Carrier.REPLY),
        (ipv4(1, b"\x03\x01"), Carrier.ICMP_ERROR),
        (ipv4(17, bytes(8)), Carrier.OTHER),
        (ipv6(58, b"\x80\x00"), Carrier.REQUEST),
        (ipv6(58, b"\x81\x00"), Carrier.REPLY),
        (ipv6(58, b"\x01\x00"), Carrier.ICMP_ERROR),
        (MACS + b"\x81\x00\x00\x05\x08\x00" + ipv4(1, b"\x08\x00")[14:], Carrier.REQUEST),
        (MACS + b"\x88\x47" + bytes(60), Carrier.OTHER),
        (MACS + b"\x08\x00\x45", Carrier.OTHER),
        (MACS[:6], Carrier.OTHER),
    ],
)
def test_what_carries_a_token_is_told_from_its_headers(frame, carrier):
    assert carrier_of(frame) is carrier


def test_a_frame_of_ours_is_padded_and_tagged_on_demand():
    token = Token(NONCE, 3, 0)
    source, broadcast = "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff"
    plain = probe_frame(token, source, broadcast, vlan=None, payload_bytes=TOKEN_BYTES)
    assert len(plain) == 60
    assert struct.unpack_from("!H", plain, 12) == (0x88B5,)
    tagged = probe_frame(token, source, broadcast, vlan=7, payload_bytes=1500)
    assert len(tagged) == 1518
    assert struct.unpack_from("!HHH", tagged, 12) == (0x8100, 7, 0x88B5)
    assert carrier_of(plain) is carrier_of(tagged) is Carrier.FRAME
