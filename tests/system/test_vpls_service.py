"""What a VPLS does beside bridging, in one running lab on each data plane."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from mplsemu import Lab
from mplsemu.cli.main import main
from mplsemu.emulation.taps import CapturedFrame, Taps
from mplsemu.running.captures import tap_points
from mplsemu.running.record import HostRecord
from mplsemu.southbound.network_namespace import inside
from mplsemu.southbound.openflow.move_reports import REVALIDATION_MS
from tests.oracles import frames, membership
from tests.system.changing import events, kill_controller
from tests.waiting import eventually

pytestmark = pytest.mark.system

LAB = """
name: g-service
provider:
  nodes: {dk: {role: pe}, se: {role: pe}, p1: }
  links: [dk-p1, p1-se]
vpns:
  quiet:
    type: vpls
    subnet: 10.0.0.0/24
    l2cp: tunnel
    unknown_unicast: drop
    sites: {a: {pe: dk}, b: {pe: dk}, c: {pe: se}}
  loud:
    type: vpls
    subnet: 10.0.0.0/24
    storm_control: 64 kbit/s
    sites: {a: {pe: dk}, b: {pe: dk}, c: {pe: se}}
  tv:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8:1::/64"]
    igmp_snooping: true
    sites: {a: {pe: dk}, b: {pe: dk}, c: {pe: se}}
  loop:
    type: vpls
    subnet: 10.0.0.0/24
    mac_move: block
    sites: {a: {pe: dk}, b: {pe: dk}, c: {pe: se}}
  far:
    type: vpls
    subnet: 10.0.0.0/24
    mac_move: block
    sites: {a: {pe: dk}, b: {pe: dk}, c: {pe: se}}
"""
QUIET_S = 0.3
SETTLED_S = 0.03
BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "02:99:99:99:99:99"
GROUPS = (
    (
        frames.ip("10.0.0.9", "239.1.1.1"),
        membership.igmp3((4, "239.1.1.1", 0)),
        membership.igmp(0x17, "239.1.1.1", dst="224.0.0.2"),
    ),
    (
        frames.ip("2001:db8:1::9", "ff15::1"),
        membership.mld2((4, "ff15::1", 0)),
        membership.mld(132, "ff15::1", dst="ff02::2"),
    ),
)
"""Of a group in each IP version: a packet to it, a report of a member, and his leave."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory, run_directory, dataplane) -> Iterator[Lab]:
    file = tmp_path_factory.mktemp("service") / "service.yaml"
    file.write_text(LAB)
    with Lab(file, run_dir=run_directory / dataplane) as lab:
        yield lab


def arrivals(lab: Lab, source: str, *sent: bytes, fenced: Collection[str] = ()) -> list[set[str]]:
    """Send frames from a host; return of each the sites of its VPN at which it arrives.

    Args:
        lab: that runs.
        source: the host.
        sent: the frames.
        fenced: sites at which a last broadcast is waited for, which overtakes no frame on its way;
            without them, what has not come after `QUIET_S` does not come.
    """
    record, vpn = lab.session.record, source.split("/", maxsplit=1)[0]
    hosts = [name for name in record.hosts if name.startswith(f"{vpn}/") and name != source]
    mine = record.hosts[source]
    fence = frames.ethernet(BROADCAST, mine.mac, 0x88B5, b"fence" * 10)
    tapped: list[CapturedFrame] = []

    def passed() -> bool:
        tapped.extend(each for each in taps.read(0.01) if not each.outgoing)
        found = {site_of(each) for each in tapped if each.data == fence}
        return found >= set(fenced)

    with Taps(tap_points(lab.session, hosts)) as taps:
        send_frames(mine, [*sent, fence] if fenced else sent)
        eventually(passed, "the last frame has not come", pause_s=0)
        rest = taps.rest(SETTLED_S if fenced else QUIET_S)
        tapped += [each for each in rest if not each.outgoing]
    return [{site_of(each) for each in tapped if each.data == frame} for frame in sent]


@contextmanager
def sender(host: HostRecord) -> Iterator[socket.socket]:
    """Yield a socket that sends out of a host's interface: to close one takes milliseconds."""
    with inside(host.pid):
        line = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with line:
        line.bind((host.interface, 0))
        yield line


def send_frames(host: HostRecord, sent: Iterable[bytes]) -> None:
    with sender(host) as line:
        for frame in sent:
            line.send(frame)


def site_of(frame: CapturedFrame) -> str:
    return frame.point.name.split("/")[1]


def test_control_protocols_cross_a_vpls_that_tunnels_them_but_pause_does_not(lab):
    mac = lab.session.record.hosts["quiet/a/h1"].mac
    sent = [
        frames.ethernet(f"01:80:c2:00:00:{last:02x}", mac, 0x88B5, bytes([last]) * 46)
        for last in range(16)
    ]
    sent.append(frames.ethernet(BROADCAST, mac, 0x8808, bytes(46)))
    found = arrivals(lab, "quiet/a/h1", *sent, fenced="bc")
    nowhere = [number for number, sites in enumerate(found) if sites != {"b", "c"}]
    assert nowhere == [1, 16]
    assert not any(found[number] for number in nowhere)


def test_only_who_has_spoken_is_found_where_unknown_unicast_is_dropped(lab):
    hosts = lab.session.record.hosts
    mac, target = hosts["quiet/a/h1"].mac, hosts["quiet/c/h1"].mac
    sent = [
        frames.ethernet(to, mac, 0x88B5, body * 46)
        for to, body in ((STRANGER, b"1"), (target, b"2"), (BROADCAST, b"3"))
    ]
    spoken = frames.ethernet(BROADCAST, target, 0x88B5, bytes(46))
    arrivals(lab, "quiet/c/h1", spoken, fenced="ab")
    assert arrivals(lab, "quiet/a/h1", *sent, fenced="bc") == [set(), {"c"}, {"b", "c"}]
    assert lab.ping("quiet/a/h1", "quiet/b/h1").received


def test_a_storm_is_kept_within_its_rate(lab):
    hosts = lab.session.record.hosts
    known = hosts["loud/c/h1"].mac
    arrivals(lab, "loud/c/h1", frames.ethernet(BROADCAST, known, 0x88B5, bytes(46)), fenced="ab")
    storm = storm_frame(lab)
    straight = frames.ethernet(known, hosts["loud/a/h1"].mac, 0x88B5, b"known" * 197)
    sent = [storm] * 100 + [straight] * 100
    with Taps(tap_points(lab.session, ["loud/c/h1"])) as taps:
        send_frames(hosts["loud/a/h1"], sent)
        found = [each.data for each in taps.rest(QUIET_S) if not each.outgoing]
    assert found.count(straight) == 100
    assert 16 <= found.count(storm) < 90  # 16 at once, and 8 a second after that


def storm_frame(lab: Lab) -> bytes:
    mac = lab.session.record.hosts["loud/a/h1"].mac
    return frames.ethernet(BROADCAST, mac, 0x88B5, b"storm" * 197)


def test_groups_go_to_who_has_joined_them_until_he_leaves(lab, capsys):
    mac, member = (lab.session.record.hosts[f"tv/{site}/h1"].mac for site in ("a", "c"))
    sent, joins, leaves = (
        [membership.in_frame(packet, source) for packet in packets]
        for packets, source in zip(zip(*GROUPS, strict=True), (mac, member, member), strict=True)
    )

    def groups() -> set[str]:
        vsi = lab.program().node("dk").vsi_by_name["tv"]
        return {str(group.address) for group in vsi.groups if group.peers == ("se",)}

    assert arrivals(lab, "tv/a/h1", *sent, fenced="bc") == [{"b", "c"}] * 2
    assert arrivals(lab, "tv/c/h1", *joins) == [set()] * 2
    eventually(lambda: groups() == {"239.1.1.1", "ff15::1"}, groups)
    assert arrivals(lab, "tv/a/h1", *sent, fenced="bc") == [{"c"}] * 2
    assert main(["show", "g-service", "groups", "dk", "--csv"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "node,vsi,group,circuit,peer",
        "dk,tv,239.1.1.1,,se",
        "dk,tv,ff15::1,,se",
    ]
    arrivals(lab, "tv/c/h1", *leaves, fenced="ab")
    eventually(lambda: not groups(), groups, timeout_s=15)
    assert arrivals(lab, "tv/a/h1", *sent, fenced="bc") == [{"b", "c"}] * 2


def test_a_storm_is_an_alarm_while_it_lasts(lab, capsys):
    def storms() -> list[str]:
        return [alarm.object for alarm in lab.alarms() if "storm control" in alarm.text]

    def more() -> bool:
        send_frames(lab.session.record.hosts["loud/a/h1"], [storm_frame(lab)] * 50)
        return bool(storms())

    eventually(more, storms, timeout_s=10, pause_s=QUIET_S)
    assert storms() == ["line loud/a"]
    assert main(["status", "g-service"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"storms +loud/a: [1-9]\d* frames? dropped since boot\n", said)


@pytest.mark.dataplane("openflow")
def test_where_moves_are_watched_open_vswitch_looks_often_whether_its_cache_holds(lab):
    words = ("ovs-vsctl", "get", "Open_vSwitch", ".", "other_config:max-revalidator")
    environment = {**os.environ, **lab.session.record.environment}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == f'"{REVALIDATION_MS}"\n'


def test_an_address_that_moves_once_is_no_alarm_however_much_it_says(lab):
    flap(lab, ["a", *["c"] * 30], "02:99:99:99:99:98", gap_s=0.01)
    assert not [alarm for alarm in lab.alarms() if "moves too often" in alarm.text]


@pytest.mark.parametrize(
    ("vpn", "sites"), [("loop", "ab"), ("far", "ac")], ids=["at one PE", "at two PEs"]
)
def test_an_address_that_flaps_has_a_circuit_blocked_and_the_others_reach_each_other(
    lab, vpn, sites
):
    site = block(lab, vpn, sites)
    assert site in sites
    other, third = sorted(set("abc") - {site})
    assert f"{vpn}/{site} is blocked for 30 s" in " ".join(events(lab))
    mac = lab.session.record.hosts[f"{vpn}/{other}/h1"].mac
    mine = lab.session.record.hosts[f"{vpn}/{site}/h1"].mac
    sent = frames.ethernet(BROADCAST, mac, 0x88B5, bytes(50))
    assert arrivals(lab, f"{vpn}/{other}/h1", sent, fenced=third) == [{third}]
    sent = frames.ethernet(BROADCAST, mine, 0x88B5, bytes(50))
    assert arrivals(lab, f"{vpn}/{site}/h1", sent) == [set()]
    at = lab.program().node_of_circuit[f"{vpn}/{site}"]
    assert not at.circuit_by_name[f"{vpn}/{site}"].up


def block(lab: Lab, vpn: str, sites: str) -> str:
    """Have an address flap between sites until one is blocked, if none is; return that one."""

    def flaps() -> list[str]:
        flap(lab, sites, STRANGER, gap_s=0.1, vpn=vpn)
        return blocked(lab, vpn)

    (site,) = blocked(lab, vpn) or eventually(flaps, lambda: blocked(lab, vpn), timeout_s=20)
    return site


def blocked(lab: Lab, vpn: str) -> list[str]:
    found = [alarm.object for alarm in lab.alarms() if "is blocked" in alarm.text]
    start = f"line {vpn}/"
    return [each.removeprefix(start) for each in found if each.startswith(start)]


def test_a_restarted_controller_loses_no_frame_of_a_group_and_frees_no_blocked_circuit(lab):
    site, hosts = block(lab, "loop", "ab"), lab.session.record.hosts
    joins = [membership.in_frame(each[1], hosts["tv/c/h1"].mac) for each in GROUPS]
    arrivals(lab, "tv/c/h1", *joins)
    eventually(lambda: len(lab.program().node("dk").vsi_by_name["tv"].groups) == 2, "no groups")
    source, sent, over = hosts["tv/a/h1"], [], threading.Event()

    def stream() -> None:
        with sender(source) as line:
            while not over.is_set():
                group = GROUPS[len(sent) % 2][0]
                frame = membership.in_frame(group, source.mac) + f"{len(sent):08}".encode()
                line.send(frame)
                sent.append(frame)
                time.sleep(0.005)

    with (
        Taps(tap_points(lab.session, ["tv/b/h1", "tv/c/h1"])) as taps,
        ThreadPoolExecutor() as pool,
    ):
        streaming = pool.submit(stream)
        try:
            kill_controller(lab)
            tapped = taps.rest(QUIET_S)
        finally:
            over.set()
        streaming.result()
        tapped += taps.rest(QUIET_S)
    found = {
        name: [each.data for each in tapped if each.point.name == name and not each.outgoing]
        for name in ("tv/b/h1", "tv/c/h1")
    }
    assert [data for data in found["tv/c/h1"] if data in set(sent)] == sent
    assert not set(sent) & set(found["tv/b/h1"])
    for each in found.values():  # everybody is asked what the controller may have missed
        assert {data[:6].hex() for data in each} >= {"01005e000001", "333300000001"}
    assert blocked(lab, "loop") == [site]
    assert lab.program().node("dk").circuit_by_name[f"loop/{site}"].blocked


def flap(lab: Lab, sites: Iterable[str], mac: str, *, gap_s: float, vpn: str = "loop") -> None:
    """Have an address speak to site b's host at one site after the other."""
    hosts = lab.session.record.hosts
    frame = frames.ethernet(hosts[f"{vpn}/b/h1"].mac, mac, 0x88B5, bytes(46))
    with ExitStack() as stack:
        senders = {
            site: stack.enter_context(sender(hosts[f"{vpn}/{site}/h1"])) for site in set(sites)
        }
        for site in sites:
            senders[site].send(frame)
            time.sleep(gap_s)
