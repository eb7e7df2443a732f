"""Which learned MAC addresses to forget when an attachment circuit goes down.

The PE itself forgets what it learned there, and the other PEs of the VPLS forget what they learned
over their pseudowires to it: MAC address withdrawal (RFC 4762 section 6.2).
"""

from __future__ import annotations

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import VsiKind
from mplsemu.southbound.openflow.flow import learned_by_vsi, learned_from_attachment
from mplsemu.southbound.openflow.pipeline import FROM_PSEUDOWIRE

Flushes = dict[str, list[tuple[int, int]]]
"""By LSR, cookie and mask of the learned flows to remove."""


def flushes(before: Program, after: Program) -> Flushes:
    """Return what to forget on the way from one program to the next."""
    found: Flushes = {}
    for node in after.nodes:
        old = before.node_by_name.get(node.name)
        if old is None or old is node:
            continue
        for circuit in node.circuits:
            old_circuit = old.circuit_by_name.get(circuit.name)
            vsi = node.vsi_by_name.get(circuit.vpn)
            if vsi is None or vsi.kind is not VsiKind.VPLS:
                continue
            if old_circuit is not None and old_circuit.up and not circuit.up:
                mine = learned_from_attachment(vsi.index, circuit.port)
                found.setdefault(node.name, []).append(mine)
                for peer, cookies in _withdrawal(after, node, vsi.name):
                    found.setdefault(peer, []).append(cookies)
    return found


def flush_vpn(program: Program, vpn: str) -> Flushes:
    """Return what to forget so that a whole VPLS starts to learn anew."""
    return {
        node.name: [learned_by_vsi(vsi.index)]
        for node in program.nodes
        for vsi in node.vsis
        if vsi.name == vpn
    }


def _withdrawal(program: Program, node: NodeProgram, vpn: str) -> list[tuple[str, tuple[int, int]]]:
    withdrawn = []
    for pseudowire in node.vsi_by_name[vpn].pseudowires:
        peer = program.node(pseudowire.peer)
        vsi = peer.vsi_by_name.get(vpn)
        if vsi is None:
            continue
        for back in vsi.pseudowires:
            if back.peer == node.name:
                attachment = FROM_PSEUDOWIRE | back.index
                withdrawn.append((peer.name, learned_from_attachment(vsi.index, attachment)))
    return withdrawn
