"""What a program may ask of the eBPF data plane (pure): known before anything is started."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.entries import Forward, Nhlfe, Push, Swap
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.ebpf.kinds import MAX_MEMBERS, MAX_PUSH
from mplsemu.southbound.protection import named_backups


def beyond(program: Program, most_members: int = MAX_MEMBERS) -> Iterator[str]:
    """Yield what a program asks for that the data plane cannot do.

    Args:
        program: for all LSRs.
        most_members: how many circuits, or pseudowires, of a VSI at one PE it floods to.
    """
    for node in program.nodes:
        for vsi in node.vsis:
            pws = max((pw.index for pw in vsi.pseudowires), default=0)
            if (most := max(len(vsi.circuits), pws)) > most_members:
                yield (
                    f"{node.name}: VSI {vsi.name} has {most} circuits or pseudowires; "
                    f"it floods to at most {most_members}"
                )
        yield from _label_limits(node)


def _label_limits(node: NodeProgram) -> Iterator[str]:
    """Yield what the label forwarding entries of one LSR ask for that the data plane cannot do."""
    for backup in named_backups(node):
        yield f"{backup}; it does not switch over to one"
    for what, nhlfes in _choices(node):
        depth = max(map(_labels_to_push, nhlfes), default=0)
        if depth > MAX_PUSH:
            yield f"{node.name}: {what} pushes {depth} labels; it pushes at most {MAX_PUSH}"
        if any(isinstance(n.operation, Swap) and len(n.operation.labels) > 1 for n in nhlfes):
            yield f"{node.name}: {what} is replaced by several labels; it replaces one by one"


def _choices(node: NodeProgram) -> Iterator[tuple[str, tuple[Nhlfe, ...]]]:
    for ftn in node.ftn:
        yield f"the tunnel to {ftn.egress}", ftn.nhlfes
    for ilm in node.ilm:
        if isinstance(ilm.action, Forward):
            yield f"label {int(ilm.label)}", ilm.action.nhlfes


def _labels_to_push(nhlfe: Nhlfe) -> int:
    return len(nhlfe.operation.labels) if isinstance(nhlfe.operation, Push) else 0
