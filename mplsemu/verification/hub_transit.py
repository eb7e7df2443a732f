"""Whose CE routers packets pass: between spokes a hub's, where it is to be so, else nobody's.

By the lab alone: which sites are spokes, and which CE routers are hubs' (RFC 4364 section 4.3.5).
Of several hubs it is the first that is up and reached, and has the packet's IP version.
"""

from __future__ import annotations

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.names import ce_name
from mplsemu.model.vpn import Site
from mplsemu.program.path import Dropped, TtlExpired, Walk
from mplsemu.program.program import Program
from mplsemu.verification.intended_routes import passes_on
from mplsemu.verification.problems import Problem
from mplsemu.verification.verdict import Invariant


def transit_problem(
    program: Program, vpn: L3vpn, source: Site, walk: Walk, circuit: str | None, version: int
) -> Problem | None:
    """Return how a packet goes by way of a CE router that it should not pass, or not by a hub's.

    Args:
        program: that it goes through: says which hubs are up and reached.
        vpn: of the source.
        source: the site that sends.
        walk: of the packet.
        circuit: the attachment circuit of the site that should get it, None if none should.
        version: of IP.
    """
    wanted = _hub_between(program, vpn, source, circuit, version)
    for number, branch in enumerate(walk.branches):
        passed = [hop.node for hop in branch.hops if hop.is_ce and hop.link is not None]
        if isinstance(branch.end, Dropped | TtlExpired) or passed == wanted:
            continue
        said = f"goes by way of {', '.join(passed)}" if passed else "passes no hub's CE router"
        told = f"{said} to {circuit}, should pass {', '.join(wanted) or 'no CE router'}"
        return Problem(Invariant.ISOLATE, told, ("by way of", circuit, *passed), number)
    return None


def _hub_between(
    program: Program, vpn: L3vpn, source: Site, circuit: str | None, version: int
) -> list[str]:
    """Return the CE router that a packet between spokes should pass; none between others."""
    if vpn.hub_and_spoke is None or not vpn.hub_and_spoke.via_ce:
        return []
    hubs = vpn.hub_and_spoke.hubs
    spokes = {site.circuit for site in vpn.sites if site.name not in hubs}
    if source.circuit not in spokes or circuit not in spokes - {source.circuit}:
        return []
    by_name = {site.name: site for site in vpn.sites}
    able = (
        by_name[name]
        for name in hubs
        if name in by_name
        and passes_on(by_name[name], version)
        and _is_reached(program, source.pe, by_name[name])
    )
    return [ce_name(hub.circuit) for hub in able][:1]


def _is_reached(program: Program, pe: str, hub: Site) -> bool:
    node = program.node_of_circuit.get(hub.circuit)
    if node is None or not node.circuit_by_name[hub.circuit].up:
        return False
    return pe == hub.pe or hub.pe in program.node(pe).ftn_by_egress
