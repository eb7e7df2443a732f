"""The provider's view: LSRs by role, links, VPNs with their sites."""

from __future__ import annotations

from mplsemu.model.natural_order import natural
from mplsemu.program.program import NodeProgram, Program
from mplsemu.views.model import LinkView, ProviderView, RouterView, VpnView


def provider_view(program: Program) -> ProviderView:
    """Return the provider's view of a forwarding program: all of it."""
    sites: dict[str, list[tuple[str, str]]] = {info.name: [] for info in program.vpns}
    standbys: dict[str, list[str]] = {}
    for node in program.nodes:
        for circuit in node.circuits:
            name = circuit.name.removeprefix(f"{circuit.vpn}/")
            sites.setdefault(circuit.vpn, []).append((name, node.name))
            if circuit.standby:
                standbys.setdefault(circuit.vpn, []).append(name)
    return ProviderView(
        lab=program.lab,
        routers=tuple(
            _router(node) for node in sorted(program.nodes, key=lambda n: natural(n.name))
        ),
        links=tuple(
            LinkView(
                name=link.name,
                ends=link.ends,
                bandwidth_bps=link.bandwidth_bps,
                delay_ms=link.delay_ms,
                metric=link.metrics,
                up=link.up,
            )
            for link in sorted(program.links, key=lambda link: natural(link.name))
        ),
        vpns=tuple(
            VpnView(
                info.name,
                info.kind,
                info.customer,
                tuple(sorted(sites[info.name], key=lambda site: natural(site[0]))),
                tuple(sorted(standbys.get(info.name, ()), key=natural)),
            )
            for info in program.vpns
        ),
    )


def _router(node: NodeProgram) -> RouterView:
    return RouterView(
        name=node.name,
        role=node.role,
        router_id=str(node.router_id),
        position=node.position,
        sites=tuple(sorted((c.name for c in node.circuits), key=natural)),
    )
