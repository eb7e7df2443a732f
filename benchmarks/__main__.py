"""``python -m benchmarks [NAME...]``: measure, print a table, write JSON."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from benchmarks.figure import Figure

BENCHES = (
    "compiling", "checking", "booting", "matrix", "convergence", "switchover", "installing",
    "loading", "throughput", "kernelboot", "kernelspeed", "tagged", "memory", "drawing", "web",
)  # fmt: skip


def main() -> int:
    """Run the benches that were named, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", metavar="NAME", nargs="*", help=", ".join(BENCHES))
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default: %(default)s)")
    parser.add_argument("-o", "--output", type=Path, default=Path("benchmarks/results.json"))
    args = parser.parse_args()
    unknown = set(args.names) - set(BENCHES)
    if unknown:
        parser.error(f"no bench {', '.join(sorted(unknown))}; there are: {', '.join(BENCHES)}")
    os.environ.setdefault("MPLSEMU_RUN_DIR", f"/run/mplsemu-bench-{os.getpid()}")
    os.environ.setdefault("MPLSEMU_DATAPLANE", "openflow")  # where a bench does not say another
    figures: list[Figure] = []
    for name in args.names or BENCHES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        started = time.monotonic()
        found = importlib.import_module(f"benchmarks.{name}").measure(args.runs)
        print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        figures += found
        for each in found:
            print(line(each), flush=True)
    report = {
        "machine": {
            "cpus": os.cpu_count(),
            "kernel": platform.release(),
            "python": platform.python_version(),
            "load_1min": os.getloadavg()[0],
        },
        "figures": [each.to_json() for each in figures],
    }
    args.output.write_text(json.dumps(report, indent=1) + "\n")
    missed = [each for each in figures if each.holds is False]
    print(f"{len(figures)} figures, {len(missed)} short of what they should reach; {args.output}")
    return 0


def line(each: Figure) -> str:
    """Return a figure as one line of the table."""
    sign = "<=" if each.at_most else ">="
    reach = "" if each.reach is None else f"{sign} {each.reach:g} {each.unit}"
    verdict = {True: "yes", False: "NO", None: ""}[each.holds]
    return f"{each.name:<58} {each.value:>10.6g} {each.unit:<8} {reach:<16} {verdict}"


if __name__ == "__main__":
    sys.exit(main())
