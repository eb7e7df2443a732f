"""What is on the wire, by tshark's decoder: label stacks, TTL, TC, Ethernet over MPLS.

RFC 3032 (stack encoding), RFC 3443 (TTL), RFC 5462 (TC), RFC 4659 (6VPE), RFC 4448 (Ethernet).
"""

import re
import socket

import pytest

from mplsemu.program.path import TtlExpired
from mplsemu.program.trace import PacketOptions, trace
from mplsemu.running.checks import endpoints
from mplsemu.southbound.network_namespace import inside
from tests.oracles import frames
from tests.system.running import capturing, decoded, frames_in
from tests.waiting import eventually

pytestmark = pytest.mark.system

STACK = ("mpls.label", "mpls.exp", "mpls.bottom", "mpls.ttl")
EF = 46
OUTER_BYTES = 14 + 2 * 4
"""In front of a customer's frame: the core's Ethernet header and two label stack entries."""


@pytest.fixture
def uniform(running):
    return running("uniform")


@pytest.fixture
def vpls(running):
    return running("vpls")


def stacks(file, show, *options):
    """Return the label stacks of the packets shown: entries of label, TC, bottom and TTL."""
    rows = decoded(file, *STACK, show=show, options=options)
    return [tuple(zip(*(map(int, field) for field in row), strict=True)) for row in rows]


def captured_ping(lab, link, file, source, target, *options):
    """Ping once while the link is captured; the ping is answered."""
    with capturing(lab, link, file):
        said = lab.cmd(source, ["ping", "-n", "-c1", "-W2", *options, target])
    assert " 0% packet loss" in said
    return file


def stacks_walked(lab, source, target, **packet):
    """Return on which links a packet has which label stack, as the reference interpreter says."""
    return {
        hop.link: tuple(
            (int(entry.label), entry.tc, int(entry is hop.out_stack[-1]), entry.ttl)
            for entry in hop.out_stack
        )
        for hop in trace(lab.program(), source, target, PacketOptions(**packet)).hops
        if hop.out_stack
    }


# --- L3VPN ---------------------------------------------------------------------------------


def test_two_labels_on_the_first_core_link_and_one_after_penultimate_hop_popping(nordic, tmp_path):
    walked = stacks_walked(nordic, "a/aarhus/h1", "a/oslo/h1")
    seen = {}
    for link in ("dk-p1", "no-p1"):
        file = captured_ping(nordic, link, tmp_path / link, "a/aarhus/h1", "192.168.3.2")
        [seen[link]] = stacks(file, "icmp.type == 8")
    assert seen == walked
    assert [bottom for _, _, bottom, _ in seen["dk-p1"]] == [0, 1]
    assert [bottom for _, _, bottom, _ in seen["no-p1"]] == [1]
    assert seen["dk-p1"][1][0] == seen["no-p1"][0][0]  # the VPN label stays


def test_in_pipe_mode_labels_start_at_255_and_the_packet_does_not_see_the_core(nordic, tmp_path):
    file = captured_ping(nordic, "dk-p1", tmp_path / "x", "a/aarhus/h1", "192.168.3.2", "-t", "9")
    [stack] = stacks(file, "icmp.type == 8")
    assert [ttl for *_, ttl in stack] == [255, 255]
    [[[inner]]] = decoded(file, "ip.ttl", show="icmp.type == 8")
    assert inner == "8"  # the PE's VRF took one
    file = captured_ping(nordic, "a/oslo", tmp_path / "y", "a/aarhus/h1", "192.168.3.2", "-t", "9")
    [[[inner]]] = decoded(file, "ip.ttl", show="icmp.type == 8")
    assert inner == "7"  # two virtual routers


def test_in_uniform_mode_the_ttl_of_labels_is_the_packets_own(uniform, tmp_path):
    walked = stacks_walked(uniform, "a/south/h1", "a/north/h1", ttl=9)
    arguments = ("a/south/h1", "10.0.2.2", "-t", "9")
    seen = {}
    for link in ("left-p1", "p1-right"):
        file = captured_ping(uniform, link, tmp_path / link, *arguments)
        [seen[link]] = stacks(file, "icmp.type == 8")
    assert seen == walked
    assert [ttl for *_, ttl in seen["left-p1"]] == [8, 8]
    assert seen["p1-right"][0][3] == 7
    file = captured_ping(uniform, "a/north", tmp_path / "x", *arguments)
    assert decoded(file, "ip.ttl", show="icmp.type == 8") == [[["6"]]]  # left, p1, right


def test_with_explicit_null_the_last_link_has_label_0_with_ttl_and_tc(uniform, tmp_path):
    arguments = ("a/south/h1", "10.0.2.2", "-Q", str(EF << 2))
    file = captured_ping(uniform, "p1-right", tmp_path / "x", *arguments)
    [stack] = stacks(file, "icmp.type == 8")
    assert stack == stacks_walked(uniform, "a/south/h1", "a/north/h1", dscp=EF)["p1-right"]
    assert stack[0] == (0, 5, 0, 62)
    assert 1000 <= stack[1][0] <= 1999


@pytest.mark.parametrize(("dscp", "traffic_class"), [(0, 0), (10, 1), (34, 4), (EF, 5), (56, 7)])
def test_the_traffic_class_is_the_class_selector_of_the_dscp(nordic, tmp_path, dscp, traffic_class):
    arguments = ("a/aarhus/h1", "192.168.3.2", "-Q", str(dscp << 2))
    file = captured_ping(nordic, "dk-p1", tmp_path / "x", *arguments)
    [stack] = stacks(file, "icmp.type == 8")
    assert [tc for _, tc, _, _ in stack] == [traffic_class] * 2
    assert decoded(file, "ip.dsfield.dscp", show="icmp.type == 8") == [[[str(dscp)]]]


def test_ipv6_crosses_the_same_core_with_a_label_of_its_own(nordic, tmp_path):
    arguments = ("a/aarhus/h1", "2001:db8:3::2", "-Q", str(EF << 2))
    file = captured_ping(nordic, "dk-p1", tmp_path / "x", *arguments)
    walked = stacks_walked(nordic, "a/aarhus/h1", "2001:db8:3::2", dscp=EF)
    [stack] = stacks(file, "icmpv6.type == 128")
    assert stack == walked["dk-p1"]
    assert stack[1][0] != stacks_walked(nordic, "a/aarhus/h1", "a/oslo/h1")["dk-p1"][1][0]
    [row] = decoded(file, "ipv6.hlim", "ipv6.dst", "ipv6.tclass.dscp", show="icmpv6.type == 128")
    assert row == [["63"], ["2001:db8:3::2"], [str(EF)]]


def test_what_customers_send_is_what_arrives(nordic, tmp_path):
    """No byte of the payload changes, and checksums are right."""
    with capturing(nordic, "b/oslo/h1", tmp_path / "x", "icmp"):
        said = nordic.cmd("b/aarhus/h1", "ping -n -c1 -W2 -s 1000 -p deadbeef 192.168.3.2")
    assert " 0% packet loss" in said
    options = ("-o", "ip.check_checksum:TRUE")
    fields = ("ip.checksum.status", "icmp.checksum.status", "data.data")
    [row] = decoded(tmp_path / "x", *fields, show="icmp.type == 8", options=options)
    assert [row[0], row[1]] == [["1"], ["1"]]
    assert row[2][0].endswith("deadbeef" * 200)


@pytest.mark.parametrize(
    ("source", "target"),
    [("a/aarhus/h1", "192.168.3.2"), ("c/odense/h1", "10.0.0.3")],
    ids=["L3VPN", "VPLS"],
)
def test_a_full_size_packet_crosses_in_one_piece_and_a_larger_one_does_not(nordic, source, target):
    ping = f"ping -n -c2 -i 0.2 -W2 -M do {target} -s"
    assert " 0% packet loss" in nordic.cmd(source, f"{ping} 1472")
    assert "mtu=1500" in nordic.cmd(source, f"{ping} 1473")


# --- Ethernet over MPLS --------------------------------------------------------------------


def send_frame(lab, host, frame):
    """Send a frame from a host as it is."""
    endpoint = endpoints(lab.session.record)[host]
    with inside(endpoint.pid):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with raw:
        raw.bind((endpoint.interface, 0))
        raw.send(frame)


def carried(lab, link, arrives_at, tmp_path, host, frame):
    """Send a frame; return it with what is around it on a core link, and as it arrives."""
    core, end = tmp_path / "core", tmp_path / "end"
    with capturing(lab, link, core), capturing(lab, arrives_at, end):
        send_frame(lab, host, frame)
        eventually(lambda: frame in frames_in(end), "the frame arrives")
        on_link = eventually(
            lambda: [each for each in frames_in(core) if frame in each], "the frame on the link"
        )
    return core, on_link, [each for each in frames_in(end) if each == frame]


def tagged(lab, source, target, payload, vlans=(42,)):
    hosts = endpoints(lab.session.record)
    return frames.ethernet(hosts[target].mac, hosts[source].mac, 0x88B5, payload, vlans)


@pytest.mark.parametrize("vlans", [(), (42,), (100, 42)], ids=["untagged", "tagged", "two tags"])
@pytest.mark.parametrize("size", [64, 1500])
def test_a_vpls_frame_crosses_byte_for_byte_below_two_labels(nordic, tmp_path, vlans, size):
    nordic.reaches("c/malmo/h1", "c/odense/h1")  # now everybody knows where they are
    frame = tagged(nordic, "c/odense/h1", "c/malmo/h1", bytes(range(250)) * 6, vlans)
    # a host's own MTU has room for one 802.1Q tag and for no 802.1ad tag
    frame = frame[: 14 + 4 * (len(vlans) == 1) + size]
    walked = stacks_walked(nordic, "c/odense/h1", "c/malmo/h1")
    core, on_link, arrived = carried(nordic, "dk-p1", "c/malmo/h1", tmp_path, "c/odense/h1", frame)
    assert len(arrived) == 1
    assert [each[OUTER_BYTES:] for each in on_link] == [frame]
    label = walked["dk-p1"][-1][0]
    options = ("-d", f"mpls.label=={label},pwethnocw")
    show = f"mpls.label == {label} && frame.len == {OUTER_BYTES + len(frame)}"
    assert stacks(core, show, *options) == [walked["dk-p1"]]
    hosts = endpoints(nordic.session.record)
    fields = ("eth.src", "eth.dst", "ieee8021ad.id", "vlan.id")
    [row] = decoded(core, *fields, show=show, options=options)
    assert [row[0][1], row[1][1]] == [hosts["c/odense/h1"].mac, hosts["c/malmo/h1"].mac]
    assert [*row[2], *row[3]] == [str(vlan) for vlan in vlans]


def test_a_vpws_carries_tagged_frames_and_frames_to_anybody(vpls, tmp_path):
    walked = stacks_walked(vpls, "wire/stage/h1", "wire/studio/h1")
    [link] = [name for name in walked if name.startswith("north")]
    hosts = endpoints(vpls.session.record)
    slow_protocols = "01:80:c2:00:00:02"  # what a bridge would not forward (IEEE 802.1Q 8.6.3)
    for target in (hosts["wire/studio/h1"].mac, slow_protocols, "ff:ff:ff:ff:ff:ff"):
        frame = frames.ethernet(target, hosts["wire/stage/h1"].mac, 0x88B5, b"x" * 100, (7,))
        _, on_link, arrived = carried(
            vpls, link, "wire/studio/h1", tmp_path, "wire/stage/h1", frame
        )
        assert len(arrived) == 1
        assert [each[OUTER_BYTES:] for each in on_link] == [frame]
    options = ("-d", f"mpls.label=={walked[link][-1][0]},pwethnocw")
    show = f"mpls.label == {walked[link][-1][0]} && vlan.id == 7"
    assert stacks(tmp_path / "core", show, *options) == [walked[link]]


# --- traceroute ----------------------------------------------------------------------------

_HOP = re.compile(r"^ *\d+ +(\S+)(.*)$", re.MULTILINE)


def traceroute(lab, source, target, *options):
    """Return the hops: address, and what is said about it."""
    command = ["traceroute", "-n", "-q1", "-w3", "-N1", *options, target]
    return _HOP.findall(lab.cmd(source, command).split("\n", 1)[1])


@pytest.mark.parametrize("options", [(), ("-I",), ("-T",)], ids=["UDP", "ICMP", "TCP"])
def test_in_pipe_mode_a_traceroute_shows_only_virtual_routers(nordic, options):
    hops = [address for address, _ in traceroute(nordic, "a/aarhus/h1", "192.168.3.2", *options)]
    assert hops == ["192.168.1.1", "100.64.0.1", "192.168.3.1", "192.168.3.2"]


def test_in_pipe_mode_an_ipv6_traceroute_shows_only_virtual_routers(nordic):
    hops = [each for each, _ in traceroute(nordic, "a/aarhus/h1", "2001:db8:3::2", "-6")]
    assert [hops[0], *hops[2:]] == ["2001:db8:1::1", "2001:db8:3::1", "2001:db8:3::2"]
    assert len(hops) == len(vrf_hops(nordic, "a/aarhus/h1", "a/oslo/h1")) + 1


def vrf_hops(lab, source, target):
    """Return where the TTL runs out, hop by hop, as the reference interpreter says."""
    found = []
    for ttl in range(1, 10):
        end = trace(lab.program(), source, target, PacketOptions(ttl=ttl)).end
        if not isinstance(end, TtlExpired):
            return found
        found.append(end)
    raise AssertionError("it never arrives")


@pytest.mark.parametrize("target", ["10.0.2.2", "2001:db8:2::2"])
def test_in_uniform_mode_a_traceroute_shows_lsrs_with_the_label_stack_they_received(
    uniform, target
):
    hops = traceroute(uniform, "a/south/h1", target, "-e", *(["-6"] if ":" in target else []))
    walked = vrf_hops(uniform, "a/south/h1", target)
    assert len(hops) == len(walked) + 1
    routers = {node.name: str(node.router_id) for node in uniform.program().nodes}
    for (address, rest), expired in zip(hops, walked, strict=False):
        shown = [
            tuple(map(int, entry)) for entry in re.findall(r"L=(\d+),E=(\d+),S=(\d),T=(\d+)", rest)
        ]
        stack = expired.in_stack if expired.vrf is None else ()
        assert shown == [(int(e.label), e.tc, int(e is stack[-1]), e.ttl) for e in stack], expired
        if expired.vrf is None and "." in target:
            assert address == routers[expired.node]
    assert any(expired.vrf is None and expired.in_stack for expired in walked)


def test_the_icmp_extension_is_one_that_tshark_reads(uniform, tmp_path):
    with capturing(uniform, "a/south/h1", tmp_path / "x", "icmp"):
        traceroute(uniform, "a/south/h1", "10.0.2.2")
    [expired] = [each for each in vrf_hops(uniform, "a/south/h1", "10.0.2.2") if not each.vrf]
    fields = ("icmp.mpls.label", "icmp.mpls.s", "icmp.mpls.ttl", "icmp.ext.checksum.status")
    [row] = decoded(tmp_path / "x", *fields, show="icmp.mpls.label")
    assert row[0] == [str(int(entry.label)) for entry in expired.in_stack]
    assert row[1] == ["0", "1"] or row[1] == ["False", "True"]
    assert row[2] == ["1", "1"]
    assert row[3] == ["1"]
