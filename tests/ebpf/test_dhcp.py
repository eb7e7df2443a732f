"""What DHCP and DHCPv6 clients say to all on a circuit whose gateway is a relay agent."""

from __future__ import annotations

import pytest

from mplsemu.southbound.ebpf.kinds import Drop, PortFlag, Role
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.router import Router
from tests.oracles import frames
from tests.unit.southbound.punt import test_dhcp6 as six
from tests.unit.southbound.punt.test_dhcp import CLIENT, request, udp

BROADCAST = "ff:ff:ff:ff:ff:ff"
VRF = 7


@pytest.mark.parametrize("flags", [PortFlag.DHCP_RELAY, PortFlag.DHCP_RELAY | PortFlag.STRICT_URPF])
def test_a_clients_broadcast_comes_to_the_controller_whole(router: Router, flags):
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF, flags)
    frame = frames.ip_frame(BROADCAST, CLIENT, request())
    router.pass_on(frame, circuit, 0)
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.service, punt.frame) == (PuntReason.DHCP, VRF, frame)


def test_options_of_ip_do_not_hide_it(router: Router):
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF, PortFlag.DHCP_RELAY)
    packet = frames.with_options(request(), b"\x01\x01\x01\x00")
    router.pass_on(frames.ip_frame(BROADCAST, CLIENT, packet), circuit, 0)
    assert [punt.reason for punt in router.bench.punts()] == [PuntReason.DHCP]


@pytest.mark.parametrize(
    ("flags", "mac", "packet"),
    [
        (PortFlag.NONE, BROADCAST, request()),
        (PortFlag.DHCP_RELAY, "ff:ff:ff:ff:ff:fe", request()),
        (PortFlag.DHCP_RELAY, "01:00:5e:00:00:01", request()),
        (PortFlag.DHCP_RELAY, BROADCAST, udp("0.0.0.0", "255.255.255.255", b"x", (67, 68))),
        (PortFlag.DHCP_RELAY, BROADCAST, frames.tcp("10.1.0.2", "255.255.255.255", 2)),
        (PortFlag.DHCP_RELAY, BROADCAST, frames.mended(
            request()[:6] + b"\0\x08" + request()[8:])),
    ],
)  # fmt: skip
def test_no_other_broadcast_does(router: Router, flags, mac, packet):
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF, flags)
    router.pass_on(frames.ip_frame(mac, CLIENT, packet), circuit, 0)
    assert router.bench.punts() == []
    assert router.drops() == {Drop.NOT_FOR_US: 1}


@pytest.mark.parametrize(
    "flags", [PortFlag.DHCPV6_RELAY, PortFlag.DHCPV6_RELAY | PortFlag.STRICT_URPF]
)
def test_what_a_client_says_to_relay_agents_comes_to_the_controller_whole(router: Router, flags):
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF, flags)
    frame = six.to_agents(six.request())
    router.pass_on(frame, circuit, 0)
    (punt,) = router.bench.punts()
    assert (punt.reason, punt.service, punt.frame) == (PuntReason.DHCP, VRF, frame)


@pytest.mark.parametrize(
    ("flags", "mac", "packet"),
    [
        (PortFlag.DHCP_RELAY, six.AGENTS_MAC, six.request()),
        (PortFlag.DHCPV6_RELAY, "33:33:00:01:00:03", six.request()),
        (PortFlag.DHCPV6_RELAY, "33:33:00:00:00:02", six.request()),
        (PortFlag.DHCPV6_RELAY, BROADCAST, six.request()),
        (PortFlag.DHCPV6_RELAY, six.AGENTS_MAC, six.request(ports=(546, 546))),
        (PortFlag.DHCPV6_RELAY, six.AGENTS_MAC, frames.tcp("fe80::7", "ff02::1:2", 2)),
    ],
)
def test_nothing_else_that_is_sent_to_a_group_does(router: Router, flags, mac, packet):
    circuit = router.port(router.bench.wires[0], Role.VRF, VRF, flags)
    router.pass_on(six.to_agents(packet, to=mac), circuit, 0)
    assert router.bench.punts() == []
    assert router.drops() == {Drop.NOT_FOR_US: 1}
