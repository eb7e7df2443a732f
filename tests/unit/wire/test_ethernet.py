"""Ethernet headers with any tags, and MAC addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.wire.ethernet import (
    BROADCAST_MAC,
    EthernetHeader,
    EtherType,
    is_group_mac,
    mac_bytes,
    mac_text,
    parse_ethernet,
)

TAGS = {EtherType.VLAN, EtherType.SERVICE_VLAN}
macs = st.binary(min_size=6, max_size=6).map(mac_text)
headers = st.builds(
    EthernetHeader,
    macs,
    macs,
    st.lists(st.integers(0, 0xFFF), max_size=3).map(tuple),
    st.integers(0, 0xFFFF).filter(lambda number: number not in TAGS),
)


@given(headers, st.binary(max_size=60))
def test_a_header_is_read_as_it_was_written(header, payload):
    assert parse_ethernet(header.to_bytes() + payload) == (header, payload)


@given(headers, st.data())
def test_a_header_that_is_cut_short_is_none(header, data):
    whole = header.to_bytes()
    size = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(PacketError):
        parse_ethernet(whole[:size])


def test_the_innermost_tag_is_the_customers_and_the_others_are_service_tags():
    made = EthernetHeader(BROADCAST_MAC, BROADCAST_MAC, (7, 8, 9), EtherType.IPV4).to_bytes()
    assert made[12:].hex() == "88a8000788a80008810000090800"


def test_a_tags_priority_is_no_part_of_its_vlan():
    frame = bytes(12) + bytes.fromhex("8100e0070800")
    header, payload = parse_ethernet(frame)
    assert (header.vlans, header.ethertype, payload) == ((7,), EtherType.IPV4, b"")


@pytest.mark.parametrize(
    ("mac", "is_group"),
    [(BROADCAST_MAC, True), ("01:00:5e:00:00:01", True), ("33:33:00:00:00:01", True),
     ("02:00:00:00:00:01", False), ("fe:ff:ff:ff:ff:ff", False)],
)  # fmt: skip
def test_group_addresses_have_the_lowest_bit_of_the_first_octet(mac, is_group):
    assert is_group_mac(mac) is is_group


@given(macs)
def test_a_mac_address_is_read_as_it_was_written(mac):
    assert mac_text(mac_bytes(mac)) == mac
