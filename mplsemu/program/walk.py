"""The reference interpreter: one packet's way through the network, from the program alone.

It follows RFC 3031 (labels), RFC 3443 (TTL), RFC 4364 (VRFs) and RFC 4762 (VSIs), and knows no
data plane: what a data plane does has to agree with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mplsemu.errors import ProgramError
from mplsemu.program import bridging, routing
from mplsemu.program.entries import (
    Forward,
    Nhlfe,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
)
from mplsemu.program.flight import Copy, Flight, MacTable, Tables, pushing
from mplsemu.program.packet import IpHeader, Packet
from mplsemu.program.program import GATEWAY_MAC, Program
from mplsemu.program.way import Stack, Walk

MOST_WAYS: Final = 64
"""So many alternative ways are followed to their ends each by itself; further ones join these."""


def walk(
    program: Program,
    circuit: str,
    packet: Packet,
    *,
    learned: bool | MacTable = True,
    most_ways: int = MOST_WAYS,
) -> Walk:
    """Follow a packet from an attachment circuit to wherever it ends.

    Args:
        program: what every LSR does.
        circuit: the attachment circuit on which the packet reaches its PE.
        packet: as it is on that circuit.
        learned: whether every VSI has learned where its hosts are, else it floods; or what each
            of them has learned.
        most_ways: so many alternative ways (equal-cost multipath) are followed each to its end;
            of further ones only what no other has: see `Walk.joined`.

    Raises:
        ProgramError: there is no such circuit.
    """
    flight = Flight(Tables(program), packet, learned=learned, most_ways=most_ways)
    return _run(flight, circuit)


def walk_from_vrf(program: Program, node: str, vrf: str, ip: IpHeader) -> Walk:
    """Follow a packet that a PE itself sends to a customer, as one of its VRFs routes it.

    Raises:
        ProgramError: there is no such LSR.
    """
    lsr = program.node(node)
    flight = _own_flight(program, ip)
    routing.route(flight, Copy(lsr, ip.ttl), lsr.vrf_by_name[vrf])
    return _switched(flight)


def walk_from_core(program: Program, node: str, stack: Stack, ip: IpHeader) -> Walk:
    """Follow a packet that an LSR itself sends along an LSP: below this label stack.

    Raises:
        ProgramError: there is no such LSR.
    """
    flight = _own_flight(program, ip)
    copy = Copy(program.node(node), ip.ttl)
    copy.in_stack = copy.stack = stack
    flight.pending.append(copy)
    return _switched(flight)


def _own_flight(program: Program, ip: IpHeader) -> Flight:
    packet = Packet(GATEWAY_MAC, GATEWAY_MAC, ip)
    return Flight(Tables(program), packet, learned=True, most_ways=MOST_WAYS)


class Walker:
    """Walks many packets through one program; it keeps what it has prepared for look-ups.

    Alternative ways that meet are followed once from there on.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._tables = Tables(program)

    def walk(self, circuit: str, packet: Packet, *, learned: bool | MacTable = True) -> Walk:
        """Follow a packet; see the function `walk`."""
        return _run(Flight(self._tables, packet, learned=learned), circuit)


def _run(flight: Flight, circuit_name: str) -> Walk:
    """Take the packet in from a circuit and follow every copy to its end."""
    node = flight.program.node_of_circuit.get(circuit_name)
    if node is None:
        raise ProgramError(f"no attachment circuit {circuit_name!r} in {flight.program.lab!r}")
    circuit = node.circuit_by_name[circuit_name]
    ip = flight.packet.ip
    copy = Copy(node, ip.ttl if ip else None, flight.packet.octets)
    vrf = node.vrf_by_name.get(circuit.vpn)
    vsi = node.vsi_by_name.get(circuit.vpn)
    if not circuit.up:
        flight.drop(copy, f"{circuit_name} is down")
    elif vrf is not None and circuit_name in vrf.circuits:
        routing.take_in(flight, copy, circuit, vrf)
    elif vsi is not None and circuit_name in vsi.circuits:
        bridging.take_in(flight, copy, circuit, vsi)
    else:
        flight.drop(copy, f"{circuit_name} is in no VRF and no VSI")
    return _switched(flight)


def _switched(flight: Flight) -> Walk:
    """Follow every copy that is under way to its end."""
    while flight.pending:
        _switch(flight, flight.pending.pop(0))
    return Walk(tuple(flight.branches), tuple(flight.joined))


def _switch(flight: Flight, copy: Copy) -> None:
    """Look the top label up in the ILM (RFC 3031 section 3.10)."""
    labels = tuple(entry.label for entry in copy.stack)
    if not labels:
        flight.drop(copy, "an unlabelled packet on a core link")
        return
    if (copy.node.name, labels) in copy.seen:
        flight.drop(copy, "loop")
        return
    copy.seen.add((copy.node.name, labels))
    entry = copy.node.ilm_by_label.get(int(labels[0]))
    match entry and entry.action:
        case None:
            flight.drop(copy, f"no ILM entry for label {int(labels[0])}")
        case PopAndLookUp():
            flight.pop(copy, copy.stack[0].ttl)
            _switch(flight, copy)
        case Forward(nhlfes):
            _forward(flight, copy, nhlfes)
        case PopToVrf(name, ip_version):
            _leave_tunnel_to_vrf(flight, copy, name, ip_version)
        case PopToPseudowire(name, peer):
            _leave_tunnel_to_vsi(flight, copy, name, peer)


def _forward(flight: Flight, copy: Copy, nhlfes: tuple[Nhlfe, ...]) -> None:
    """Forward by a transit LSR's NHLFEs: each packet by one of them."""
    if copy.stack[0].ttl <= 1:
        flight.expire(copy)
        return
    for way, nhlfe in zip(copy.spread(len(nhlfes)), nhlfes, strict=True):
        _operate(flight, way, nhlfe)


def _operate(flight: Flight, copy: Copy, nhlfe: Nhlfe) -> None:
    top = copy.stack[0]
    sent = replace(top, ttl=top.ttl - 1)
    match nhlfe.operation:
        case Swap(label):
            copy.stack = (replace(sent, label=label), *copy.stack[1:])
            copy.done.append(f"swap {top.label} to {label}")
        case Pop():
            flight.pop(copy, sent.ttl)
        case Push(labels):
            pushed = tuple(replace(sent, label=label) for label in labels)
            copy.stack = (*pushed, sent, *copy.stack[1:])
            copy.done.append(pushing(labels))
    flight.send(copy, nhlfe.link)


def _leave_tunnel_to_vrf(flight: Flight, copy: Copy, name: str, ip_version: int) -> None:
    ttl = copy.stack[0].ttl
    flight.pop(copy, ttl)
    vrf = copy.node.vrf_by_name.get(name)
    ip = flight.packet.ip
    if vrf is None:
        flight.drop(copy, f"no VRF {name} here")
    elif copy.stack or ip is None or ip.destination.version != ip_version:
        flight.drop(copy, f"no IPv{ip_version} packet below the VPN label", vrf=name)
    else:
        if flight.is_uniform:
            copy.ttl = ttl
        routing.route(flight, copy, vrf)


def _leave_tunnel_to_vsi(flight: Flight, copy: Copy, name: str, peer: str) -> None:
    flight.pop(copy, copy.stack[0].ttl)
    vsi = copy.node.vsi_by_name.get(name)
    if vsi is None or all(pseudowire.peer != peer for pseudowire in vsi.pseudowires):
        flight.drop(copy, f"no pseudowire of VSI {name} from {peer} here")
    elif copy.stack:
        flight.drop(copy, "no Ethernet frame below the PW label", vsi=name)
    else:
        bridging.bridge(flight, copy, vsi, source=None)
