"""Overlays of the provider's view: one VPN, or one packet's path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mplsemu.errors import ProgramError
from mplsemu.model.names import vpn_of
from mplsemu.model.natural_order import natural
from mplsemu.program.program import Program
from mplsemu.program.services import ViaPe
from mplsemu.views.model import OnLink, PathLink, PathView, ProviderView
from mplsemu.views.phrases import count
from mplsemu.views.tables.lsp_links import NO_LINKS, LspLink, LspLinks, lsp_links
from mplsemu.views.trace import TraceView


def with_vpn(view: ProviderView, program: Program, vpn: str) -> ProviderView:
    """Return the provider's view with one VPN over it: its sites, and the LSPs between its PEs.

    Args:
        view: of `program`.
        program: what is installed.
        vpn: the VPN's name.

    Raises:
        ProgramError: there is no such VPN.
    """
    if all(info.name != vpn for info in view.vpns):
        raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")
    ways = (_seen(view, way) for way in _paths(program, vpn))
    return replace(view, shown_vpn=vpn, ways=tuple(way for way in ways if way.links))


def with_trace(view: ProviderView, trace: TraceView) -> ProviderView:
    """Return the provider's view with a packet's path over it, and the sites of its VPN.

    If the frame was flooded, all copies are shown.
    """
    vpn = vpn_of(trace.src)
    known = any(info.name == vpn for info in view.vpns)
    ways = (_seen(view, way) for way in trace.overlays())
    ways = (way for way in ways if way.links)
    return replace(view, shown_vpn=vpn if known else None, ways=(*view.ways, *ways))


def _seen(view: ProviderView, way: PathView) -> PathView:
    """Return a path without links of others' networks, and with those between networks as such."""
    known = {link.name: link.border is not None for link in view.links}
    if len(known) == len(view.links) and not any(known.values()):
        return way
    return replace(
        way,
        links=tuple(
            replace(each, there=replace(each.there, is_border=known[each.link]))
            for each in way.links
            if each.link in known
        ),
    )


def _paths(program: Program, vpn: str) -> Iterator[PathView]:
    """Yield the LSPs: one path for both directions if they take the same links."""
    pairs = _pairs(program, vpn)
    both = {tuple(sorted(pair, key=natural)) for pair in pairs}
    for first, second in sorted(both, key=lambda pair: [natural(name) for name in pair]):
        there, back = (
            lsp_links(program, *pair) if pair in pairs else NO_LINKS
            for pair in ((first, second), (second, first))
        )
        if there.links and there.directions == back.directions_back:
            yield PathView(_title(f"{first} ↔ {second}", there), tuple(_merged(there, back)))
            continue
        for (ingress, egress), found in zip(
            ((first, second), (second, first)), (there, back), strict=True
        ):
            if found.links:
                title = _title(f"{ingress} → {egress}", found)
                yield PathView(title, tuple(_one_way(each) for each in found.links))


def _pairs(program: Program, vpn: str) -> set[tuple[str, str]]:
    """Return which PEs send packets of the VPN to which others."""
    found = set()
    for node in program.nodes:
        for vrf in node.vrfs_of(vpn):
            hops = (hop for route in vrf.routes for hop in route.next_hops)
            found |= {(node.name, hop.egress) for hop in hops if isinstance(hop, ViaPe)}
        if vpn in node.vsi_by_name:
            wires = node.vsi_by_name[vpn].pseudowires
            found |= {(node.name, wire.peer) for wire in wires if not wire.standby}
    return found


def _title(pair: str, found: LspLinks) -> str:
    return f"{pair}, {count(found.paths, 'way')}" if found.paths > 1 else pair


def _merged(there: LspLinks, back: LspLinks) -> Iterator[PathLink]:
    by_name = {each.link: each for each in back.links}
    for each in there.links:
        other = by_name[each.link]
        yield replace(_one_way(each), back=OnLink(other.labels, other.share))


def _one_way(each: LspLink) -> PathLink:
    return PathLink(each.link, each.node, each.next_hop, OnLink(each.labels, each.share))
