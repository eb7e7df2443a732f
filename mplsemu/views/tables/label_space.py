"""An LSR's label space: what each label is bound to (RFC 3031 section 3.14)."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.program.entries import (
    Forward,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.program import NodeProgram


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One label.

    Attributes:
        label: its value.
        kind: ``lsp``, ``vrf``, ``pseudowire``, ``border`` or ``explicit-null``.
        bound_to: the LSP's egress PE, the VRF, the VSI, or the border link.
        peer: the PE that sends with it, for a pseudowire; where it leads, for a border.
        ip_version: of the packets below it, for a VRF.
    """

    label: int
    kind: str
    bound_to: str | None
    peer: str | None = None
    ip_version: int | None = None


def label_space(node: NodeProgram) -> tuple[LabelRow, ...]:
    """Return the labels that an LSR bound, in order."""
    rows = []
    for entry in node.ilm:
        label = int(entry.label)
        match entry.action:
            case Forward():
                rows.append(LabelRow(label, "lsp", entry.egress))
            case PopToVrf(vrf, ip_version):
                rows.append(LabelRow(label, "vrf", vrf, ip_version=ip_version))
            case PopToPseudowire(vsi, peer):
                rows.append(LabelRow(label, "pseudowire", vsi, peer))
            case SwapToAsbr(link):
                rows.append(LabelRow(label, "border", link, node.adjacency_by_link[link].peer))
            case SwapToPe(_, egress, border):
                rows.append(LabelRow(label, "border", border, egress))
            case PopAndLookUp():
                rows.append(LabelRow(label, "explicit-null", None))
    return tuple(rows)
