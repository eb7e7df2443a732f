"""DHCP messages as a relay agent reads and changes them (RFC 2131, RFC 3046)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mplsemu.errors import PacketError
from mplsemu.wire.dhcp import (
    REPLY,
    REQUEST,
    circuit_of,
    parse_dhcp,
    relayed_reply,
    relayed_request,
)
from tests.dhcp import CLIENT, message

GATEWAY = IPv4Address("10.1.0.1")
SAID = b"\x35\x01\x01\x00\x0c\x02hi"


def test_a_message_is_read_field_by_field():
    found = parse_dhcp(
        message(REPLY, hops=2, broadcast=True, ciaddr="10.1.0.7", yiaddr="10.1.0.9",
                giaddr="10.1.0.1", options=SAID)
    )  # fmt: skip
    assert (found.operation, found.hops, found.is_broadcast) == (REPLY, 2, True)
    assert [str(each) for each in (found.ciaddr, found.yiaddr, found.giaddr)] == [
        "10.1.0.7", "10.1.0.9", "10.1.0.1",
    ]  # fmt: skip
    assert found.client_mac == CLIENT
    assert found.options == ((53, b"\1"), (12, b"hi"))


def test_a_request_leaves_the_relay_agent_with_its_address_one_hop_more_and_the_circuit_last():
    before = message(REQUEST, hops=1, options=SAID)
    after = relayed_request(parse_dhcp(before), GATEWAY, "a/shop")
    assert after[3] == 2
    assert after[24:28] == GATEWAY.packed
    same = [at for at in range(240) if before[at] != after[at]]
    assert set(same) <= {3, 24, 25, 26, 27}
    assert after[240:].rstrip(b"\0") == b"\x35\x01\x01\x0c\x02hi" + b"\x52\x08\x01\x06a/shop\xff"
    assert len(after) >= 300
    assert circuit_of(parse_dhcp(after)) == "a/shop"


def test_a_reply_reaches_the_client_without_what_the_relay_agent_added():
    served = message(REPLY, giaddr="10.1.0.1", options=SAID + b"\x52\x08\x01\x06a/shop\x33\x01\x09")
    after = relayed_reply(parse_dhcp(served))
    assert after[:240] == served[:240]
    assert after[240:].rstrip(b"\0") == b"\x35\x01\x01\x0c\x02hi\x33\x01\x09\xff"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        message(REQUEST)[:239],
        message(REQUEST).replace(bytes((99, 130, 83, 99)), bytes(4)),
        message(REQUEST, end=b""),
        message(REQUEST, options=b"\x0c\x09hi"),
        message(REQUEST, options=b"\x0c", end=b""),
        b"\1\6" + message(REQUEST)[2:],
        b"\1\1\x10" + message(REQUEST)[3:],
    ],
)
def test_what_is_no_message_of_an_ethernet_client_is_refused(broken):
    with pytest.raises(PacketError):
        parse_dhcp(broken)


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(data):
    for tried in (data, message(REQUEST, options=data)):
        try:
            found = parse_dhcp(tried)
        except PacketError:
            continue
        again = parse_dhcp(relayed_request(found, GATEWAY, "a/shop"))
        assert again.options[: len(found.options)] == found.options
        assert circuit_of(replace(again, options=again.options[-1:])) == "a/shop"
        assert all(code != 82 for code, _ in parse_dhcp(relayed_reply(again)).options)
