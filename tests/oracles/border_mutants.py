"""A correct program of several providers, broken in one place at a border (see `mutants`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mplsemu.model.inter_as import InterAs
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import (
    AttachmentCircuit,
    Connected,
    ViaAsbr,
    ViaCe,
    ViaPe,
    Vrf,
)


def far_ends(
    program: Program, circuit: AttachmentCircuit
) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield other far ends of a circuit between ASBRs."""
    if circuit.border is None:
        return
    yield "without a far end", {"border": None}
    for node in program.nodes:
        for far in node.circuits:
            if far.border is not None and far.name != circuit.border.circuit:
                end = replace(circuit.border, lsr=node.name, circuit=far.name)
                yield f"to {far.name}", {"border": end}


def whose(node: NodeProgram) -> Iterator[tuple[str, NodeProgram]]:
    """Yield an LSR as another provider's, and with links that are borders or no more."""
    if node.provider is not None:
        yield "is another provider's", replace(node, provider=f"not {node.provider}")
    for index, end in enumerate(node.adjacencies):
        other = replace(end, border=None if end.border is not None else InterAs.A)
        ends = (*node.adjacencies[:index], other, *node.adjacencies[index + 1 :])
        yield f"{end.link} is a border or no more", replace(node, adjacencies=ends)


def other_ways(node: NodeProgram, program: Program, vrf: Vrf, name: str) -> Iterator[Any]:
    """Yield other next hops than to the ASBR at the far end of a circuit."""
    for circuit in node.circuits:
        if circuit.name != name:
            yield ViaAsbr(circuit.name)
    yield Connected(name)
    yield ViaCe(name)
    for entry in node.ftn:
        far = program.node(entry.egress).vrf_by_name.get(vrf.name)
        if far is not None:
            yield ViaPe(entry.egress, far.label)
