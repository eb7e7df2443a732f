"""What a data plane can carry out: each states it as a value, which is checked before boot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.tags import TagType
from mplsemu.program.entries import Forward, Nhlfe, Push, Swap
from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.protection import named_backups


@dataclass(frozen=True, slots=True)
class Limits:
    """What a data plane can do, of what programs can ask for.

    Attributes:
        pushed_labels: that an ingress PE pushes for a tunnel; the service's is not among them.
        swapped_labels: that a transit LSR replaces one label by.
        members: circuits, or pseudowires, of a VSI at one PE; None for as many as there are.
        port: largest number of a port.
        index: largest number of an LSR, a VRF or VSI, a pseudowire.
        control_word: whether pseudowires can have one (RFC 4448 section 4.6).
        mac_limit: whether a VSI can have a `mac_limit`.
        backups: whether an LSR switches over to a backup NHLFE by itself.
        tags: that an attachment circuit's frames have at most.
        tag_types: of their outermost one.
    """

    pushed_labels: int
    swapped_labels: int
    members: int | None
    port: int
    index: int
    control_word: bool
    mac_limit: bool
    backups: bool
    tags: int = 2
    tag_types: frozenset[TagType] = frozenset(TagType)


def excess(program: Program, limits: Limits) -> Iterator[str]:
    """Yield what a program asks for beyond the limits of a data plane, which is called "it"."""
    for node in program.nodes:
        yield from _crowded_vsis(node, limits)
        yield from _strange_tags(node, limits)
        if not limits.backups:
            for backup in named_backups(node):
                yield f"{backup}; it does not switch over to one"
        for what, nhlfes in _choices(node):
            yield from _deep_stacks(node, what, nhlfes, limits)


def _crowded_vsis(node: NodeProgram, limits: Limits) -> Iterator[str]:
    for vsi in node.vsis:
        pws = max((pw.index for pw in vsi.pseudowires), default=0)
        most = max(len(vsi.circuits), pws)
        if limits.members is not None and most > limits.members:
            yield (
                f"{node.name}: VSI {vsi.name} has {most} circuits or pseudowires; "
                f"it floods to at most {limits.members}"
            )


def _strange_tags(node: NodeProgram, limits: Limits) -> Iterator[str]:
    for circuit in node.circuits:
        if circuit.is_delimited and not limits.tags:
            yield f"{node.name}: tags, or their lack, delimit circuit {circuit.name}; it knows none"
        if circuit.tags is None or not limits.tags:
            continue
        count = len(circuit.tags.identifiers)
        if count > limits.tags:
            yield (
                f"{node.name}: circuit {circuit.name} has {count} VLAN tags; "
                f"it knows circuits by at most {limits.tags}"
            )
        elif circuit.tags.outer_type not in limits.tag_types:
            yield (
                f"{node.name}: circuit {circuit.name} has tags of type "
                f"{circuit.tags.outer_type:#06x}; it does not know them for tags"
            )


def _choices(node: NodeProgram) -> Iterator[tuple[str, tuple[Nhlfe, ...]]]:
    for ftn in node.ftn:
        yield f"the tunnel to {ftn.egress}", ftn.nhlfes
    for ilm in node.ilm:
        if isinstance(ilm.action, Forward):
            yield f"label {int(ilm.label)}", ilm.action.nhlfes


def _deep_stacks(
    node: NodeProgram, what: str, nhlfes: tuple[Nhlfe, ...], limits: Limits
) -> Iterator[str]:
    pushed = _most(nhlfes, Push)
    if pushed > (most := limits.pushed_labels):
        yield f"{node.name}: {what} pushes {pushed} labels; it pushes at most {most}"
    if _most(nhlfes, Swap) > limits.swapped_labels:
        instead = "one" if limits.swapped_labels == 1 else f"at most {limits.swapped_labels}"
        yield f"{node.name}: {what} is replaced by several labels; it replaces one by {instead}"


def _most(nhlfes: tuple[Nhlfe, ...], kind: type[Push | Swap]) -> int:
    return max(
        (len(n.operation.labels) for n in nhlfes if isinstance(n.operation, kind)), default=0
    )
