"""One of several providers' part of a program: what he has, and what he knows of the others.

Of another provider he knows the ASBRs at the far ends of his border links, and the prefixes that
came over these: not whose sites they are, nor what his LSRs do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mplsemu.errors import ProgramError
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import NextHop, Route, RouteWay, ViaAsbr, ViaPe, Vrf


def providers_of(program: Program) -> tuple[str, ...]:
    """Return the names of the providers of a program; none where there is one provider."""
    owners = (node.provider for node in program.nodes)
    return tuple(dict.fromkeys(owner for owner in owners if owner is not None))


def part_of(program: Program, provider: str) -> Program:
    """Return a provider's part of a program: a program in which the others' LSRs do nothing.

    Raises:
        ProgramError: there is no such provider.
    """
    own = {node.name: node for node in program.nodes if node.provider == provider}
    if not own:
        raise ProgramError(f"no provider {provider!r} in lab {program.lab!r}")
    links = tuple(link for link in program.links if any(end in own for end in link.ends))
    known = {link.name for link in links}
    beyond = {end for link in links for end in link.ends if end not in own}
    nodes = (
        _own(node, own) if node.name in own else _neighbour(node, known)
        for node in program.nodes
        if node.name in own or node.name in beyond
    )
    vpns = {circuit.vpn for node in own.values() for circuit in node.circuits}
    vpns |= {service.name for node in own.values() for service in node.vsis}
    return replace(
        program,
        nodes=tuple(nodes),
        links=links,
        vpns=tuple(info for info in program.vpns if info.name in vpns),
    )


def own_nodes(part: Program, provider: str | None) -> Program:
    """Return a provider's part of a program without the ends of his borders; None: all of it."""
    if provider is None:
        return part
    return replace(part, nodes=tuple(node for node in part.nodes if node.provider == provider))


def _neighbour(node: NodeProgram, links: set[str]) -> NodeProgram:
    """Return another provider's ASBR as far as it is known: its end of border links."""
    return NodeProgram(
        name=node.name,
        index=node.index,
        role=node.role,
        router_id=node.router_id,
        adjacencies=tuple(each for each in node.adjacencies if each.link in links),
        position=node.position,
        provider=node.provider,
    )


def _own(node: NodeProgram, own: Mapping[str, NodeProgram]) -> NodeProgram:
    return replace(node, vrfs=tuple(_known(node, vrf, own) for vrf in node.vrfs))


def _known(node: NodeProgram, vrf: Vrf, own: Mapping[str, NodeProgram]) -> Vrf:
    """Return a VRF whose routes abroad are of the border circuit that they lead to."""
    sites = {circuit.name for each in own.values() for circuit in each.circuits}
    routes = []
    for route in vrf.routes:
        if route.circuit not in sites:
            first, *more = (_at_border(node, vrf, way, own) for way in route.ways)
            route = Route(route.prefix, first.next_hop, first.rd, first.circuit, tuple(more))  # noqa: PLW2901
        routes.append(route)
    return replace(vrf, routes=tuple(routes))


def _at_border(
    node: NodeProgram, vrf: Vrf, way: RouteWay, own: Mapping[str, NodeProgram]
) -> RouteWay:
    return replace(way, circuit=_border_circuit(node, vrf, way.next_hop, own))


def _border_circuit(
    node: NodeProgram, vrf: Vrf, hop: NextHop, own: Mapping[str, NodeProgram]
) -> str:
    """Return the circuit by which a way leaves; with option B no ASBR has one."""
    match hop:
        case ViaAsbr(circuit):
            return circuit
        case ViaPe(egress) if egress in own:
            node = own[egress]
        case _:
            pass
    table = node.vrf_by_name.get(vrf.name)
    circuits = (node.circuit_by_name[name] for name in (table.circuits if table else ()))
    return next((each.name for each in circuits if each.border is not None), f"{vrf.vpn}/border")
