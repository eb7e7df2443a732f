"""What a PE does not take in from a customer: broken headers, sources that nobody has."""

from __future__ import annotations

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import Drop, PortFlag, Role, RouteKind
from mplsemu.southbound.ebpf.layout import RouteRecord
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import Router
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, echo, ethernet, ip, ip_frame, mac, mended, with_options

HOST, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
VRF = 7
V4, V6 = ip("10.1.0.2", "10.2.0.2"), ip("2001:db8:1::2", "2001:db8:2::2")


@pytest.fixture
def circuit(router: Router) -> Wire:
    wire = router.port(router.bench.wires[0], Role.VRF, VRF)
    out = router.bench.wires[2].ifindex
    for prefix in ("0.0.0.0/0", "::/0"):
        router.route(VRF, prefix, RouteRecord(RouteKind.DELIVER, out, mac=mac(OTHER)))
    for gateway in ("10.1.0.1/32", "2001:db8:1::1/128"):
        router.route(VRF, gateway, RouteRecord(RouteKind.LOCAL))
    return wire


def taken_in(router: Router, circuit: Wire, packet: bytes, ethertype: int) -> bool:
    frame = ethernet(GATEWAY_MAC, HOST, ethertype, packet)
    return router.run(frame, circuit).verdict is Verdict.REDIRECT


def changed(packet: bytes, at: int, value: int) -> bytes:
    return packet[:at] + bytes((value,)) + packet[at + 1 :]


@pytest.mark.parametrize("options", [0, 4, 8, 20, 40])
@pytest.mark.parametrize("off", [1, 0x80, 0xFF])
def test_a_header_whose_checksum_is_wrong_is_not_taken_in(router: Router, circuit, options, off):
    packet = with_options(V4, b"\x94\x04\x12\x34" * (options // 4))
    assert taken_in(router, circuit, packet, 0x0800)
    for at in range(20 + options):
        spoilt = changed(packet, at, packet[at] ^ off)
        assert not taken_in(router, circuit, spoilt, 0x0800), at
    assert set(router.drops()) == {Drop.MALFORMED}
    assert router.bench.punts() == []


def test_every_checksum_but_the_right_one_is_wrong(router: Router, circuit):
    right = int.from_bytes(V4[10:12], "big")
    for number in [*range(0, 1 << 16, 251), right]:
        packet = V4[:10] + number.to_bytes(2, "big") + V4[12:]
        assert taken_in(router, circuit, packet, 0x0800) is (number == right), number


@pytest.mark.parametrize("version", [v for v in range(16) if v != 4])
def test_a_version_that_is_not_its_types_is_not_taken_in(router: Router, circuit, version):
    packet = mended(changed(V4, 0, version << 4 | 5))
    assert not taken_in(router, circuit, packet, 0x0800)
    if version != 6:
        assert not taken_in(router, circuit, changed(V6, 0, version << 4), 0x86DD)
    else:
        assert not taken_in(router, circuit, V6, 0x0800)
    assert not taken_in(router, circuit, V4, 0x86DD)
    assert set(router.drops()) == {Drop.MALFORMED}


def test_lengths_that_are_not_true_are_not_taken_in(router: Router, circuit):
    for octets in range(5):
        assert not taken_in(router, circuit, mended(changed(V4, 0, 0x40 | octets)), 0x0800)
    for length in (0, 19, len(V4) + 1, 65535):
        packet = mended(V4[:2] + length.to_bytes(2, "big") + V4[4:])
        assert not taken_in(router, circuit, packet, 0x0800), length
    for length in (len(V6) - 39, 65535):
        assert not taken_in(router, circuit, V6[:4] + length.to_bytes(2, "big") + V6[6:], 0x86DD)
    assert set(router.drops()) == {Drop.MALFORMED}
    assert taken_in(router, circuit, V4 + bytes(300), 0x0800)  # a sender's padding


@pytest.mark.parametrize(
    "source",
    [
        *("0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "224.0.0.5", "239.1.1.1"),
        *("240.0.0.1", "255.255.255.255", "::", "::1", "ff02::1", "ff0e::1"),
    ],
)
def test_from_an_address_that_nobody_has_nothing_is_taken_in(router: Router, circuit, source):
    there, gateway = (
        ("2001:db8:2::2", "2001:db8:1::1") if ":" in source else ("10.2.0.2", "10.1.0.1")
    )
    for packet in (ip(source, there), ip(source, gateway), echo(source, gateway)):
        assert router.run(ip_frame(GATEWAY_MAC, HOST, packet), circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.MARTIAN: 3}
    assert router.bench.punts() == []


@pytest.mark.parametrize(
    "source", ["1.0.0.0", "126.255.255.255", "128.0.0.1", "223.255.255.255", "::2", "feff::1"]
)
def test_from_their_neighbours_everything_is(router: Router, circuit, source):
    there = "2001:db8:2::2" if ":" in source else "10.2.0.2"
    assert router.run(ip_frame(GATEWAY_MAC, HOST, ip(source, there)), circuit).frame


@pytest.mark.parametrize("source", ["fe80::2", "febf::1"])
def test_from_a_link_local_address_only_the_gateway_is_reached(router: Router, circuit, source):
    frame = ip_frame(GATEWAY_MAC, HOST, ip(source, "2001:db8:2::2"))
    assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.NEVER_ROUTED: 1}
    for gateway in ("2001:db8:1::1", "fe80::1"):
        router.run(ip_frame(GATEWAY_MAC, HOST, echo(source, gateway)), circuit)
    assert len(router.bench.punts()) == 2


@pytest.mark.parametrize("source", ["03:00:00:00:00:01", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05"])
def test_from_a_group_address_nothing_is_taken_in(router: Router, circuit, source):
    for frame in (
        ip_frame(GATEWAY_MAC, source, V4),
        ip_frame(GATEWAY_MAC, source, V6),
        arp(1, source, "10.1.0.2", "00:00:00:00:00:00", "10.1.0.1"),
    ):
        assert router.run(frame, circuit).verdict is Verdict.SHOT
    assert router.drops() == {Drop.GROUP_SOURCE: 3}
    assert router.bench.punts() == []


@pytest.fixture
def strict(router: Router) -> Wire:
    """A circuit with 10.1.0.0/24 and 2001:db8:1::/64, whose sources are validated."""
    wire = router.port(router.bench.wires[0], Role.VRF, VRF, flags=PortFlag.STRICT_URPF)
    out = router.bench.wires[2].ifindex
    for prefix in ("0.0.0.0/0", "::/0", "10.1.0.128/25"):
        router.route(VRF, prefix, RouteRecord(RouteKind.DELIVER, out, mac=mac(OTHER)))
    for prefix in ("10.1.0.0/24", "2001:db8:1::/64"):
        router.route(VRF, prefix, RouteRecord(RouteKind.CONNECTED, wire.ifindex))
    for host in ("10.1.0.2/32", "2001:db8:1::2/128"):
        router.route(VRF, host, RouteRecord(RouteKind.DELIVER, wire.ifindex, mac=mac(HOST)))
    for gateway in ("10.1.0.1/32", "2001:db8:1::1/128"):
        router.route(VRF, gateway, RouteRecord(RouteKind.LOCAL))
    router.route(VRF, "10.1.0.0/32", RouteRecord(RouteKind.BLACKHOLE))
    return wire


@pytest.mark.parametrize("source", ["10.1.0.2", "10.1.0.77", "2001:db8:1::2", "2001:db8:1::77"])
def test_strict_validation_takes_in_what_is_from_the_circuits_own_prefix(
    router: Router, strict, source
):
    there = "2001:db8:2::2" if ":" in source else "10.2.0.2"
    assert router.run(ip_frame(GATEWAY_MAC, HOST, ip(source, there)), strict).frame


@pytest.mark.parametrize(
    "source",
    [
        *("10.2.0.2", "10.1.1.2", "10.1.0.200", "10.1.0.1", "10.1.0.0", "8.8.8.8"),
        *("2001:db8:2::2", "2001:db8:1::1", "2001:db8:1:1::2"),
    ],
)
def test_strict_validation_takes_in_nothing_else(router: Router, strict, source):
    for there in ("2001:db8:2::2", "fe80::1") if ":" in source else ("10.2.0.2", "10.1.0.1"):
        frame = ip_frame(GATEWAY_MAC, HOST, ip(source, there))
        assert router.run(frame, strict).verdict is Verdict.SHOT
    assert router.drops() == {Drop.SOURCE: 2}
    assert router.bench.punts() == []


@pytest.mark.parametrize("source", ["fe80::2", "::", "2001:db8:1::2"])
def test_strict_validation_hears_neighbours(router: Router, strict, source):
    body = b"\x87\0\0\0" + bytes(20)
    frame = ip_frame("33:33:ff:00:00:01", HOST, ip(source, "ff02::1:ff00:1", 58, body, ttl=255))
    router.run(frame, strict)
    assert len(router.bench.punts()) == 1
