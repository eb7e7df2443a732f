"""The links that a PE's packets to another take, each once, however many ways of equal cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from mplsemu.program.entries import FtnEntry, Nhlfe
from mplsemu.program.program import Program
from mplsemu.views.tables.lsp import LspHop, next_hop_of

Direction = tuple[str, str, str]
"""A link, who sends on it, and who receives."""


@dataclass(frozen=True, slots=True)
class LspLink:
    """One link on at least one way.

    Attributes:
        node: the LSR that sends on it.
        link: the link.
        labels: the transport labels on it, outermost first; none after the penultimate hop.
        next_hop: the LSR that receives.
        share: part of the flows that take it, where every LSR spreads evenly.
    """

    node: str
    link: str
    labels: tuple[int, ...]
    next_hop: str
    share: float


@dataclass(frozen=True, slots=True)
class LspLinks:
    """All ways from a PE to another that arrive there.

    Attributes:
        ways: how many there are.
        links: none before one that leads to it.
    """

    ways: int
    links: tuple[LspLink, ...]

    @property
    def directions(self) -> list[Direction]:
        """In which direction each link is taken, sorted."""
        return sorted((each.link, each.node, each.next_hop) for each in self.links)

    @property
    def directions_back(self) -> list[Direction]:
        """The same for who goes these ways in the opposite direction."""
        return sorted((each.link, each.next_hop, each.node) for each in self.links)


NO_LINKS: Final = LspLinks(0, ())


def lsp_links(program: Program, ingress: str, egress: str) -> LspLinks:
    """Return the links that packets take from one PE to another; none if no way arrives."""
    entry = program.node(ingress).ftn_by_egress.get(egress)
    if entry is None:
        return NO_LINKS
    search = _Search(program, entry)
    start = _Place(ingress, ())
    search.run(start)
    return LspLinks(search.ways[start], tuple(search.links(start)))


@dataclass(frozen=True, slots=True)
class _Place:
    """At an LSR, with these transport labels."""

    node: str
    stack: tuple[int, ...]


@dataclass(slots=True)
class _Search:
    """Goes all ways, but through each place once, so that it takes no longer for very many.

    Attributes:
        program: what is installed.
        entry: where the ways begin.
        hops: on from each place.
        sound: those of them by which something arrives.
        ways: how many arrive from each place.
        order: of the places, each behind those it leads to.
    """

    program: Program
    entry: FtnEntry
    hops: dict[_Place, tuple[LspHop, ...]] = field(default_factory=dict)
    sound: dict[_Place, tuple[LspHop, ...]] = field(default_factory=dict)
    ways: dict[_Place, int] = field(default_factory=dict)
    order: list[_Place] = field(default_factory=list)

    def run(self, start: _Place) -> None:
        """Find all ways from here on; one that comes round to where it was does not arrive."""
        self.hops[start] = self._over(start, self.entry.nhlfes)
        trail = [(start, reversed(self.hops[start]))]
        while trail:
            place, left = trail[-1]
            hop = next(left, None)
            if hop is None:
                trail.pop()
                self._finish(place)
            elif (after := _place_after(hop)) not in self.hops:
                self.hops[after] = self._onward(after)
                trail.append((after, reversed(self.hops[after])))

    def links(self, start: _Place) -> Iterator[LspLink]:
        """Yield the links of the ways that arrive; `run` comes first."""
        shares: dict[_Place, float] = defaultdict(float, {start: 1.0})
        found: dict[LspHop, float] = defaultdict(float)
        for place in reversed(self.order):
            for hop in self.sound[place]:
                share = shares[place] / len(self.hops[place])
                shares[_place_after(hop)] += share
                found[hop] += share
        for hop, share in found.items():
            yield LspLink(hop.node, hop.link, hop.labels, hop.next_hop, share)

    def _finish(self, place: _Place) -> None:
        self.sound[place] = tuple(
            hop
            for hop in self.hops[place]
            if self.ways.get(_place_after(hop)) and self.program.link_by_name[hop.link].up
        )
        onward = sum(self.ways[_place_after(hop)] for hop in self.sound[place])
        self.ways[place] = onward + self._is_end(place)
        self.order.append(place)

    def _is_end(self, place: _Place) -> bool:
        return place.node == self.entry.egress

    def _onward(self, place: _Place) -> tuple[LspHop, ...]:
        if not place.stack or self._is_end(place):
            return ()
        ilm = self.program.node(place.node).ilm_by_label.get(place.stack[0])
        return self._over(place, ilm.nhlfes) if ilm is not None else ()

    def _over(self, place: _Place, nhlfes: tuple[Nhlfe, ...]) -> tuple[LspHop, ...]:
        node = self.program.node(place.node)
        return tuple(next_hop_of(node, nhlfe, place.stack) for nhlfe in nhlfes)


def _place_after(hop: LspHop) -> _Place:
    return _Place(hop.next_hop, hop.labels)
