"""A gateway as a DHCP and DHCPv6 relay agent, with clients and servers at the network's ends."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.own_addresses import link_local
from mplsemu.southbound.network_namespace import inside
from mplsemu.wire.dhcp import REPLY, REQUEST, circuit_of, parse_dhcp
from mplsemu.wire.dhcp6 import parse_relay_message
from tests import dhcp6
from tests.dhcp import message
from tests.oracles import frames

pytestmark = pytest.mark.system

LAB = """
name: relay
provider:
  nodes: {dk: {role: pe}, p1: , se: {role: pe}}
  links: [dk-p1, p1-se]
vpns:
  a:
    type: l3vpn
    sites:
      hq:
        pe: se
        subnet: [10.9.0.0/24, "2001:db8:9::/64"]
        hosts: {dhcp: [10.9.0.2, "2001:db8:9::2"]}
      shop:
        pe: dk
        subnet: [10.1.0.0/24, "2001:db8:1::/64"]
        hosts: {till: , printer: }
        dhcp_relay: [10.9.0.2, "2001:db8:9::2"]
      kiosk:
        pe: dk
        subnet: [10.2.0.0/24, "2001:db8:2::/64"]
        urpf: strict
        dhcp_relay: [10.9.0.2, "2001:db8:9::2"]
      plain: {pe: dk, subnet: [10.3.0.0/24, "2001:db8:3::/64"]}
  six:
    type: 6pe
    sites:
      hq: {pe: se, subnet: "2001:db8:9::/64"}
      shop: {pe: dk, subnet: "2001:db8:1::/64", dhcp_relay: "2001:db8:9::2"}
"""
BROADCAST = "ff:ff:ff:ff:ff:ff"
OFFERED = {"a/shop/till": "10.1.0.150", "a/kiosk/h1": "10.2.0.150"}
ANSWER_S = 10
LEAST_OCTETS = 282
"""Of a DHCP packet with Ethernet, IP and UDP headers."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, dataplane):
    file = tmp_path_factory.mktemp("relay") / "lab.yaml"
    file.write_text(LAB)
    with (
        tempfile.TemporaryDirectory(prefix="mplsemu-") as directory,
        Lab(file, run_dir=Path(directory) / "run") as booted,
    ):
        yield booted


@pytest.fixture
def server(lab):
    """A server's socket at its host."""
    with (
        inside(lab.session.host("a/hq/dhcp").pid),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made,
    ):
        made.bind(("10.9.0.2", 67))
        made.settimeout(ANSWER_S)
        yield made


@pytest.fixture
def line(lab):
    """Return the interface of a host, as a client without an address uses it."""
    opened = []

    def of(name):
        with inside(lab.session.host(name).pid):
            made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
        opened.append(made)
        with inside(lab.session.host(name).pid):
            made.bind(("eth0", 0x0800))
        made.settimeout(ANSWER_S)
        return made, made.getsockname()[4].hex(":")

    yield of
    for each in opened:
        each.close()


def asks(client, mac, **fields):
    """Broadcast a request as a client that has no address."""
    body = message(REQUEST, mac=mac, **fields)
    datagram = b"\0\x44\0\x43" + (8 + len(body)).to_bytes(2, "big") + b"\0\0" + body
    packet = frames.ip("0.0.0.0", "255.255.255.255", 17, datagram)
    client.send(frames.ip_frame(BROADCAST, mac, packet))


def hears(client):
    """Return the frame of the first DHCP answer that a client gets."""
    while True:
        frame = client.recv(1 << 16)
        if len(frame) >= LEAST_OCTETS and frame[23] == 17 and frame[36:38] == b"\0\x44":
            return frame


@pytest.mark.parametrize("host", OFFERED)
@pytest.mark.parametrize("wants_broadcast", [False, True])
def test_a_client_and_a_server_at_other_sites_hear_each_other(
    lab, server, line, host, wants_broadcast
):
    client, mac = line(host)
    circuit, gateway = host.rpartition("/")[0], OFFERED[host].replace(".150", ".1")
    asks(client, mac, broadcast=wants_broadcast)
    data, sender = server.recvfrom(1 << 16)
    asked = parse_dhcp(data)
    assert sender == (gateway, 67)
    assert (asked.operation, asked.hops, asked.client_mac) == (REQUEST, 1, mac)
    assert (str(asked.giaddr), circuit_of(asked)) == (gateway, circuit)
    offer = message(REPLY, yiaddr=OFFERED[host], giaddr=gateway, mac=mac, broadcast=wants_broadcast,
                    options=bytes((53, 1, 2, 82, 2 + len(circuit), 1, len(circuit)))
                    + circuit.encode())  # fmt: skip
    server.sendto(offer, sender)
    frame = hears(client)
    target = "255.255.255.255" if wants_broadcast else OFFERED[host]
    assert frame[:6].hex(":") == (BROADCAST if wants_broadcast else mac)
    assert frame[6:12].hex(":") == GATEWAY_MAC
    assert frame[26:34] == socket.inet_aton(gateway) + socket.inet_aton(target)
    heard = parse_dhcp(frame[42:])
    assert (str(heard.yiaddr), heard.option(53), heard.option(82)) == (OFFERED[host], b"\2", None)


def test_what_a_client_was_given_works_like_an_address_of_the_lab_file(lab):
    address = OFFERED["a/shop/till"]
    lab.cmd("a/shop/till", f"ip address add {address}/24 dev eth0")
    said = lab.cmd("a/hq/dhcp", f"ping -n -c1 -W5 {address}")
    assert " 0% packet loss" in said


def test_where_no_relay_agent_is_no_request_leaves_the_lan(lab, server, line):
    plain, mac = line("a/plain/h1")
    asks(plain, mac)
    till, other = line("a/shop/till")
    asks(till, other)
    assert parse_dhcp(server.recv(1 << 16)).client_mac == other


# --- DHCPv6 -------------------------------------------------------------------------------------


def agent6(lab, host, address, port):
    """Return a DHCPv6 socket at a host."""
    with inside(lab.session.host(host).pid):
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        scope = socket.if_nametoindex("eth0") if address.startswith("fe80") else 0
        made.bind((address, port, 0, scope))
    made.settimeout(ANSWER_S)
    return made


@pytest.mark.parametrize(
    ("host", "server"),
    [("a/shop/till", "a/hq/dhcp"), ("a/kiosk/h1", "a/hq/dhcp"), ("six/shop/h1", "six/hq/h1")],
)
@pytest.mark.parametrize("is_made_up", [False, True], ids=["MAC address in it", "made up"])
def test_a_client_and_a_server_of_dhcpv6_hear_each_other(lab, host, server, is_made_up):
    circuit = host.rpartition("/")[0]
    gateway = "2001:db8:2::1" if "kiosk" in host else "2001:db8:1::1"
    mac = lab.cmd(host, "cat /sys/class/net/eth0/address").strip()
    own = "fe80::9:aabb:ccdd" if is_made_up else str(link_local(mac))
    if is_made_up:
        lab.cmd(host, f"ip -6 address add {own}/64 dev eth0 nodad")
    with agent6(lab, host, own, 546) as client, agent6(lab, server, "2001:db8:9::2", 547) as there:
        with inside(lab.session.host(host).pid):
            scope = socket.if_nametoindex("eth0")
        client.sendto(dhcp6.message(), (dhcp6.ALL_AGENTS, 547, 0, scope))
        data, sender = there.recvfrom(1 << 16)
        assert sender[:2] == (gateway, 547)
        asked = parse_relay_message(data)
        assert (asked.kind, asked.hops, asked.message) == (dhcp6.FORWARD, 0, dhcp6.message())
        assert (str(asked.link), str(asked.peer)) == (gateway, own)
        assert asked.interface == circuit.encode()
        offer = dhcp6.message(dhcp6.ADVERTISE, dhcp6.option(13, b"\0\0hello"))
        there.sendto(
            dhcp6.relayed(dhcp6.ANSWER, own, offer, link=gateway, interface=asked.interface), sender
        )
        heard, agent = client.recvfrom(1 << 16)
    assert heard == offer
    assert agent[:2] == ("fe80::1", 547)
