"""IP headers: round trips, damage, extension headers."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import internet_checksum, pseudo_header, with_checksum
from mplsemu.wire.ethernet import EtherType
from mplsemu.wire.ip import ethertype_of, ip_packet, parse_ip
from tests.oracles import fakepacket, frames

PAIR4 = st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4))
PAIR6 = st.tuples(st.ip_addresses(v=6), st.ip_addresses(v=6))
PAIRS = st.one_of(PAIR4, PAIR6)
OTHERS = st.integers(0, 255).filter(lambda number: number not in {0, 43, 44, 60})


@given(PAIRS, OTHERS, st.binary(max_size=80), st.integers(0, 255), st.integers(0, 63),
       st.binary(max_size=20))  # fmt: skip
def test_a_packet_is_read_as_it_was_written(pair, protocol, payload, ttl, dscp, padding):
    whole = ip_packet(*pair, protocol, payload, ttl=ttl, dscp=dscp)
    found = parse_ip(whole + padding, ethertype_of(pair[0]))
    assert (found.src, found.dst) == pair
    assert (found.protocol, found.payload, found.ttl, found.dscp) == (protocol, payload, ttl, dscp)
    assert (found.whole, found.is_cut, found.is_later_fragment) == (whole, False, False)


@pytest.mark.parametrize(
    ("source", "target"), [("10.0.0.1", "10.0.0.2"), ("2001:db8::1", "2001:db8::2")]
)
def test_it_is_the_packet_that_the_tests_own_builder_makes(source, target):
    built = frames.ip(source, target, 17, b"payload", ttl=9, dscp=46)
    found = parse_ip(built, EtherType.IPV4 if "." in source else EtherType.IPV6)
    assert (str(found.src), str(found.dst), found.ttl, found.dscp) == (source, target, 9, 46)
    assert found.payload == b"payload"


@given(PAIRS, st.binary(min_size=1, max_size=60), st.data())
def test_a_packet_that_is_cut_is_taken_only_where_that_is_allowed(pair, payload, data):
    whole = ip_packet(*pair, 17, payload, ttl=1)
    size = data.draw(st.integers(0, len(whole) - 1))
    header = len(whole) - len(payload)
    kind = ethertype_of(pair[0])
    with pytest.raises(PacketError):
        parse_ip(whole[:size], kind)
    if size >= header:
        found = parse_ip(whole[:size], kind, may_be_cut=True)
        assert (found.is_cut, found.payload) == (True, payload[: size - header])
    else:
        with pytest.raises(PacketError):
            parse_ip(whole[:size], kind, may_be_cut=True)


@given(PAIR4, st.integers(0, 159))
def test_a_flipped_bit_in_an_ipv4_header_is_noticed(pair, bit):
    whole = bytearray(ip_packet(*pair, 17, b"payload!", ttl=64))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(PacketError):
        parse_ip(bytes(whole), EtherType.IPV4)


@given(st.binary(max_size=120), st.sampled_from([0x0800, 0x86DD, 0x0806]), st.booleans())
def test_malformed_bytes_raise_one_error(data, ethertype, may_be_cut):
    for octets in (data, b"\x45" + data, b"\x60" + data):
        try:
            found = parse_ip(octets, ethertype, may_be_cut=may_be_cut)
        except PacketError:
            continue
        assert len(found.whole) <= len(octets)


def test_extension_headers_are_skipped_and_where_they_name_the_payload_is_told():
    options = bytes((60, 0)) + bytes(6)  # hop-by-hop, then destination options
    more = bytes((17, 1)) + bytes(14)
    whole = ip_packet(IPv6Address("::1"), IPv6Address("::2"), 0, options + more + b"data", ttl=3)
    found = parse_ip(whole, EtherType.IPV6)
    assert (found.protocol, found.payload, found.protocol_at) == (17, b"data", 48)


def test_what_follows_the_header_of_a_later_fragment_is_payload():
    fragment = struct.pack("!BxHI", 60, 8 | 1, 7) + b"\xff" * 8
    whole = ip_packet(IPv6Address("::1"), IPv6Address("::2"), 44, fragment, ttl=3)
    found = parse_ip(whole, EtherType.IPV6)
    assert (found.is_later_fragment, found.protocol, found.payload) == (True, 60, b"\xff" * 8)
    assert (found.fragment_at, found.fragment_named_at) == (40, 6)


@given(st.binary(max_size=99))
def test_the_checksum_is_that_of_the_tests_own_oracle(data):
    assert internet_checksum(data) == fakepacket.internet_checksum(data)


@given(st.binary(min_size=8, max_size=60).filter(lambda data: len(data) % 2 == 0))
def test_data_with_its_checksum_sums_up_to_nothing(data):
    pseudo = pseudo_header(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), 17, len(data))
    assert internet_checksum(with_checksum(data, 6)) == 0
    assert internet_checksum(pseudo + with_checksum(data, 2, pseudo)) == 0
