"""Packets of sizes around every limit: both data planes do with them what the program says.

A ping tells: it is answered, or a router says how large the packet may be, or there is silence.
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.program.host_stack import PacketOptions
from mplsemu.program.hosts import find_host
from mplsemu.program.path import Delivered, TooBig
from mplsemu.program.trace import trace
from mplsemu.southbound.network_namespace import inside
from tests.oracles.frames import ethernet

pytestmark = pytest.mark.system

LAB = """
name: sizes
provider:
  nodes: {pe1: {role: pe}, p: , pe2: {role: pe}, q: , pe3: {role: pe}}
  links: [pe1-p, p-pe2, {ends: [pe1, q], mtu: 9216}, {ends: [q, pe3], mtu: 9216}]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: pe1, subnet: [10.0.1.0/24, "2001:db8:1::/64"]}
      near: {pe: pe1, subnet: [10.0.4.0/24, "2001:db8:4::/64"]}
      y: {pe: pe2, subnet: [10.0.2.0/24, "2001:db8:2::/64"]}
      z: {pe: pe2, subnet: [10.0.3.0/24, "2001:db8:3::/64"], ce: router}
      big: {pe: pe1, mtu: 9000, subnet: [10.0.5.0/24, "2001:db8:5::/64"]}
      far: {pe: pe3, mtu: 9000, subnet: [10.0.6.0/24, "2001:db8:6::/64"]}
      thin: {pe: pe3, mtu: 1300, subnet: [10.0.7.0/24, "2001:db8:7::/64"]}
  c:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8:9::/64"]
    sites: {x: {pe: pe1}, near: {pe: pe1}, y: {pe: pe2}}
  d:
    type: vpws
    subnet: [10.0.0.0/24, "2001:db8:9::/64"]
    sites: {x: {pe: pe1}, y: {pe: pe2}}
  e:
    type: vpls
    subnet: [10.0.0.0/24, "2001:db8:9::/64"]
    sites: {big: {pe: pe1, mtu: 9000}, far: {pe: pe3, mtu: 9000}}
"""
MORE = 104
"""By how much hosts may send more than their line takes: the PE's end of it takes 100 more than the
customer's, and an Ethernet device of Linux lets four octets in beyond its MTU."""
BEHIND_CE = "a/z/h1"
PAIRS = [("a/x/h1", f"a/{site}/h1") for site in ("y", "near", "z")]
PAIRS += [("c/x/h1", "c/y/h1"), ("c/x/h1", "c/near/h1"), ("d/x/h1", "d/y/h1")]
PAIRS += [("a/big/h1", "a/far/h1"), ("a/big/h1", "a/thin/h1"), ("e/big/h1", "e/far/h1")]
LIMITS = (1500, 1578, 1592, 1600)
JUMBO_LIMITS = (1300, 9000, 9100)


def sizes(source):
    """Return sizes around every limit on the ways from a host."""
    limits = JUMBO_LIMITS if "/big/" in source else LIMITS
    return sorted({limit + more for limit in limits for more in (0, 1, 4)})


@pytest.fixture(scope="module")
def lab(tmp_path_factory, dataplane):
    file = tmp_path_factory.mktemp("sizes") / "lab.yaml"
    file.write_text(LAB)
    with (
        tempfile.TemporaryDirectory(prefix="mplsemu-") as directory,
        Lab(file, run_dir=Path(directory) / "run") as booted,
    ):
        for name in {name for pair in PAIRS for name in pair} - {BEHIND_CE}:
            mtu = find_host(booted.program(), name).circuit.mtu + MORE
            booted.cmd(name, f"ip link set eth0 mtu {mtu}")
        yield booted


@dataclass(frozen=True)
class Said:
    """What came of a ping: an answer, or the MTU of a next hop that somebody told of."""

    answered: bool
    mtu: int | None = None


def meant(lab, source, address, octets, *, may_fragment, vlans=()):
    """Return what the program says."""
    header = PacketOptions(octets=octets, may_fragment=may_fragment, vlans=vlans)
    match trace(lab.program(), source, address, header).end:
        case Delivered():
            return Said(answered=True)
        case TooBig(mtu=mtu):
            return Said(answered=False, mtu=mtu)
        case _:
            return Said(answered=False)


ASK = """
import json, socket, struct, sys, time
version, discovery, cases = json.loads(sys.argv[1])
six = version == 6
made = socket.socket(
    socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_RAW, 58 if six else socket.IPPROTO_ICMP)
made.setsockopt(socket.SOL_SOCKET, 33, 1 << 22)
# IP_MTU_DISCOVER, IPV6_MTU_DISCOVER: whatever has been heard about the path
made.setsockopt(41 if six else 0, 23 if six else 10, discovery)
def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF
def ask(number, address, octets):
    body = bytes(octets - (48 if six else 28))
    head = struct.pack("!BBHHH", 128 if six else 8, 0, 0, 7, number)
    if not six:
        head = head[:2] + checksum(head + body).to_bytes(2, "big") + head[4:]
    made.sendto(head + body, (address, 0))
answered, mtus = {}, {}
missing = lambda: [n for n in range(len(cases)) if n not in answered and n not in mtus]
for _ in range(6):
    for number in missing():
        ask(number, *cases[number])
        time.sleep(0.01)
    end = time.monotonic() + 0.7
    while missing() and (left := end - time.monotonic()) > 0:
        made.settimeout(left)
        try:
            data = made.recv(1 << 16)
        except TimeoutError:
            break
        data = data if six else data[(data[0] & 15) * 4:]
        if data[0] == (129 if six else 0):
            answered[int.from_bytes(data[6:8], "big")] = len(data)
        elif data[:2] == (b"\\2\\0" if six else b"\\3\\4"):
            inner = data[8 + (40 if six else (data[8] & 15) * 4):]
            mtu = data[4:8] if six else data[6:8]
            mtus[int.from_bytes(inner[6:8], "big")] = int.from_bytes(mtu, "big")
print(json.dumps([[n in answered, mtus.get(n)] for n in range(len(cases))]))
"""
"""Sends echo requests, some of them again: nobody answers to those that are lost anyhow."""


def pinged(lab, source, version, cases, *, may_fragment):
    """Ping many addresses with many sizes; return what came of each."""
    asked = json.dumps([version, 0 if may_fragment else 3, cases])
    said = json.loads(lab.cmd(source, [sys.executable, "-c", ASK, asked]))
    return {case: Said(*each) for case, each in zip(cases, said, strict=True)}


def address_of(lab, target, version):
    [found] = [each.ip for each in find_host(lab.program(), target).host.addresses
               if each.version == version]  # fmt: skip
    return str(found)


@pytest.mark.parametrize(("version", "may_fragment"), [(4, False), (4, True), (6, False)])
def test_a_packet_of_any_size_fares_as_the_program_says(lab, version, may_fragment):
    cases = {
        source: [
            (address_of(lab, each, version), octets)
            for name, each in PAIRS
            if name == source
            for octets in sizes(source)
        ]
        for source in sorted({source for source, _ in PAIRS})
    }

    def ask(source):
        return pinged(lab, source, version, cases[source], may_fragment=may_fragment)

    with ThreadPoolExecutor() as pool:  # most of it is waiting for what never comes
        got = dict(zip(cases, pool.map(ask, cases), strict=True))
    differences = []
    for source, asked in cases.items():
        for address, octets in asked:
            wanted = meant(lab, source, address, octets, may_fragment=may_fragment)
            if got[source][address, octets] != wanted:
                differences.append((source, address, octets, wanted, got[source][address, octets]))
    assert differences == []


@pytest.mark.parametrize("tags", [1, 2])
def test_a_tagged_frame_of_any_size_fares_as_the_program_says(lab, tags):
    """Frames are counted where they arrive: nobody answers to them."""
    vlans = tuple(range(7, 7 + tags))
    differences = []
    for source, target in [pair for pair in PAIRS if pair[0][0] in "cde"]:
        sender, receiver = (find_host(lab.program(), name).host for name in (source, target))
        pids = [lab.session.host(name).pid for name in (source, target)]
        for octets in sizes(source):
            frame = ethernet(receiver.mac, sender.mac, 0x88B5, bytes(octets), vlans)
            wanted = meant(lab, source, receiver.mac, octets, may_fragment=False, vlans=vlans)
            if (got := arrives(pids, frame, is_lost=not wanted.answered)) != wanted.answered:
                differences.append((source, target, octets, wanted, got))
    assert differences == []


def arrives(pids, frame, *, is_lost):
    """Send a frame from one host's interface, and see whether it comes in at another's."""
    with inside(pids[1]), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0300) as tap:
        tap.bind(("eth0", 3))
        tap.settimeout(0.3 if is_lost else 5)
        with inside(pids[0]), socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
            line.bind(("eth0", 0))
            try:
                line.send(frame)
            except OSError:  # longer than the host's own interface takes
                return False
        try:
            while True:
                if len(tap.recv(1 << 16)) >= len(frame) - 4:  # a tag may stand beside it
                    return True
        except TimeoutError:
            return False
