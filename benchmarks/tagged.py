"""Circuits that VLAN tags tell apart: speed beside plain forwarding, and boot beside own ports."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

from benchmarks.figure import Figure, figure
from benchmarks.kernelspeed import _SLICES, _in_turn, labs, plain, tcp_gbps
from benchmarks.labs import chain
from mplsemu import Lab

_LENGTHS = (3, 5, 9)
_SITES = 200
_MOST = 1.5
"""Times as long as with a port for each site."""


def measure(runs: int) -> list[Figure]:
    """Measure TCP over tagged circuits, then the boot of many sites on one port."""
    figures: list[Figure] = []
    for lsrs in _LENGTHS:
        text = _tagged(chain(lsrs, "tagged"))
        with plain(lsrs) as beside, labs(lsrs, "ebpf", text) as ours:
            for vpn, kind in (("routed", "L3VPN"), ("bridged", "VPLS")):
                mine, theirs = _in_turn(tcp_gbps, ours[vpn], beside, runs)
                ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
                title = f"TCP, {kind}, tagged circuits, {lsrs} routers: eBPF / plain"
                note = f"means of {_SLICES} turns each, one stream; untagged on the plain side"
                figures.append(figure(title, ratios, "ratio", at_least=1.0, note=note))
    return figures + [_booting(dataplane, runs) for dataplane in ("ebpf", "openflow")]


def _tagged(text: str) -> str:
    """Return a chain's lab whose sites share a port at each PE."""
    for pe in "az":
        vlan = iter((100, 200))
        parts = text.split(f"{{pe: {pe}")
        text = parts[0] + "".join(
            f"{{pe: {pe}, port: trunk, vlan: {next(vlan)}{part}" for part in parts[1:]
        )
    return text


def _booting(dataplane: str, runs: int) -> Figure:
    """Boot both labs in turn; of each pair the ratio."""
    ratios = []
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(runs):
        for shared in (True, False) if turn % 2 else (False, True):
            seconds[shared].append(_boot_s(dataplane, shared=shared))
        ratios.append(seconds[True][-1] / seconds[False][-1])
    one, many = (statistics.median(seconds[shared]) for shared in (True, False))
    title = f"boot of {_SITES} sites on one port by VLAN / on {_SITES} ports, {dataplane}"
    return figure(title, ratios, "ratio", at_most=_MOST, note=f"medians {one:.2f} and {many:.2f} s")


def _boot_s(dataplane: str, *, shared: bool) -> float:
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        file = directory / "lab.yaml"
        file.write_text(_many_sites(dataplane, shared=shared))
        with Lab(file, run_dir=directory / "run") as lab:
            return lab.session.record.boot_s


def _many_sites(dataplane: str, *, shared: bool) -> str:
    lines = [
        f"dataplane: {dataplane}",
        "name: many",
        "provider: {nodes: {a: {role: pe}, z: {role: pe}}, links: [a-z]}",
        "vpns:",
    ]
    for number in range(1, _SITES + 1):
        where = f", port: trunk, vlan: {number}" if shared else ""
        if number % 20 == 1:
            lines += [f"  v{number}:", "    type: l3vpn", "    sites:"]
        lines.append(f"      s{number}: {{pe: a{where}, subnet: 10.{number}.0.0/24}}")
    return "\n".join(lines) + "\n"
