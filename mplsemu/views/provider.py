"""The provider's view: LSRs by role, links, VPNs with their sites."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mplsemu.model.names import port_of_line
from mplsemu.model.natural_order import natural
from mplsemu.program.program import CoreLink, NodeProgram, Program
from mplsemu.program.provider_part import part_of
from mplsemu.program.services import AttachmentCircuit
from mplsemu.views.model import LineView, LinkView, ProviderView, RouterView, VpnView


def provider_view(program: Program, provider: str | None = None) -> ProviderView:
    """Return the provider's view of a forwarding program.

    Args:
        program: of the whole network.
        provider: one of several, of whose network the view is, with the ends of its borders; None:
            all of it.

    Raises:
        ProgramError: there is no such provider.
    """
    if provider is not None:
        return _own(program, provider)
    sites: dict[str, list[tuple[str, str]]] = {info.name: [] for info in program.vpns}
    standbys: dict[str, list[str]] = {}
    lines: dict[str, list[LineView]] = {}
    for node in program.nodes:
        for circuit in _to_sites(node):
            name = circuit.name.removeprefix(f"{circuit.vpn}/")
            sites.setdefault(circuit.vpn, []).append((name, node.name))
            line = _line(name, circuit)
            if line != LineView(name):
                lines.setdefault(circuit.vpn, []).append(line)
            if circuit.standby:
                standbys.setdefault(circuit.vpn, []).append(name)
    return ProviderView(
        lab=program.lab,
        routers=tuple(
            _router(node) for node in sorted(program.nodes, key=lambda n: natural(n.name))
        ),
        links=tuple(
            _link(link) for link in sorted(program.links, key=lambda link: natural(link.name))
        ),
        vpns=tuple(
            VpnView(
                info.name,
                info.kind,
                info.customer,
                tuple(sorted(sites[info.name], key=lambda site: natural(site[0]))),
                tuple(sorted(standbys.get(info.name, ()), key=natural)),
                tuple(sorted(lines.get(info.name, ()), key=lambda line: natural(line.site))),
            )
            for info in program.vpns
        ),
    )


def _link(link: CoreLink) -> LinkView:
    return LinkView(
        name=link.name,
        ends=link.ends,
        bandwidth_bps=link.bandwidth_bps,
        delay_ms=link.delay_ms,
        metric=link.metrics,
        up=link.up,
        mtu=link.mtu,
        border=link.border,
        loss_percent=link.loss_percent,
        jitter_ms=link.jitter_ms,
    )


def _line(name: str, circuit: AttachmentCircuit) -> LineView:
    vlan = None if circuit.tags is None else str(circuit.tags)
    port = None if circuit.line is None else port_of_line(circuit.line.name)
    return LineView(name, vlan, port, circuit.mtu)


def _router(node: NodeProgram) -> RouterView:
    return RouterView(
        name=node.name,
        role=node.role,
        router_id=str(node.router_id),
        position=node.position,
        sites=tuple(sorted((c.name for c in _to_sites(node)), key=natural)),
        provider=node.provider,
    )


def _own(program: Program, provider: str) -> ProviderView:
    """Return the view of one of several providers."""
    view = provider_view(part_of(program, provider))
    own = (
        replace(router, provider=None) if router.provider == provider else router
        for router in view.routers
    )
    return replace(view, routers=tuple(own), provider=provider)


def _to_sites(node: NodeProgram) -> Iterator[AttachmentCircuit]:
    """Yield a PE's circuits but for those to other providers."""
    return (circuit for circuit in node.circuits if circuit.border is None)
