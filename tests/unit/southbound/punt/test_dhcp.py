"""A gateway as a DHCP relay agent: on the pure answers, and on both fake data planes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from ipaddress import IPv4Address, ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow.punts import punt
from mplsemu.southbound.openflow.translate import flows
from mplsemu.southbound.punt.event import IntoVrf, OutOfPort, Punt, PuntReason
from mplsemu.wire.dhcp import REPLY, REQUEST, circuit_of, parse_dhcp
from tests import builders
from tests.dhcp import CLIENT, message
from tests.oracles import fakebpf, fakebpfnet, fakeswitch, frames
from tests.punted import BROADCAST, answered

GATEWAY, SERVER, SPARE = "10.1.0.1", "10.9.0.2", "10.9.0.3"
CIRCUITS = ("a/shop", "a/kiosk")
"""The second validates sources."""


@cache
def program(relays=CIRCUITS):
    macs = builders.MacAddresses()
    sites = {
        "shop": ("dk", "10.1.0.0/24"),
        "kiosk": ("dk", "10.2.0.0/24", "strict"),
        "hq": ("se", "10.9.0.0/24"),
        "plain": ("dk", "10.3.0.0/24"),
    }
    vpn = builders.l3vpn("a", sites, hosts=2, macs=macs)
    servers = tuple(map(IPv4Address, (SERVER, SPARE)))
    vpn = replace(
        vpn,
        sites=tuple(
            replace(site, dhcp_servers=servers) if site.circuit in relays else site
            for site in vpn.sites
        ),
    )
    made = builders.provider(("dk-p1", "p1-se"), pes=("dk", "se"))
    return compile_program(builders.network(made, vpn))


def port(circuit):
    return program().node_of_circuit[circuit].circuit_by_name[circuit].port


def udp(src, dst, data, ports=(68, 67)):
    body = b"".join(each.to_bytes(2, "big") for each in (*ports, 8 + len(data), 0)) + data
    summed = frames.summed(src, dst, 17, body, 6)
    return frames.ip(src, dst, 17, summed)


def request(src="0.0.0.0", dst="255.255.255.255", **fields):
    return udp(src, dst, message(REQUEST, **fields))


def broadcast(packet, mac=CLIENT):
    return frames.ip_frame(BROADCAST, mac, packet)


def asked(packet, circuit="a/shop"):
    """Return what the PE does about a broadcast request."""
    frame = broadcast(packet)
    return answered(program(), "dk", Punt(PuntReason.DHCP, port(circuit), 1, frame)).packets_out


def reply(src=SERVER, dst=GATEWAY, circuit="a/shop", **fields):
    """Return what the PE does about a packet for the gateway's address."""
    said = bytes((53, 1, 2)) + bytes((82, 2 + len(circuit), 1, len(circuit))) + circuit.encode()
    packet = udp(src, dst, message(REPLY, giaddr=dst, options=said, **fields), (67, 67))
    frame = frames.ip_frame(GATEWAY_MAC, GATEWAY_MAC, packet)
    return answered(program(), "dk", Punt(PuntReason.NOT_SERVED, 0xFFFFFFFD, 1, frame)).packets_out


def ip_of(frame):
    return frames.seen(frame).payload


@pytest.mark.parametrize(("circuit", "gateway"), [("a/shop", GATEWAY), ("a/kiosk", "10.2.0.1")])
def test_a_request_goes_to_every_server_from_the_gateway_of_its_lan(circuit, gateway):
    outs = asked(request(), circuit)
    assert [type(out) for out in outs] == [IntoVrf, IntoVrf]
    for out, server in zip(outs, (SERVER, SPARE), strict=True):
        packet = ip_of(out.frame)
        assert out.service == 1
        assert packet[12:20] == ip_address(gateway).packed + ip_address(server).packed
        assert packet[20:24] == b"\0\x43\0\x43"
        assert (
            frames.summed(gateway, server, 17, packet[20:26] + b"\0\0" + packet[28:], 6)
            == (packet[20:])
        )
        found = parse_dhcp(packet[28:])
        assert (found.giaddr, found.hops, circuit_of(found)) == (ip_address(gateway), 1, circuit)


@pytest.mark.parametrize(
    "packet",
    [
        request(giaddr="10.1.0.9"),  # passes for a relay agent (RFC 3046 section 2.1.1)
        request(options=bytes((53, 1, 1, 82, 3, 1, 1, 65))),  # likewise
        request(hops=16),
        udp("0.0.0.0", "255.255.255.255", message(REPLY)),
        udp("0.0.0.0", "255.255.255.255", b"no DHCP" * 40),
        request()[:-4] + b"\1\2\3\4",  # a wrong checksum
    ],
)
def test_what_is_no_clients_request_is_relayed_to_nobody(packet):
    assert asked(packet) == ()


@pytest.mark.parametrize(
    ("fields", "target", "mac"),
    [
        ({"yiaddr": "10.1.0.9"}, "10.1.0.9", CLIENT),
        ({"yiaddr": "10.1.0.9", "broadcast": True}, "255.255.255.255", BROADCAST),
        ({}, "255.255.255.255", BROADCAST),  # DHCPNAK (RFC 2131 section 4.3.2)
        ({"ciaddr": "10.1.0.7", "broadcast": True}, "10.1.0.7", CLIENT),
    ],
)
def test_a_reply_goes_to_the_client_as_it_wants(fields, target, mac):
    (out,) = reply(**fields)
    assert isinstance(out, OutOfPort)
    assert out.port == port("a/shop")
    seen = frames.seen(out.frame)
    assert (seen.src, seen.dst) == (GATEWAY_MAC, mac)
    packet = seen.payload
    assert packet[12:20] == ip_address(GATEWAY).packed + ip_address(target).packed
    assert packet[20:24] == b"\0\x43\0\x44"
    assert packet[8] == 64
    assert parse_dhcp(packet[28:]).option(82) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"src": "10.9.0.9"},  # no server of this site
        {"circuit": "a/kiosk"},  # for a client on another circuit
        {"dst": "10.3.0.1"},  # the gateway of a LAN without a relay agent
    ],
)
def test_a_reply_that_nobody_asked_for_is_a_packet_like_any_other(fields):
    """To a port on which nobody listens."""
    (out,) = reply(**fields)
    assert ip_of(out.frame)[20:22] == b"\3\3"


# --- data planes ----------------------------------------------------------------------------------


def openflow(given):
    made = {node.name: flows(given, node.name) for node in given.nodes}
    network = fakeswitch.FakeNetwork(given, made)

    def punts(circuit, frame):
        outcome = network.inject(circuit, frame)
        said = [punt(each.reason, each.in_port, each.metadata, each.registers, each.frame)
                for _, each in outcome.packet_ins]  # fmt: skip
        return [(each.reason, each.service, each.frame) for each in said if each is not None]

    return punts


def ebpf(given):
    network = fakebpfnet.FakeNetwork(given)

    def punts(circuit, frame):
        fates = [trail.end.fate for trail in network.inject(circuit, frame)]
        return [(each.reason, each.service, each.frame)
                for each in fates if isinstance(each, fakebpf.Punted)]  # fmt: skip

    return punts


@pytest.mark.parametrize("plane", [openflow, ebpf])
@pytest.mark.parametrize("circuit", CIRCUITS)
def test_a_data_plane_punts_what_clients_broadcast_whole(plane, circuit):
    for source in ("0.0.0.0", "10.1.0.7"):  # without an address, and to bind it again
        frame = broadcast(request(source))
        assert plane(program())(circuit, frame) == [(PuntReason.DHCP, 1, frame)]


@pytest.mark.parametrize("plane", [openflow, ebpf])
def test_a_data_plane_punts_no_other_broadcast_and_none_where_there_is_no_relay_agent(plane):
    other = udp("0.0.0.0", "255.255.255.255", b"x" * 60, (68, 69))
    fragment = bytearray(request())
    fragment[6:8] = b"\0\x08"
    tcp = frames.tcp("10.1.0.7", "255.255.255.255", 2)
    punts = plane(program())
    for packet in (other, frames.mended(bytes(fragment)), tcp):
        assert punts("a/shop", broadcast(packet)) == []
    assert punts("a/shop", broadcast(request(), mac="03:00:00:00:00:01")) == []
    assert punts("a/plain", broadcast(request())) == []
    assert plane(program(relays=()))("a/shop", broadcast(request())) == []
