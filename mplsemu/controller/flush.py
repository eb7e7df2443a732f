"""Which learned MAC addresses are flushed when an attachment circuit goes down or is removed.

The PE flushes what it learned there, and the other PEs of the VPLS what they learned over their
pseudowires to it: MAC address withdrawal (RFC 4762 section 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.program import NodeProgram, Program
from mplsemu.southbound.plane.macs import BehindPe, MacFlush, OnCircuit


def mac_flushes(before: Program, after: Program) -> tuple[MacFlush, ...]:
    """Return the flushes for circuits that went down between two programs."""
    return tuple(_flushes(before, after))


def stale_flushes(before: Program, after: Program) -> tuple[MacFlush, ...]:
    """Return the flushes for VSIs, circuits and PEs that were removed, in terms of `before`."""
    return tuple(_stale(before, after))


def vpn_flushes(program: Program, vpn: str) -> tuple[MacFlush, ...]:
    """Return the flushes that make a whole VPLS learn again from scratch."""
    return tuple(
        MacFlush(node.name, vpn) for node in program.nodes for vsi in node.vsis if vsi.name == vpn
    )


def _flushes(before: Program, after: Program) -> Iterator[MacFlush]:
    for node in after.nodes:
        old = before.node_by_name.get(node.name)
        if old is None or old is node:
            continue
        for circuit in node.circuits:
            old_circuit = old.circuit_by_name.get(circuit.name)
            vsi = node.vsi_by_name.get(circuit.vpn)
            if vsi is None or not vsi.kind.learns_macs:
                continue
            if old_circuit is not None and old_circuit.up and not circuit.up:
                yield MacFlush(node.name, vsi.name, OnCircuit(circuit.name))
                yield from _withdrawals(after, node, vsi.name)


def _stale(before: Program, after: Program) -> Iterator[MacFlush]:
    pes = {node.name: node.vsi_by_name for node in after.nodes}
    for node in before.nodes:
        there = pes.get(node.name, {})
        for vsi in node.vsis:
            now = there.get(vsi.name)
            if now is None:
                yield MacFlush(node.name, vsi.name)
                continue
            for circuit in vsi.circuits:
                if circuit not in now.circuits:
                    yield MacFlush(node.name, vsi.name, OnCircuit(circuit))
                    yield from _withdrawals(before, node, vsi.name)
            for pseudowire in vsi.pseudowires:
                if vsi.name not in pes.get(pseudowire.peer, {}):
                    yield MacFlush(node.name, vsi.name, BehindPe(pseudowire.peer))


def _withdrawals(program: Program, node: NodeProgram, vpn: str) -> Iterator[MacFlush]:
    for pseudowire in node.vsi_by_name[vpn].pseudowires:
        peer = program.node(pseudowire.peer)
        vsi = peer.vsi_by_name.get(vpn)
        if vsi is not None and any(back.peer == node.name for back in vsi.pseudowires):
            yield MacFlush(peer.name, vpn, BehindPe(node.name))
