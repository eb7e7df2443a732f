"""Which VSIs of a VPLS or VPWS exchange frames: pseudowires with both ends and both tunnels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mplsemu.program.program import Program
from mplsemu.program.services import Vsi


def joined_pes(program: Program, vpn: str) -> frozenset[tuple[str, str]]:
    """Return the pairs of PEs between which frames of a VPLS or VPWS pass, each both ways round.

    They pass over one pseudowire or, from and to spoke PEs, over several (RFC 4762 section 10).
    """
    vsis = {node.name: node.vsi_by_name[vpn] for node in program.nodes if vpn in node.vsi_by_name}
    direct = frozenset(
        (pe, pseudowire.peer)
        for pe, vsi in vsis.items()
        for pseudowire in vsi.pseudowires
        if _carries(program, vsis, pe, pseudowire.peer)
    )
    spokes = {
        (pe, pseudowire.peer)
        for pe, vsi in vsis.items()
        for pseudowire in vsi.pseudowires
        if pseudowire.spoke
    }
    if not spokes & direct:
        return direct
    beyond: dict[str, list[str]] = {}
    for pe, peer in sorted(direct):
        beyond.setdefault(pe, []).append(peer)
    return frozenset((pe, peer) for pe in vsis for peer in _hearers(pe, beyond, spokes))


def is_due(program: Program, vpn: str, pe: str, peer: str) -> bool:
    """Whether frames are to pass between two PEs, as far as the mesh of the VPLS goes."""
    if program.node(pe).vsi_by_name[vpn].mesh is None:
        return True
    here, there = (_hub_of(program, vpn, each) for each in (pe, peer))
    mesh = program.node(here).vsi_by_name[vpn].mesh
    return mesh is None or here == there or there in mesh


def _hub_of(program: Program, vpn: str, pe: str) -> str:
    """Return the PE of the mesh that serves a PE: itself, unless it is a spoke PE."""
    for wire in program.node(pe).vsi_by_name[vpn].pseudowires:
        far = program.node(wire.peer).vsi_by_name.get(vpn)
        ends = far.pseudowires if far is not None else ()
        if any(end.peer == pe and end.spoke and not end.standby for end in ends):
            return wire.peer
    return pe


def _hearers(
    pe: str, beyond: Mapping[str, list[str]], spokes: set[tuple[str, str]]
) -> Iterator[str]:
    """Yield the PEs that a broadcast from one reaches; none is reached in two ways."""
    seen = {pe}
    pending = [(pe, False)]
    while pending:
        here, is_of_mesh = pending.pop()
        for peer in beyond.get(here, ()):
            is_within = is_of_mesh and (here, peer) not in spokes
            if peer in seen or is_within:  # split horizon
                continue
            seen.add(peer)
            yield peer
            pending.append((peer, (peer, here) not in spokes))


def _carries(program: Program, vsis: Mapping[str, Vsi], pe: str, peer: str) -> bool:
    """Whether a pseudowire has both its ends, with equal labels, and a tunnel each way."""
    if peer not in vsis:
        return False
    here = [pw for pw in vsis[pe].pseudowires if pw.peer == peer]
    there = [pw for pw in vsis[peer].pseudowires if pw.peer == pe]
    ends = [(pw.in_label, pw.out_label) for pw in here]
    back = [(pw.out_label, pw.in_label) for pw in there]
    tunnels = peer in program.node(pe).ftn_by_egress and pe in program.node(peer).ftn_by_egress
    is_used = not any(pw.standby for pw in (*here, *there))
    return tunnels and is_used and bool(ends) and ends == back
