"""A gateway as a DHCPv6 relay agent: on the pure answers, and on both fake data planes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.own_addresses import link_local
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort, Punt, PuntReason
from mplsemu.wire.dhcp6 import parse_relay_message
from tests import builders
from tests.dhcp6 import (
    ADVERTISE,
    AGENTS_MAC,
    ALL_AGENTS,
    ANSWER,
    FORWARD,
    REPLY,
    SOLICIT,
    message,
    relayed,
)
from tests.oracles import frames
from tests.punted import BROADCAST, answered
from tests.unit.southbound.punt.test_dhcp import ebpf, openflow
from tests.unit.southbound.punt.test_dhcp import request as request4

CLIENT_MAC = "02:00:00:00:00:77"
CLIENT = str(link_local(CLIENT_MAC))
GATEWAY, SERVER, SPARE = "2001:db8:1::1", "2001:db8:9::2", "2001:db8:9::3"
CIRCUITS = ("a/shop", "a/kiosk", "six/shop")
"""The second validates sources, the third is of the global table."""
PORTS, BACK = (546, 547), (547, 547)
SAID, OFFERED = message(), message(ADVERTISE)


@cache
def program(relays=CIRCUITS):
    macs = builders.MacAddresses()
    sites = {
        "shop": ("dk", "10.1.0.0/24 2001:db8:1::/64"),
        "kiosk": ("dk", "2001:db8:2::/64", "strict"),
        "hq": ("se", "2001:db8:9::/64"),
        "plain": ("dk", "2001:db8:3::/64"),
    }
    of_table = {"shop": ("dk", "2001:db8:1::/64"), "hq": ("se", "2001:db8:9::/64")}
    servers = (ip_address(SERVER), ip_address("10.9.0.9"), ip_address(SPARE))
    vpns = [
        replace(
            vpn,
            sites=tuple(
                replace(site, dhcp_servers=servers if site.name == "shop" else servers[::2])
                if site.circuit in relays
                else site
                for site in vpn.sites
            ),
        )
        for vpn in (
            builders.l3vpn("a", sites, hosts=2, macs=macs),
            builders.six_pe("six", of_table, macs=macs),
        )
    ]
    made = builders.provider(("dk-p1", "p1-se"), pes=("dk", "se"))
    return compile_program(builders.network(made, *vpns))


def at(circuit):
    """Return a circuit and its VRF's number."""
    node = program().node_of_circuit[circuit]
    return node.circuit_by_name[circuit], node.vrf_of_circuit[circuit].index


def udp(src, dst, data, ports):
    body = b"".join(each.to_bytes(2, "big") for each in (*ports, 8 + len(data), 0)) + data
    return frames.ip(src, dst, 17, frames.summed(src, dst, 17, body, 6))


def request(src=CLIENT, dst=ALL_AGENTS, data=SAID, ports=PORTS):
    return udp(src, dst, data, ports)


def to_agents(packet, mac=CLIENT_MAC, to=AGENTS_MAC):
    return frames.ip_frame(to, mac, packet)


def asked(packet, circuit="a/shop"):
    """Return what the PE does about a client's message."""
    found, service = at(circuit)
    frame = to_agents(packet)
    return answered(program(), "dk", Punt(PuntReason.DHCP, found.port, service, frame)).packets_out


def reply(
    src=SERVER,
    dst=GATEWAY,
    circuit="a/shop",
    *,
    peer=CLIENT,
    inner=OFFERED,
    kind=ANSWER,
    interface=None,
):
    """Return what the PE does about a packet for the gateway's address."""
    said = interface if interface is not None else circuit.encode()
    packet = udp(src, dst, relayed(kind, peer, inner, interface=said or None), BACK)
    frame = frames.ip_frame(GATEWAY_MAC, GATEWAY_MAC, packet)
    _, service = at(circuit)
    given = Punt(PuntReason.NOT_SERVED, 0xFFFFFFFD, service, frame)
    return answered(program(), "dk", given).packets_out


def ip_of(frame):
    return frames.seen(frame).payload


@pytest.mark.parametrize(
    ("circuit", "gateway"),
    [("a/shop", GATEWAY), ("a/kiosk", "2001:db8:2::1"), ("six/shop", GATEWAY)],
)
def test_a_message_goes_wrapped_to_every_server_from_the_gateway_of_its_lan(circuit, gateway):
    outs = asked(request(), circuit)
    assert [type(out) for out in outs] == [IntoVrf, IntoVrf]  # none to the IPv4 server
    for out, server in zip(outs, (SERVER, SPARE), strict=True):
        packet = ip_of(out.frame)
        assert out.service == at(circuit)[1]
        assert packet[8:40] == ip_address(gateway).packed + ip_address(server).packed
        assert packet[40:44] == b"\2\x23\2\x23"
        unsummed = packet[40:46] + b"\0\0" + packet[48:]
        assert frames.summed(gateway, server, 17, unsummed, 6) == packet[40:]
        found = parse_relay_message(packet[48:])
        assert (found.kind, found.hops, found.message) == (FORWARD, 0, message())
        assert (found.link, found.peer) == (ip_address(gateway), ip_address(CLIENT))
        assert found.interface == circuit.encode()


@pytest.mark.parametrize("kind", [3, 4, 5, 6, 8, 9, 11])
def test_every_message_of_clients_is_relayed(kind):
    assert len(asked(request(data=message(kind)))) == 2


@pytest.mark.parametrize(
    "packet",
    [
        request(data=relayed(FORWARD, CLIENT, message())),  # passes for a relay agent
        request(data=message(ADVERTISE)),
        request(data=message(REPLY)),
        request(data=message()[:-1]),
        request(src="2001:db8:1::7"),  # no link-local address (RFC 8415 section 18.2)
        request(dst="ff05::1:3"),  # servers of the whole site: no relay agent's affair
        request()[:-1] + b"\1",  # a wrong checksum
        request(ports=(546, 548)),
    ],
)
def test_what_is_no_clients_message_is_relayed_to_nobody(packet):
    assert asked(packet) == ()


def test_one_that_comes_in_fragments_is_relayed_to_nobody():
    whole = request()
    fragment = b"\x11\0\0\1\0\0\0\7" + whole[40:]
    packet = whole[:4] + len(fragment).to_bytes(2, "big") + b"\x2c" + whole[7:40] + fragment
    assert asked(packet) == ()


@pytest.mark.parametrize(
    ("peer", "mac"),
    [(CLIENT, CLIENT_MAC), ("fe80::9:aabb:ccdd", "33:33:ff:bb:cc:dd")],
    ids=["MAC address in it", "made up"],
)
@pytest.mark.parametrize("interface", [None, b""], ids=["returned", "left out"])
def test_an_answer_goes_unwrapped_to_the_client(peer, mac, interface):
    (out,) = reply(peer=peer, interface=interface)
    assert isinstance(out, OutOfPort)
    assert out.port == at("a/shop")[0].port
    seen = frames.seen(out.frame)
    assert (seen.src, seen.dst) == (GATEWAY_MAC, mac)
    packet = seen.payload
    assert packet[8:40] == ip_address("fe80::1").packed + ip_address(peer).packed
    assert packet[40:44] == b"\2\x23\2\x22"
    assert packet[7] == 64
    assert packet[48:] == message(ADVERTISE)


def test_an_answer_in_the_global_table_goes_to_its_own_circuit():
    (out,) = reply(circuit="six/shop")
    assert (out.port, ip_of(out.frame)[48:]) == (at("six/shop")[0].port, message(ADVERTISE))


@pytest.mark.parametrize(
    "fields",
    [
        {"inner": message(SOLICIT)},  # no server says that
        {"inner": relayed(ANSWER, CLIENT, message(ADVERTISE))},  # for a second relay agent
        {"peer": "2001:db8:1::7"},
    ],
)
def test_an_answer_that_is_for_no_client_goes_nowhere(fields):
    assert reply(**fields) == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"src": "2001:db8:9::9"},  # no server of this site
        {"interface": b"a/kiosk"},  # for a client on another circuit
        {"dst": "2001:db8:3::1"},  # the gateway of a LAN without a relay agent
        {"kind": FORWARD},
    ],
)
def test_an_answer_that_nobody_asked_for_is_a_packet_like_any_other(fields):
    """To a port on which nobody listens."""
    (out,) = reply(**fields)
    assert ip_of(out.frame)[40:42] == b"\1\4"


# --- data planes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("plane", [openflow, ebpf])
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_data_plane_punts_what_clients_say_to_relay_agents_whole(plane, circuit):
    frame = to_agents(request())
    assert plane(program())(circuit, frame) == [(PuntReason.DHCP, at(circuit)[1], frame)]


@pytest.mark.parametrize("plane", [openflow, ebpf])
def test_a_data_plane_punts_nothing_else_and_nothing_where_there_is_no_relay_agent(plane):
    punts = plane(program())
    assert punts("a/shop", to_agents(request(ports=(546, 548)))) == []
    assert punts("a/shop", to_agents(request(), to="33:33:00:00:00:01")) == []
    assert punts("a/shop", to_agents(request(), mac="03:00:00:00:00:01")) == []
    assert punts("a/plain", to_agents(request())) == []
    assert plane(program(relays=()))("a/shop", to_agents(request())) == []
    only6 = frames.ip_frame(BROADCAST, CLIENT_MAC, request4())
    assert punts("a/kiosk", only6) == []
    assert [reason for reason, _, _ in punts("a/shop", only6)] == [PuntReason.DHCP]
