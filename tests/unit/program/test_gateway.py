"""What a PE's gateway is: which addresses of its LANs are nobody's, and where it forwards to."""

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from mplsemu.program.gateway import (
    OWN_TTL,
    Gateways,
    broadcast_addresses,
    may_be_a_host,
    reserved_addresses,
)


@pytest.mark.parametrize(
    ("network", "broadcast", "reserved"),
    [
        ("10.1.0.0/24", "10.1.0.0 10.1.0.255", "10.1.0.0 10.1.0.255"),
        ("10.1.0.4/30", "10.1.0.4 10.1.0.7", "10.1.0.4 10.1.0.7"),
        ("10.1.0.4/31", "", ""),  # RFC 3021
        ("10.1.0.4/32", "", ""),
        ("2001:db8::/64", "", "2001:db8::"),
        ("2001:db8::/126", "", "2001:db8::"),
        ("2001:db8::/127", "", ""),  # RFC 6164
        ("2001:db8::/128", "", ""),
    ],
)
def test_a_lan_has_addresses_that_no_interface_is_given(network, broadcast, reserved):
    lan = ip_network(network)
    assert list(map(str, broadcast_addresses(lan))) == broadcast.split()
    assert list(map(str, reserved_addresses(lan))) == reserved.split()
    if reserved:
        assert str(lan.network_address) in reserved.split()


@pytest.mark.parametrize(
    ("address", "unroutable"),
    [
        ("10.1.0.0", True),
        ("10.1.0.255", True),
        ("10.1.0.1", False),
        ("10.1.1.255", False),
        ("127.0.0.1", True),
        ("224.0.0.1", True),
        ("fe80::2", True),
        ("2001:db8::", False),
    ],
)
def test_a_vrf_forwards_to_no_martian_and_no_broadcast_address(address, unroutable):
    gateways = (ip_interface("10.1.0.1/24"), ip_interface("2001:db8::1/64"))
    assert Gateways.of(gateways).is_unroutable(ip_address(address)) is unroutable


@pytest.mark.parametrize("address", ["10.1.0.0", "10.1.0.1", "10.1.0.255"])
def test_a_host_has_neither_the_gateways_nor_a_broadcast_address(address):
    assert not may_be_a_host(ip_address(address), ip_interface("10.1.0.1/24"))
    assert may_be_a_host(ip_address("10.1.0.2"), ip_interface("10.1.0.1/24"))


def test_a_host_has_not_the_anycast_address_of_its_routers():
    gateway = ip_interface("2001:db8::1/64")
    assert not may_be_a_host(ip_address("2001:db8::"), gateway)
    assert may_be_a_host(ip_address("2001:db8::ffff:ffff:ffff:ffff"), gateway)


def test_hosts_see_the_usual_ttl_of_a_gateways_own_packets():
    assert OWN_TTL - 1 == 64
