"""A dual-homed site's active line, or its PE's core link, fails and comes back under streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.figure import Figure, figure
from benchmarks.labs import DUAL_HOMED
from mplsemu import Lab
from tests.system.streams import INTERVAL_MS, Heard, Stream, streaming

_PLANES = ("ebpf", "openflow")


@dataclass(frozen=True, slots=True)
class _Case:
    """A dual-homed site.

    Attributes:
        kind: of its VPN, and of its lines.
        site: its name.
        pairs: hosts of the VPN that send and are sent to, by site and host.
        is_lossless: whether nothing may be lost on the way back.
    """

    kind: str
    site: str
    pairs: tuple[tuple[str, str], ...]
    is_lossless: bool


_HQ = (("hq/h1", "oslo/h1"), ("oslo/h1", "hq/h1"), ("lund/h1", "hq/h1"))
_PLANT = tuple((one.replace("hq", "plant"), other.replace("hq", "plant")) for one, other in _HQ)
# where the provider bridges, neither line carries frames for a moment, or there would be a loop
_CASES = (
    _Case("L3VPN", "office/hq", _HQ, is_lossless=True),
    _Case("L3VPN, load-sharing", "office/plant", _PLANT, is_lossless=True),
    _Case("VPLS", "lan/hq", _HQ, is_lossless=False),
    _Case("VPWS", "wire/hq", _HQ[:2], is_lossless=False),
)


def measure(runs: int) -> list[Figure]:
    """Take each away and put it back, on both data planes."""
    figures = []
    for plane in _PLANES:
        with Lab(DUAL_HOMED, dataplane=plane) as lab:
            for case in _CASES:
                for cable, what in ((case.site, "active line"), ("dk-p1", "PE cut off")):
                    figures += _figures(lab, plane, case, cable, what, runs)
    return figures


def _figures(
    lab: Lab, plane: str, case: _Case, cable: str, what: str, runs: int
) -> Iterator[Figure]:
    vpn = case.site.partition("/")[0]
    streams = {
        Stream(f"{vpn}/{one}", lab.session.address_of(f"{vpn}/{one}", f"{vpn}/{other}")): other
        for one, other in case.pairs
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
    note = (
        f"the worst of {len(streams)} streams, a datagram every {INTERVAL_MS:g} ms; {twice} twice"
    )
    name = f"dual-homed, {case.kind}, {plane}: {what}"
    yield figure(f"{name}, lost", down, "ms", at_most=50.0, note=note)
    most = 0.0 if case.is_lossless else None
    yield figure(f"{name}, back again, lost", up, "ms", at_most=most, note=note)


def _lost_ms(heard: Heard, targets: dict[Stream, str]) -> float:
    return max(len(heard.lost(host, stream)) for stream, host in targets.items()) * INTERVAL_MS
