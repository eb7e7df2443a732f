"""Dual-homed sites in a program: by which of its lines each site is attached.

Which line should be active is not judged here: whoever does not reach the site says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from mplsemu.model.network import Network, Vpn
from mplsemu.model.vpls import Vpws
from mplsemu.model.vpn import Homing, Site
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit, Vsi
from mplsemu.verification.verdict import Invariant, Violation


def as_attached(network: Network, program: Program) -> Network:
    """Return a network in which each dual-homed site is attached by its active line alone.

    One whose lines share its load is there once for each that is active. A site none of whose
    lines is active is attached by its first.
    """
    if not any(site.homes for _, site in network.sites()):
        return network
    vpns = tuple(
        replace(vpn, sites=tuple(_attached(program, vpn.sites)))  # type: ignore[arg-type]
        for vpn in network.vpns
    )
    return replace(network, vpns=vpns)


def check_homing(program: Program, network: Network) -> Iterator[Violation]:
    """Yield the sites of which two lines are active at a time, though one should stand by.

    In a VPLS or VPWS, the site's LAN and the provider's network would be a loop.
    """
    for _, site in network.sites():
        active = active_lines(program, site)
        if site.homing is Homing.STANDBY and len(active) > 1:
            names = " and ".join(line.circuit for line in active)
            problem = f"{names} are active at a time, though one should stand by"
            yield Violation(Invariant.STRUCTURE, site.full_name, problem)
        for line in site.lines:
            circuit = _circuit(program, line)
            if circuit is not None and circuit.standby and (circuit.up or not active):
                problem = f"{circuit.name} stands by, but for no other line"
                yield Violation(Invariant.STRUCTURE, site.full_name, problem)


def redundancy_problems(program: Program, pe: str, vsi: Vsi, vpn: Vpn | None) -> Iterator[str]:
    """Yield the pseudowires of a VPWS that stand by, or not, against its sites' active lines.

    One joins the PEs of the two, unless they are the same (RFC 6718).
    """
    if not isinstance(vpn, Vpws):
        return
    ends = {(active_lines(program, site) or site.lines)[0].pe for site in vpn.sites}
    for wire in vsi.pseudowires:
        if {pe, wire.peer} == ends and wire.standby:
            yield f"its pseudowire to {wire.peer} stands by for none"
        if {pe, wire.peer} != ends and not wire.standby:
            yield f"its pseudowire to {wire.peer} is active, and no line there"


def active_lines(program: Program, site: Site) -> tuple[Site, ...]:
    """Return a site by each of its lines that takes and sends packets."""
    return tuple(line for line in site.lines if _is_active(program, line))


def _is_active(program: Program, line: Site) -> bool:
    circuit = _circuit(program, line)
    return circuit is not None and circuit.up


def _circuit(program: Program, line: Site) -> AttachmentCircuit | None:
    node = program.node_by_name.get(line.pe)
    return node.circuit_by_name.get(line.circuit) if node is not None else None


def _attached(program: Program, sites: Iterable[Site]) -> Iterator[Site]:
    for site in sites:
        if site.homes:
            active = active_lines(program, site)
            yield from (active if site.shares_load else active[:1]) or (site,)
        else:
            yield site
