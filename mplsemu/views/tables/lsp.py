"""Label-switched paths: for each pair of PEs the LSRs on the way and the label on each link."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.program.entries import FtnEntry, Nhlfe, Pop, Push, Swap
from mplsemu.program.program import NodeProgram, Program


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
        egress: where they are meant to leave it.
        hops: from the ingress on.
        complete: whether they arrive.
        metric: sum over the links.
        delay_ms: sum over the links, one way.
    """

    ingress: str
    egress: str
    hops: tuple[LspHop, ...]
    complete: bool
    metric: int
    delay_ms: float

    @property
    def nodes(self) -> tuple[str, ...]:
        """The LSRs on the way."""
        return (self.ingress, *(hop.next_hop for hop in self.hops))


def lsps(program: Program, node: str | None = None) -> tuple[Lsp, ...]:
    """Return the LSPs: all, or those that `node` is on, sorted by ingress and egress."""
    every = (_follow(program, n, entry) for n in program.nodes for entry in n.ftn)
    return tuple(lsp for lsp in every if node is None or node in lsp.nodes)


def lsp_between(program: Program, ingress: str, egress: str) -> Lsp | None:
    """Return the LSP between two PEs, complete or not; None if the first has none."""
    node = program.node(ingress)
    entry = node.ftn_by_egress.get(egress)
    return None if entry is None else _follow(program, node, entry)


def _follow(program: Program, ingress: NodeProgram, entry: FtnEntry) -> Lsp:
    hops = tuple(_hops(program, ingress, entry))
    links = [program.link_by_name[hop.link] for hop in hops]
    return Lsp(
        ingress=ingress.name,
        egress=entry.egress,
        hops=hops,
        complete=bool(hops)
        and hops[-1].next_hop == entry.egress
        and all(link.up for link in links),
        metric=sum(link.metric for link in links),
        delay_ms=sum(link.delay_ms for link in links),
    )


def _hops(program: Program, node: NodeProgram, entry: FtnEntry) -> Iterator[LspHop]:
    """Follow the top label; what loops ends after as many hops as there are LSRs."""
    nhlfe: Nhlfe | None = entry.nhlfe
    stack: tuple[int, ...] = ()
    for _ in program.nodes:
        if nhlfe is None:
            return
        match nhlfe.operation:
            case Push(labels):
                stack = (*(int(label) for label in labels), *stack)
            case Swap(label):
                stack = (int(label), *stack[1:])
            case Pop():
                stack = stack[1:]
        peer = node.adjacency_by_link[nhlfe.link].peer
        yield LspHop(node.name, nhlfe.link, stack, peer)
        node = program.node_by_name[peer]
        ilm = node.ilm_by_label.get(stack[0]) if stack and node.name != entry.egress else None
        nhlfe = ilm.action if ilm is not None and isinstance(ilm.action, Nhlfe) else None
