"""``check``: verdicts on real networks, with and without failures, and what they cost."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.plot import Series, line_chart
from mplsemu.lab.importers.new_lab import new_lab

_PLOT = Path(__file__).parents[1] / "docs" / "images" / "check-cost.svg"
_ATTMPLS = "topohub:topozoo/AttMpls"
_TATANLD = "topohub:topozoo/TataNld"
_CAIDA = "topohub:caida/2024-08/7018"
_CASES = (
    (_ATTMPLS, 50, 0, 5, (), 2.0),
    (_ATTMPLS, 25, 25, 5, (), 2.0),
    (_CAIDA, 100, 0, 10, (), 30.0),
    (_CAIDA, 50, 50, 10, (), 30.0),
    (_TATANLD, 50, 0, 5, ("--failures", "1"), 60.0),
    (_TATANLD, 50, 0, 5, ("--nodes",), 60.0),
    (_ATTMPLS, 5, 5, 5, ("--failures", "2"), 60.0),
)
"""Network, L3VPNs, VPLS, sites of each, options, and the most seconds it may take."""
_VPNS = (20, 40, 80, 160, 320, 640)
_EVEN = 1.5
"""A VPN among many may cost at most so much more than one among few."""

_CODE = """
import json, resource, subprocess, sys
command = [sys.executable, "-m", "mplsemu", "check", *sys.argv[1:], "--json"]
done = subprocess.run(command, capture_output=True, text=True)
assert done.returncode in (0, 1), done.stderr
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
found = json.loads(done.stdout)
print(json.dumps([usage.ru_maxrss / 1024, found["counts"], found["failures"]["tried"]]))
"""
"""Its peak is that of the largest process: the first one, or one of those that help it."""

_VERIFY = (
    "import sys, time\n"
    "from mplsemu.control.compile import compile_program\n"
    "from mplsemu.lab.loader import load\n"
    "from mplsemu.verification.matrix import verify\n"
    "network = load(sys.argv[1]).network\n"
    "program = compile_program(network)\n"
    "started = time.process_time()\n"
    "assert verify(program, network).holds\n"
    "print(time.process_time() - started)\n"
)


def measure(runs: int) -> list[Figure]:
    """Time the whole command, from typing to the answer."""
    figures = []
    for source, l3vpns, vpls, sites, words, most_s in _CASES:
        text = new_lab("bench", source, l3vpns=l3vpns, vpls=vpls, sites=sites, seed=1).text
        vpns = " and ".join(f"{n} {k}" for n, k in ((l3vpns, "L3VPN"), (vpls, "VPLS")) if n)
        name = f"{source.removeprefix('topohub:').removeprefix('topozoo/')}, {vpns} x {sites} sites"
        name = ", ".join((name, " ".join(words))) if words else name
        seconds, memory, note = _timed(text, words, runs)
        figures.append(figure(f"check {name}", seconds, "s", at_most=most_s, note=note))
        if source == _CAIDA:
            title = f"check {name}: peak memory"
            figures.append(figure(title, memory, "MB", at_most=2048.0, note=note))
    return [*figures, *_by_vpns(runs)]


def _timed(text: str, words: tuple[str, ...], runs: int) -> tuple[list[float], list[float], str]:
    with tempfile.TemporaryDirectory() as directory:
        lab = Path(directory) / "bench.yaml"
        lab.write_text(text)
        seconds, memory = [], []
        for _ in range(runs):
            started = time.perf_counter()
            done = subprocess.run(
                [sys.executable, "-c", _CODE, str(lab), *words],
                capture_output=True,
                text=True,
                check=True,
            )
            seconds.append(time.perf_counter() - started)
            peak, counts, tried = json.loads(done.stdout)
            memory.append(peak)
    note = f"{counts['classes']:,} classes from {counts['ingresses']:,} circuits"
    return seconds, memory, f"{note}, {tried:,} cases" if tried else note


def _by_vpns(runs: int) -> list[Figure]:
    """Measure against the number of VPNs, and draw it."""
    points: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as directory:
        for vpns in _VPNS:
            lab = Path(directory) / f"{vpns}.yaml"
            half = vpns // 2
            lab.write_text(new_lab("b", _ATTMPLS, l3vpns=half, vpls=half, sites=5, seed=1).text)
        for _ in range(runs):
            for vpns in _VPNS:  # in turn, so that the machine's moods meet all alike
                done = subprocess.run(
                    [sys.executable, "-c", _VERIFY, str(Path(directory) / f"{vpns}.yaml")],
                    capture_output=True,
                    text=True,
                    check=True,
                )
                points.setdefault(vpns, []).append(float(done.stdout))
    fastest = {vpns: min(found) for vpns, found in points.items()}
    _PLOT.parent.mkdir(exist_ok=True)
    series = Series(
        "verify AttMpls, 5 sites a VPN, half L3VPN and half VPLS", tuple(fastest.items())
    )
    _PLOT.write_text(line_chart(series, x="VPNs", y="CPU seconds"), encoding="utf-8")
    each = [1000 * taken / vpns for vpns, taken in fastest.items()]
    note = ", ".join(f"{vpns}: {taken:.3f} s" for vpns, taken in fastest.items())
    ratio = each[-1] / min(each)
    title = f"check AttMpls: a VPN's cost among {_VPNS[-1]} / the least"
    return [
        figure(title, [ratio], "ratio", at_most=_EVEN, note=f"docs/images/check-cost.svg; {note}")
    ]
