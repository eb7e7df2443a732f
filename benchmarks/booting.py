"""Booting: nordic until every check is green; AttMpls beside bare Mininet."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.labs import ATTMPLS, NORDIC

_BARE = Path(__file__).with_name("bare_mininet.py")


def measure(runs: int) -> list[Figure]:
    """Boot both labs several times, AttMpls in turn with bare Mininet."""
    whole, ours, bare, ratios = [], [], [], []
    for _ in range(runs):
        started = time.perf_counter()
        command = [sys.executable, "-m", "mplsemu", "test", str(NORDIC), "--json"]
        done = subprocess.run(command, capture_output=True, check=True)
        answer = json.loads(done.stdout)
        took = time.perf_counter() - started
        assert not answer["failed"], "nordic's checks must hold"
        whole.append(took)
    for _ in range(runs):
        ours.append(_boot(ATTMPLS))
        bare.append(_bare())
        ratios.append(ours[-1] / bare[-1])
    return [
        figure(
            "nordic: `test` from typing to the end, all checks green",
            whole,
            "s",
            at_most=6.0,
            note="boot, checks and teardown",
        ),
        figure("AttMpls, 10 VPNs x 5 sites: `up`", ours, "s", note="the whole command"),
        figure("the same nodes and links in bare Mininet", bare, "s", note="no controller"),
        figure("AttMpls: boot / bare Mininet", ratios, "ratio", at_most=1.5, note="in turn"),
    ]


def _boot(lab: Path) -> float:
    started = time.perf_counter()
    mplsemu = [sys.executable, "-m", "mplsemu"]
    subprocess.run([*mplsemu, "up", str(lab), "--detach"], capture_output=True, check=True)
    took = time.perf_counter() - started
    subprocess.run([*mplsemu, "down"], capture_output=True, check=True)
    return took


def _bare() -> float:
    done = subprocess.run(
        [sys.executable, str(_BARE), str(ATTMPLS)], capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1])
