"""One VPN over the provider's picture: its sites, and the LSPs that its PEs use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from mplsemu.errors import ProgramError
from mplsemu.program.program import Program
from mplsemu.views.model import ProviderView, WayView
from mplsemu.views.order import natural
from mplsemu.views.tables.lsp import Lsp, lsps


def with_vpn(view: ProviderView, program: Program, vpn: str) -> ProviderView:
    """Return the provider's view with one VPN over it.

    Args:
        view: of `program`.
        program: what is installed.
        vpn: the VPN's name.

    Raises:
        ProgramError: there is no such VPN.
    """
    info = next((each for each in view.vpns if each.name == vpn), None)
    if info is None:
        raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")
    pes = sorted({pe for _, pe in info.sites}, key=natural)
    return replace(view, shown_vpn=vpn, ways=tuple(_ways(program, pes)))


def _ways(program: Program, pes: list[str]) -> Iterator[WayView]:
    """Yield the LSPs between PEs: one way for both directions where they take the same links."""
    complete = {(lsp.ingress, lsp.egress): lsp for lsp in lsps(program) if lsp.complete}
    for first, second in combinations(pes, 2):
        title = f"{first} ↔ {second}"
        there, back = complete.get((first, second)), complete.get((second, first))
        if there and back and _links(there) == _links(back)[::-1]:
            yield replace(_way(title, there), back=_stacks(back)[::-1])
        else:
            yield from (_way(title, lsp) for lsp in (there, back) if lsp)


def _way(title: str, lsp: Lsp) -> WayView:
    return WayView(title, lsp.nodes, _links(lsp), _stacks(lsp))


def _links(lsp: Lsp) -> tuple[str, ...]:
    return tuple(hop.link for hop in lsp.hops)


def _stacks(lsp: Lsp) -> tuple[tuple[int, ...], ...]:
    return tuple(hop.labels for hop in lsp.hops)
