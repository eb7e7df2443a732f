"""Where tunnels lead, whatever they carry: an LSP does not look below its own labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from mplsemu.model.labels import Label
from mplsemu.model.limits import LABEL_OCTETS, TAGGED_ETHERNET_OCTETS, Limits
from mplsemu.model.topology import TtlMode
from mplsemu.program.entries import Nhlfe, Pop, PopAndLookUp, Push, Swap, pushed
from mplsemu.program.packet import DEFAULT_TTL
from mplsemu.program.program import NodeProgram, Program

Tunnel = tuple[str, str]
"""Its ingress PE and its egress PE."""
_MOST_HOPS: Final = 250
"""Of a label's TTL of 255; longer ways are for the packets to judge."""
_MOST_PLACES: Final = 20_000
"""More than any sound tunnel leads through; a stack that grows round and round would not end."""
_ROUTERS_AROUND: Final = 4
"""Beside the LSRs in between: two CE routers and two PEs, each of which takes one off the TTL."""


Direction = tuple[str, str]
"""A link, and the LSR that sends over it."""


@dataclass(frozen=True, slots=True)
class TunnelPaths:
    """The way of whatever enters a tunnel: one, or several of equal cost.

    Attributes:
        shares: the links that it takes, and which part of the flows each of them gets, where every
            LSR spreads evenly.
        reads: the label entries that decide it: LSR and label.
        end: the LSR where all that the tunnel carries comes to light; None where some is lost.
        depth: most labels of the tunnel's own at any time.
        hops: links one after the other, on the longest way.
    """

    shares: tuple[tuple[Direction, Fraction], ...]
    reads: tuple[tuple[str, int], ...]
    end: str | None
    depth: int
    hops: int

    def is_sound(self, egress: str, mode: TtlMode, limits: Limits) -> bool:
        """Whether all that is sent into it comes out at its egress, and is within all limits."""
        depth = self.depth + 1  # the service's label goes along
        octets = limits.access_mtu + TAGGED_ETHERNET_OCTETS + LABEL_OCTETS * depth
        longest = DEFAULT_TTL - _ROUTERS_AROUND if mode is TtlMode.UNIFORM else _MOST_HOPS
        return (
            self.end == egress
            and depth <= limits.labels
            and octets <= limits.core_mtu
            and self.hops < longest
        )


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere on the way: at an LSR, with these labels of the tunnel's own."""

    node: str
    stack: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    """What an LSR does with what is at a place; `link` and `to` are None where that is nothing."""

    link: str | None
    to: _Place | None


@dataclass(slots=True)
class _Search:
    """All ways of a tunnel: every place that they lead through, once."""

    program: Program
    steps: dict[_Place, tuple[_Step, ...]] = field(default_factory=dict)
    order: list[_Place] = field(default_factory=list)
    has_loop: bool = False

    def run(self, start: _Place, first: tuple[_Step, ...]) -> None:
        """Go all ways, depth first; `order` then has every place behind those it leads to."""
        self.steps[start] = first
        way = [(start, iter(first))]
        on_way = {start}
        while way:
            place, left = way[-1]
            step = next(left, None)
            if step is None:
                way.pop()
                on_way.discard(place)
                self.order.append(place)
            elif step.to in on_way or len(self.steps) > _MOST_PLACES:
                self.has_loop = True
            elif step.to is not None and step.to not in self.steps:
                self.steps[step.to] = tuple(_steps(self.program, step.to))
                on_way.add(step.to)
                way.append((step.to, iter(self.steps[step.to])))


def tunnel_paths(program: Program, tunnel: Tunnel) -> TunnelPaths | None:
    """Follow a tunnel; None where there is none."""
    ingress, egress = tunnel
    node = program.node_by_name.get(ingress)
    entry = node.ftn_by_egress.get(egress) if node else None
    if node is None or entry is None:
        return None
    first = tuple(_over(program, node, each.link, pushed(each)) for each in entry.nhlfes)
    search = _Search(program)
    start = _Place(ingress, ())
    search.run(start, first)
    return _measured(search, start)


def _measured(search: _Search, start: _Place) -> TunnelPaths:
    """Lay all flows on the ways, from the start on."""
    share = {start: Fraction(1)}
    hops = {start: 0}
    shares: dict[Direction, Fraction] = {}
    ends: set[str | None] = {None} if search.has_loop else set()
    for place in reversed(search.order):
        steps = search.steps[place]
        if not steps:
            ends.add(place.node if not place.stack else None)
        for step in steps:
            part = share[place] / len(steps)
            if step.link is not None:
                over = (step.link, place.node)
                shares[over] = shares.get(over, Fraction(0)) + part
            if step.to is None:
                ends.add(None)
                continue
            share[step.to] = share.get(step.to, Fraction(0)) + part
            count = hops[place] + (step.link is not None)
            hops[step.to] = max(hops.get(step.to, 0), count)
    reads = tuple((at.node, int(at.stack[0])) for at in reversed(search.order) if at.stack)
    depth = max(len(place.stack) for place in search.order)
    end = ends.pop() if len(ends) == 1 else None
    return TunnelPaths(tuple(shares.items()), reads, end, depth, max(hops.values()))


def _steps(program: Program, place: _Place) -> Iterator[_Step]:
    """Yield what an LSR may do with the top label; nothing where the tunnel has ended."""
    if not place.stack:
        return
    top, *rest = place.stack
    node = program.node(place.node)
    entry = node.ilm_by_label.get(int(top))
    if entry is not None and isinstance(entry.action, PopAndLookUp):
        yield _Step(None, _Place(place.node, tuple(rest)))
        return
    for nhlfe in entry.nhlfes if entry is not None else ():
        yield _over(program, node, nhlfe.link, _operated(nhlfe, place.stack))


def _operated(nhlfe: Nhlfe, stack: tuple[Label, ...]) -> tuple[Label, ...]:
    match nhlfe.operation:
        case Swap(label):
            return (label, *stack[1:])
        case Pop():
            return stack[1:]
        case Push(labels):
            return (*labels, *stack)


def _over(program: Program, node: NodeProgram, link: str, stack: tuple[Label, ...]) -> _Step:
    """Send over a link."""
    adjacency = node.adjacency_by_link.get(link)
    if adjacency is None or not program.link_by_name[link].up:
        return _Step(link, None)
    return _Step(link, _Place(adjacency.peer, stack))
