"""Hubs that come back: spokes change to them when all leads there, and not before.

Between spokes of an L3VPN, packets go through the CE router of the first hub that is reached (RFC
4364 section 4.3.5); a spoke PE of a VPLS uses the first hub PE that it reaches (RFC 4762 section
10.2). Either goes back to a hub that is preferred while the other one still works: so what leads to
the new one, and on from it, is installed first, and who uses it changes after that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.controller.flush import hub_by_spoke
from mplsemu.model.names import site_of, vpn_of
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Vrf


@dataclass(frozen=True, slots=True)
class HubMoves:
    """Spokes that change to a hub from one that still works.

    Attributes:
        rising: the hubs, by VPN: sites of an L3VPN, hub PEs of a VPLS.
        spoke_pes: the spoke PEs that change to them.
    """

    rising: frozenset[tuple[str, str]]
    spoke_pes: frozenset[str]


def hub_moves(before: Program, after: Program) -> HubMoves:
    """Return which spokes change to a hub that comes back."""
    of_vpls = list(_of_vpls(before, after))
    rising = frozenset((vsi, hub) for vsi, _, hub in of_vpls)
    return HubMoves(
        rising | frozenset(_of_l3vpns(before, after)),
        frozenset(spoke for _, spoke, _ in of_vpls),
    )


def _of_vpls(before: Program, after: Program) -> Iterator[tuple[str, str, str]]:
    """Yield VPLSs with a spoke PE and its new hub PE."""
    then, now = hub_by_spoke(before), hub_by_spoke(after)
    for (vsi, spoke), hub in now.items():
        old = then.get((vsi, spoke), hub)
        if old != hub and _has_wire(after, spoke, vsi, old):
            yield vsi, spoke, hub


def _has_wire(program: Program, pe: str, vsi: str, peer: str) -> bool:
    table = program.node(pe).vsi_by_name.get(vsi)
    return table is not None and any(wire.peer == peer for wire in table.pseudowires)


def _of_l3vpns(before: Program, after: Program) -> Iterator[tuple[str, str]]:
    transit = {vpn.name for vpn in after.vpns if vpn.hub_and_spoke and vpn.hub_and_spoke.via_ce}
    for node in after.nodes if transit else ():
        old_node = before.node_by_name.get(node.name)
        if old_node is None or old_node is node:
            continue
        for vrf in node.vrfs:
            old = old_node.vrf_by_name.get(vrf.name)
            if vrf.vpn in transit and old is not None and old is not vrf:
                yield from _of_vrf(after, node, old, vrf)


def _of_vrf(after: Program, node: NodeProgram, before: Vrf, now: Vrf) -> Iterator[tuple[str, str]]:
    """Yield the hubs to which a VRF's routes to spokes change."""
    then = {route.prefix: route for route in before.routes}
    for route in now.routes:
        old = then.get(route.prefix)
        if old is None or site_of(old.circuit) == site_of(route.circuit):
            continue
        site = _hub_at(after, route.circuit)
        if (
            site is not None
            and _hub_at(after, old.circuit)
            and _still_leads(after, node, old.circuit)
        ):
            yield site


def _hub_at(program: Program, circuit: str) -> tuple[str, str] | None:
    """Return the hub at a circuit, if one is there."""
    vpn, site = vpn_of(circuit), site_of(circuit).partition("/")[2]
    hubs = next((info.hub_and_spoke for info in program.vpns if info.name == vpn), None)
    return (vpn, site) if hubs is not None and site in hubs.hubs else None


def _still_leads(program: Program, node: NodeProgram, circuit: str) -> bool:
    """Whether a PE still reaches the site at a circuit, whose line is up."""
    pe = program.node_of_circuit.get(circuit)
    if pe is None or not pe.circuit_by_name[circuit].up:
        return False
    return pe.name == node.name or pe.name in node.ftn_by_egress
