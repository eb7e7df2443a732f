"""Links without a rate: eBPF hands packets to the next LSR at once, and all is seen the same."""

from itertools import pairwise

import pytest

from mplsemu import Lab
from mplsemu.emulation.counters import read_counters
from mplsemu.emulation.taps import Taps
from mplsemu.running.captures import tap_points
from mplsemu.running.live_trace import follow
from mplsemu.southbound.ebpf.attached import ATTACHED_FILE, load_attached
from tests.waiting import eventually

pytestmark = pytest.mark.system

CHAIN = """
name: chain
provider:
  defaults: {bandwidth: 10 Gbit/s}
  nodes: {r1: {role: pe}, r2: , r3: , r4: {role: pe}}
  links: [r1-r2, r2-r3, r3-r4, {ends: [r1, r4], bandwidth: 1 Gbit/s, metric: 90}]
vpns:
  a: {type: l3vpn, sites: {x: {pe: r1, subnet: 10.1.0.0/24}, y: {pe: r4, subnet: 10.2.0.0/24}}}
  c: {type: vpls, subnet: 10.0.0.0/24, sites: {x: {pe: r1}, y: {pe: r4}}}
"""
WAY = ["r1-r2", "r2-r3", "r3-r4"]
PINGS = 200
PING_BYTES = 60  # its number, the time, and what follows
END_OF_A_PING = bytes(range(0x10, 0x38))
HERE_AND_THERE = [("a/x/h1", "a/y/h1"), ("c/x/h1", "c/y/h1")]


@pytest.fixture(scope="module")
def lab(tmp_path_factory, dataplane):
    file = tmp_path_factory.mktemp("chain") / "chain.yaml"
    file.write_text(CHAIN)
    with Lab(file) as booted:
        yield booted


@pytest.mark.dataplane("ebpf")
def test_only_core_links_without_a_rate_are_direct(lab):
    text = (lab.session.directory.path / ATTACHED_FILE).read_text()
    attached = load_attached(text)
    interfaces = {
        attached.ports[lsr][port]: name
        for lsr, ports in attached.interfaces.items()
        for port, name in ports.items()
    }
    direct = {interfaces[ifindex] for ifindex in attached.direct}
    links = lab.session.record.links
    assert direct == {end.name for link in WAY for end in links[link]}


@pytest.mark.parametrize(("source", "target"), HERE_AND_THERE)
def test_every_frame_is_captured_once_on_every_link_in_the_order_of_its_way(lab, source, target):
    assert lab.reaches(source, target)
    seen = []
    with Taps(tap_points(lab.session, WAY)) as taps:
        ping = [
            "ping",
            "-q",
            "-c",
            str(PINGS),
            "-i",
            "0.002",
            lab.session.address_of(source, target),
        ]
        assert f" {PINGS} received" in lab.cmd(source, ping)
        seen += taps.rest(0.3)
        assert set(taps.lost().values()) == {0}
    packets: dict[bytes, list] = {}
    for frame in seen:
        if frame.data.endswith(END_OF_A_PING):
            packets.setdefault(frame.data[-PING_BYTES:], []).append(frame)
    there = [(link, link[:2], link[3:]) for link in WAY]
    back = [(link, far, near) for link, near, far in reversed(there)]
    for frames in packets.values():
        places = [(frame.point.name, frame.sender, frame.receiver) for frame in frames]
        assert places == [*there, *back]
        assert all(one.time_ns <= other.time_ns for one, other in pairwise(frames))
    assert len(packets) == PINGS


@pytest.mark.parametrize(("source", "target"), HERE_AND_THERE)
def test_a_live_trace_sees_the_whole_way_in_order(lab, source, target):
    assert lab.reaches(source, target)

    def followed():
        found = follow(lab.session, source, target)
        return found if found.as_predicted else None

    found = eventually(followed, "as predicted")
    assert [step.link for step in found.steps if step.link in WAY] == WAY
    assert found.way == ("r1", "r1-r2", "r2", "r2-r3", "r3", "r3-r4", "r4")


def test_what_links_carry_is_counted(lab):
    links = {link: lab.session.record.links[link] for link in [*WAY, "r1-r4"]}
    before = read_counters(links).sent_bytes
    count, size = 20, 1000
    assert lab.session.ping("a/x/h1", "a/y/h1", count=count, size=size).received == count
    after = read_counters(links).sent_bytes
    for link in WAY:
        for way in (0, 1):
            assert count * size < after[link][way] - before[link][way] < 2 * count * size
    assert after["r1-r4"] == before["r1-r4"]
