"""A dual-homed site's active line, or its PE's core link, fails and comes back under streams."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.figure import Figure, figure
from benchmarks.labs import DUAL_HOMED
from mplsemu import Lab
from tests.system.streams import INTERVAL_MS, Heard, Stream, streaming

_PLANES = ("ebpf", "openflow")
_KINDS = {"office": "L3VPN", "lan": "VPLS"}
_PAIRS = (("hq/h1", "oslo/h1"), ("oslo/h1", "hq/h1"), ("lund/h1", "hq/h1"))


def measure(runs: int) -> list[Figure]:
    """Take each away and put it back, on both data planes."""
    figures = []
    for plane in _PLANES:
        with Lab(DUAL_HOMED, dataplane=plane) as lab:
            for vpn in _KINDS:
                for cable, what in ((f"{vpn}/hq", "active line"), ("dk-p1", "PE cut off")):
                    figures += _figures(lab, plane, vpn, cable, what, runs)
    return figures


def _figures(lab: Lab, plane: str, vpn: str, cable: str, what: str, runs: int) -> Iterator[Figure]:
    streams = {
        Stream(f"{vpn}/{one}", lab.session.address_of(f"{vpn}/{one}", f"{vpn}/{other}")): other
        for one, other in _PAIRS
    }
    targets = {stream: f"{vpn}/{other}" for stream, other in streams.items()}
    down, up, twice = [], [], 0
    for _ in range(runs):
        with streaming(lab, list(streams), sorted(set(targets.values()))) as away:
            lab.link(cable).down()
        with streaming(lab, list(streams), sorted(set(targets.values()))) as back:
            lab.link(cable).up()
        down.append(_lost_ms(away, targets))
        up.append(_lost_ms(back, targets))
        twice += sum(len(h.repeated(host, s)) for h in (away, back) for s, host in targets.items())
    note = f"the worst of {len(_PAIRS)} streams, a datagram every {INTERVAL_MS:g} ms; {twice} twice"
    name = f"dual-homed, {_KINDS[vpn]}, {plane}: {what}"
    yield figure(f"{name}, lost", down, "ms", at_most=50.0, note=note)
    # in a VPLS neither line carries frames for a moment, or there would be a loop
    most = 0.0 if _KINDS[vpn] == "L3VPN" else None
    yield figure(f"{name}, back again, lost", up, "ms", at_most=most, note=note)


def _lost_ms(heard: Heard, targets: dict[Stream, str]) -> float:
    return max(len(heard.lost(host, stream)) for stream, host in targets.items()) * INTERVAL_MS
