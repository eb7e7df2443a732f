"""A site with two lines on the wire: what is lost, and what comes twice, as lines come and go."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.emulation.counters import read_counters
from mplsemu.emulation.interface_flags import set_up
from mplsemu.southbound.network_namespace import inside
from tests.places import TOPOLOGIES
from tests.system.streams import INTERVAL_MS, Heard, Stream, streaming
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]

LONGEST_MS = 500
"""The figure is in docs/benchmarks.md; here an order of magnitude, on a machine of any load."""
SITES = ("hq/h1", "hq/h2", "oslo/h1", "lund/h1")
_FLOW_OCTETS = 1000
_MANY_FLOWS = f"""
import socket, sys
for port in range(2000, 2064):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(bytes({_FLOW_OCTETS}), (sys.argv[1], port))
"""


@pytest.fixture(scope="module")
def lab(dataplane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    directory: Path = tmp_path_factory.mktemp("dual")
    with Lab(TOPOLOGIES / "dual-homed.yaml", run_dir=directory, dataplane=dataplane) as running:
        yield running


def address(lab: Lab, host: str) -> str:
    found = next(each for ref, _, each in lab.session.network.hosts() if str(ref) == host)
    return str(found.addresses[0].ip)


def streams(lab: Lab, vpn: str) -> list[Stream]:
    """Return streams from hq to elsewhere and back."""
    pairs = [("hq/h1", "oslo/h1"), ("oslo/h1", "hq/h1"), ("lund/h1", "hq/h1")]
    return [Stream(f"{vpn}/{one}", address(lab, f"{vpn}/{other}")) for one, other in pairs]


def active(lab: Lab, site: str) -> list[str]:
    return lab.session.controller.call("status")["active_lines"][site]


def is_settled(lab: Lab) -> bool:
    status = lab.session.controller.call("status")
    return status["in_sync"] and status["active_lines"]["lan/hq"] == ["lan/hq"]


def over(lab: Lab, cable: str, flowing: list[Stream], hosts: list[str]) -> tuple[Heard, Heard]:
    """Take a cable down and up again while streams flow; return what came meanwhile."""
    with streaming(lab, flowing, hosts) as away:
        lab.link(cable).down()
    with streaming(lab, flowing, hosts) as back:
        lab.link(cable).up()
    return away, back


@pytest.mark.parametrize("cable", ["office/hq", "dk-p1"])
def test_of_an_l3vpn_little_is_lost_when_a_line_or_its_pe_fails_and_nothing_on_the_way_back(
    lab, cable
):
    flowing = streams(lab, "office")
    sharing = (("plant/h1", "oslo/h1"), ("oslo/h1", "plant/h1"))  # a PE's lines fail with it
    flowing += [Stream(f"office/{a}", address(lab, f"office/{b}")) for a, b in sharing]
    away, back = over(lab, cable, flowing, [f"office/{each}" for each in (*SITES, "plant/h1")])
    assert active(lab, "office/hq") == ["office/hq"]
    targets = ("oslo/h1", "hq/h1", "hq/h1", "oslo/h1", "plant/h1")
    for stream, target in zip(flowing, targets, strict=True):
        host = f"office/{target}"
        assert len(away.lost(host, stream)) * INTERVAL_MS < LONGEST_MS
        assert back.lost(host, stream) == []
        assert away.repeated(host, stream) == back.repeated(host, stream) == []


def test_a_ce_router_with_two_lines_loses_as_little(lab):
    flowing = [
        Stream(f"office/{one}", address(lab, f"office/{other}"))
        for one, other in (("depot/h1", "oslo/h1"), ("oslo/h1", "depot/h1"))
    ]
    away, back = over(lab, "office/depot", flowing, ["office/depot/h1", "office/oslo/h1"])
    for stream, host in zip(flowing, ("office/oslo/h1", "office/depot/h1"), strict=True):
        assert len(away.lost(host, stream)) * INTERVAL_MS < LONGEST_MS
        assert back.lost(host, stream) == []
        assert away.repeated(host, stream) == back.repeated(host, stream) == []


def test_lines_that_share_the_load_stand_in_for_each_other_and_nothing_is_lost_on_the_way_back(
    lab,
):
    cable = "office/plant@se"
    pairs = [
        *product(("plant/h1", "plant/h2"), ("oslo/h1",)),
        *product(("oslo/h1", "lund/h1"), ("plant/h1", "plant/h2")),
    ]
    flowing = [Stream(f"office/{a}", address(lab, f"office/{b}")) for a, b in pairs]
    away, back = over(lab, cable, flowing, sorted({f"office/{target}" for _, target in pairs}))
    assert active(lab, "office/plant") == ["office/plant", "office/plant@se"]
    for stream, (_, target) in zip(flowing, pairs, strict=True):
        host = f"office/{target}"
        assert len(away.lost(host, stream)) * INTERVAL_MS < LONGEST_MS
        assert back.lost(host, stream) == []
        assert away.repeated(host, stream) == back.repeated(host, stream) == []


def test_flows_take_both_lines_of_a_bundle_in_both_directions(lab):
    lines = ("office/plant", "office/plant@se")
    before = read_counters(lab.session.record.links).sent_bytes
    for source, target in (("plant/h1", "oslo/h1"), ("oslo/h1", "plant/h1")):
        words = [sys.executable, "-c", _MANY_FLOWS, address(lab, f"office/{target}")]
        with lab.session.popen(f"office/{source}", words) as process:
            assert process.wait(timeout=20) == 0
    after = read_counters(lab.session.record.links).sent_bytes
    sent = {line: [b - a for a, b in zip(before[line], after[line], strict=True)] for line in lines}
    # of 64 flows each way hardly fewer than 10 take one of two lines
    assert all(octets > 10 * _FLOW_OCTETS for both in sent.values() for octets in both), sent


@pytest.mark.parametrize("cable", ["lan/hq", "dk-p1"])
def test_in_a_vpls_no_frame_comes_twice_and_none_back_to_its_sender(lab, cable):
    everyone = "10.9.0.255"
    flowing = [*streams(lab, "lan"), Stream("lan/hq/h1", everyone), Stream("lan/oslo/h1", everyone)]
    hosts = [f"lan/{each}" for each in SITES]
    for heard in over(lab, cable, flowing, hosts):
        for stream, host in product(flowing, hosts):
            assert heard.repeated(host, stream) == [], (stream, host)
            if host == stream.source:
                assert not heard.counts[host, stream]
            elif stream.address in {everyone, address(lab, host)}:
                assert len(heard.lost(host, stream)) * INTERVAL_MS < LONGEST_MS, (stream, host)


def test_a_wire_goes_on_over_its_other_pseudowire_and_no_frame_comes_twice(lab):
    ends = ["wire/hq/h1", "wire/oslo/h1"]
    flowing = [Stream(one, address(lab, other)) for one, other in (ends, ends[::-1])]
    flowing += [Stream(each, "10.8.0.255") for each in ends]
    for heard in over(lab, "wire/hq", flowing, ends):
        for stream, host in product(flowing, ends):
            assert heard.repeated(host, stream) == []
            if host != stream.source:
                assert len(heard.lost(host, stream)) * INTERVAL_MS < LONGEST_MS, (stream, host)


def test_a_line_that_flaps_makes_no_loop(lab):
    flowing = [Stream("lan/hq/h1", "10.9.0.255"), Stream("lan/oslo/h1", "10.9.0.255")]
    hosts = [f"lan/{each}" for each in SITES]
    interface = lab.session.record.links["lan/hq"][0]
    with streaming(lab, flowing, hosts) as heard:
        for _ in range(4):
            with inside(interface.pid):
                for up in (False, True):  # faster than the controller follows
                    set_up([interface.name], up=up)
        eventually(lambda: is_settled(lab), "the first line is active again")
    for stream, host in product(flowing, hosts):
        assert heard.repeated(host, stream) == []
        assert not heard.counts[stream.source, stream]


def test_the_tables_say_which_line_is_active(lab):
    with lab.link("office/hq").down():
        assert active(lab, "office/hq") == ["office/hq@se"]
        program = lab.session.program()
        assert program.node("se").circuit_by_name["office/hq@se"].up
    assert lab.session.program().node("se").circuit_by_name["office/hq@se"].standby
