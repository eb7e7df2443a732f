"""Which VSIs of a VPLS or VPWS exchange frames: pseudowires with both ends and both tunnels."""

from __future__ import annotations

from collections.abc import Mapping

from mplsemu.program.program import Program
from mplsemu.program.services import Vsi


def joined_pes(program: Program, vpn: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of PEs between which frames of a VPLS or VPWS pass, each both ways round."""
    vsis = {node.name: node.vsi_by_name[vpn] for node in program.nodes if vpn in node.vsi_by_name}
    return frozenset(
        (pe, pseudowire.peer)
        for pe, vsi in vsis.items()
        for pseudowire in vsi.pseudowires
        if _carries(program, vsis, pe, pseudowire.peer)
    )


def _carries(program: Program, vsis: Mapping[str, Vsi], pe: str, peer: str) -> bool:
    """Whether a pseudowire has both its ends, with equal labels, and a tunnel each way."""
    if peer not in vsis:
        return False
    ends = [(pw.in_label, pw.out_label) for pw in vsis[pe].pseudowires if pw.peer == peer]
    back = [(pw.out_label, pw.in_label) for pw in vsis[peer].pseudowires if pw.peer == pe]
    tunnels = peer in program.node(pe).ftn_by_egress and pe in program.node(peer).ftn_by_egress
    return tunnels and bool(ends) and ends == back
