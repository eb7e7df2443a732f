"""Losses and jitter of a link on a kernel that has sch_netem; tests/system/test_old_kernel.py does.

Two namespaces and a veth pair, which is what a link is made of.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator

import pytest

from mplsemu.emulation.plan import Endpoint, VethPair
from mplsemu.emulation.shaping import Capabilities, probe_capabilities, shape_of, tc_lines
from mplsemu.errors import EmulationError

LOSSY = VethPair(
    "a-b",
    (Endpoint("a", "left", 1, 1600), Endpoint("b", "right", 1, 1600)),
    rate_bps=100_000_000,
    delay_ms=20,
    loss_percent=20,
    jitter_ms=30,
)
PINGS = 200
MACS = "02:00:00:00:00:01", "02:00:00:00:00:02"


def has_netem() -> bool:
    try:
        return probe_capabilities([LOSSY]).netem
    except EmulationError:
        return False


pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(not has_netem(), reason="this kernel has no sch_netem"),
]


def ip(*words: str, given: str = "") -> str:
    done = subprocess.run(["ip", *words], input=given, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def namespaces() -> Iterator[tuple[str, str]]:
    names = "netem-left", "netem-right"
    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", "left", "address", MACS[0], "netns", names[0], "type", "veth",
           "peer", "name", "right", "address", MACS[1], "netns", names[1])  # fmt: skip
        shape = shape_of(LOSSY, Capabilities())
        assert shape is not None
        for number, (name, end) in enumerate(zip(names, LOSSY.ends, strict=True), 1):
            ip("-n", name, "address", "add", f"192.0.2.{number}/24", "dev", end.interface)
            ip("-n", name, "link", "set", end.interface, "up")
            # known from the start: a request for it may be lost, and comes again a second later
            ip("-n", name, "neighbour", "add", f"192.0.2.{3 - number}", "lladdr", MACS[2 - number],
               "dev", end.interface, "nud", "permanent")  # fmt: skip
            lines = "\n".join(tc_lines(end, shape))
            ip("netns", "exec", name, "tc", "-batch", "-", given=lines)
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)


def test_a_link_loses_its_part_and_delays_within_bounds_and_lets_none_overtake(namespaces):
    left, _ = namespaces
    said = ip("netns", "exec", left, "ping", "-n", "-c", str(PINGS), "-i", "0.004", "-W", "1",
              "192.0.2.2")  # fmt: skip
    found = re.findall(r"icmp_seq=(\d+) ttl=\d+ time=([\d.]+)", said)
    answers = [(int(number), float(ms)) for number, ms in found]
    # 36 % of round trips are lost; four deviations of a binomial distribution are 14 %
    assert 0.22 * PINGS < PINGS - len(answers) < 0.50 * PINGS
    numbers = [number for number, _ in answers]
    assert numbers == sorted(numbers)
    times = [ms for _, ms in answers]
    assert min(times) >= 40
    assert 60 < sorted(times)[len(times) // 2] < 100
