"""The full matrix of AttMpls: every pair within a VPN, every pair across VPNs."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.figure import Figure, figure
from benchmarks.labs import ATTMPLS


def measure(runs: int) -> list[Figure]:
    """Boot and check AttMpls several times."""
    seconds, note = [], ""
    for _ in range(runs):
        command = [sys.executable, "-m", "mplsemu", "test", str(ATTMPLS), "--json"]
        answer = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        seconds.append(answer["checks_s"])
        note = f"{answer['passed']} checks, {answer['failed']} failed"
    return [figure("AttMpls: full matrix", seconds, "s", at_most=20.0, note=note)]
