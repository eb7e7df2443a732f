"""VRFs: longest prefix match, tunnels, delivery, and the end of an LSP (RFC 4364, RFC 4659)."""

from __future__ import annotations

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    CounterKind,
    Drop,
    IlmAction,
    Operation,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY, IlmRecord, RouteRecord, Settings
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import GATEWAY, OURS, THEIRS, Router, labelled, nhlfe, stack
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame, mac, with_options

HOST = "02:00:00:00:00:01"
OTHER = "02:00:00:00:00:02"
VRF, PE, VPN_LABEL = 7, 42, 500
TO_PE = RouteRecord(RouteKind.TO_PE, PE, VPN_LABEL)
VERSIONS = pytest.mark.parametrize(
    ("here", "there", "far_prefix"),
    [
        pytest.param("10.1.0.2", "10.2.0.2", "10.2.0.0/24", id="IPv4"),
        pytest.param("2001:db8:1::2", "2001:db8:2::2", "2001:db8:2::/64", id="IPv6"),
    ],
)


@pytest.fixture
def circuit(router: Router) -> Wire:
    return router.port(router.bench.wires[0], Role.VRF, VRF)


@pytest.fixture
def core(router: Router) -> Wire:
    return router.port(router.bench.wires[1])


def to_gateway(packet: bytes) -> bytes:
    return ip_frame(GATEWAY_MAC, HOST, packet)


def pushed(*entries: tuple[int, int, int], packet: bytes) -> bytes:
    return labelled(stack(*entries), packet, THEIRS, OURS)


def ends_lsp(router: Router, version: int) -> int:
    """Have a label that ends in the VRF; return it."""
    router.ilm(90 + version, IlmRecord(IlmAction.TO_VRF, ip_version=version, service=VRF))
    return 90 + version


def delivers(router: Router, prefix: str, wire: Wire) -> None:
    router.route(VRF, prefix, RouteRecord(RouteKind.DELIVER, wire.ifindex, mac=mac(OTHER)))


def set_mode(router: Router, *, uniform: bool) -> None:
    router.bench.set("settings", SETTINGS_KEY, Settings(uniform, GATEWAY).pack())


# --- into a tunnel ---


@VERSIONS
@pytest.mark.parametrize("depth", range(9))
@pytest.mark.parametrize("uniform", [False, True])
def test_a_packet_enters_its_tunnel(
    router: Router, circuit, here, there, far_prefix, depth, uniform
):
    labels = tuple(1000 + i for i in range(depth))
    router.tunnel(PE, nhlfe(102, Operation.PUSH, *labels))
    router.route(VRF, far_prefix, TO_PE)
    set_mode(router, uniform=uniform)
    outcome = router.run(to_gateway(ip(here, there, ttl=64, dscp=46)), circuit)
    assert outcome.verdict is Verdict.REDIRECT
    ttl = 63 if uniform else 255
    entries = [(label, 5, ttl) for label in (*labels, VPN_LABEL)]
    assert outcome.frame == pushed(*entries, packet=ip(here, there, ttl=63, dscp=46))


@VERSIONS
@pytest.mark.parametrize("dscp", [0, 7, 8, 46, 63])
def test_the_traffic_class_is_that_of_the_dscp(
    router: Router, circuit, here, there, far_prefix, dscp
):
    router.tunnel(PE, nhlfe(102, Operation.PUSH, 17))
    router.route(VRF, far_prefix, TO_PE)
    outcome = router.run(to_gateway(ip(here, there, dscp=dscp)), circuit)
    tc = dscp >> 3
    sent = ip(here, there, ttl=63, dscp=dscp)
    assert outcome.frame == pushed((17, tc, 255), (VPN_LABEL, tc, 255), packet=sent)


@VERSIONS
def test_without_a_tunnel_a_packet_is_dropped(router: Router, circuit, here, there, far_prefix):
    router.route(VRF, far_prefix, TO_PE)
    assert router.run(to_gateway(ip(here, there)), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NO_TUNNEL: 1}


@VERSIONS
@pytest.mark.parametrize("ttl", [0, 1])
@pytest.mark.parametrize("kind", [RouteKind.TO_PE, RouteKind.DELIVER])
def test_an_expired_ttl_is_punted_before_anything_else(
    router: Router, circuit, here, there, far_prefix, ttl, kind
):
    router.route(VRF, far_prefix, RouteRecord(kind, PE, VPN_LABEL, mac(OTHER)))
    frame = to_gateway(ip(here, there, ttl=ttl))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.port, punt.service) == (PuntReason.TTL_EXPIRED, 1, VRF)
    assert punt.frame == frame
    assert router.drops() == {Drop.TTL: 1}


@VERSIONS
def test_the_least_ttl_that_goes_on_is_two(router: Router, circuit, here, there, far_prefix):
    router.route(VRF, far_prefix, RouteRecord(RouteKind.DELIVER, 103, mac=mac(OTHER)))
    outcome = router.run(to_gateway(ip(here, there, ttl=2)), circuit)
    assert outcome.frame == ip_frame(OTHER, GATEWAY_MAC, ip(here, there, ttl=1))


# --- out of a tunnel ---


@VERSIONS
@pytest.mark.parametrize("tail", [b"", b"padding"])
def test_the_end_of_an_lsp_delivers(router: Router, core, here, there, far_prefix, tail):
    label = ends_lsp(router, 4 if "." in here else 6)
    delivers(router, far_prefix, router.bench.wires[2])
    came = labelled(stack((label, 5, 1)), ip(here, there, ttl=63) + tail)
    outcome = router.run(came, core)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame == ip_frame(OTHER, GATEWAY_MAC, ip(here, there, ttl=62) + tail)
    assert router.pass_on(came, core) == {103: [outcome.frame]}


@VERSIONS
@pytest.mark.parametrize(("ttl", "label_ttl", "left"), [(63, 9, 8), (5, 200, 4), (63, 63, 62)])
def test_in_uniform_mode_the_labels_ttl_goes_to_ip(
    router: Router, core, here, there, far_prefix, ttl, label_ttl, left
):
    label = ends_lsp(router, 4 if "." in here else 6)
    delivers(router, far_prefix, router.bench.wires[2])
    set_mode(router, uniform=True)
    outcome = router.run(labelled(stack((label, 5, label_ttl)), ip(here, there, ttl=ttl)), core)
    assert outcome.frame == ip_frame(OTHER, GATEWAY_MAC, ip(here, there, ttl=left))


@VERSIONS
def test_what_expires_at_the_end_of_an_lsp_is_punted_without_its_label(
    router: Router, core, here, there, far_prefix
):
    version = 4 if "." in here else 6
    label = ends_lsp(router, version)
    delivers(router, far_prefix, router.bench.wires[2])
    set_mode(router, uniform=True)
    assert router.run(labelled(stack((label, 5, 1)), ip(here, there)), core).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.port, punt.service) == (PuntReason.TTL_EXPIRED, 2, VRF)
    assert punt.frame[12:14] == (b"\x08\x00" if version == 4 else b"\x86\xdd")
    assert punt.frame[14:] == ip(here, there, ttl=1)


@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (4, ip("2001:db8::1", "2001:db8::2")),
        (6, ip("10.1.0.2", "10.2.0.2")),
        (4, b""),
        (6, b"\x60"),
    ],
)
def test_what_is_not_the_labels_ip_version_is_dropped(router: Router, core, version, payload):
    label = ends_lsp(router, version)
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    delivers(router, "::/0", router.bench.wires[2])
    assert router.run(labelled(stack((label, 0, 9)), payload), core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


def test_a_vpn_label_that_is_not_the_last_is_dropped(router: Router, core):
    label = ends_lsp(router, 4)
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    came = labelled(stack((label, 0, 9), (69 << 8, 0, 0)), ip("10.1.0.2", "10.2.0.2"))
    assert router.run(came, core).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MALFORMED: 1}


def test_explicit_null_before_a_vpn_label(router: Router, core):
    label = ends_lsp(router, 4)
    router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    came = labelled(stack((0, 0, 9), (label, 0, 9)), ip("10.1.0.2", "10.2.0.2"))
    outcome = router.run(came, core)
    assert outcome.frame == ip_frame(OTHER, GATEWAY_MAC, ip("10.1.0.2", "10.2.0.2", ttl=63))


# --- look-up ---


@pytest.mark.parametrize(
    ("address", "mac_end"), [("10.2.3.4", 3), ("10.2.9.9", 2), ("10.9.9.9", 1), ("11.0.0.1", 0)]
)
def test_the_longest_prefix_wins(router: Router, circuit, address, mac_end):
    for end, prefix in enumerate(("0.0.0.0/0", "10.0.0.0/8", "10.2.0.0/16", "10.2.3.4/32")):
        router.route(
            VRF, prefix, RouteRecord(RouteKind.DELIVER, 103, mac=bytes([2, 0, 0, 0, 0, end]))
        )
    outcome = router.run(to_gateway(ip("10.1.0.2", address)), circuit)
    assert outcome.frame[:6] == bytes([2, 0, 0, 0, 0, mac_end])


@pytest.mark.parametrize(
    ("address", "mac_end"),
    [("2001:db8:1:2::3", 3), ("2001:db8:1:2::4", 2), ("2001:db8:2::", 1), ("2002::1", 0)],
)
def test_the_longest_ipv6_prefix_wins(router: Router, circuit, address, mac_end):
    prefixes = "::/0", "2001:db8::/32", "2001:db8:1:2::/64", "2001:db8:1:2::3/128"
    for end, prefix in enumerate(prefixes):
        router.route(
            VRF, prefix, RouteRecord(RouteKind.DELIVER, 103, mac=bytes([2, 0, 0, 0, 0, end]))
        )
    outcome = router.run(to_gateway(ip("2001:db8::1", address)), circuit)
    assert outcome.frame[:6] == bytes([2, 0, 0, 0, 0, mac_end])


def test_vrfs_and_routers_are_worlds_of_their_own(router: Router, circuit):
    other = router.bench.router()
    router.route(VRF + 1, "10.2.0.0/24", RouteRecord(RouteKind.DELIVER, 103, mac=mac(OTHER)))
    other.route(VRF, "10.2.0.0/24", RouteRecord(RouteKind.DELIVER, 103, mac=mac(OTHER)))
    assert router.run(to_gateway(ip("10.1.0.2", "10.2.0.2")), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NO_ROUTE: 1}


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.5", "239.1.1.1", "240.0.0.1"),
        *("255.255.255.255", "::", "::1", "fe80::2", "febf::1", "ff02::1", "ff0e::1"),
    ],
)
def test_what_is_never_routed_is_not_even_where_a_route_says_so(router: Router, circuit, address):
    v6 = ":" in address
    delivers(router, "::/0" if v6 else "0.0.0.0/0", router.bench.wires[2])
    delivers(router, f"{address}/{128 if v6 else 32}", router.bench.wires[2])
    source = "2001:db8::1" if v6 else "10.1.0.2"
    assert router.run(to_gateway(ip(source, address)), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NEVER_ROUTED: 1}
    assert router.bench.punts() == []


@pytest.mark.parametrize("address", ["1.0.0.0", "126.255.255.255", "128.0.0.1", "223.255.255.255"])
def test_their_neighbours_are_routed(router: Router, circuit, address):
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    assert router.run(to_gateway(ip("10.1.0.2", address)), circuit).verdict is Verdict.REDIRECT


@pytest.mark.parametrize("address", ["::2", "fec0::1", "fe7f::1", "feff::1"])
def test_their_ipv6_neighbours_are_routed(router: Router, circuit, address):
    delivers(router, "::/0", router.bench.wires[2])
    assert router.run(to_gateway(ip("2001:db8::1", address)), circuit).verdict is Verdict.REDIRECT


def test_a_gateway_may_have_an_address_that_is_never_routed(router: Router, circuit):
    router.route(VRF, "127.0.0.9/32", RouteRecord(RouteKind.LOCAL))
    packet = ip("10.1.0.2", "127.0.0.9")
    assert router.run(to_gateway(packet), circuit).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert punt.reason is PuntReason.NOT_SERVED


@VERSIONS
def test_a_black_hole_drops_without_a_word(router: Router, circuit, here, there, far_prefix):
    router.route(VRF, far_prefix, RouteRecord(RouteKind.BLACKHOLE))
    assert router.run(to_gateway(ip(here, there)), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NEVER_ROUTED: 1}
    assert router.bench.punts() == []


@VERSIONS
@pytest.mark.parametrize(
    ("kind", "reason", "drop"),
    [
        (None, PuntReason.NO_ROUTE, Drop.NO_ROUTE),
        (RouteKind.CONNECTED, PuntReason.GLEAN, Drop.PUNTED),
    ],
)
@pytest.mark.parametrize("ttl", [1, 64])
def test_what_has_no_route_or_no_mac_address_is_punted(
    router: Router, circuit, here, there, far_prefix, kind, reason, drop, ttl
):
    if kind is not None:
        router.route(VRF, far_prefix, RouteRecord(kind))
    frame = to_gateway(ip(here, there, ttl=ttl))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    (punt,) = router.bench.punts()
    assert (punt.lsr, punt.port, punt.reason) == (router.index, 1, reason)
    assert (punt.service, punt.frame) == (VRF, frame)
    assert router.drops() == {drop: 1}


@VERSIONS
def test_an_imported_route_is_looked_up_in_the_vrf_it_comes_from(
    router: Router, circuit, here, there, far_prefix
):
    router.route(VRF, far_prefix, RouteRecord(RouteKind.TO_VRF, VRF + 1))
    frame = to_gateway(ip(here, there))
    router.run(frame, circuit)
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.service) == (PuntReason.NO_ROUTE, VRF + 1)
    router.route(VRF + 1, far_prefix, RouteRecord(RouteKind.DELIVER, 103, mac=mac(OTHER)))
    outcome = router.run(frame, circuit)
    assert outcome.frame == ip_frame(OTHER, GATEWAY_MAC, ip(here, there, ttl=63))


@VERSIONS
def test_vrfs_that_import_from_each_other_in_a_circle_drop(
    router: Router, circuit, here, there, far_prefix
):
    router.route(VRF, far_prefix, RouteRecord(RouteKind.TO_VRF, VRF + 1))
    router.route(VRF + 1, far_prefix, RouteRecord(RouteKind.TO_VRF, VRF))
    assert router.run(to_gateway(ip(here, there)), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NO_ROUTE: 1}
    assert router.bench.punts() == []


def test_two_subnets_on_one_circuit_reach_each_other(router: Router, circuit):
    delivers(router, "10.2.0.2/32", circuit)
    frame = to_gateway(ip("10.1.0.2", "10.2.0.2"))
    sent = ip_frame(OTHER, GATEWAY_MAC, ip("10.1.0.2", "10.2.0.2", ttl=63))
    assert router.pass_on(frame, circuit) == {circuit.ifindex: [sent]}


# --- what a circuit lets in ---


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(ip_frame(OTHER, HOST, ip("10.1.0.2", "10.2.0.2")), id="another MAC"),
        pytest.param(ip_frame("ff:ff:ff:ff:ff:ff", HOST, ip("10.1.0.2", "10.2.0.2")), id="all"),
        pytest.param(ip_frame(OTHER, HOST, ip("fd00::1", "fd00::2")), id="another MAC, IPv6"),
        pytest.param(
            labelled(stack((91, 0, 64)), ip("10.1.0.2", "10.2.0.2"), GATEWAY_MAC, HOST), id="MPLS"
        ),
        pytest.param(ethernet(GATEWAY_MAC, HOST, 0x88B5, b"payload"), id="another protocol"),
    ],
)
def test_only_ip_for_the_gateway_is_routed(router: Router, circuit, frame):
    ends_lsp(router, 4)
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    delivers(router, "::/0", router.bench.wires[2])
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NOT_FOR_US: 1}


@pytest.mark.parametrize("vlans", [(5,), (0,), (5, 6)])
def test_tagged_frames_are_not_routed_nor_answered(router: Router, circuit, vlans):
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    router.gateway(circuit, "10.1.0.1")
    packet = ip("10.1.0.2", "10.2.0.2")
    question = arp(1, HOST, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.1")
    for frame in (
        ip_frame(GATEWAY_MAC, HOST, packet, vlans),
        ethernet("ff:ff:ff:ff:ff:ff", HOST, 0x0806, question[14:], vlans),
    ):
        assert router.pass_on(frame, circuit, 0) == {}
    assert router.drops() == {Drop.NOT_FOR_US: 2}
    assert router.bench.punts() == []


def spoil(packet: bytes, at: int, value: int) -> bytes:
    return packet[:at] + bytes([value]) + packet[at + 1 :]


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(spoil(ip("10.1.0.2", "10.2.0.2"), 0, 0x65), id="version"),
        pytest.param(spoil(ip("10.1.0.2", "10.2.0.2"), 0, 0x44), id="header length"),
        pytest.param(spoil(ip("10.1.0.2", "10.2.0.2"), 3, 19), id="shorter than its header"),
        pytest.param(spoil(ip("10.1.0.2", "10.2.0.2"), 2, 1), id="longer than it is"),
        pytest.param(ip("10.1.0.2", "10.2.0.2")[:19], id="short"),
    ],
)
def test_malformed_ipv4_is_dropped(router: Router, circuit, packet):
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    assert router.pass_on(ethernet(GATEWAY_MAC, HOST, 0x0800, packet), circuit, 0) == {}
    assert router.drops() == {Drop.MALFORMED: 1}


@pytest.mark.parametrize(
    "packet",
    [
        pytest.param(spoil(ip("fd00::1", "fd00::2"), 0, 0x45), id="version"),
        pytest.param(spoil(ip("fd00::1", "fd00::2"), 4, 1), id="longer than it is"),
        pytest.param(ip("fd00::1", "fd00::2")[:39], id="short"),
    ],
)
def test_malformed_ipv6_is_dropped(router: Router, circuit, packet):
    delivers(router, "::/0", router.bench.wires[2])
    assert router.pass_on(ethernet(GATEWAY_MAC, HOST, 0x86DD, packet), circuit, 0) == {}
    assert router.drops() == {Drop.MALFORMED: 1}


def test_ip_options_go_along(router: Router, circuit):
    delivers(router, "0.0.0.0/0", router.bench.wires[2])
    packet = with_options(ip("10.1.0.2", "10.2.0.2"), b"\x94\x04\x00\x00")
    outcome = router.run(to_gateway(packet), circuit)
    assert outcome.verdict is Verdict.REDIRECT
    assert outcome.frame[34:] == packet[20:]


# --- counters ---


def test_a_vrf_counts_what_comes_in_and_goes_out(router: Router, circuit, core):
    label = ends_lsp(router, 4)
    delivers(router, "10.1.0.0/24", circuit)
    router.route(VRF, "10.2.0.0/24", TO_PE)
    router.tunnel(PE, nhlfe(102, Operation.PUSH, 17))
    watched = {CounterKind.VRF_IN: VRF, CounterKind.VRF_OUT: VRF, CounterKind.TUNNEL: PE}
    for kind, number in watched.items():
        router.watch(kind, number)
    there, back = ip("10.1.0.2", "10.2.0.2"), ip("10.2.0.2", "10.1.0.2")
    router.run(to_gateway(there), circuit)
    for _ in range(2):
        router.run(labelled(stack((label, 0, 9)), back), core)
    seen = {kind: router.counted(kind, number) for kind, number in watched.items()}
    assert {kind: counter.packets for kind, counter in seen.items()} == {
        CounterKind.VRF_IN: 1,
        CounterKind.VRF_OUT: 2,
        CounterKind.TUNNEL: 1,
    }
    assert seen[CounterKind.TUNNEL].octets == 14 + 8 + len(there)
    assert seen[CounterKind.VRF_OUT].octets == 2 * (14 + len(back))
