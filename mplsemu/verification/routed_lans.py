"""CE routers on a VPLS: each has a way to every LAN whose router it exchanges frames with.

That frames for a CE router arrive there, and nowhere else, is checked as for any station. What is
left is that packets are sent to the right one: by a static route to each LAN's prefix, whose next
hop is an address of that LAN's CE router on the VPLS. Prefixes of LANs do not overlap, so the route
to a prefix is that of all its addresses.
"""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site
from mplsemu.program.program import Program
from mplsemu.program.services import AttachmentCircuit
from mplsemu.verification.verdict import Invariant, Violation
from mplsemu.verification.vpls_policy import exchange_frames


def route_violations(program: Program, vpn: Vpls | Vpws) -> Iterator[Violation]:
    """Yield the LANs to which CE routers of a VPN have no way, or a wrong one."""
    if isinstance(vpn, Vpls):
        for site in vpn.sites:
            circuit = _circuit(program, site)
            if circuit is not None and circuit.behind is not None:
                yield from _of_router(vpn, site, circuit)


def _of_router(vpn: Vpls, site: Site, circuit: AttachmentCircuit) -> Iterator[Violation]:
    assert circuit.behind is not None
    via = {route.prefix: route.via for route in circuit.behind.routes}
    for other in vpn.sites:
        if other.name == site.name or other.behind is None:
            continue
        owned = {address.ip for router in other.hosts for address in router.addresses}
        lacking = [each for each in other.behind.subnets if via.get(each) not in owned]
        if lacking and exchange_frames(vpn, site, other):
            named = ", ".join(map(str, lacking))
            yield Violation(
                invariant=Invariant.REACH,
                subject=vpn.name,
                detail=f"the CE router of {site.circuit} has no way to {named} at {other.circuit}",
                sources=(site.circuit,),
                targets=(other.circuit,),
            )


def _circuit(program: Program, site: Site) -> AttachmentCircuit | None:
    node = program.node_of_circuit.get(site.circuit)
    return None if node is None else node.circuit_by_name[site.circuit]
