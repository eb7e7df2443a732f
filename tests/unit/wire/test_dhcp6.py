"""DHCPv6 messages as a relay agent reads and wraps them (RFC 8415)."""

from __future__ import annotations

from ipaddress import IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.wire.dhcp6 import RelayMessage, message_kind, parse_relay_message
from tests.dhcp6 import ANSWER, FORWARD, SOLICIT, message, option, relayed

LINK, PEER = IPv6Address("2001:db8:1::1"), IPv6Address("fe80::77")


def test_a_relay_message_has_the_octets_of_the_rfc():
    found = RelayMessage(FORWARD, 0, LINK, PEER, b"a/shop", message()).to_bytes()
    assert found == relayed(FORWARD, str(PEER), message(), interface=b"a/shop")
    assert found[:2] == b"\x0c\0"
    assert found[34:44] == b"\0\x12\0\x06a/shop"


def test_other_options_of_a_server_are_passed_over():
    data = relayed(ANSWER, str(PEER), message(2), hops=1) + option(79, b"\0\1")
    found = parse_relay_message(data)
    assert (found.kind, found.hops, found.interface) == (ANSWER, 1, None)
    assert (found.link, found.peer, found.message) == (LINK, PEER, message(2))


@given(
    st.sampled_from((FORWARD, ANSWER)),
    st.integers(0, 255),
    st.ip_addresses(v=6),
    st.ip_addresses(v=6),
    st.none() | st.binary(max_size=40),
    st.binary(max_size=200),
)
def test_what_was_written_is_read(kind, hops, link, peer, interface, inner):
    made = RelayMessage(kind, hops, link, peer, interface, inner)
    assert parse_relay_message(made.to_bytes()) == made


@pytest.mark.parametrize(
    "data",
    [
        b"",
        message(),
        relayed(FORWARD, str(PEER), b"x")[:-1],  # the option is cut short
        relayed(FORWARD, str(PEER), b"x") + b"\0\1\0",  # so is the next one's head
        relayed(FORWARD, str(PEER), b"x")[:34],  # nothing is relayed
        bytes((SOLICIT,)) + relayed(FORWARD, str(PEER), b"x")[1:],
    ],
)
def test_what_is_no_relay_message_is_refused(data):
    with pytest.raises(PacketError):
        parse_relay_message(data)


@pytest.mark.parametrize("data", [b"\1\2\3", message()[:-1], message() + b"\0"])
def test_a_message_that_is_cut_short_is_refused(data):
    with pytest.raises(PacketError):
        message_kind(data)


def test_an_option_that_is_too_long_is_refused():
    with pytest.raises(PacketError):
        RelayMessage(FORWARD, 0, LINK, PEER, None, bytes(0x10000)).to_bytes()
