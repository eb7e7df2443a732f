"""Drawing real networks: from the lab's program to the picture, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.figure import Figure, figure

_CODE = """
import resource, sys, time
from mplsemu.control.compile import compile_program
from mplsemu.lab.loader import loads
from mplsemu.lab.importers.new_lab import new_lab
generated = new_lab("bench", sys.argv[1], l3vpns=5, vpls=2, sites=5, seed=1)
program = compile_program(loads(generated.text, "bench.yaml").network)
started = time.perf_counter()
from mplsemu.views.provider import provider_view
from mplsemu.export.formats import RENDERERS
picture = RENDERERS[sys.argv[2]]([provider_view(program)])
took = time.perf_counter() - started
print(took, len(picture) // 1024, len(program.nodes), len(program.links))
"""


def measure(runs: int) -> list[Figure]:
    """Draw the provider's picture of three real networks."""
    figures = []
    for source, form, most_s, times in (
        ("topohub:topozoo/TataNld", "svg", None, runs),
        ("topohub:topozoo/TataNld", "png", None, runs),
        ("topohub:caida/2024-08/7018", "svg", 20.0, runs),
        ("topohub:backbone/world", "svg", None, 1),
    ):
        seconds, note = [], ""
        for _ in range(times):
            done = subprocess.run(
                [sys.executable, "-c", _CODE, source, form],
                capture_output=True,
                text=True,
                check=True,
            )
            took, size, nodes, links = done.stdout.split()
            seconds.append(float(took))
            note = f"{nodes} LSRs, {links} links, {size} kB"
        name = source.removeprefix("topohub:")
        figures.append(figure(f"draw {name} as {form}", seconds, "s", at_most=most_s, note=note))
    return figures
