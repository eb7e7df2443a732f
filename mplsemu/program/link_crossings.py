"""The frames of a packet on each cable of its path: what a capture there would show."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.names import is_core
from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.program.packet import Packet
from mplsemu.program.path import Branch, Delivered, Stack, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.program.spare_lines import bundled_lines
from mplsemu.program.trace import Trace


@dataclass(frozen=True, slots=True)
class Crossing:
    """A packet on one cable, in one direction.

    Attributes:
        link: the core link or attachment circuit.
        sender: the LSR that transmits it; from a site, the name of the circuit.
        receiver: the LSR, or circuit, that receives it.
        source_mac: of the outermost Ethernet header; likewise `destination_mac`.
        stack: its label stack.
        ip_ttl: TTL of the customer's IP packet, None without one.
        frame: whether the payload below the stack is the customer's Ethernet frame, not IP.
    """

    link: str
    sender: str
    receiver: str
    source_mac: str
    destination_mac: str
    stack: Stack
    ip_ttl: int | None
    frame: bool


def crossings(program: Program, trace: Trace) -> tuple[Crossing, ...]:
    """Return every crossing of a cable by copies of a packet, from its site's access line on.

    Hops that copies share count once; so do hops that ECMP paths share (see `Trace.variants`).
    """
    if trace.packet is None:
        return ()
    packet = trace.packet
    ttl = packet.ip.ttl if packet.ip else None
    found = []
    for circuit in _first_lines(program, trace):
        pe = program.node_of_circuit[circuit].name
        macs = (packet.source_mac, packet.destination_mac)
        found.append(Crossing(circuit, circuit, pe, *macs, (), ttl, frame=False))
    seen: set[int] = set()
    for branch in trace.branches:
        for number, hop in enumerate(branch.hops):
            if hop.link is None or id(hop) in seen:
                continue
            if hop.is_ce and not (number and _is_sent_back(program, hop.link)):
                continue
            seen.add(id(hop))  # forked copies share their earlier hops
            found.append(_crossing(program, packet, branch, hop, hop.link))
    return tuple(found)


def _is_sent_back(program: Program, circuit: str) -> bool:
    """Whether a circuit leads to a hub's CE router, which sends back what its PE sent it."""
    return program.node_of_circuit[circuit].circuit_by_name[circuit].ce is not None


def _first_lines(program: Program, trace: Trace) -> tuple[str, ...]:
    """Return the access lines by which a packet leaves its site: several that share the load."""
    if not trace.circuit:
        return ()
    lines = bundled_lines(program, trace.circuit)
    if len(lines) == 1:
        return (trace.circuit,)
    by_pe = {program.node_of_circuit[line].name: line for line in lines}
    firsts = (next((hop for hop in each.hops if not hop.is_ce), None) for each in trace.branches)
    return tuple(dict.fromkeys(by_pe[hop.node] for hop in firsts if hop is not None))


def _crossing(
    program: Program, packet: Packet, branch: Branch, hop: WalkHop, link: str
) -> Crossing:
    if hop.is_ce:
        pe = program.node_of_circuit[link]
        macs = (_site_mac(pe.circuit_by_name[link], branch), GATEWAY_MAC)
        return Crossing(link, link, pe.name, *macs, hop.out_stack, hop.ip_ttl, frame=False)
    node = program.node(hop.node)
    frame = bool(hop.out_stack) and any(each.vsi is not None for each in branch.hops)
    if is_core(link):
        adjacency = node.adjacency_by_link[link]
        macs = (adjacency.mac, adjacency.peer_mac)
        return Crossing(link, hop.node, adjacency.peer, *macs, hop.out_stack, hop.ip_ttl, frame)
    if hop.vsi is not None:
        macs = (packet.source_mac, packet.destination_mac)
    else:
        macs = (GATEWAY_MAC, _site_mac(node.circuit_by_name[link], branch))
    return Crossing(link, hop.node, link, *macs, hop.out_stack, hop.ip_ttl, frame)


def _site_mac(circuit: AttachmentCircuit, branch: Branch) -> str:
    """Return the destination MAC address of packets that a PE routes to a site."""
    if circuit.ce is not None:
        return circuit.ce.mac
    return branch.end.mac if isinstance(branch.end, Delivered) else ""
