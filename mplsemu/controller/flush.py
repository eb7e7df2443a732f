"""Which learned MAC addresses are flushed when an attachment circuit goes down or is removed.

The PE flushes what it learned there, and the other PEs of the VPLS what they learned over their
pseudowires to it: MAC address withdrawal (RFC 4762 section 6.2).
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.learning import Learning
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.split_horizon import Group
from mplsemu.southbound.plane.macs import BehindPe, MacFlush, OnCircuit


def mac_flushes(before: Program, after: Program) -> tuple[MacFlush, ...]:
    """Return the flushes for circuits that went down between two programs."""
    return tuple(_flushes(before, after))


def stale_flushes(before: Program, after: Program) -> tuple[MacFlush, ...]:
    """Return the flushes for VSIs, circuits and PEs that were removed, in terms of `before`."""
    return tuple(_stale(before, after))


def moved_flushes(before: Program, after: Program) -> tuple[MacFlush, ...]:
    """Return the flushes for spoke PEs that another hub PE serves now, in terms of `before`.

    The spoke PE has a MAC withdraw sent for all that was learned behind its old hub PE (RFC 4762
    section 10.2.1): what is behind the spoke is no longer there, and what the spoke learned from
    the old hub it will hear from the new one.
    """
    then, now = hub_by_spoke(before), hub_by_spoke(after)
    moved = [
        (vsi, spoke, hub) for (vsi, spoke), hub in then.items() if now.get((vsi, spoke)) != hub
    ]
    found: dict[MacFlush, None] = {}
    for vsi, spoke, hub in moved:
        found[MacFlush(hub, vsi, BehindPe(spoke))] = None
        for node in before.nodes:
            table = node.vsi_by_name.get(vsi)
            if table is not None and any(wire.peer == hub for wire in table.pseudowires):
                found[MacFlush(node.name, vsi, BehindPe(hub))] = None
    return tuple(found)


def hub_by_spoke(program: Program) -> dict[tuple[str, str], str]:
    """Return the hub PE that serves each spoke PE of each VPLS."""
    return {
        (vsi.name, wire.peer): node.name
        for node in program.nodes
        for vsi in node.vsis
        for wire in vsi.pseudowires
        if wire.spoke and not wire.standby
    }


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
    learning = Learning(program)
    if learning.is_shaped(vpn):  # a hub PE passes the withdrawal on
        for pe, before in learning.hearers(vpn, node.name, Group.NONE):
            yield MacFlush(pe, vpn, BehindPe(before))
        return
    for pseudowire in node.vsi_by_name[vpn].pseudowires:
        peer = program.node(pseudowire.peer)
        vsi = peer.vsi_by_name.get(vpn)
        if vsi is not None and any(back.peer == node.name for back in vsi.pseudowires):
            yield MacFlush(peer.name, vpn, BehindPe(node.name))
