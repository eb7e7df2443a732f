"""The pipeline's flows on a real Open vSwitch: every frame on every link is what the fake sends."""

from __future__ import annotations

import itertools
import struct
import subprocess
import time
from ipaddress import ip_address

import pytest

from mplsemu.control.compile import compile_program
from mplsemu.model.topology import NullLabel, TtlMode
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.openflow import encode
from mplsemu.southbound.openflow.flow import learned_from_attachment
from mplsemu.southbound.openflow.pipeline import Table
from mplsemu.southbound.openflow.punt_meters import PuntMeters
from mplsemu.southbound.openflow.translate import flows
from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum
from tests.oracles.fakeswitch import FakeNetwork, FakeOutcome
from tests.system.twoswitches import (
    BROADCAST,
    Both,
    bridged,
    describe,
    lab,
    read_back,
    real_network,
)

pytestmark = pytest.mark.system


@pytest.fixture(scope="module", params=[f"{t}/{n}" for t in TtlMode for n in NullLabel])
def both(request, tmp_path_factory):
    ttl, null = request.param.split("/")
    program = compile_program(lab(TtlMode(ttl), NullLabel(null)))
    made = {node.name: flows(program, node.name) for node in program.nodes}
    with real_network(program, made, tmp_path_factory.mktemp("ovs")) as (real, _):
        yield Both(program, FakeNetwork(program, made), real)
        late = FakeOutcome()
        while real.collect(late, 0.05):
            pass
        assert late == FakeOutcome(), describe(late, FakeOutcome())


def test_every_flow_is_accepted_and_none_replaces_another(both):
    for node in both.program.nodes:
        assert both.real.installed(node.name) == len(both.real.texts[node.name])


def routed_pairs(program):
    circuits = [
        (circuit, node)
        for node in program.nodes
        for circuit in node.circuits
        if circuit.vpn in node.vrf_by_name
    ]
    for circuit, _ in circuits:
        for other, _ in circuits:
            if other.vpn in {circuit.vpn, "shared"} and other is not circuit:
                yield circuit, other


def test_l3vpn_packets_are_the_same_on_every_link(both):
    depths = set()
    for circuit, other in routed_pairs(both.program):
        for source in circuit.hosts[0].addresses:
            for target in other.hosts[0].addresses:
                if source.version == target.version:
                    got = both.ip(circuit.name, source.ip, target.ip, dscp=46)
                    depths |= {len(frames.seen(frame).stack) for _, _, frame in got.on_links}
                    assert got.deliveries or (circuit.vpn, other.vpn) == ("b", "shared")
    is_php = both.program.null_label is NullLabel.IMPLICIT
    assert depths == ({1, 2} if is_php else {2})


def test_the_ttl_is_the_same_at_every_hop_whatever_it_was(both):
    source, target = both.host("a/aarhus"), both.host("a/bodo")
    for ttl in (1, 2, 3, 4, 5, 6, 255):
        for one, other in zip(source.addresses, target.addresses, strict=True):
            both.ip("a/aarhus", one.ip, other.ip, ttl=ttl)


def test_every_dscp_gives_the_same_traffic_class(both):
    source, target = both.host("a/aarhus"), both.host("a/bodo")
    for dscp in (0, 10, 26, 34, 46, 48, 63):
        for one, other in zip(source.addresses, target.addresses, strict=True):
            got = both.ip("a/aarhus", one.ip, other.ip, dscp=dscp)
            stacks = [frames.seen(frame).stack for _, _, frame in got.on_links]
            assert {tc for stack in stacks for _, tc, _ in stack} == {dscp >> 3}


@pytest.mark.parametrize("circuit", ["c/malmo", "d/skagen"])
def test_an_ip_frames_class_is_that_of_its_labels_on_a_pseudowire(both, circuit):
    for dscp in (0, 46, 26, 63, 0):
        for packet in (
            frames.ip("10.0.0.1", "10.0.0.9", dscp=dscp),
            frames.ip("2001:db8::1", "2001:db8::9", dscp=dscp, ttl=1),
        ):
            got = both.inject(circuit, frames.ip_frame(BROADCAST, both.host(circuit).mac, packet))
            stacks = [frames.seen(frame).stack for _, _, frame in got.on_links]
            assert {tc for stack in stacks for _, tc, _ in stack} == {dscp >> 3}


def test_an_imported_route_leads_into_the_other_vrf_and_back(both):
    mine, theirs = both.host("a/aarhus"), both.host("shared/dk")
    there = both.ip("a/aarhus", mine.addresses[0].ip, theirs.addresses[0].ip)
    back = both.ip("shared/dk", theirs.addresses[0].ip, mine.addresses[0].ip)
    assert [name for name, _ in there.deliveries] == ["shared/dk"]
    assert [name for name, _ in back.deliveries] == ["a/aarhus"]
    assert not there.on_links + back.on_links


def test_the_gateway_answers_arp(both):
    host = both.host("a/aarhus")
    asked = frames.arp(1, host.mac, str(host.addresses[0].ip), "00:00:00:00:00:00", "192.168.1.1")
    [(circuit, frame)] = both.inject("a/aarhus", asked).deliveries
    assert circuit == "a/aarhus"
    assert frame == frames.arp(
        2, GATEWAY_MAC, "192.168.1.1", host.mac, str(host.addresses[0].ip), dst=host.mac
    )


@pytest.mark.parametrize("target", ["2001:db8:1::1", "fe80::1"])
@pytest.mark.parametrize("source", [None, "fe80::2"])
def test_a_gateway_answers_neighbour_solicitations(both, target, source):
    host = both.host("a/aarhus")
    asker = source or str(next(each.ip for each in host.addresses if each.version == 6))
    asked = frames.solicitation(host.mac, asker, target)
    [(circuit, frame)] = both.inject("a/aarhus", asked).deliveries
    assert circuit == "a/aarhus"
    assert frame == frames.advertisement(GATEWAY_MAC, target, host.mac, asker)


@pytest.mark.parametrize(
    "changed",
    [
        {"target": "2001:db8:1::9"},
        {"target": "2001:db8:4::1"},
        {"src": "::"},
        {"src": "ff02::1"},
        {"ttl": 254},
        {"option": b""},
        {"option": b"\x0e\1"},
        {"kind": 136},
    ],
)
def test_what_is_no_plain_solicitation_for_a_gateway_is_left_to_the_controller(both, changed):
    plain = {"src_mac": both.host("a/aarhus").mac, "src": "fe80::2", "target": "2001:db8:1::1"}
    outcome = both.inject("a/aarhus", frames.solicitation(**plain | changed))
    assert outcome.deliveries == []


@pytest.mark.parametrize("gateway", ["192.168.1.1", "192.168.3.1", "192.168.6.1", "172.16.2.1"])
def test_a_gateway_near_or_far_answers_echo_requests(both, gateway):
    host = both.host("a/aarhus")
    raw = frames.echo(str(host.addresses[0].ip), gateway)
    got = both.inject("a/aarhus", frames.ip_frame(GATEWAY_MAC, host.mac, raw))
    if gateway == "192.168.3.1":  # the CE router has that one
        assert [name for name, _ in got.deliveries] == ["a/oslo"]
        return
    [(circuit, frame)] = got.deliveries
    answer = frames.seen(frame)
    assert circuit == "a/aarhus"
    assert answer.addresses == (ip_address(gateway), host.addresses[0].ip)
    assert (
        answer.body
        == frames.seen(
            frames.ip_frame(
                GATEWAY_MAC, host.mac, frames.echo("192.168.1.9", "192.168.1.1", kind=0)
            )
        ).body
    )


BROKEN = {
    "a wrong checksum": lambda p: p[:10] + bytes((p[10] ^ 0xFF,)) + p[11:],
    "version 0": lambda p: frames.mended(bytes((p[0] & 0x0F,)) + p[1:]),
    "version 6": lambda p: frames.mended(bytes((p[0] & 0x0F | 0x60,)) + p[1:]),
    "four words of header": lambda p: frames.mended(bytes((0x44,)) + p[1:]),
    "no header": lambda p: frames.mended(bytes((0x40,)) + p[1:]),
    "less than a header": lambda p: frames.mended(p[:2] + b"\0\x13" + p[4:]),
    "more than the frame": lambda p: frames.mended(p[:2] + b"\x40\0" + p[4:]),
    "half a header": lambda p: p[:10],
}
UNSEEN = {"a wrong checksum", "version 0", "version 6"}
"""What Open vSwitch does not look at; docs/pipeline.md."""


@pytest.mark.parametrize("what", BROKEN)
def test_of_broken_headers_those_whose_lengths_are_not_true_go_nowhere(both, what):
    host, other = both.host("a/aarhus"), both.host("a/bodo")
    packet = frames.ip(host.addresses[0].ip, other.addresses[0].ip)
    frame = frames.ethernet(GATEWAY_MAC, host.mac, 0x0800, BROKEN[what](packet))
    assert bool(both.inject("a/aarhus", frame).deliveries) is (what in UNSEEN)


def test_an_ipv6_header_that_is_longer_than_its_frame_goes_nowhere(both):
    host, other = both.host("a/aarhus"), both.host("a/bodo")
    packet = frames.ip(host.addresses[1].ip, other.addresses[1].ip)
    for broken in (packet[:4] + b"\x40\0" + packet[6:], packet[:30]):
        frame = frames.ethernet(GATEWAY_MAC, host.mac, 0x86DD, broken)
        assert both.inject("a/aarhus", frame) == FakeOutcome()


@pytest.mark.parametrize(
    "source", ["0.0.0.0", "127.0.0.1", "224.0.0.5", "240.0.0.1", "255.255.255.255",
               "::", "::1", "ff02::1", "fe80::9"]
)  # fmt: skip
def test_from_an_address_that_nobody_has_nothing_goes_anywhere(both, source):
    host, other = both.host("a/aarhus"), both.host("a/bodo")
    target = other.addresses[":" in source].ip
    frame = frames.ip_frame(GATEWAY_MAC, host.mac, frames.ip(source, target))
    assert both.inject("a/aarhus", frame) == FakeOutcome()
    group = frames.ip(host.addresses[":" in source].ip, target)
    frame = frames.ip_frame(GATEWAY_MAC, "03:00:00:00:00:01", group)
    assert both.inject("a/aarhus", frame) == FakeOutcome()


def fragments(packet):
    """Cut an IPv4 packet in two after 24 octets of payload."""
    made = []
    for offset, payload in ((0x2000, packet[20:44]), (3, packet[44:])):
        head = bytearray(packet[:20])
        head[2:4] = (20 + len(payload)).to_bytes(2, "big")
        head[6:8] = offset.to_bytes(2, "big")
        head[10:12] = b"\0\0"
        head[10:12] = internet_checksum(head).to_bytes(2, "big")
        made.append(bytes(head) + payload)
    return made


@pytest.mark.parametrize("gateway", ["192.168.1.1", "192.168.6.1"])
def test_fragments_for_a_gateway_go_unanswered(both, gateway):
    host = both.host("a/aarhus")
    request = frames.echo(str(host.addresses[0].ip), gateway)
    for fragment in fragments(request):
        frame = frames.ip_frame(GATEWAY_MAC, host.mac, fragment)
        assert not both.inject("a/aarhus", frame).deliveries


def test_the_meters_are_the_ones_meant(both):
    shown = [
        subprocess.run(
            ["ovs-ofctl", "ofp-print", encode.add_meter(meter).hex()],
            check=True, capture_output=True, text=True,
        ).stdout
        for meter in itertools.islice(PuntMeters(both.program.node("dk")), 2)
    ]  # fmt: skip
    assert ["meter=controller" in shown[0], "meter=1" in shown[1]] == [True, True]
    for node in both.program.nodes:
        meters = both.real.ofctl("dump-meters", node.name)
        assert meters.count("meter=") == len(list(PuntMeters(node)))


def test_vpls_floods_learns_and_keeps_its_split_horizon(both):
    others = ["c/bergen", "c/malmo", "c/vejle"]
    odense, bergen = both.host("c/odense"), both.host("c/bergen")
    assert bridged(both, "c/odense", BROADCAST) == others
    assert bridged(both, "c/odense", bergen.mac) == others
    assert bridged(both, "c/bergen", odense.mac) == ["c/odense"]
    until_revalidated(both, "c/odense", bergen.mac)
    assert bridged(both, "c/odense", bergen.mac) == ["c/bergen"]
    assert bridged(both, "c/vejle", odense.mac) == ["c/odense"]
    # known to be on the sender's own segment
    assert bridged(both, "c/odense", odense.mac, index=1) == []


def until_revalidated(both, circuit, dst):
    """Wait until the datapath, which floods to an address, has heard where that is."""
    frame = frames.ethernet(dst, both.host(circuit).mac, 0x88B5, bytes(60))
    expected = both.fake.inject(circuit, frame)
    deadline = time.monotonic() + 5
    while True:
        got = both.real.inject(circuit, frame, expected, timeout_s=0.05)
        while both.real.collect(got, 0.05):
            pass
        if sorted(got.deliveries) == sorted(expected.deliveries):
            return
        assert time.monotonic() < deadline, describe(got, expected)


def test_what_was_learned_is_forgotten_by_cookie(both):
    dk = both.program.node("dk")
    vsi, odense = dk.vsi_by_name["c"], both.circuit("c/odense")
    learned = both.real.ofctl("dump-flows", "dk", f"table={int(Table.VSI_FDB)}")
    assert "idle_timeout=300" in learned
    cookie, mask = learned_from_attachment(vsi.index, odense.port)
    only = f"cookie={cookie:#x}/{mask:#x},table={int(Table.VSI_FDB)}"
    assert "actions=" in both.real.ofctl("dump-flows", "dk", only)
    both.real.ofctl("del-flows", "dk", only)
    assert "actions=" not in both.real.ofctl("dump-flows", "dk", only)
    assert "actions=" in both.real.ofctl("dump-flows", "dk", f"table={int(Table.VSI_FDB)}")


@pytest.mark.parametrize("vlans", [(7,), (100, 7), (100, 7, 3)])
@pytest.mark.parametrize("ethertype", [0x0800, 0x86DD, 0x88B5])
def test_tagged_frames_cross_a_vpls_and_a_vpws_as_they_are(both, vlans, ethertype):
    packet = {
        0x0800: frames.ip("10.0.0.1", "10.0.0.9", dscp=46),
        0x86DD: frames.ip("2001:db8::1", "2001:db8::9", dscp=46),
    }
    for circuit, reached in (("c/malmo", 3), ("d/skagen", 1), ("d/tromso", 1)):
        body = packet.get(ethertype, bytes(60))
        frame = frames.ethernet(BROADCAST, both.host(circuit).mac, ethertype, body, vlans)
        got = both.inject(circuit, frame)
        assert [each for _, each in got.deliveries] == [frame] * reached


@pytest.mark.parametrize("ethertype", [0x0806, 0x88CC, 0x8100, 0x0026])
def test_any_frame_but_mpls_crosses_a_vpws(both, ethertype):
    # DEI is 0: Open vSwitch keeps "there is a tag" in that bit
    for payload in (bytes(46), bytes(range(200)), b"\x00\x01\x01\xff" * 20, b"\xef" * 1500):
        frame = frames.ethernet("01:80:c2:00:00:03", both.host("d/skagen").mac, ethertype, payload)
        got = both.inject("d/skagen", frame)
        assert got.deliveries == [("d/tromso", frame)]


def test_a_vpls_filters_what_is_for_the_nearest_bridge_and_a_vpws_what_is_pause(both):
    for circuit, reached, filtered in (("c/malmo", 3, {*range(1, 11), 14}), ("d/skagen", 1, {1})):
        source = both.host(circuit).mac
        for last in range(17):
            dst = f"01:80:c2:00:00:{last:02x}"
            for vlans in ((), (7,)):
                frame = frames.ethernet(dst, source, 0x88B5, bytes(60), vlans)
                deliveries = both.inject(circuit, frame).deliveries
                assert len(deliveries) == (0 if last in filtered else reached)
        for dst, vlans in ((BROADCAST, ()), ("02:00:00:00:00:99", ()), (BROADCAST, (7,))):
            pause = frames.ethernet(dst, source, 0x8808, b"\0\1\xff\xff" + bytes(42), vlans)
            assert bool(both.inject(circuit, pause).deliveries) is bool(vlans)


@pytest.mark.parametrize("ethertype", [0x8847, 0x8848])
def test_labels_from_a_customer_go_nowhere(both, ethertype):
    labels = struct.pack("!II", 17 << 12 | 64, 16 << 12 | 0x100 | 64)
    inner = labels + frames.ip("192.168.1.2", "192.168.6.2")
    for circuit in ("a/aarhus", "b/aarhus", "a/oslo", "c/bergen", "d/skagen"):
        for dst in (GATEWAY_MAC, BROADCAST):
            frame = frames.ethernet(dst, both.sender_mac(circuit), ethertype, inner)
            assert both.inject(circuit, frame) == FakeOutcome()


def test_tshark_reads_the_stacks_and_the_frame_inside(both, tmp_path):
    source, target = both.host("a/aarhus").addresses[0].ip, both.host("a/bodo").addresses[0].ip
    l3 = by_depth(both.ip("a/aarhus", source, target, dscp=46))
    mac = "00:16:3e:00:00:01"
    inside = frames.ip_frame(BROADCAST, mac, frames.ip("10.9.0.1", "10.9.0.2"), (7,))
    l2 = by_depth(both.inject("d/skagen", inside))
    wire_label = frames.seen(l2[0]).stack[-1][0]
    shown = [read_back(frame, tmp_path, wire_label) for frame in (*l3, *l2)]
    is_php = both.program.null_label is NullLabel.IMPLICIT
    assert [len(each["mpls.label"]) for each in shown] == [2, 2, 1 if is_php else 2] * 2
    for each in shown[:3]:
        assert each["mpls.exp"] == ["5"] * len(each["mpls.label"])
        assert each["mpls.bottom"][-1] in {"1", "True"}
        assert each["ip.dst"] == [str(target)]
        assert each["ip.checksum.status"] in (["1"], ["Good"])
    for each in shown[3:]:
        assert each["vlan.id"] == ["7"]
        assert each["eth.src"][-1] == mac
        assert each["ip.dst"] == ["10.9.0.2"]


def by_depth(found):
    """Return the frames on links, deepest stacks first: they may come in any order."""
    return sorted((f for _, _, f in found.on_links), key=len, reverse=True)
