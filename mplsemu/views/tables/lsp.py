"""LSPs between PEs: their LSRs, and the transport labels on each link (RFC 3031 section 3.15)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.program.entries import FtnEntry
from mplsemu.program.lsp import LabelGraph, LabelHop, LabelPlace
from mplsemu.program.program import NodeProgram, Program

MAX_PATHS: Final = 64
"""LSPs of equal cost that are listed between two PEs."""


@dataclass(frozen=True, slots=True)
class LspHop:
    """One link of an LSP.

    Attributes:
        node: the LSR that sends on it.
        link: the link.
        labels: the transport labels on it, outermost first; none after the penultimate hop.
        next_hop: the LSR that receives.
    """

    node: str
    link: str
    labels: tuple[int, ...]
    next_hop: str


@dataclass(frozen=True, slots=True)
class Lsp:
    """An LSP from the PE `ingress` to the PE `egress`.

    Attributes:
        ingress: where packets enter it.
        egress: where they should leave it.
        hops: from the ingress on.
        complete: whether they arrive there.
        metric: sum over the links, in the direction of the packets.
        delay_ms: sum over the links, one way.
        path: its number among the LSPs of equal cost between these two PEs, from 1.
        paths: how many of them there are, `MAX_PATHS` at most.
        share: part of the flows that take it, if every LSR spreads them evenly.
    """

    ingress: str
    egress: str
    hops: tuple[LspHop, ...]
    complete: bool
    metric: int
    delay_ms: float
    path: int = 1
    paths: int = 1
    share: float = 1.0

    @property
    def nodes(self) -> tuple[str, ...]:
        """Its LSRs."""
        return (self.ingress, *(hop.next_hop for hop in self.hops))


def lsps(program: Program, node: str | None = None) -> tuple[Lsp, ...]:
    """Return all LSPs, or those through `node`, sorted by ingress and egress.

    With ECMP, each path is an LSP.
    """
    every = (lsp for n in program.nodes for entry in n.ftn for lsp in _lsps(program, n, entry))
    return tuple(lsp for lsp in every if node is None or node in lsp.nodes)


def parallel_links(program: Program) -> frozenset[str]:
    """Return the links that have a parallel one between the same two LSRs."""
    beside: dict[frozenset[str], list[str]] = {}
    for link in program.links:
        beside.setdefault(frozenset(link.ends), []).append(link.name)
    return frozenset(name for names in beside.values() if len(names) > 1 for name in names)


def _lsps(program: Program, ingress: NodeProgram, entry: FtnEntry) -> tuple[Lsp, ...]:
    found = list(itertools.islice(_paths(program, ingress, entry), MAX_PATHS))
    return tuple(
        Lsp(
            ingress=ingress.name,
            egress=entry.egress,
            hops=hops,
            complete=_is_complete(program, hops, entry.egress),
            metric=sum(program.link_by_name[hop.link].metric_from(hop.node) for hop in hops),
            delay_ms=sum(program.link_by_name[hop.link].delay_ms for hop in hops),
            path=number,
            paths=len(found),
            share=share,
        )
        for number, (hops, share) in enumerate(found, 1)
    )


def _is_complete(program: Program, hops: tuple[LspHop, ...], egress: str) -> bool:
    arrives = bool(hops) and hops[-1].next_hop == egress
    return arrives and all(program.link_by_name[hop.link].up for hop in hops)


def _paths(
    program: Program, ingress: NodeProgram, entry: FtnEntry
) -> Iterator[tuple[tuple[LspHop, ...], float]]:
    """Yield each path of an LSP with its share; a loop is cut after one hop for each LSR."""
    graph = LabelGraph(program)
    start = LabelPlace(ingress.name, ())
    first = graph.enter(ingress.name, entry.egress)
    paths: list[tuple[tuple[LspHop, ...], LabelPlace, LabelHop, float]]
    paths = [((), start, hop, 1 / len(first)) for hop in reversed(first)]
    while paths:
        before, place, by, share = paths.pop()
        hop = lsp_hop(place, by)
        if hop is None or by.to is None:
            yield before, share
            continue
        hops = (*before, hop)
        arrived = by.to.node == entry.egress or len(hops) > len(program.nodes)
        onward = () if arrived else graph.next(by.to)
        if not onward:
            yield hops, share
        paths += ((hops, by.to, each, share / len(onward)) for each in reversed(onward))


def lsp_hop(place: LabelPlace, by: LabelHop) -> LspHop | None:
    """Return a hop of the label graph as a link of an LSP; None if it leads over no link."""
    if by.link is None or by.to is None:
        return None
    return LspHop(place.node, by.link, tuple(map(int, by.to.stack)), by.to.node)
