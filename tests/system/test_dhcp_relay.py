"""A gateway as a DHCP relay agent, with a client and a server at the ends of the network."""

from __future__ import annotations

import socket
import tempfile
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.network_namespace import inside
from mplsemu.wire.dhcp import REPLY, REQUEST, circuit_of, parse_dhcp
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
      hq: {pe: se, subnet: 10.9.0.0/24, hosts: {dhcp: 10.9.0.2}}
      shop: {pe: dk, subnet: 10.1.0.0/24, hosts: {till: , printer: }, dhcp_relay: 10.9.0.2}
      kiosk: {pe: dk, subnet: 10.2.0.0/24, urpf: strict, dhcp_relay: 10.9.0.2}
      plain: {pe: dk, subnet: 10.3.0.0/24}
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
