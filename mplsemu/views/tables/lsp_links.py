"""The links between two PEs: each once, however many paths of equal cost use it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from mplsemu.program.lsp import LabelGraph, LabelHop, LabelPlace, LabelSearch
from mplsemu.program.program import Program
from mplsemu.views.tables.lsp import LspHop, lsp_hop

Direction = tuple[str, str, str]
"""A link, who sends on it, and who receives."""


@dataclass(frozen=True, slots=True)
class LspLink:
    """One link on at least one path.

    Attributes:
        node: the LSR that sends on it.
        link: the link.
        labels: the transport labels on it, outermost first; none after the penultimate hop.
        next_hop: the LSR that receives.
        share: part of the flows that take it, if every LSR spreads them evenly.
    """

    node: str
    link: str
    labels: tuple[int, ...]
    next_hop: str
    share: float


@dataclass(frozen=True, slots=True)
class LspLinks:
    """All paths from a PE to another that arrive there.

    Attributes:
        paths: how many there are.
        links: each behind those that lead to it.
    """

    paths: int
    links: tuple[LspLink, ...]

    @property
    def directions(self) -> list[Direction]:
        """Each link with its direction, sorted."""
        return sorted((each.link, each.node, each.next_hop) for each in self.links)

    @property
    def directions_back(self) -> list[Direction]:
        """The same in the opposite direction."""
        return sorted((each.link, each.next_hop, each.node) for each in self.links)


NO_LINKS: Final = LspLinks(0, ())


def lsp_links(program: Program, ingress: str, egress: str) -> LspLinks:
    """Return the links that packets take from one PE to another; none if no path arrives."""
    graph = LabelGraph(program)
    first = graph.enter(ingress, egress)
    if not first:
        return NO_LINKS
    search = LabelSearch(graph, egress)
    start = LabelPlace(ingress, ())
    search.run(start, first)
    sound, paths = _sound(search, egress)
    return LspLinks(paths[start], tuple(_links(search, sound, start)))


def _sound(
    search: LabelSearch, egress: str
) -> tuple[dict[LabelPlace, tuple[LabelHop, ...]], dict[LabelPlace, int]]:
    """Return the hops from each place by which something arrives, and how many paths do."""
    sound: dict[LabelPlace, tuple[LabelHop, ...]] = {}
    paths: dict[LabelPlace, int] = {}
    for place in search.order:
        sound[place] = tuple(
            hop
            for hop in search.hops[place]
            if hop.link is not None and hop.to is not None and hop.is_up and paths.get(hop.to)
        )
        onward = sum(paths[hop.to] for hop in sound[place] if hop.to is not None)
        paths[place] = onward + (place.node == egress)
    return sound, paths


def _links(
    search: LabelSearch, sound: dict[LabelPlace, tuple[LabelHop, ...]], start: LabelPlace
) -> Iterator[LspLink]:
    """Yield the links of the paths that arrive."""
    shares = search.shares(start)
    found: dict[LspHop, Fraction] = defaultdict(Fraction)
    for place in reversed(search.order):
        for hop in sound[place]:
            share = shares[place] / len(search.hops[place])
            over = lsp_hop(place, hop)
            if over is not None:
                found[over] += share
    for over, share in found.items():
        yield LspLink(over.node, over.link, over.labels, over.next_hop, float(share))
