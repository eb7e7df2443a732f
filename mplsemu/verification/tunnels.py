"""The paths of tunnels, whatever they carry: an LSP is switched by its own labels alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from mplsemu.model.limits import LABEL_OCTETS, Limits
from mplsemu.model.topology import TtlMode
from mplsemu.program.lsp import LabelGraph, LabelHop, LabelPlace, LabelSearch
from mplsemu.program.packet import DEFAULT_TTL
from mplsemu.program.program import Program

Tunnel = tuple[str, str]
"""Its ingress PE and its egress PE."""
_MOST_HOPS: Final = 250
"""Within a label's TTL of 255; longer paths are left to the walk of packets."""
_ROUTERS_AROUND: Final = 4
"""Routers that decrement the TTL beside the LSRs in between: two CE routers and two PEs."""


Direction = tuple[str, str]
"""A link, and the LSR that sends over it."""


@dataclass(frozen=True, slots=True)
class Narrowest:
    """The link of a tunnel that takes the smallest packets.

    Attributes:
        octets: that it takes, with a service's label but without the tunnel's.
        link: its name.
    """

    octets: int
    link: str


@dataclass(frozen=True, slots=True)
class TunnelPaths:
    """The path of a tunnel, or its paths of equal cost.

    Attributes:
        shares: the links of the paths, each with its fraction of the flows if every LSR spreads
            evenly.
        reads: the ILM entries that decide the paths: LSR and label.
        end: the LSR where all traffic leaves the tunnel; None if some is lost.
        depth: labels of the tunnel itself at most.
        hops: links of the longest path.
        narrowest: the link that decides how large packets may be; None if there is no link.
        admits: how large packets the ingress lets in, counted as in `narrowest`.
    """

    shares: tuple[tuple[Direction, Fraction], ...]
    reads: tuple[tuple[str, int], ...]
    end: str | None
    depth: int
    hops: int
    narrowest: Narrowest | None
    admits: int

    def is_sound(self, egress: str, mode: TtlMode, limits: Limits) -> bool:
        """Whether all traffic arrives at the egress, within all limits."""
        depth = self.depth + 1  # the service's label goes along
        longest = DEFAULT_TTL - _ROUTERS_AROUND if mode is TtlMode.UNIFORM else _MOST_HOPS
        return (
            self.end == egress
            and depth <= limits.labels
            and self.narrowest is not None
            and self.admits == self.narrowest.octets
            and self.hops < longest
        )


def tunnel_paths(
    program: Program, tunnel: Tunnel, down: Collection[str] = ()
) -> TunnelPaths | None:
    """Follow a tunnel; None where there is none.

    Args:
        program: the LFIBs.
        tunnel: its ingress and egress PE.
        down: links that have failed since: protected NHLFEs forward by their backup.
    """
    search = _followed(program, tunnel, down)
    return _measured(program, tunnel, search) if search is not None else None


def narrowest_link(
    program: Program, tunnel: Tunnel, down: Collection[str] = ()
) -> Narrowest | None:
    """Return what decides how large packets may be in a tunnel; None where there is no link.

    Args:
        program: the LFIBs.
        tunnel: its ingress and egress PE.
        down: links that have failed since.
    """
    found: Narrowest | None = None
    search = _followed(program, tunnel, down)
    if search is not None:
        for place in reversed(search.order):
            for hop in search.hops[place]:
                found = _narrower(found, program, hop)
    return found


def _followed(program: Program, tunnel: Tunnel, down: Collection[str]) -> LabelSearch | None:
    """Follow a tunnel from its ingress, without a label; None where there is none."""
    ingress, egress = tunnel
    if ingress not in program.node_by_name:
        return None
    graph = LabelGraph(program, down)
    first = graph.enter(ingress, egress)
    if not first:
        return None
    search = LabelSearch(graph)
    search.run(LabelPlace(ingress, ()), first)
    return search


def _measured(program: Program, tunnel: Tunnel, search: LabelSearch) -> TunnelPaths:
    """Spread all flows over the paths, from the start on."""
    start = LabelPlace(tunnel[0], ())
    admits = program.node(tunnel[0]).ftn_by_egress[tunnel[1]].mtu
    narrowest: Narrowest | None = None
    share = search.shares(start)
    count = {start: 0}
    shares: dict[Direction, Fraction] = {}
    ends: set[str | None] = {None} if search.loops else set()
    for place in reversed(search.order):
        hops = search.hops[place]
        if not hops:
            ends.add(place.node if not place.stack else None)
        for hop in hops:
            part = share[place] / len(hops)
            if hop.link is not None:
                over = (hop.link, place.node)
                shares[over] = shares.get(over, Fraction(0)) + part
                narrowest = _narrower(narrowest, program, hop)
            if hop.to is None or not hop.is_up:
                ends.add(None)
                continue
            behind = count[place] + (hop.link is not None)
            count[hop.to] = max(count.get(hop.to, 0), behind)
    reads = tuple((at.node, int(at.stack[0])) for at in reversed(search.order) if at.stack)
    depth = max(len(place.stack) for place in search.order)
    end = ends.pop() if len(ends) == 1 else None
    return TunnelPaths(
        tuple(shares.items()), reads, end, depth, max(count.values()), narrowest, admits
    )


def _narrower(known: Narrowest | None, program: Program, hop: LabelHop) -> Narrowest | None:
    """Return the narrower of a link that is known and that of one more hop."""
    line = program.link_by_name.get(hop.link or "")
    if line is None or hop.to is None:
        return known
    found = Narrowest(line.mtu - LABEL_OCTETS * len(hop.to.stack), line.name)
    return found if known is None or found.octets < known.octets else known
