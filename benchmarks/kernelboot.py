"""Booting on the eBPF data plane: the whole command, the start of Python included."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.labs import ATTMPLS, NORDIC


def measure(runs: int) -> list[Figure]:
    """Boot two labs several times."""
    nordic = [_boot(NORDIC) for _ in range(runs)]
    attmpls = [_boot(ATTMPLS) for _ in range(runs)]
    note = "`up --dataplane ebpf --detach`, the whole command"
    return [
        figure("nordic boots on eBPF", nordic, "s", at_most=3.0, note=note),
        figure("AttMpls, 10 VPNs x 5 sites, boots on eBPF", attmpls, "s", note=note),
    ]


def _boot(lab: Path) -> float:
    mplsemu = [sys.executable, "-m", "mplsemu"]
    started = time.perf_counter()
    command = [*mplsemu, "up", str(lab), "--dataplane", "ebpf", "--detach"]
    subprocess.run(command, capture_output=True, check=True)
    took = time.perf_counter() - started
    subprocess.run([*mplsemu, "down"], capture_output=True, check=True)
    return took
