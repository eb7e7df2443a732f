"""What a VPLS does beside bridging, in one running lab on each data plane."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mplsemu import Lab
from mplsemu.emulation.taps import Taps, send_frame
from mplsemu.running.captures import tap_points
from tests.oracles import frames, membership
from tests.system.changing import events
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
"""
QUIET_S = 0.3
BROADCAST = "ff:ff:ff:ff:ff:ff"
STRANGER = "02:99:99:99:99:99"


@pytest.fixture(scope="module")
def lab(tmp_path_factory, run_directory, dataplane) -> Iterator[Lab]:
    file = tmp_path_factory.mktemp("service") / "service.yaml"
    file.write_text(LAB)
    with Lab(file, run_dir=run_directory / dataplane) as lab:
        yield lab


def arrivals(lab: Lab, source: str, *sent: bytes) -> list[set[str]]:
    """Send frames from a host; return of each the sites of its VPN at which it arrives."""
    record, vpn = lab.session.record, source.split("/", maxsplit=1)[0]
    hosts = [name for name in record.hosts if name.startswith(f"{vpn}/") and name != source]
    with Taps(tap_points(lab.session, hosts)) as taps:
        for frame in sent:
            send_frame(record.hosts[source].pid, record.hosts[source].interface, frame)
        tapped = [each for each in taps.rest(QUIET_S) if not each.outgoing]
    sites = {each.point.name: each.point.name.split("/")[1] for each in tapped}
    return [{sites[each.point.name] for each in tapped if each.data == frame} for frame in sent]


def test_control_protocols_cross_a_vpls_that_tunnels_them_but_pause_does_not(lab):
    mac = lab.session.record.hosts["quiet/a/h1"].mac
    sent = [
        frames.ethernet(f"01:80:c2:00:00:{last:02x}", mac, 0x88B5, bytes([last]) * 46)
        for last in range(16)
    ]
    sent.append(frames.ethernet(BROADCAST, mac, 0x8808, bytes(46)))
    found = arrivals(lab, "quiet/a/h1", *sent)
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
    arrivals(lab, "quiet/c/h1", frames.ethernet(BROADCAST, target, 0x88B5, bytes(46)))
    assert arrivals(lab, "quiet/a/h1", *sent) == [set(), {"c"}, {"b", "c"}]
    assert lab.ping("quiet/a/h1", "quiet/b/h1").received


def test_a_storm_is_kept_within_its_rate_and_is_an_alarm_while_it_lasts(lab):
    hosts = lab.session.record.hosts
    mac, known = hosts["loud/a/h1"].mac, hosts["loud/c/h1"].mac
    arrivals(lab, "loud/c/h1", frames.ethernet(BROADCAST, known, 0x88B5, bytes(46)))
    storm = frames.ethernet(BROADCAST, mac, 0x88B5, b"storm" * 197)
    straight = frames.ethernet(known, mac, 0x88B5, b"known" * 197)

    def storms() -> list[str]:
        return [alarm.object for alarm in lab.alarms() if "storm control" in alarm.text]

    def more() -> bool:
        arrivals(lab, "loud/a/h1", *[storm] * 50)
        return bool(storms())

    sent = [storm] * 100 + [straight] * 100
    record = lab.session.record
    with Taps(tap_points(lab.session, ["loud/c/h1"])) as taps:
        for frame in sent:
            send_frame(record.hosts["loud/a/h1"].pid, record.hosts["loud/a/h1"].interface, frame)
        found = [each.data for each in taps.rest(QUIET_S) if not each.outgoing]
    assert found.count(straight) == 100
    assert 16 <= found.count(storm) < 90  # 16 at once, and 8 a second after that
    eventually(more, storms, timeout_s=10)
    assert storms() == ["line loud/a"]


def test_an_address_that_flaps_has_a_circuit_blocked_and_the_others_reach_each_other(lab):
    frame = frames.ethernet(BROADCAST, STRANGER, 0x88B5, bytes(46))

    def blocked() -> list[str]:
        return [alarm.object for alarm in lab.alarms() if "is blocked" in alarm.text]

    def flaps() -> list[str]:
        for site in ("a", "b"):
            arrivals(lab, f"loop/{site}/h1", frame)
        return blocked()

    (line,) = eventually(flaps, blocked, timeout_s=20)
    site = line.removeprefix("line loop/")
    assert site in {"a", "b"}
    (other,) = {"a", "b"} - {site}
    assert f"loop/{site} is blocked for 30 s" in " ".join(events(lab))
    mac = lab.session.record.hosts[f"loop/{other}/h1"].mac
    mine = lab.session.record.hosts[f"loop/{site}/h1"].mac
    sent = frames.ethernet(BROADCAST, mac, 0x88B5, bytes(50))
    assert arrivals(lab, f"loop/{other}/h1", sent) == [{"c"}]
    sent = frames.ethernet(BROADCAST, mine, 0x88B5, bytes(50))
    assert arrivals(lab, f"loop/{site}/h1", sent) == [set()]
    assert not lab.program().node("dk").circuit_by_name[f"loop/{site}"].up


@pytest.mark.parametrize(
    ("join", "left", "data"),
    [
        (
            membership.igmp3((4, "239.1.1.1", 0)),
            membership.igmp(0x17, "239.1.1.1", dst="224.0.0.2"),
            frames.ip("10.0.0.9", "239.1.1.1"),
        ),
        (
            membership.mld2((4, "ff15::1", 0)),
            membership.mld(132, "ff15::1", dst="ff02::2"),
            frames.ip("2001:db8:1::9", "ff15::1"),
        ),
    ],
    ids=["IGMP", "MLD"],
)
def test_a_group_goes_to_who_has_joined_it_until_he_leaves(lab, join, left, data):
    mac, member = (lab.session.record.hosts[f"tv/{site}/h1"].mac for site in ("a", "c"))
    sent = membership.in_frame(data, mac)

    def groups() -> list[str]:
        vsi = lab.program().node("dk").vsi_by_name["tv"]
        return [str(group.address) for group in vsi.groups if group.peers == ("se",)]

    assert arrivals(lab, "tv/a/h1", sent) == [{"b", "c"}]
    assert arrivals(lab, "tv/c/h1", membership.in_frame(join, member)) == [set()]
    assert eventually(groups, "nobody is in the group") == [data_group(data)]
    assert arrivals(lab, "tv/a/h1", sent) == [{"c"}]
    arrivals(lab, "tv/c/h1", membership.in_frame(left, member))
    eventually(lambda: not groups(), groups, timeout_s=15)
    assert arrivals(lab, "tv/a/h1", sent) == [{"b", "c"}]


def data_group(packet: bytes) -> str:
    return "239.1.1.1" if packet[0] >> 4 == 4 else "ff15::1"
