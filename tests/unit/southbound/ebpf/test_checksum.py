"""Checksums that hosts leave open are completed, and only those."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.southbound.ebpf.checksum import completed
from mplsemu.wire.checksum import internet_checksum as checksum
from tests.oracles.frames import echo, ethernet, ip, ip_frame

TCP, UDP = 6, 17
AT = {TCP: 16, UDP: 6}
PAIRS = (("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2"))
DST, SRC = "02:00:00:00:00:01", "02:00:00:00:00:02"


def pseudo(pair: tuple[str, str], segment: bytes, protocol: int) -> bytes:
    packed = b"".join(ip_address(each).packed for each in pair)
    return packed + struct.pack("!II", len(segment), protocol)


def segment(protocol: int, payload: bytes, field: int) -> bytes:
    head = bytearray(b"\x04\x00\x00\x35" + bytes(16 if protocol == TCP else 4))
    if protocol == UDP:
        head[4:6] = (8 + len(payload)).to_bytes(2, "big")
    head[AT[protocol] : AT[protocol] + 2] = field.to_bytes(2, "big")
    return bytes(head) + payload


def frame(pair: tuple[str, str], protocol: int, payload: bytes, *, is_open: bool) -> bytes:
    empty = segment(protocol, payload, 0)
    over = pseudo(pair, empty, protocol)
    field = 0xFFFF - checksum(over) if is_open else checksum(over + empty) or 0xFFFF
    return ip_frame(DST, SRC, ip(*pair, protocol, segment(protocol, payload, field)))


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("protocol", [TCP, UDP])
@given(payload=st.binary(max_size=64), tail=st.binary(max_size=8))
def test_an_open_checksum_is_completed(pair, protocol, payload, tail):
    wanted = frame(pair, protocol, payload, is_open=False) + tail
    got = completed(frame(pair, protocol, payload, is_open=True) + tail)
    at = 14 + (20 if "." in pair[0] else 40)
    end = len(got) - len(tail)
    assert checksum(pseudo(pair, got[at:end], protocol) + got[at:end]) == 0
    field = at + AT[protocol]
    assert got[:field] + got[field + 2 :] == wanted[:field] + wanted[field + 2 :]


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("protocol", [TCP, UDP])
@given(payload=st.binary(max_size=64))
def test_a_complete_one_stays(pair, protocol, payload):
    whole = frame(pair, protocol, payload, is_open=False)
    assert completed(whole) == whole


def open_one(pair: tuple[str, str] = PAIRS[0]) -> bytes:
    return frame(pair, TCP, b"payload", is_open=True)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(open_one()[:13], id="no header"),
        pytest.param(open_one()[:-1], id="cut"),
        pytest.param(open_one(PAIRS[1])[:60], id="cut, IPv6"),
        pytest.param(ethernet(DST, SRC, 0x88B5, b"payload"), id="another protocol"),
        pytest.param(ip_frame(DST, SRC, echo(*PAIRS[0])), id="echo"),
        pytest.param(ip_frame(DST, SRC, ip(*PAIRS[0], UDP, b"short")), id="short"),
        pytest.param(open_one()[:20] + b"\0\1" + open_one()[22:], id="fragment"),
        pytest.param(open_one()[:12] + b"\x81\0\0\5" + open_one()[12:], id="tagged"),
        pytest.param(open_one()[:12] + b"\x88\x47\0\1\1\xff" + open_one()[14:], id="labelled"),
    ],
)
def test_what_is_something_else_comes_back_as_it_is(other: bytes):
    assert completed(other) == other


@given(st.binary(max_size=120))
def test_bytes_at_random_do_no_harm(data: bytes):
    assert len(completed(data)) == len(data)
    assert len(completed(open_one()[:14] + data)) == 14 + len(data)
