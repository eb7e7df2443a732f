"""Spokes that reach each other through the hub's CE router, a Linux router, on the real network."""

import re

import pytest

pytestmark = pytest.mark.system

SOURCE = "shops/harbour/h1"
WAYS = {"10.1.2.2": ("10.1.0.1", "100.64.0.2"), "2001:db8:1:2::2": ("2001:db8:1::1",)}
"""A host of another spoke at the same PE, and the addresses of the CE router between the two."""
ROUTERS = 6
"""VRFs at north, centre, centre and north, and the CE routers of hq and of market."""


@pytest.fixture
def hub(running):
    return running("hub")


def ping(lab, target, *options):
    return lab.cmd(SOURCE, ["ping", "-n", "-i", "0.2", "-W2", *options, target])


@pytest.mark.parametrize("target", WAYS)
def test_packets_between_spokes_of_one_pe_lose_the_ttl_of_the_way_through_the_hub(hub, target):
    said = ping(hub, target, "-c1")
    assert re.search(rf"ttl={64 - ROUTERS}\b", said), said


@pytest.mark.parametrize(("target", "router"), WAYS.items())
def test_traceroute_shows_the_hubs_ce_router(hub, target, router):
    said = ping(hub, target, "-c1", "-t3")
    assert re.search(r"[Tt]ime (to live )?exceeded", said), said
    assert any(f"From {address}" in said for address in router), said


def test_nobody_is_told_to_send_past_the_hub(hub):
    """A router may tell who is on its link that a packet goes out by the interface it came by."""
    interfaces = hub.cmd("shops/hq/ce", ["ls", "/sys/class/net"]).split()
    files = [f"/proc/sys/net/ipv4/conf/{name}/send_redirects" for name in ("all", *interfaces)]
    assert set(hub.cmd("shops/hq/ce", ["cat", *files]).split()) == {"0"}
    assert " 0% packet loss" in ping(hub, "10.1.2.2", "-c2")
    assert "From 100.64.0.1" in ping(hub, "10.1.2.2", "-c2", "-t2")
    names, counts = (
        line.split()
        for line in hub.cmd("shops/hq/ce", ["cat", "/proc/net/snmp"]).splitlines()
        if line.startswith("Icmp:")
    )
    assert int(counts[names.index("OutRedirects")]) == 0
