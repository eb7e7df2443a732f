"""The reference interpreter: follows one packet through the network, by the program alone.

It implements RFC 3031 (labels), RFC 3443 (TTL), RFC 4364 (VRFs) and RFC 4762 (VSIs). It knows no
data plane; every data plane has to agree with it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final, assert_never

from mplsemu.errors import ProgramError
from mplsemu.program import bridging, routing
from mplsemu.program.access_line import circuit_of_frame, is_bare
from mplsemu.program.entries import (
    Forward,
    Nhlfe,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.label_border import cross_border, is_given
from mplsemu.program.lsp import describe_operation, operate
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.path import Stack, Walk
from mplsemu.program.program import Program
from mplsemu.program.walk_state import Copy, LookupCache, MacTable, WalkState

MAX_BRANCHES: Final = 64
"""ECMP paths that are followed to the end; further ones are cut where they meet these."""


def walk(
    program: Program,
    circuit: str,
    packet: Packet,
    *,
    learned: bool | MacTable = True,
    max_branches: int = MAX_BRANCHES,
    down: Collection[str] = (),
) -> Walk:
    """Follow a packet from an attachment circuit to its end.

    Args:
        program: what every LSR does.
        circuit: the attachment circuit on which the packet reaches its PE.
        packet: as it is on that circuit.
        learned: whether every VSI has learned all its hosts; False: none, so that it floods. Or
            what each VSI has learned.
        max_branches: how many alternative paths (ECMP) are followed to the end; of further ones
            only the hops up to a known path: see `Walk.joined`.
        down: core links that have failed since the program was compiled: no packet crosses them,
            and protected NHLFEs forward by their backup.

    Raises:
        ProgramError: there is no such circuit.
    """
    tables = LookupCache(program, down)
    state = WalkState(tables, packet, learned=learned, max_branches=max_branches)
    return _run(state, circuit)


def walk_from_port(program: Program, node: str, port: int, packet: Packet) -> Walk | None:
    """Follow a frame from a port of a PE, as it is on the line: with its circuit's tags.

    Returns:
        None if no circuit there has its tags: the PE drops it.

    Raises:
        ProgramError: there is no such LSR.
    """
    found = circuit_of_frame(program.node(node), port, packet.vlans)
    if found is None:
        return None
    circuit, own = found
    return walk(program, circuit.name, replace(packet, vlans=own))


def walk_from_vrf(program: Program, node: str, vrf: str, ip: IpHeader) -> Walk:
    """Follow a packet that a PE originates in one of its VRFs.

    Raises:
        ProgramError: there is no such LSR.
    """
    lsr = program.node(node)
    state = _own_packet(program, ip)
    routing.route(state, Copy(lsr, ip.ttl), lsr.vrf_by_name[vrf])
    return _switched(state)


def walk_from_core(program: Program, node: str, stack: Stack, ip: IpHeader) -> Walk:
    """Follow a packet that an LSR originates below this label stack.

    Raises:
        ProgramError: there is no such LSR.
    """
    state = _own_packet(program, ip)
    copy = Copy(program.node(node), ip.ttl)
    copy.in_stack = copy.stack = stack
    state.pending.append(copy)
    return _switched(state)


def _own_packet(program: Program, ip: IpHeader) -> WalkState:
    packet = Packet(GATEWAY_MAC, GATEWAY_MAC, ip)
    return WalkState(LookupCache(program), packet, learned=True, max_branches=MAX_BRANCHES)


class Walker:
    """Walks many packets through one program; its look-up tables are built once.

    Alternative paths are followed once from where they meet.

    Args:
        program: what every LSR does.
        down: core links that have failed since; see the function `walk`.
    """

    def __init__(self, program: Program, down: Collection[str] = ()) -> None:
        self.program = program
        self.down = down
        self._tables = LookupCache(program, down)

    def walk(self, circuit: str, packet: Packet, *, learned: bool | MacTable = True) -> Walk:
        """Follow a packet; see the function `walk`."""
        return _run(WalkState(self._tables, packet, learned=learned), circuit)


def _run(state: WalkState, circuit_name: str) -> Walk:
    """Receive the packet from a circuit and follow every copy to its end."""
    node = state.program.node_of_circuit.get(circuit_name)
    if node is None:
        raise ProgramError(f"no attachment circuit {circuit_name!r} in {state.program.lab!r}")
    circuit = node.circuit_by_name[circuit_name]
    ip = state.packet.ip
    copy = Copy(node, ip.ttl if ip else None, state.packet.octets)
    if circuit.tags is not None:
        copy.actions.append(f"pop VLAN {circuit.tags}")
    vrf = node.vrf_of_circuit.get(circuit_name)
    vsi = node.vsi_by_name.get(circuit.vpn)
    if not circuit.up:
        why = "a standby" if circuit.standby else "blocked" if circuit.blocked else "down"
        state.drop(copy, f"{circuit_name} is {why}")
    elif state.packet.vlans and is_bare(circuit):
        state.drop(copy, f"tagged, which no frame of {circuit_name} is")
    elif vrf is not None:
        routing.take_in(state, copy, circuit, vrf)
    elif vsi is not None and circuit_name in vsi.circuits:
        bridging.take_in(state, copy, circuit, vsi)
    else:
        state.drop(copy, f"{circuit_name} is in no VRF and no VSI")
    return _switched(state)


def _switched(state: WalkState) -> Walk:
    """Follow every pending copy to its end."""
    while state.pending:
        _switch(state, state.pending.pop(0))
    return Walk(tuple(state.branches), tuple(state.joined))


def _switch(state: WalkState, copy: Copy) -> None:
    """Look the top label up in the ILM (RFC 3031 section 3.10)."""
    labels = tuple(entry.label for entry in copy.stack)
    if not labels:
        state.drop(copy, "an unlabelled packet on a core link")
        return
    if (copy.node.name, labels) in copy.seen:
        state.drop(copy, "loop")
        return
    copy.seen.add((copy.node.name, labels))
    entry = copy.node.ilm_by_label.get(int(labels[0]))
    action = entry.action if entry is not None else None
    if not is_given(copy, action):
        state.drop(copy, f"label {int(labels[0])} was not given to the neighbour on this link")
        return
    match action:
        case None:
            state.drop(copy, f"no ILM entry for label {int(labels[0])}")
        case PopAndLookUp():
            state.pop(copy, copy.stack[0].ttl)
            _switch(state, copy)
        case Forward(nhlfes):
            _forward(state, copy, nhlfes)
        case PopToVrf(name, ip_version):
            _leave_tunnel_to_vrf(state, copy, name, ip_version)
        case PopToPseudowire() as pop:
            _leave_tunnel_to_vsi(state, copy, pop)
        case SwapToAsbr() | SwapToPe():
            cross_border(state, copy, action)
        case _:
            assert_never(action)


def _forward(state: WalkState, copy: Copy, nhlfes: tuple[Nhlfe, ...]) -> None:
    """Forward by one of the NHLFEs of a transit LSR."""
    if copy.stack[0].ttl <= 1:
        state.expire(copy)
        return
    for path, nhlfe in zip(copy.spread(len(nhlfes)), nhlfes, strict=True):
        _forward_by(state, path, state.usable(path, nhlfe))


def _forward_by(state: WalkState, copy: Copy, nhlfe: Nhlfe) -> None:
    top, *below = copy.stack
    if isinstance(nhlfe.operation, Pop):
        state.pop(copy, top.ttl - 1)
    else:
        copy.actions += describe_operation(nhlfe.operation, top.label)
        labels = operate(nhlfe.operation, (top.label,))
        copy.stack = (*(replace(top, label=each, ttl=top.ttl - 1) for each in labels), *below)
    state.send(copy, nhlfe.link)


def _leave_tunnel_to_vrf(state: WalkState, copy: Copy, name: str, ip_version: int) -> None:
    ttl = copy.stack[0].ttl
    state.pop(copy, ttl)
    vrf = copy.node.vrf_by_name.get(name)
    ip = state.packet.ip
    if vrf is None:
        state.drop(copy, f"no VRF {name} here")
    elif copy.stack or ip is None or ip.destination.version != ip_version:
        state.drop(copy, f"no IPv{ip_version} packet below the VPN label", vrf=name)
    else:
        if state.is_uniform:
            copy.ttl = ttl
        routing.route(state, copy, vrf)


def _leave_tunnel_to_vsi(state: WalkState, copy: Copy, pop: PopToPseudowire) -> None:
    state.pop(copy, copy.stack[0].ttl)
    vsi = copy.node.vsi_by_name.get(pop.vsi)
    wire = next((each for each in vsi.pseudowires if each.peer == pop.peer), None) if vsi else None
    if vsi is None or wire is None:
        state.drop(copy, f"no pseudowire of VSI {pop.vsi} from {pop.peer} here")
    elif wire.standby:
        state.drop(copy, f"the pseudowire from {pop.peer} stands by", vsi=pop.vsi)
    elif copy.stack:
        state.drop(copy, "no Ethernet frame below the PW label", vsi=pop.vsi)
    else:
        bridging.leave_pseudowire(state, copy, vsi, wire, from_leaf=pop.leaf)
