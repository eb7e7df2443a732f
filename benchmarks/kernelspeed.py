"""The eBPF data plane beside plain Linux forwarding over as many namespaces, in turn."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.labs import chain
from mplsemu import Lab
from mplsemu.emulation.throughput import Transfer, measure_throughput
from mplsemu.southbound.network_namespace import inside

_LENGTHS = (3, 5, 9)
_SLICES = 3
"""Of a run: the machine is never the same for long, so both sides get short turns."""
_SECONDS = 1.0
_SMALL = 22
"""Octets of UDP payload in a frame of 64: 14 Ethernet, 20 IPv4, 8 UDP."""
_PINGS = 400
_PORT = 5201
_OPENFLOW_LSRS = 5
_LINE_LSRS = 9
_LINE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Way:
    """Two hosts with routers in between: processes in their namespaces, the server's address."""

    client: int
    server: int
    address: str


def measure(runs: int) -> list[Figure]:
    """Measure chains of several lengths, then rates of lines, and the other data plane."""
    figures: list[Figure] = []
    for lsrs in _LENGTHS:
        with plain(lsrs) as beside, labs(lsrs, "ebpf") as ours:
            figures += _compare(lsrs, beside, ours, runs)
    figures += _against_openflow(runs)
    return figures + _lines(runs)


@contextmanager
def plain(routers: int) -> Iterator[Way]:
    """Build a chain of Linux routers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.plain_linux", str(routers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        (client, _), (server, address) = json.loads(process.stdout.readline())
        yield Way(client, server, address)
    finally:
        process.stdin.close()
        process.wait()


@contextmanager
def labs(lsrs: int, dataplane: str, text: str | None = None) -> Iterator[dict[str, Way]]:
    """Boot a chain; yield the paths of its VPNs."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        lab_file = directory / "chain.yaml"
        lab_file.write_text(
            f"dataplane: {dataplane}\n" + (text or chain(lsrs, f"chain-{dataplane}"))
        )
        lab = stack.enter_context(Lab(lab_file, run_dir=directory / "run"))
        pids = {name: host.pid for name, host in lab.session.record.hosts.items()}
        ends = {"routed": "192.168.2.2", "bridged": "10.0.0.2"}
        found = {
            vpn: Way(pids[f"{vpn}/west/h1"], pids[f"{vpn}/east/h1"], address)
            for vpn, address in ends.items()
        }
        for vpn in found:
            assert lab.reaches(f"{vpn}/west/h1", f"{vpn}/east/h1")
        yield found


def _compare(lsrs: int, beside: Way, ours: dict[str, Way], runs: int) -> list[Figure]:
    """Measure each thing in turn with plain forwarding."""
    routed, bridged = ours["routed"], ours["bridged"]
    plan: list[tuple[str, Callable[[Way], float], Way, str, float | None, float | None]] = [
        ("TCP, L3VPN", tcp_gbps, routed, "Gbit/s", 1.0, None),
        ("TCP, VPLS", tcp_gbps, bridged, "Gbit/s", 1.0, None),
        ("UDP of 64 bytes, L3VPN", udp_kpps, routed, "kpkt/s", 1.0, None),
        ("UDP of 64 bytes, VPLS", udp_kpps, bridged, "kpkt/s", 1.0, None),
        ("ping RTT, L3VPN", rtt_us, routed, "us", None, 1.1),
        ("ping RTT, VPLS", rtt_us, bridged, "us", None, 1.1),
    ]
    figures = []
    for what, measured, path, unit, least, most in plan:
        mine, theirs = _in_turn(measured, path, beside, runs)
        ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
        title = f"{what}, {lsrs} routers"
        figures += [
            figure(f"{title}: eBPF", mine, unit),
            figure(f"{title}: plain IP forwarding", theirs, unit),
            figure(f"{title}: eBPF / plain", ratios, "ratio", at_least=least, at_most=most,
                   note=f"means of {_SLICES} turns each, one stream or sender"),
        ]  # fmt: skip
    return figures


def _in_turn(
    measured: Callable[[Way], float], path: Way, beside: Way, runs: int
) -> tuple[list[float], list[float]]:
    """Measure both; return a mean of each for every run."""
    mine: list[list[float]] = [[] for _ in range(runs)]
    theirs: list[list[float]] = [[] for _ in range(runs)]
    for turn in range(runs * _SLICES):
        pair = [(path, mine[turn // _SLICES]), (beside, theirs[turn // _SLICES])]
        for each, values in pair if turn % 2 else reversed(pair):
            values.append(measured(each))
    return list(map(statistics.mean, mine)), list(map(statistics.mean, theirs))


def _against_openflow(runs: int) -> list[Figure]:
    with labs(_OPENFLOW_LSRS, "ebpf") as ours, labs(_OPENFLOW_LSRS, "openflow") as theirs:
        ratios = []
        for turn in range(runs):
            pair = [ours["routed"], theirs["routed"]]
            values = [tcp_gbps(each) for each in (pair if turn % 2 else reversed(pair))]
            fast, slow = values if turn % 2 else reversed(values)
            ratios.append(fast / slow)
    title = f"TCP, L3VPN, {_OPENFLOW_LSRS} routers: eBPF / OpenFlow in userspace"
    return [figure(title, ratios, "ratio", at_least=20.0, note="in turn")]


def _lines(runs: int) -> list[Figure]:
    """Measure access lines with a rate, over the longest chain."""
    figures = []
    for rate, unit_bps, least, most in (
        ("1 Gbit/s", 1e9, 0.93, 1.0),
        ("512 kbit/s", 512e3, 0.95, 1.05),
    ):
        text = chain(_LINE_LSRS, "line").replace("{pe: z, ", f"{{pe: z, rate: {rate}, ")
        with labs(_LINE_LSRS, "ebpf", text) as ours:
            seconds = _LINE_SECONDS if unit_bps > 1e6 else 8.0
            shares = [tcp_gbps(ours["routed"], seconds) * 1e9 / unit_bps for _ in range(runs)]
        note = f"TCP over {_LINE_LSRS} routers, payload; to lie within {least:g} and {most:g}"
        title = f"a line of {rate}: TCP / rate"
        figures.append(figure(title, shares, "ratio", at_least=least, note=note))
        figures.append(figure(f"{title}, at most", shares, "ratio", at_most=most, note=note))
    return figures


def tcp_gbps(path: Way, seconds: float = _SECONDS) -> float:
    """Return the rate of one TCP stream, in Gbit/s of payload."""
    transfer = Transfer(seconds, None, _PORT)
    found = measure_throughput(path.client, path.server, path.address, transfer)
    return found.received_bps / 1e9


def udp_kpps(path: Way) -> float:
    """Return how many small datagrams arrive, in thousands a second."""
    with inside(path.server):
        server = subprocess.Popen(
            ["iperf3", "-s", "-1", "-p", str(_PORT), "--forceflush"],
            stdout=subprocess.PIPE,
            text=True,
        )
    assert server.stdout is not None
    if not any("listening" in line for line in server.stdout):
        raise RuntimeError("iperf3 does not listen")
    with inside(path.client):
        client = subprocess.run(
            ["iperf3", "-J", "-u", "-b", "0", "-l", str(_SMALL), "-t", f"{_SECONDS:g}",
             "-p", str(_PORT), "-c", path.address],
            capture_output=True, text=True, check=True, timeout=_SECONDS + 20,
        )  # fmt: skip
    server.communicate(timeout=10)
    total = json.loads(client.stdout)["end"]["sum"]
    return float(total["packets"] - total["lost_packets"]) / float(total["seconds"]) / 1000


def rtt_us(path: Way) -> float:
    """Return the mean round-trip time of many pings without the slowest tenth, in microseconds."""
    with inside(path.client):
        done = subprocess.run(
            ["ping", "-n", "-i", "0.002", "-c", str(_PINGS), path.address],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    times = sorted(float(found) for found in re.findall(r"time=([\d.]+) ms", done.stdout))
    return statistics.mean(times[: len(times) * 9 // 10]) * 1000
