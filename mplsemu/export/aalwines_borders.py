"""Circuits between providers' ASBRs as links of AalWiNes' format (RFC 4364 section 10 (a))."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Vrf


def border_circuits(
    program: Program, node: NodeProgram, vrf: Vrf
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the links of a VRF with those of other providers' ASBRs, each pair once.

    Returns:
        of each the router and interface here, then those there.
    """
    for circuit in (node.circuit_by_name[name] for name in vrf.circuits):
        peer = circuit.border
        if peer is None or node.name > peer.lsr or not circuit.up:
            continue
        far = program.node(peer.lsr).vrf_of_circuit.get(peer.circuit)
        if far is not None:
            yield f"{node.name}/{vrf.name}", circuit.name, f"{peer.lsr}/{far.name}", peer.circuit
