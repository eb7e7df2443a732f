"""Memory that one more LSR costs: the lab's processes with 5 LSRs in a row and with 45."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.labs import chain
from mplsemu import Lab

_FEW, _MANY = 5, 45


def measure(runs: int) -> list[Figure]:
    """Boot a short and a long chain; the difference is what the LSRs between cost."""
    costs = [(_lab_mb(_MANY) - _lab_mb(_FEW)) / (_MANY - _FEW) for _ in range(min(runs, 3))]
    note = f"proportional set size of all processes, {_MANY} against {_FEW} LSRs in a row"
    return [figure("memory added per LSR", costs, "MB", at_most=5.0, note=note)]


def _lab_mb(lsrs: int) -> float:
    with tempfile.TemporaryDirectory() as directory:
        lab_file = Path(directory) / "chain.yaml"
        lab_file.write_text(chain(lsrs, "memory"))
        with Lab(lab_file) as lab:
            assert lab.reaches("routed/west/h1", "routed/east/h1")
            return sum(map(_pss_mb, _tree(lab.session.record.pid)))


def _tree(pid: int) -> list[int]:
    children = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        children.setdefault(int(fields[1]), []).append(int(status.parent.name))
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        todo += children.get(one, [])
    return found


def _pss_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0) / 1024
