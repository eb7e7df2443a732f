"""The virtual routers: gateways that answer, neighbours that are found, errors that come back.

RFC 826 (ARP), RFC 4861 (neighbour discovery), RFC 792 and RFC 4443 (ICMP).
"""

from contextlib import contextmanager
from ipaddress import ip_interface

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from tests.waiting import eventually

pytestmark = pytest.mark.system


def ping(lab, source, target, *options):
    return lab.cmd(source, ["ping", "-n", "-c1", "-W2", *options, target])


def answered(said):
    return " 0% packet loss" in said


@contextmanager
def added(lab, host, address):
    """Give a host one more address while the block runs."""
    said = lab.cmd(host, f"ip addr add {address} dev eth0")
    assert said == ""
    try:
        yield str(ip_interface(address).ip)
    finally:
        lab.cmd(host, f"ip addr del {address} dev eth0")


# --- gateways ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "own", "others"),
    [
        ("a/aarhus/h1", "192.168.1.1", ["192.168.2.1", "192.168.3.1"]),
        ("a/stockholm/h1", "192.168.2.1", ["192.168.1.1", "192.168.3.1"]),
        ("b/oslo/h1", "192.168.3.1", ["192.168.1.1", "192.168.2.1"]),
        ("a/oslo/h1", "192.168.3.1", ["192.168.1.1", "192.168.2.1"]),
        ("a/aarhus/h2", "2001:db8:1::1", ["2001:db8:3::1"]),
        ("a/oslo/h1", "2001:db8:3::1", ["2001:db8:1::1"]),
    ],
)
def test_a_gateway_answers_its_own_site_and_remote_ones(nordic, host, own, others):
    for gateway in (own, *others):
        assert answered(ping(nordic, host, gateway)), gateway


@pytest.mark.parametrize(
    ("host", "gateway"), [("a/aarhus/h1", "192.168.1.1"), ("a/aarhus/h1", "2001:db8:1::1")]
)
def test_a_gateway_answers_to_who_asks_for_its_mac_address(nordic, host, gateway):
    nordic.cmd(host, f"ip neigh del {gateway} dev eth0")
    assert answered(ping(nordic, host, gateway))
    assert GATEWAY_MAC in nordic.cmd(host, f"ip neigh show {gateway}")


def test_a_gateway_answers_a_ping_of_full_size(nordic):
    assert answered(ping(nordic, "a/aarhus/h1", "192.168.2.1", "-s", "1472", "-M", "do"))
    assert answered(ping(nordic, "a/aarhus/h1", "2001:db8:1::1", "-s", "1452", "-M", "do"))


@pytest.mark.parametrize("size", ["1473", "4000", "30000", "65507"])
@pytest.mark.parametrize("gateway", ["192.168.1.1", "192.168.2.1", "2001:db8:1::1", "fe80::1%eth0"])
def test_a_gateway_answers_a_ping_in_fragments(nordic, gateway, size):
    assert answered(ping(nordic, "a/aarhus/h1", gateway, "-s", size, "-W", "5"))


CONNECT = """
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
made = socket.socket(family, socket.SOCK_STREAM if sys.argv[1] == "tcp" else socket.SOCK_DGRAM)
made.settimeout(5)
try:
    made.connect((sys.argv[2], 4789))
    made.send(bytes(int(sys.argv[3])))
    made.recv(1)
except OSError as error:
    print(type(error).__name__)
"""


@pytest.mark.parametrize("gateway", ["192.168.1.1", "192.168.2.1", "2001:db8:1::1"])
@pytest.mark.parametrize(("protocol", "size"), [("tcp", "9"), ("udp", "9"), ("udp", "5000")])
def test_who_wants_a_gateways_port_is_refused(nordic, gateway, protocol, size):
    said = nordic.cmd("a/aarhus/h1", ["python3", "-c", CONNECT, protocol, gateway, size])
    assert said.strip() == "ConnectionRefusedError"


def test_a_ce_routers_own_pings_are_answered(nordic):
    for target in ("100.64.0.1", "192.168.1.2", "192.168.2.1", "2001:db8:1::2", "2001:db8:1::1"):
        assert answered(ping(nordic, "a/oslo/ce", target)), target


# --- addresses that the lab file does not know ---------------------------------------------


@pytest.mark.parametrize(
    ("host", "address", "source"),
    [
        ("a/stockholm/h1", "192.168.2.77/24", "a/aarhus/h1"),  # another PE
        ("a/aarhus/h2", "2001:db8:1::77/64", "a/oslo/h1"),
        ("b/stockholm/h1", "192.168.2.77/24", "b/oslo/h1"),  # the same address in another VPN
        ("a/oslo/h1", "192.168.3.77/24", "a/stockholm/h1"),  # behind a CE router
        ("a/oslo/h1", "2001:db8:3::77/64", "a/aarhus/h1"),
        ("a/aarhus/h2", "192.168.1.77/24", "a/aarhus/h1"),  # the same LAN
    ],
)
def test_an_address_added_by_hand_is_reached(nordic, host, address, source):
    with added(nordic, host, address) as target:
        assert answered(ping(nordic, source, target))
        assert answered(ping(nordic, host, nordic.session.address_of(host, source), "-I", target))


def test_the_first_packet_to_an_unknown_address_waits_and_is_not_lost(nordic):
    with added(nordic, "b/aarhus/h1", "192.168.1.88/24") as target:
        # three packets wait for an address: on a busy machine the fourth may come before the answer
        said = nordic.cmd("b/oslo/h1", f"ping -n -c5 -i 0.5 -W5 {target}")
    assert "5 received" in said


def test_an_address_in_one_vpn_does_not_appear_in_another(nordic):
    with added(nordic, "a/stockholm/h1", "192.168.2.99/24") as target:
        assert answered(ping(nordic, "a/aarhus/h1", target))
        assert "Unreachable" in ping(nordic, "b/aarhus/h1", target, "-W", "5")


@pytest.mark.parametrize(
    ("host", "address", "source", "target"),
    [
        ("b/stockholm/h1", "192.168.2.2", "b/aarhus/h1", "192.168.1.2"),
        ("a/aarhus/h2", "2001:db8:1::3", "a/oslo/h1", "2001:db8:3::2"),
    ],
)
def test_a_host_that_gets_another_mac_address_is_found_again(nordic, host, address, source, target):
    before = nordic.session.host(host).mac
    assert answered(ping(nordic, source, address))
    try:
        set_mac_address(nordic, host, "02:00:00:00:99:01")
        # its first packet makes it ask for its gateway, and so makes itself known
        ping(nordic, host, target, "-W", "0.2")
        eventually(lambda: answered(ping(nordic, source, address)), f"{address} answers")
    finally:
        set_mac_address(nordic, host, before)
        ping(nordic, host, target, "-W", "0.2")
    eventually(lambda: answered(ping(nordic, source, address)), f"{address} answers again")


def set_mac_address(lab, host, mac):
    assert lab.cmd(host, f"ip link set eth0 address {mac}") == ""


# --- nobody there --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "target", "said_by", "words"),
    [
        ("a/aarhus/h1", "192.168.2.200", "192.168.2.1", "Destination Host Unreachable"),
        ("a/oslo/h1", "2001:db8:1::200", "2001:db8:1::1", "Address unreachable"),
        ("a/aarhus/h1", "8.8.8.8", "192.168.1.1", "Destination Net Unreachable"),
        ("a/aarhus/h1", "2001:db8:77::1", "2001:db8:1::1", "No route"),
        ("a/oslo/h1", "8.8.8.8", "100.64.0.1", "Destination Net Unreachable"),
    ],
)
def test_who_cannot_be_reached_is_told_of(nordic, source, target, said_by, words):
    said = ping(nordic, source, target, "-W", "6")
    assert f"From {said_by} icmp_seq=1" in said
    assert words in said
