"""What can be shown over the provider's picture: one VPN, or one packet's way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mplsemu.errors import ProgramError
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe
from mplsemu.views.model import ProviderView, WayView
from mplsemu.views.order import natural
from mplsemu.views.tables.lsp import Lsp, lsps_between
from mplsemu.views.trace import TraceView


def with_vpn(view: ProviderView, program: Program, vpn: str) -> ProviderView:
    """Return the provider's view with one VPN over it: its sites, and the LSPs that it uses.

    Args:
        view: of `program`.
        program: what is installed.
        vpn: the VPN's name.

    Raises:
        ProgramError: there is no such VPN.
    """
    if all(info.name != vpn for info in view.vpns):
        raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")
    return replace(view, shown_vpn=vpn, ways=tuple(_ways(program, vpn)))


def with_trace(view: ProviderView, trace: TraceView) -> ProviderView:
    """Return the provider's view with a packet's way over it, and the sites of its VPN."""
    vpn = trace.src.partition("/")[0]
    known = any(info.name == vpn for info in view.vpns)
    ways = tuple(way for way in trace.ways() if way.links)
    return replace(
        view,
        shown_vpn=vpn if known else None,
        ways=(*view.ways, *ways),
    )


def _ways(program: Program, vpn: str) -> Iterator[WayView]:
    """Yield the LSPs: one way for both directions where they take the same links."""
    pairs = _pairs(program, vpn)
    both = {tuple(sorted(pair, key=natural)) for pair in pairs}
    for first, second in sorted(both, key=lambda pair: [natural(name) for name in pair]):
        there = _complete(program, first, second) if (first, second) in pairs else []
        back = _complete(program, second, first) if (second, first) in pairs else []
        reverse = {_links(lsp)[::-1]: lsp for lsp in back}
        for lsp in there:
            same = reverse.pop(_links(lsp), None)
            if same is None:
                yield _way(f"{lsp.ingress} → {lsp.egress}", lsp)
            else:
                yield replace(_way(f"{first} ↔ {second}", lsp), back=_stacks(same)[::-1])
        for lsp in reverse.values():
            yield _way(f"{lsp.ingress} → {lsp.egress}", lsp)


def _pairs(program: Program, vpn: str) -> set[tuple[str, str]]:
    """Return which PE sends the VPN's packets to which other."""
    found = set()
    for node in program.nodes:
        if vpn in node.vrf_by_name:
            hops = (route.next_hop for route in node.vrf_by_name[vpn].routes)
            found |= {(node.name, hop.egress) for hop in hops if isinstance(hop, ViaPe)}
        if vpn in node.vsi_by_name:
            found |= {(node.name, wire.peer) for wire in node.vsi_by_name[vpn].pseudowires}
    return found


def _complete(program: Program, ingress: str, egress: str) -> list[Lsp]:
    return [lsp for lsp in lsps_between(program, ingress, egress) if lsp.complete]


def _way(title: str, lsp: Lsp) -> WayView:
    which = f", {lsp.way} of {lsp.ways}" if lsp.ways > 1 else ""
    return WayView(title + which, lsp.nodes, _links(lsp), _stacks(lsp))


def _links(lsp: Lsp) -> tuple[str, ...]:
    return tuple(hop.link for hop in lsp.hops)


def _stacks(lsp: Lsp) -> tuple[tuple[int, ...], ...]:
    return tuple(hop.labels for hop in lsp.hops)
