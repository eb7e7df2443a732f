"""The size of a lab: how many LSRs, VPNs, labels and routes it has."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.model.network import Network
from mplsemu.program.program import Program


@dataclass(frozen=True, slots=True)
class LabSize:
    """Numbers of things in a lab and in its program.

    Attributes:
        lsrs: PEs and Ps.
        links: core links.
        vpns: of all kinds.
        sites: of all VPNs.
        hosts: at all sites, without CE routers.
        lsps: FTN entries.
        labels: ILM entries.
        routes: in all VRFs.
        pseudowires: in all VSIs, each direction once.
    """

    lsrs: int
    links: int
    vpns: int
    sites: int
    hosts: int
    lsps: int
    labels: int
    routes: int
    pseudowires: int


def lab_size(network: Network, program: Program) -> LabSize:
    """Count them."""
    return LabSize(
        lsrs=len(program.nodes),
        links=len(program.links),
        vpns=len(program.vpns),
        sites=sum(1 for _ in network.sites()),
        hosts=sum(1 for _ in network.hosts()),
        lsps=sum(len(node.ftn) for node in program.nodes),
        labels=sum(len(node.ilm) for node in program.nodes),
        routes=sum(len(vrf.routes) for node in program.nodes for vrf in node.vrfs),
        pseudowires=sum(len(vsi.pseudowires) for node in program.nodes for vsi in node.vsis),
    )
