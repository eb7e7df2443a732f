"""The same frames into the same lab: on both data planes the same octets are on every cable.

What differs is not sent here (docs/ebpf.md): several ways of equal cost, control words, labels in a
customer's frame, a DSCP under two tags.
"""

from __future__ import annotations

import itertools
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.emulation.taps import Taps, send_frame
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.running.captures import circuit_tap, core_tap
from tests.oracles import frames

pytestmark = pytest.mark.system

LAB = """
name: agree
dataplane: {dataplane}
provider:
  ttl: {ttl}
  php: {php}
  nodes: {{dk: {{role: pe}}, se: {{role: pe}}, no: {{role: pe}}, p1: , p2: }}
  links: [dk-p1, p1-p2, p2-se, p1-no, {{ends: [dk, no], metric: 10}}]
vpns:
  a:
    type: l3vpn
    sites:
      aarhus: {{pe: dk, subnet: [192.168.1.0/24, "2001:db8:1::/64"], hosts: 2}}
      stockholm: {{pe: se, subnet: [192.168.2.0/24, "2001:db8:2::/64"]}}
      oslo: {{pe: no, subnet: [192.168.3.0/24, "2001:db8:3::/64"], ce: router}}
  b:
    type: l3vpn
    import: ["64512:2", "64512:1"]
    sites:
      odense: {{pe: dk, subnet: 172.16.1.0/24}}
      malmo: {{pe: se, subnet: 172.16.2.0/24}}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {{odense: {{pe: dk, hosts: 2}}, malmo: {{pe: se}}, bergen: {{pe: no}}}}
  d:
    type: vpws
    subnet: 10.0.1.0/24
    sites: {{odense: {{pe: dk}}, malmo: {{pe: se}}}}
"""
RST = 0x04
"""A host to which nobody is connected takes a TCP reset without an answer."""
TCP = 6
QUIET_S = 0.4
MARK = 0x6D70_0000
"""Beside a number, in every frame: told from what hosts send by themselves."""

Sights = Counter[tuple[str, bool, bytes]]
"""Name of the cable, whether it leaves the near end, octets."""


class Marks:
    """Numbers frames."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def next(self) -> bytes:
        return struct.pack("!I", MARK + next(self._numbers))


def tcp(marks: Marks) -> bytes:
    """Return a TCP segment with a mark in its first eight octets, which ICMP errors quote."""
    ports = struct.pack("!HH", 40_000, 50_000)
    return ports + marks.next() + struct.pack("!IBBHHH", 0, 0x50, RST, 0, 0, 0) + bytes(24)


def udp(marks: Marks) -> bytes:
    mark = marks.next()
    return struct.pack("!HHHH", 40_000, 33_434, 8 + len(mark), 0) + mark


def routed(marks: Marks) -> Iterator[tuple[str, bytes]]:
    """Yield frames of an L3VPN's host: to other sites, gateways, nobody; by TTL and DSCP."""
    source, source6 = "192.168.1.2", "2001:db8:1::2"
    mac = "02:00:00:00:00:01"
    there = (
        (source, "192.168.2.2"),
        (source, "192.168.3.2"),
        (source, "192.168.2.1"),
        (source, "172.16.1.2"),
        (source, "10.9.9.9"),
        (source6, "2001:db8:2::2"),
        (source6, "2001:db8:3::2"),
    )
    for src, dst in there:
        for ttl, dscp in ((64, 0), (64, 46), (9, 8), (1, 0), (2, 0), (5, 46)):
            packet = frames.ip(src, dst, TCP, tcp(marks), ttl=ttl, dscp=dscp)
            yield "a/aarhus/h1", frames.ip_frame(GATEWAY_MAC, mac, packet)
    for dst in ("192.168.1.1", "192.168.2.1"):
        packet = frames.ip(source, dst, payload=udp(marks))
        yield "a/aarhus/h1", frames.ip_frame(GATEWAY_MAC, mac, packet)
    tagged = frames.ip(source, "192.168.2.2", TCP, tcp(marks))
    yield "a/aarhus/h1", frames.ip_frame(GATEWAY_MAC, mac, tagged, vlans=(7,))
    yield "a/aarhus/h1", frames.ip_frame("02:00:00:00:00:77", mac, tagged)


def bridged(marks: Marks, vpn: str, macs: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    """Yield frames of a VPLS' or VPWS' host: known and unknown, tagged or not, IP or not."""
    source = f"{vpn}/odense/h1"
    others = [mac for host, mac in macs.items() if host.startswith(f"{vpn}/") and host != source]
    groups = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "01:80:c2:00:00:0e"]
    for dst in (*others, *groups, "02:00:00:00:07:77"):
        for vlans in ((), (5,), (5, 6)):
            plain = marks.next() + bytes(range(60))
            yield source, frames.ethernet(dst, macs[source], 0x88B5, plain, vlans)
            dscp = 0 if len(vlans) > 1 else 46
            packet = frames.ip("10.0.0.1", "10.0.0.99", TCP, tcp(marks), dscp=dscp)
            yield source, frames.ip_frame(dst, macs[source], packet, vlans)
        short = marks.next() + bytes(42)
        yield source, frames.ethernet(dst, macs[source], len(short), short)  # IEEE 802.3: a length


@contextmanager
def lab_on(dataplane: str, directory: Path, **settings: str) -> Iterator[Lab]:
    directory.mkdir()
    file = directory / "agree.yaml"
    file.write_text(LAB.format(dataplane=dataplane, **settings))
    with Lab(file, run_dir=directory / "run") as lab:
        yield lab


def on_the_wire(lab: Lab) -> tuple[int, Sights]:
    """Send all frames one after the other; return how many, and where each was seen as what."""
    session, marks = lab.session, Marks()
    record, provider = session.record, session.network.provider
    points = [core_tap(record, link) for link in provider.links]
    points += [circuit_tap(record, site) for _, site in session.network.sites()]
    macs = {name: host.mac for name, host in record.hosts.items()}
    found: Sights = Counter()
    with Taps(tuple(points)) as taps:
        for host, mac in macs.items():  # every VSI learns where everybody is
            if host[:2] in ("c/", "d/"):
                hello = frames.ethernet("ff:ff:ff:ff:ff:ff", mac, 0x88B5, bytes(46))
                send_frame(record.hosts[host].pid, record.hosts[host].interface, hello)
        taps.rest(QUIET_S)
        sent = [*routed(marks), *bridged(marks, "c", macs), *bridged(marks, "d", macs)]
        for host, frame in sent:
            send_frame(record.hosts[host].pid, record.hosts[host].interface, frame)
            found.update(_marked(taps.read(0.01)))
        found.update(_marked(taps.rest(QUIET_S)))
        assert not any(taps.lost().values())
    return len(sent), found


def _marked(tapped) -> Iterator[tuple[str, bool, bytes]]:
    mark = struct.pack("!I", MARK)[:2]
    for each in tapped:
        if mark in each.data[12:]:
            yield each.point.name, each.outgoing, each.data


@pytest.mark.parametrize(("ttl", "php"), [("pipe", "implicit-null"), ("uniform", "explicit-null")])
def test_the_same_frames_give_the_same_octets_on_every_cable(short_path, ttl, php):
    with ExitStack() as stack:
        labs = [
            stack.enter_context(lab_on(plane, short_path / plane, ttl=ttl, php=php))
            for plane in ("openflow", "ebpf")
        ]
        (count, flows), (_, maps) = map(on_the_wire, labs)
    assert count > 100
    assert flows.total() > 3 * count
    for only, which in ((flows - maps, "openflow"), (maps - flows, "ebpf")):
        for cable, out, data in sorted(only):
            print(f"{which:8} only: {cable:12} {'out' if out else 'in':3} {data.hex()}")
    assert flows == maps
