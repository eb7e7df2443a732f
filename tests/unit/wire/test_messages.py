"""ARP, neighbour discovery, ICMP, TCP and UDP: round trips and malformed bytes."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.model.labels import Label, LabelStackEntry
from mplsemu.wire import icmp
from mplsemu.wire.arp import NO_MAC, REQUEST, Arp, parse_arp
from mplsemu.wire.ethernet import BROADCAST_MAC, EtherType, mac_text
from mplsemu.wire.icmp_error import IcmpError, error_message
from mplsemu.wire.ip import IpProtocol, ip_packet, parse_ip
from mplsemu.wire.neighbour_discovery import (
    ALL_NODES,
    NeighbourAdvertisement,
    NeighbourSolicitation,
    multicast_mac,
    parse_neighbour_message,
    solicited_node,
)
from mplsemu.wire.tcp import TcpHeader, parse_tcp
from mplsemu.wire.udp import UdpHeader, parse_udp
from tests.oracles import frames

macs = st.binary(min_size=6, max_size=6).map(mac_text)
v4, v6 = st.ip_addresses(v=4), st.ip_addresses(v=6)
unicast6 = v6.filter(lambda address: not address.is_multicast)
words = st.integers(0, 0xFFFF)
longs = st.integers(0, 0xFFFF_FFFF)
HOST = "02:00:00:00:00:01"


# --- ARP -----------------------------------------------------------------------------------


@given(st.builds(Arp, words, macs, v4, macs, v4), st.binary(max_size=18))
def test_an_arp_message_is_read_as_it_was_written(message, padding):
    assert parse_arp(message.to_bytes() + padding) == message


def test_an_arp_request_is_the_one_of_the_tests_own_builder():
    asked = Arp(REQUEST, HOST, IPv4Address("10.0.0.1"), NO_MAC, IPv4Address("10.0.0.2"))
    assert frames.arp(1, HOST, "10.0.0.1", NO_MAC, "10.0.0.2").startswith(asked.to_bytes(), 14)


@given(st.binary(max_size=40))
def test_what_is_no_arp_message_over_ethernet_raises_one_error(data):
    for octets in (data, b"\0\1\x08\0\6\4" + data):
        try:
            parse_arp(octets)
        except PacketError:
            continue
        assert octets[:6] == b"\0\1\x08\0\6\4"


# --- neighbour discovery -------------------------------------------------------------------

flags = st.booleans()
solicitations = st.builds(NeighbourSolicitation, unicast6, unicast6, st.none() | macs)
advertisements = st.builds(
    NeighbourAdvertisement, unicast6, unicast6, st.none() | macs, flags, flags, flags
)


@given(solicitations | advertisements, unicast6)
def test_a_neighbour_message_is_read_as_it_was_written(message, target):
    packet = parse_ip(message.to_packet(target), EtherType.IPV6)
    assert parse_neighbour_message(packet) == message


@given(solicitations, st.integers(40, 63), st.integers(1, 255))
def test_a_neighbour_message_that_is_damaged_is_none(message, at, change):
    data = bytearray(message.to_packet(ALL_NODES))
    data[at] ^= change
    with pytest.raises(PacketError):
        parse_neighbour_message(parse_ip(bytes(data), EtherType.IPV6))


def test_a_solicited_advertisement_to_all_is_not_valid():
    said = NeighbourAdvertisement(
        IPv6Address("fe80::1"), IPv6Address("fe80::1"), HOST, is_solicited=True
    )
    with pytest.raises(PacketError):
        parse_neighbour_message(parse_ip(said.to_packet(ALL_NODES), EtherType.IPV6))


@given(st.binary(max_size=40))
def test_malformed_options_raise_one_error(options):
    source, target = IPv6Address("fe80::2"), IPv6Address("fe80::1")
    rest = bytes(4) + target.packed + options
    message = icmp.icmp_message(source, target, 135, 0, rest)
    whole = ip_packet(source, target, IpProtocol.ICMPV6, message, ttl=255)
    try:
        found = parse_neighbour_message(parse_ip(whole, EtherType.IPV6))
    except PacketError:
        return
    assert found.target == target


def test_the_groups_of_an_address():
    group = solicited_node(IPv6Address("2001:db8::1:2345:6789"))
    assert str(group) == "ff02::1:ff45:6789"
    assert multicast_mac(group) == "33:33:ff:45:67:89"


# --- ICMP ----------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
@given(words, words, st.binary(max_size=60))
def test_an_echo_request_has_its_numbers_and_a_correct_checksum(pair, number, sequence, payload):
    address = IPv4Address if "." in pair[0] else IPv6Address
    source, target = map(address, pair)
    unsummed = icmp.echo_request(source.version, number, sequence, payload)
    message = icmp.with_icmp_checksum(source, target, unsummed)
    assert icmp.echo_numbers(message) == (number, sequence)
    kind = EtherType.IPV4 if source.version == 4 else EtherType.IPV6
    whole = ip_packet(source, target, icmp.PROTOCOL[source.version], message, ttl=64)
    packet = parse_ip(whole, kind)
    assert icmp.has_correct_checksum(packet)
    assert packet.payload[8:] == payload


@pytest.mark.parametrize("error", IcmpError)
@pytest.mark.parametrize("pair", [("10.0.0.1", "10.0.0.2"), ("fd00::1", "fd00::2")])
def test_an_error_quotes_what_it_is_about_and_has_no_pointer_or_mtu_of_its_own(error, pair):
    address = IPv4Address if "." in pair[0] else IPv6Address
    source, target = map(address, pair)
    kind = EtherType.IPV4 if source.version == 4 else EtherType.IPV6
    about = parse_ip(ip_packet(source, target, 17, bytes(2000), ttl=1), kind)
    message = error_message(error, about, target)
    limit = 576 - 20 if source.version == 4 else 1280 - 40
    assert tuple(message[:2]) == error.value[0 if source.version == 4 else 1]
    assert message[4:8] == bytes(4)
    assert len(message) == limit
    assert about.whole.startswith(message[8:])


def test_an_ipv4_error_has_no_pointer():
    """RFC 792: only a parameter problem has one, which a gateway does not send."""
    source, target = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
    about = parse_ip(ip_packet(source, target, 200, b"", ttl=1), EtherType.IPV4)
    message = error_message(IcmpError.UNKNOWN_PROTOCOL, about, target, pointer=9)
    assert message[4:8] == bytes(4)


def test_a_label_stack_is_quoted_behind_128_octets():
    source, target = IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")
    about = parse_ip(ip_packet(source, target, 17, bytes(2000), ttl=1), EtherType.IPV4)
    stack = (LabelStackEntry(Label(16), 0, 1), LabelStackEntry(Label(17), 0, 9))
    message = error_message(IcmpError.TTL_EXCEEDED, about, target, stack)
    assert message[5] * 4 == 128  # RFC 4884 section 4.1
    assert message[8 + 128 + 4 :].hex() == "000c01010001000100011109"


# --- TCP, UDP ------------------------------------------------------------------------------


@given(
    st.builds(TcpHeader, words, words, longs, longs, st.integers(0, 0x1FF), words, words),
    st.binary(max_size=20),
)
def test_a_tcp_header_is_read_as_it_was_written(header, data):
    assert parse_tcp(header.to_bytes() + data) == (header, data)


@given(st.builds(UdpHeader, words, words, words, words), st.binary(max_size=20))
def test_a_udp_header_is_read_as_it_was_written(header, data):
    assert parse_udp(header.to_bytes() + data) == header


@given(st.binary(max_size=60))
def test_malformed_segments_and_datagrams_raise_one_error(data):
    for parse in (parse_tcp, parse_udp):
        try:
            parse(data)
        except PacketError:
            continue
        assert len(data) >= 8


def test_the_broadcast_address_is_all_ones():
    assert mac_text(b"\xff" * 6) == BROADCAST_MAC
