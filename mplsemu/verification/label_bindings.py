"""Structural invariants of labels: what an LSR sends is bound at the next one, and no LSP loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mplsemu.model.labels import Label
from mplsemu.program.entries import Nhlfe
from mplsemu.program.lsp import (
    LabelGraph,
    LabelPlace,
    LabelSearch,
    binding,
    next_reader,
    operate,
)
from mplsemu.program.program import NodeProgram, Program


def forwarding_problems(
    graph: LabelGraph, node: NodeProgram, primary: Nhlfe, stack: tuple[Label, ...], egress: str
) -> Iterator[str]:
    """Yield what is wrong with an NHLFE: its link, or what the next LSRs bound its labels to.

    Args:
        graph: of the whole program.
        node: the LSR of the NHLFE.
        primary: the NHLFE; the same must hold of its backup.
        stack: the labels of this LSP with which packets arrive.
        egress: the LSR at the end of the LSP.
    """
    backup = primary.backup
    if backup is not None and backup.link == primary.link:
        yield f"the backup of the way to {egress} over {backup.link} is over the same link"
    used = primary.usable(graph.down)
    for nhlfe in primary.alternatives:
        adjacency = node.adjacency_by_link.get(nhlfe.link)
        if adjacency is None or (nhlfe is used and not graph.is_up(nhlfe.link)):
            yield f"the way to {egress} is over {nhlfe.link}, which is not here or down"
            continue
        labels = operate(nhlfe.operation, stack)
        problem = _binding_problem(graph.program, adjacency.peer, labels, egress)
        if problem is not None:
            yield problem


def _binding_problem(
    program: Program, peer: str, labels: tuple[Label, ...], egress: str
) -> str | None:
    """Return how labels that are sent to an LSR fail to lead to an egress."""
    if not labels and peer != egress:
        return f"the label towards {egress} is popped before {peer}, which is another"
    reader = peer
    last = len(labels) - 1
    for number, label in enumerate(labels):
        bound = binding(program, reader, label)
        if bound is None:
            return f"{reader} has not bound label {label}, which is sent to it towards {egress}"
        end = next_reader(reader, bound)
        if end is None or (number == last and end != egress):
            return f"{reader} has not bound label {label} to the LSP to {egress}"
        reader = end
    return None


def loops(graph: LabelGraph, nodes: Iterable[NodeProgram]) -> Iterator[tuple[str, Label]]:
    """Yield one LSR and label of every loop that is reachable by labels of these LSRs."""
    search = LabelSearch(graph)
    for node in nodes:
        for entry in node.ilm:
            search.run(LabelPlace(node.name, (entry.label,)))
    for place in search.loops:
        yield place.node, place.stack[0]
