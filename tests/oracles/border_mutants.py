"""A correct program of several providers, broken in one place at a border (see `mutants`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mplsemu.model.inter_as import InterAs
from mplsemu.model.labels import Label
from mplsemu.program.entries import IlmEntry, PopToVrf, SwapToAsbr, SwapToPe
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


def swap_changes(
    program: Program, node: NodeProgram, entry: IlmEntry
) -> Iterator[tuple[str, IlmEntry]]:
    """Yield other things that an ASBR may do with a VPN label."""
    match entry.action:
        case SwapToAsbr(link, label):
            peer = program.node(node.adjacency_by_link[link].peer)
            for other in (*(each.label for each in peer.ilm), Label(999)):
                if other != label:
                    yield f"to {other}", replace(entry, action=SwapToAsbr(link, other))
            for end in node.adjacencies:
                if end.link != link:
                    yield f"over {end.link}", replace(entry, action=SwapToAsbr(end.link, label))
        case SwapToPe(label, egress, border) as swap:
            for other in (*(each.label for each in program.node(egress).ilm), Label(999)):
                if other != label:
                    yield f"to {other}", replace(entry, action=replace(swap, label=other))
            for pe in node.ftn:
                if pe.egress != egress:
                    away = replace(swap, egress=pe.egress)
                    yield f"at {pe.egress}", replace(entry, action=away)
            for end in node.adjacencies:
                if end.link != border:
                    given = replace(swap, border=end.link)
                    yield f"given over {end.link}", replace(entry, action=given)
            yield "to a VRF", replace(entry, action=PopToVrf("v@north"))
