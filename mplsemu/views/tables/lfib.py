"""An LSR's label forwarding table: its ILM, and at a PE its FTN (RFC 3031 3.10 to 3.12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never

from mplsemu.program.border_swaps import swap_nhlfes
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
from mplsemu.program.program import NodeProgram


@dataclass(frozen=True, slots=True)
class LfibRow:
    """One NHLFE of an entry; an entry has several with ECMP.

    Attributes:
        in_label: the top label of packets; None for packets that enter the LSP here (FTN).
        action: ``push``, ``swap``, ``pop``, ``vrf`` (pop, then look the packet up there),
            ``pseudowire`` (pop, then deliver the frame) or ``lookup`` (pop, then look at the
            next label).
        out_labels: pushed or swapped in, outermost first.
        link: sent on; None where the packet stays.
        port: of `link`.
        next_hop: the LSR at its other end.
        egress: the PE at the end of the LSP.
        service: the VPN whose VRF or VSI the label is for.
        peer: the PE whose pseudowire it is.
        ip_version: of the packets below the label, for a VRF.
    """

    in_label: int | None
    action: str
    out_labels: tuple[int, ...] = ()
    link: str | None = None
    port: int | None = None
    next_hop: str | None = None
    egress: str | None = None
    service: str | None = None
    peer: str | None = None
    ip_version: int | None = None


def lfib(node: NodeProgram) -> tuple[LfibRow, ...]:
    """Return the table's rows: the ILM by label, then the FTN."""
    rows = [row for entry in node.ilm for row in _ilm_rows(node, entry)]
    rows += [
        _nhlfe_row(node, None, nhlfe, entry.egress) for entry in node.ftn for nhlfe in entry.nhlfes
    ]
    return tuple(rows)


def _ilm_rows(node: NodeProgram, entry: IlmEntry) -> Iterator[LfibRow]:
    """Yield a row for each NHLFE, as routers list equal-cost paths."""
    label = int(entry.label)
    match entry.action:
        case Forward(nhlfes):
            for nhlfe in nhlfes:
                yield _nhlfe_row(node, label, nhlfe, entry.egress)
        case PopToVrf(vrf, ip_version):
            yield LfibRow(label, "vrf", service=vrf, ip_version=ip_version)
        case PopToPseudowire(vsi, peer):
            yield LfibRow(label, "pseudowire", service=vsi, peer=peer)
        case PopAndLookUp():
            yield LfibRow(label, "lookup")
        case SwapToAsbr() | SwapToPe() as swap:
            for nhlfe in swap_nhlfes(node, swap):
                to = node.adjacency_by_link[nhlfe.link].peer
                egress = swap.egress if isinstance(swap, SwapToPe) else to
                yield _nhlfe_row(node, label, nhlfe, egress)


def _nhlfe_row(node: NodeProgram, label: int | None, nhlfe: Nhlfe, egress: str | None) -> LfibRow:
    adjacency = node.adjacency_by_link[nhlfe.link]
    action, out = _operation(nhlfe.operation)
    return LfibRow(
        label, action, out, nhlfe.link, adjacency.port, adjacency.peer, egress
    )  # fmt: skip


def _operation(operation: Operation) -> tuple[str, tuple[int, ...]]:
    match operation:
        case Push(labels):
            return "push", tuple(int(label) for label in labels)
        case Swap(labels):
            return "swap", tuple(int(label) for label in labels)
        case Pop():
            return "pop", ()
        case _:
            assert_never(operation)
