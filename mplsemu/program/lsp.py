"""Label-switched paths: what an operation does to a stack, and where a label leads.

LSPs are followed through the LFIBs (RFC 3031 sections 3.10 to 3.12) by their own labels. What is
below these does not matter until they are popped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple, assert_never

from mplsemu.model.labels import Label
from mplsemu.program.entries import (
    Forward,
    IlmEntry,
    Nhlfe,
    Operation,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.program import NodeProgram, Program

MAX_STACK: Final = 64
"""Labels of one LSP at most; a deeper stack is taken to grow without end."""
MAX_PLACES: Final = 20_000
"""Places on the paths from one start at most; no LSP passes through as many."""


def operate(operation: Operation, stack: tuple[Label, ...]) -> tuple[Label, ...]:
    """Return the label stack after an NHLFE's operation, outermost label first.

    Args:
        operation: of RFC 3031 section 3.10.
        stack: before; empty at an ingress, which pushes.
    """
    match operation:
        case Swap(labels):
            return (*labels, *stack[1:])
        case Push(labels):
            return (*labels, *stack)
        case Pop():
            return stack[1:]
        case _:
            assert_never(operation)


def describe_operation(operation: Push | Swap, top: Label) -> list[str]:
    """Say what an operation does to a stack with this label on top, step by step."""
    match operation:
        case Swap(labels):
            *pushed, label = labels
            return [f"swap {top} to {label}", *([describe_push(pushed)] if pushed else ())]
        case Push(labels):
            return [describe_push(labels)]
        case _:
            assert_never(operation)


def describe_push(labels: Sequence[Label]) -> str:
    """Say that labels are pushed, outermost first."""
    return "push " + ", ".join(map(str, labels))


class LabelPlace(NamedTuple):
    """An LSR, and the labels of an LSP with which a packet arrives there.

    A tuple, not a dataclass: there is one for each label of the network, used as a key.

    Attributes:
        node: the LSR.
        stack: outermost first; empty where the LSP has ended.
    """

    node: str
    stack: tuple[Label, ...]


class LabelHop(NamedTuple):
    """What an LSR may do with a packet at a place.

    Attributes:
        link: the link that it is sent on; None where the next label is looked up here (explicit
            null, RFC 4182).
        to: where it arrives; None if the LSR has no adjacency on the link.
        is_up: whether the link is up.
    """

    link: str | None
    to: LabelPlace | None
    is_up: bool


class LabelGraph:
    """Where each LSR's LFIB sends packets, by the labels on them.

    Args:
        program: the LFIBs.
        down: links that have failed since it was compiled: no packet crosses them, and protected
            NHLFEs forward by their backup.
    """

    def __init__(self, program: Program, down: Collection[str] = ()) -> None:
        self.program = program
        self.down = down
        self._links = program.link_by_name

    def is_up(self, link: str) -> bool:
        """Whether a link carries packets."""
        found = self._links.get(link)
        return found is not None and found.up and link not in self.down

    def next(self, place: LabelPlace) -> tuple[LabelHop, ...]:
        """Return what the LSR may do with the top label; empty if it is bound to no LSP."""
        if not place.stack:
            return ()
        node = self.program.node(place.node)
        entry = node.ilm_by_label.get(int(place.stack[0]))
        action = entry.action if entry is not None else None
        match action:
            case Forward(nhlfes):
                return self._over(node, nhlfes, place.stack)
            case PopAndLookUp():
                return (LabelHop(None, LabelPlace(place.node, place.stack[1:]), is_up=True),)
            case PopToVrf() | PopToPseudowire() | SwapToAsbr() | SwapToPe() | None:
                return ()
            case _:
                assert_never(action)

    def enter(self, ingress: str, egress: str) -> tuple[LabelHop, ...]:
        """Return how an ingress PE enters its tunnel to an egress PE; empty without a tunnel."""
        node = self.program.node(ingress)
        entry = node.ftn_by_egress.get(egress)
        return self._over(node, entry.nhlfes, ()) if entry is not None else ()

    def _over(
        self, node: NodeProgram, nhlfes: tuple[Nhlfe, ...], stack: tuple[Label, ...]
    ) -> tuple[LabelHop, ...]:
        adjacencies = node.adjacency_by_link
        hops = []
        for primary in nhlfes:
            nhlfe = primary.usable(self.down) if self.down else primary
            adjacency = adjacencies.get(nhlfe.link)
            to = None
            if adjacency is not None:
                to = LabelPlace(adjacency.peer, operate(nhlfe.operation, stack))
            hops.append(LabelHop(nhlfe.link, to, self.is_up(nhlfe.link)))
        return tuple(hops)


class LabelSearch:
    """Follows all paths through a label graph depth first, through each place once.

    Attributes:
        hops: what may become of a packet at each place that was come to.
        order: these places in post-order: each behind all those that it leads to, but for loops.
        loops: places where a path returns to itself, or its stack grows without end.

    Args:
        graph: the label graph.
        egress: an LSR at which paths end, with whatever label.
    """

    def __init__(self, graph: LabelGraph, egress: str | None = None) -> None:
        self._graph = graph
        self._egress = egress
        self.hops: dict[LabelPlace, tuple[LabelHop, ...]] = {}
        self.order: list[LabelPlace] = []
        self.loops: list[LabelPlace] = []

    def run(self, start: LabelPlace, first: tuple[LabelHop, ...] | None = None) -> None:
        """Follow the paths from a place, as far as they are not known yet.

        Args:
            start: the place.
            first: what may become of a packet there; None: what its label says.
        """
        if start in self.hops:
            return
        self.hops[start] = self._graph.next(start) if first is None else first
        room = len(self.hops) + MAX_PLACES
        # backwards, so that `order`, reversed, lists places in the order of their NHLFEs
        trail = [(start, reversed(self.hops[start]))]
        on_trail = {start}
        while trail:
            place, left = trail[-1]
            hop = next(left, None)
            if hop is None:
                trail.pop()
                on_trail.discard(place)
                self.order.append(place)
                continue
            to = hop.to
            if to is None or not hop.is_up:
                continue
            if to in on_trail or len(to.stack) > MAX_STACK or len(self.hops) > room:
                self.loops.append(to)
            elif to not in self.hops:
                self.hops[to] = () if to.node == self._egress else self._graph.next(to)
                trail.append((to, reversed(self.hops[to])))
                on_trail.add(to)

    def shares(self, start: LabelPlace) -> Mapping[LabelPlace, Fraction]:
        """Return the fraction of a place's flows that comes to each place behind it.

        Every LSR is taken to spread evenly over its NHLFEs; flows over links that are down are
        lost.

        Args:
            start: the only place from which this search was run.
        """
        found = dict.fromkeys(self.hops, Fraction(0))
        found[start] = Fraction(1)
        for place in reversed(self.order):
            hops = self.hops[place]
            for hop in hops:
                if hop.is_up and hop.to is not None and hop.to in found:
                    found[hop.to] += found[place] / len(hops)
        return found


def binding(program: Program, node: str, label: int) -> IlmEntry | None:
    """Return what an LSR has bound to a label; None if nothing, or if there is no such LSR."""
    lsr = program.node_by_name.get(node)
    return lsr.ilm_by_label.get(label) if lsr is not None else None


def next_reader(node: str, entry: IlmEntry) -> str | None:
    """Return the LSR that reads the label below this one: where its LSP ends.

    Returns:
        None below a label of a VRF or pseudowire, which is the last.
    """
    match entry.action:
        case Forward():
            return entry.egress
        case PopAndLookUp():
            return node
        case PopToVrf() | PopToPseudowire() | SwapToAsbr() | SwapToPe():
            return None
        case _:
            assert_never(entry.action)


def readers(
    program: Program, node: str, labels: Sequence[int]
) -> Iterator[tuple[str | None, IlmEntry | None]]:
    """Yield for each label of a stack the LSR that reads it, and what it has bound to it.

    The first is read by the LSR that the packet is sent to, each further one by the LSR at the end
    of the LSP before it. Below a label that is bound to no LSP the reader is unknown: None.

    Args:
        program: which labels are bound to what.
        node: the LSR that the packet is sent to.
        labels: outermost first.
    """
    reader: str | None = node
    for label in labels:
        entry = binding(program, reader, label) if reader is not None else None
        yield reader, entry
        reader = next_reader(reader, entry) if reader is not None and entry is not None else None
