"""TCP through three LSRs, in turn with the same chain driven by hand-written flows."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.labs import chain
from mplsemu import Lab
from mplsemu.southbound.network_namespace import inside

_SECONDS = 2
_PORT = 5201


def measure(runs: int) -> list[Figure]:
    """Measure L3VPN and VPLS, ours and by hand, in turn."""
    with tempfile.TemporaryDirectory() as directory:
        lab_file = Path(directory) / "chain.yaml"
        lab_file.write_text(chain(3))
        by_hand = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.handwritten"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        try:
            assert by_hand.stdout is not None
            theirs = json.loads(by_hand.stdout.readline())
            with Lab(lab_file) as lab:
                ours = {name: host.pid for name, host in lab.session.record.hosts.items()}
                return _compare(ours, theirs, runs)
        finally:
            assert by_hand.stdin is not None
            by_hand.stdin.close()
            by_hand.wait()


def _compare(ours: dict[str, int], theirs: dict[str, int], runs: int) -> list[Figure]:
    figures = []
    for vpn, address in (("routed", "192.168.2.2"), ("bridged", "10.0.0.2")):
        kind = {"routed": "L3VPN", "bridged": "VPLS"}[vpn]
        rates: dict[str, list[float]] = {"ours": [], "theirs": []}
        for turn in range(2 * runs):  # the machine is noisy: short and often
            order = [("ours", ours), ("theirs", theirs)]
            for whose, pids in order if turn % 2 else reversed(order):
                rates[whose].append(_tcp_mbps(pids, vpn, address))
        ratios = [a / b for a, b in zip(rates["ours"], rates["theirs"], strict=True)]
        note = f"iperf3, one stream, {_SECONDS} s, in turn"
        title = f"TCP through 3 LSRs, {kind}"
        figures += [
            figure(title, rates["ours"], "Mbit/s", note=note),
            figure(f"{title}, by hand", rates["theirs"], "Mbit/s", note=note),
            figure(f"{title}: ours / by hand", ratios, "ratio", at_least=0.95, note=note),
        ]
    return figures


def _tcp_mbps(pids: dict[str, int], vpn: str, address: str) -> float:
    with inside(pids[f"{vpn}/east/h1"]):
        server = subprocess.Popen(
            ["iperf3", "-s", "-1", "--forceflush", "-p", str(_PORT)],
            stdout=subprocess.PIPE,
            text=True,
        )
    assert server.stdout is not None
    if not any("listening" in line for line in server.stdout):  # waits for it, or for its end
        raise RuntimeError(f"{vpn}: iperf3 does not listen")
    with inside(pids[f"{vpn}/west/h1"]):
        client = subprocess.run(
            ["iperf3", "-J", "-t", str(_SECONDS), "-p", str(_PORT), "-c", address],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS + 20,
        )
    server.communicate(timeout=10)
    answer = json.loads(client.stdout)
    if "error" in answer:
        raise RuntimeError(f"{vpn}: {answer['error']}")
    return float(answer["end"]["sum_received"]["bits_per_second"]) / 1e6
