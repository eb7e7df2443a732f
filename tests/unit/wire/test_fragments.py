"""IP fragments: what was cut is what is joined."""

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import with_checksum
from mplsemu.wire.ethernet import EtherType
from mplsemu.wire.fragments import fragment_of, joined, router_fragments, source_fragments
from mplsemu.wire.ip import ethertype_of, ip_packet, parse_ip

PAIRS = [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")]
COPIED, FREE = bytes((0x83, 3, 4)), bytes((0x07, 3, 4))  # source route; record route


def parts_of(pieces, ethertype):
    return [fragment_of(parse_ip(piece, ethertype)) for piece in pieces]


def together(parts):
    parts = sorted(parts, key=lambda part: part.offset)
    assert [part.more for part in parts] == [True] * (len(parts) - 1) + [False]
    at = 0
    for part in parts:
        assert part.offset == at
        at += len(part.data)
    return joined(parts[0].head, b"".join(part.data for part in parts))


def unnumbered(whole):
    """Return a packet without the identification that its fragments had in common."""
    if whole[0] >> 4 == 6:
        return whole
    return with_checksum(whole[:4] + bytes(2) + whole[6:20], 10) + whole[20:]


@pytest.mark.parametrize("pair", PAIRS, ids=["IPv4", "IPv6"])
@given(st.integers(0, 5000), st.integers(1280, 1500), st.integers(0, 0xFFFF_FFFF))
def test_what_a_source_cuts_is_joined_to_what_it_was(pair, size, mtu, identification):
    source, target = map(ip_address, pair)
    whole = ip_packet(source, target, 17, bytes(range(256)) * (size // 256 + 1), ttl=64)
    pieces = source_fragments(whole, identification, mtu)
    assert all(len(piece) <= mtu for piece in pieces)
    if len(pieces) == 1:
        assert pieces == (whole,)
    else:
        parts = parts_of(pieces, ethertype_of(source))
        assert len({part.identification for part in parts}) == 1
        assert unnumbered(together(parts)) == whole


@given(st.integers(68, 1500), st.binary(max_size=2000))
def test_what_routers_cut_one_after_the_other_is_joined_to_what_it_was(mtu, payload):
    whole = ip_packet(ip_address("10.0.0.1"), ip_address("10.0.0.2"), 17, payload, ttl=64)
    first = router_fragments(parse_ip(whole, EtherType.IPV4), 900)
    pieces = [p for f in first for p in router_fragments(parse_ip(f, EtherType.IPV4), mtu)]
    assert all(len(piece) <= mtu for piece in pieces)
    if len(pieces) == 1:
        assert pieces == [whole]
    else:
        assert together(parts_of(pieces, EtherType.IPV4)) == whole


def with_options(options, flags=0):
    whole = ip_packet(ip_address("10.0.0.1"), ip_address("10.0.0.2"), 17, bytes(400), ttl=64)
    options += bytes(-len(options) % 4)
    words, length = 5 + len(options) // 4, len(whole) + len(options)
    header = bytes((0x40 | words, 0)) + struct.pack("!HHH", length, 0, flags) + whole[8:20]
    return with_checksum(header + options, 10) + whole[20:]


def test_later_fragments_have_the_options_that_are_copied():
    packet = parse_ip(with_options(FREE + COPIED), EtherType.IPV4)
    first, *later = router_fragments(packet, 200)
    assert first[20:26] == FREE + COPIED
    assert {piece[20:24] for piece in later} == {COPIED + b"\0"}
    assert {piece[0] for piece in later} == {0x46}


@pytest.mark.parametrize("flags", [0x4000, 0x4000 | 0x2000])
def test_a_packet_with_df_is_not_cut_and_one_that_fits_goes_as_it_is(flags):
    whole = with_options(b"", flags)
    packet = parse_ip(whole, EtherType.IPV4)
    assert router_fragments(packet, 200) is None
    assert router_fragments(packet, len(whole)) == (whole,)


def test_no_packet_is_longer_than_its_length_field_can_say():
    for pair in PAIRS:
        whole = ip_packet(*map(ip_address, pair), 17, b"", ttl=1)
        assert len(joined(whole, bytes(65_000))) == len(whole) + 65_000
        with pytest.raises(PacketError):
            joined(whole, bytes(0x10000))
