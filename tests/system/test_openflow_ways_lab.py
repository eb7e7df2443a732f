"""Two ways through a running lab on Open vSwitch: traffic takes both, and outlives one of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest

from mplsemu import Lab
from mplsemu.emulation.counters import read_counters
from tests.oracles import frames
from tests.system.running import capturing, frames_in, mplsemu
from tests.waiting import eventually

pytestmark = [pytest.mark.system, pytest.mark.quiet]  # no loss at all is what it asks for

SQUARE = """
name: square
provider:
  ecmp: 2
  nodes: {dk: {role: pe}, se: {role: pe}, p1: , p2: }
  links: [dk-p1, dk-p2, p1-se, p2-se]
vpns:
  a:
    type: l3vpn
    sites:
      x: {pe: dk, subnet: 192.168.1.0/24}
      y: {pe: se, subnet: 192.168.2.0/24}
  c:
    type: vpls
    subnet: 10.0.0.0/24
    sites: {x: {pe: dk}, y: {pe: se}}
"""
LINKS = ("dk-p1", "dk-p2")
PORTS = frozenset(range(20000, 20040))
SEVERAL = 15
TARGET_PORT = 5001
PACKET_SIZE = 14 + 2 * 4 + 20 + 8 + 4
# both go on until their standard input ends
SEND = f"""
import json, select, socket, sys, time
made = []
for port in {sorted(PORTS)}:
    made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    made[-1].bind(("", port))
    made[-1].connect((sys.argv[1], {TARGET_PORT}))
start, number = time.monotonic(), 0
while not select.select([sys.stdin], [], [], max(0, start + number / 50 - time.monotonic()))[0]:
    for each in made:
        each.send(number.to_bytes(4, "big"))
    number += 1
print(json.dumps(number))
"""
RECEIVE = f"""
import json, select, socket, sys
made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
made.bind(("", {TARGET_PORT}))
got, waiting = {{}}, [made, sys.stdin]
print("ready", flush=True)
while ready := select.select(waiting, [], [], 60 if sys.stdin in waiting else 0.5)[0]:
    if made in ready:
        data, (_, port) = made.recvfrom(64)
        got.setdefault(port, []).append(int.from_bytes(data, "big"))
    else:
        waiting = [made]
print(json.dumps(got))
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    file = tmp_path_factory.mktemp("lab") / "square.yaml"
    file.write_text(SQUARE)
    with (
        tempfile.TemporaryDirectory(prefix="mplsemu-") as directory,
        Lab(file, run_dir=Path(directory) / "r", dataplane="openflow") as booted,
    ):
        yield booted


class Traffic:
    """40 UDP flows of 50 packets a second each, between the two hosts of a VPN.

    Attributes:
        sent: packets of each flow, once it has ended.
        missing: by flow, the numbers of those that did not arrive.
    """

    def __init__(self, lab, vpn):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        source, target = (f"{vpn}/{site}/h1" for site in "xy")
        assert lab.reaches(source, target)
        words = [sys.executable, "-c", RECEIVE]
        self._receiver = lab.session.popen(target, words, **pipes)
        assert self._receiver.stdout.readline() == "ready\n"
        words = [sys.executable, "-c", SEND, lab.session.address_of(source, target)]
        self._sender = lab.session.popen(source, words, **pipes)
        self.sent = 0
        self.missing = {}

    def end(self):
        self.sent = json.loads(self._sender.communicate(timeout=10)[0])
        got = json.loads(self._receiver.communicate(timeout=10)[0])
        for port in PORTS:
            numbers = got.get(str(port), [])
            assert numbers == sorted(set(numbers)), "packets overtook each other or came twice"
            self.missing[port] = sorted(set(range(self.sent)) - set(numbers))


@contextmanager
def traffic(lab, vpn):
    made = Traffic(lab, vpn)
    try:
        yield made
    finally:
        made.end()


def on_links(lab, directory):
    """Return which flows are seen on each link until all have been seen several times."""
    files = {name: directory / f"{name}-{time.monotonic_ns()}.pcapng" for name in LINKS}

    def seen():
        return {name: Counter(map(source_port, frames_in(file))) for name, file in files.items()}

    def all_flows():
        found = sum(seen().values(), Counter())
        return all(found[port] >= SEVERAL for port in PORTS)

    with (
        capturing(lab, "dk-p1", files["dk-p1"], "mpls"),
        capturing(lab, "dk-p2", files["dk-p2"], "mpls"),
    ):
        eventually(all_flows, f"each flow has been seen {SEVERAL} times")
    return {name: PORTS & set(ports) for name, ports in seen().items()}


def source_port(frame):
    """Return a UDP packet's source port, of a routed packet or of one in a customer's frame."""
    seen = frames.seen(frame)
    packet = seen.payload if seen.payload[0] >> 4 == 4 else frames.seen(seen.payload).payload
    to = int.from_bytes(packet[22:24], "big")
    return int.from_bytes(packet[20:22], "big") if to == TARGET_PORT else None


def sent(lab):
    """Return how many bytes dk has sent on each link."""
    counters = read_counters({name: lab.session.record.links[name] for name in LINKS})
    return {name: from_dk for name, (from_dk, _) in counters.sent_bytes.items()}


@pytest.mark.parametrize("vpn", ["a", "c"])
def test_flows_use_both_links_and_losing_one_harms_only_those_on_it(lab, vpn, tmp_path):
    with traffic(lab, vpn) as flows:
        on_links(lab, tmp_path)  # all flows flow
        before = sent(lab)
        first = on_links(lab, tmp_path)
        assert first["dk-p1"] | first["dk-p2"] == PORTS
        assert not first["dk-p1"] & first["dk-p2"]
        assert min(map(len, first.values())) >= len(PORTS) // 8
        after = sent(lab)
        for name in LINKS:
            assert after[name] - before[name] >= SEVERAL * PACKET_SIZE * len(first[name])
        with lab.link("dk", "p1").down():
            assert on_links(lab, tmp_path) == {"dk-p1": set(), "dk-p2": PORTS}
        assert on_links(lab, tmp_path) == first
    assert not any(flows.missing[port] for port in first["dk-p2"])
    for port in first["dk-p1"]:
        lost = flows.missing[port]
        assert lost == list(range(lost[0], lost[-1] + 1)) if lost else True, "lost again later"
        assert len(lost) < flows.sent / 4


def test_what_is_installed_is_what_was_meant(lab):
    run_dir = {"MPLSEMU_RUN_DIR": str(lab.session.directory.path.parent)}
    for _ in range(2):
        done = mplsemu("check", "--live", "--json", env=run_dir)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["differences"] == []
