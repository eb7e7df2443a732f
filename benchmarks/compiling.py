"""Compiling real networks: seconds and memory, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figure import Figure, figure

_CODE = """
import resource, sys, time
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.lab.importers.new_lab import new_lab
generated = new_lab("bench", sys.argv[1], l3vpns=50, vpls=50, sites=10, seed=1)
network = loads(generated.text, "bench.yaml").network
started = time.perf_counter()
program = compile_program(network)
took = time.perf_counter() - started
peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
entries = sum(len(node.ilm) for node in program.nodes)
print(took, peak_mb, len(program.nodes), len(program.links), entries)
"""


def measure(runs: int) -> list[Figure]:
    """Compile 50 L3VPNs and 50 VPLS of 10 sites on two real networks."""
    figures = []
    for source, most_s, most_mb in (
        ("topohub:caida/2024-08/7018", 5.0, 1024.0),
        ("topohub:backbone/world", 30.0, 2048.0),
    ):
        seconds, memory, note = [], [], ""
        for _ in range(runs):
            done = subprocess.run(
                [sys.executable, "-c", _CODE, source], capture_output=True, text=True, check=True
            )
            took, peak, nodes, links, entries = done.stdout.split()
            seconds.append(float(took))
            memory.append(float(peak))
            note = f"{nodes} LSRs, {links} links, {entries} ILM entries"
        name = source.removeprefix("topohub:")
        title = f"compile {name}, 100 VPNs x 10 sites"
        figures.append(figure(title, seconds, "s", at_most=most_s, note=note))
        figures.append(figure(f"{title}: peak memory", memory, "MB", at_most=most_mb, note=note))
    return figures
