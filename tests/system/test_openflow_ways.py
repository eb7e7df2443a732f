"""Several ways of equal cost on a real Open vSwitch: it spreads, and a flow keeps its way."""

from __future__ import annotations

import struct
import time
from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow.decode import decode
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.read import read_flows
from mplsemu.southbound.openflow.translate import flows
from tests.oracles import frames
from tests.oracles.fakechoice import TCP, UDP, always
from tests.oracles.fakeswitch import FakeNetwork
from tests.system.test_openflow_switch import fragments
from tests.system.twoswitches import real_network
from tests.unit.test_oracles_agree import square

pytestmark = pytest.mark.system

BROADCAST = "ff:ff:ff:ff:ff:ff"
PLACES = [(number + 0.5) / 6 for number in range(6)]
"""Of a flow among all hashes, so that with two and with three ways each is taken."""
PORTS = range(2000, 2064)


@pytest.fixture(scope="module", params=["pipe/implicit-null", "uniform/explicit-null"])
def net(request, tmp_path_factory):
    """Run a lab on real switches, with a fake of it for each way that a flow may be told to go."""
    ttl, null = request.param.split("/")
    program = compile_program(square(ttl_mode=TtlMode(ttl), null_label=NullLabel(null)))
    made = {node.name: flows(program, node.name) for node in program.nodes}
    with real_network(program, made, tmp_path_factory.mktemp("ovs")) as (real, switch):
        fakes = [FakeNetwork(program, made, place=always(place)) for place in PLACES]
        yield SimpleNamespace(program=program, made=made, real=real, fakes=fakes, switch=switch)
        assert switch.alive


def crossed(net, circuit, frame):
    """Send a frame; demand one of the ways that there are, and return which."""
    expected = [fake.inject(circuit, frame) for fake in net.fakes]
    got = net.real.inject(circuit, frame, expected[0])
    seen = sorted(got.on_links), sorted(got.deliveries)
    assert seen in [(sorted(each.on_links), sorted(each.deliveries)) for each in expected]
    assert got.deliveries
    return frozenset((link, node) for link, node, _ in got.on_links)


def transport(protocol, port, number=0):
    if protocol == UDP:
        return struct.pack("!HHHHI", port, 5001, 28, 0, number) + bytes(16)
    return struct.pack("!HHIIHHHH", port, 80, number, 1, 0x5010, 100, 0, 0)


def mac_of(net, circuit):
    made = net.program.node_of_circuit[circuit].circuit_by_name[circuit]
    return made.ce.mac if made.ce else made.hosts[0].mac


def ip_frame(net, circuit, protocol, port, number=0, *, version=4):
    """Return a customer's frame: for a/ routed, else one that everybody gets."""
    ends = ("10.9.9.1", "10.9.9.2") if version == 4 else ("2001:db8:9::1", "2001:db8:9::2")
    if circuit.startswith("a/"):
        hosts = [
            net.program.node_of_circuit[each].circuit_by_name[each].hosts[0]
            for each in (circuit, "a/z" if circuit == "a/x" else "a/x")
        ]
        ends = [
            next(str(one.ip) for one in host.addresses if one.version == version) for host in hosts
        ]
    payload = transport(protocol, port, number)
    packet = frames.ip(*map(ip_address, ends), protocol=protocol, payload=payload)
    dst = GATEWAY_MAC if circuit.startswith("a/") else BROADCAST
    return frames.ip_frame(dst, mac_of(net, circuit), packet)


INGRESSES = {"a/x": 2, "a/z": 3, "c/x": 2, "c/y": 4, "c/z": 3, "d/x": 2, "d/z": 3}
"""By circuits that frames come from: how many ways they go. A flood goes several at once: at se,
where one of the copies has two ways and one three, it is the same hash that decides."""


@pytest.mark.parametrize("circuit", INGRESSES)
@pytest.mark.parametrize(("protocol", "version"), [(UDP, 4), (TCP, 4), (UDP, 6), (TCP, 6)])
def test_flows_spread_over_all_ways_and_each_keeps_its_own(net, circuit, protocol, version):
    taken = {}
    for number in range(2):
        for port in PORTS:
            frame = ip_frame(net, circuit, protocol, port, number, version=version)
            way = crossed(net, circuit, frame)
            assert taken.setdefault(port, way) == way
    counts = [list(taken.values()).count(way) for way in set(taken.values())]
    assert len(counts) == INGRESSES[circuit]
    assert min(counts) >= len(PORTS) // len(counts) // 4


@pytest.mark.parametrize("circuit", ["c/x", "d/z"])
@pytest.mark.parametrize("vlans", [(), (7,), (100, 7)])
def test_frames_without_ip_spread_by_their_addresses(net, circuit, vlans):
    taken = {}
    for station in [*range(48)] * 2:
        mac = f"02:00:00:00:77:{station:02x}"
        frame = frames.ethernet(BROADCAST, mac, 0x88B5, bytes(60), vlans)
        way = crossed(net, circuit, frame)
        assert taken.setdefault(station, way) == way
    assert len(set(taken.values())) == INGRESSES[circuit]


def test_frames_to_a_known_address_spread_as_well(net):
    source, target = mac_of(net, "c/x"), "02:00:00:00:88:01"
    crossed(net, "c/z", frames.ethernet(BROADCAST, target, 0x88B5, bytes(60)))

    def to_target(port):
        packet = frames.ip("10.9.9.1", "10.9.9.2", payload=transport(UDP, port))
        return frames.ip_frame(target, source, packet)

    deadline = time.monotonic() + 5
    while True:  # until the datapath, which floods to it at first, has heard where it is
        try:
            crossed(net, "c/x", to_target(1))
            break
        except AssertionError:
            if time.monotonic() > deadline:
                raise
    assert len({crossed(net, "c/x", to_target(port)) for port in PORTS}) == 2


def fragments6(packet):
    """Cut an IPv6 packet in two after 24 octets of payload (RFC 8200 section 4.5)."""
    for field, payload in ((1, packet[40:64]), (3 << 3, packet[64:])):
        header = struct.pack("!BBHI", packet[6], 0, field, 77)
        length = (8 + len(payload)).to_bytes(2, "big")
        yield packet[:4] + length + bytes([44]) + packet[7:40] + header + payload


@pytest.mark.parametrize("circuit", ["a/x", "c/x", "d/x"])
@pytest.mark.parametrize("protocol", [UDP, TCP])
@pytest.mark.parametrize(("version", "cut"), [(4, fragments), (6, fragments6)])
def test_all_fragments_of_a_packet_go_one_way(net, circuit, protocol, version, cut):
    for port in PORTS[:16]:
        frame = ip_frame(net, circuit, protocol, port, version=version)
        ways = {crossed(net, circuit, frame[:14] + each) for each in cut(frame[14:])}
        assert len(ways) == 1


def test_two_ingresses_choose_independently(net):
    def ways(circuit):
        sent = [ip_frame(net, circuit, UDP, port) for port in PORTS]
        found = [crossed(net, circuit, frame) for frame in sent]
        first = min(map(sorted, found))
        return [sorted(way) == first for way in found]

    one, other = ways("d/x"), ways("a/y")
    assert 0 < sum(a is b for a, b in zip(one, other, strict=True)) < len(PORTS)


def test_what_the_switch_tells_of_its_ways_is_what_was_meant(net):
    for node in net.program.nodes:
        management = net.switch.run_dir / f"br{node.index}.mgmt"
        told = {decode(each) for each in read_flows(management) if each.table in ABOUT_WAYS}
        assert told == {flow for flow in net.made[node.name] if flow.table in ABOUT_WAYS}


ABOUT_WAYS = {Table.VSI_FORWARD, Table.WAYS, Table.TUNNEL_L3, Table.TUNNEL_L2}
