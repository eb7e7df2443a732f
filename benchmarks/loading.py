"""How long it takes to have a large network's whole program in the maps of the eBPF data plane.

The program is compiled before; timed is translating, writing, and the time that every installation
takes. The maps are those of the kernel's program, which is attached to nothing.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import subprocess
import sys
import time

from benchmarks.figure import Figure, figure

_NETWORK = "topozoo/TataNld"


def measure(runs: int) -> list[Figure]:
    """Install everything in empty maps, several times, in processes of their own."""
    took, note = [], ""
    for _ in range(runs):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.loading"],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        answer = json.loads(done.stdout)
        took.append(answer["seconds"])
        note = f"{answer['entries']:,} entries of {answer['lsrs']} LSRs; translate and write"
    title = f"eBPF: {_NETWORK}, 100 VPNs x 10 sites: from program to maps"
    return [figure(title, took, "s", at_most=1.0, note=note)]


def _once() -> None:
    from mplsemu.cli.main import COLLECT_AFTER
    from mplsemu.control.compile import compile_program
    from mplsemu.lab.importers.new_lab import new_lab
    from mplsemu.lab.loader import loads
    from mplsemu.southbound.ebpf.attached import Attached
    from mplsemu.southbound.ebpf.loader import LoadedProgram
    from mplsemu.southbound.ebpf.plane import EbpfPlane
    from mplsemu.southbound.ebpf.sizes import sizes

    gc.set_threshold(COLLECT_AFTER)  # as every command does
    generated = new_lab("bench", f"topohub:{_NETWORK}", l3vpns=50, vpls=50, sites=10, seed=1)
    program = compile_program(loads(generated.text, "bench.yaml").network)
    names = [node.name for node in program.nodes]
    numbers = itertools.count(10_001)
    ports = {
        node.name: {end.port: next(numbers) for end in (*node.adjacencies, *node.circuits)}
        for node in program.nodes
    }
    with LoadedProgram.load(sizes=sizes(program)) as loaded:
        ids = {name: each.id for name, each in loaded.maps.items()}
        attached = Attached(ids, ports, {}, frozenset(), dict.fromkeys(names, os.getpid()))
        plane = EbpfPlane(attached, loaded.maps)
        plane.prepare(program, print)
        started = time.perf_counter()
        installed = plane.install(program, names)
        seconds = time.perf_counter() - started
    assert installed.in_sync == frozenset(names)
    print(json.dumps({"entries": installed.changed, "lsrs": len(names), "seconds": seconds}))


if __name__ == "__main__":
    _once()
