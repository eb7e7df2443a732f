"""A customer's own picture of his VPN, read from the forwarding program.

What a virtual router reaches is what its VRF has routes to and its PE has tunnels for; so a route
that is missing in a VRF is a site missing in the picture. Nothing of the provider's and nothing of
another customer's goes into the view but the prefixes that an import gives him (RFC 4364 4.3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from mplsemu.analysis.connectivity import (
    Connectivity,
    L2vpnConnectivity,
    L3vpnConnectivity,
    connectivity,
)
from mplsemu.analysis.vrf_reach import VrfReach, prefix_order
from mplsemu.errors import ProgramError
from mplsemu.model.vpn import IPInterface, IPNetwork
from mplsemu.program.program import Program, VpnInfo
from mplsemu.program.services import AttachmentCircuit
from mplsemu.views.model import (
    BridgeView,
    CustomerView,
    HostView,
    L3vpnView,
    SecondLine,
    SiteRole,
    SiteView,
    VirtualRouter,
)


def customer_view(program: Program, vpn: str) -> CustomerView:
    """Return what the customer of one VPN sees of it.

    Raises:
        ProgramError: there is no such VPN.
    """
    for info in program.vpns:
        if info.name == vpn:
            return view_of_connectivity(info, connectivity(program, vpn))
    raise ProgramError(f"no VPN {vpn!r} in lab {program.lab!r}")


def view_of_connectivity(info: VpnInfo, found: Connectivity) -> CustomerView:
    """Return what the customer of one VPN sees of it, given its connectivity."""
    seconds = {circuit.site: _second_line(circuit) for circuit in found.spares}
    match found:
        case L3vpnConnectivity():
            return _l3vpn(info, found, seconds)
        case L2vpnConnectivity():
            return BridgeView(
                vpn=info.name,
                customer=info.customer,
                kind=found.kind,
                islands=_bridged(found, seconds),
                severed=found.severed,
                apart=found.apart,
            )
        case _:
            assert_never(found)


Seconds = Mapping[str, SecondLine]
"""What the other lines of dual-homed sites do, by site."""


def _second_line(circuit: AttachmentCircuit) -> SecondLine:
    if circuit.up:
        return SecondLine.SHARING
    return SecondLine.STANDBY if circuit.standby else SecondLine.DOWN


def _bridged(found: L2vpnConnectivity, seconds: Seconds) -> tuple[tuple[SiteView, ...], ...]:
    """Return the sites of a VPLS or VPWS; those of an E-Tree are roots or leaves."""
    is_tree = any(circuit.leaf for island in found.islands for circuit in island)
    return tuple(
        tuple(
            replace(_site(each, seconds), role=_role(each) if is_tree else None) for each in island
        )
        for island in found.islands
    )


def _role(circuit: AttachmentCircuit) -> SiteRole:
    return SiteRole.LEAF if circuit.leaf else SiteRole.ROOT


def _l3vpn(info: VpnInfo, found: L3vpnConnectivity, seconds: Seconds) -> L3vpnView:
    abroad = {each.prefix for vrf in found.vrfs for each in vrf.reaches if each.site is None}
    hubs = info.hub_and_spoke.hubs if info.hub_and_spoke is not None else ()
    return L3vpnView(
        vpn=info.name,
        customer=info.customer,
        islands=tuple(
            tuple(_router(router, seconds, hubs) for router in island) for island in found.islands
        ),
        partners=tuple(sorted(abroad, key=prefix_order)),
        hubs=hubs,
        kind=info.kind,
    )


def _router(vrf: VrfReach, seconds: Seconds, hubs: Sequence[str]) -> VirtualRouter:
    sites = tuple(_site(site.circuit, seconds, site.prefixes) for site in vrf.sites)
    if hubs:
        roles = {True: SiteRole.HUB, False: SiteRole.SPOKE}
        sites = tuple(replace(site, role=roles[site.name in hubs]) for site in sites)
    return VirtualRouter(sites=sites, reaches=vrf.reaches, lacks=vrf.lacks, apart=vrf.apart)


def _site(
    circuit: AttachmentCircuit, seconds: Seconds, prefixes: tuple[IPNetwork, ...] = ()
) -> SiteView:
    ce = circuit.ce.address if circuit.ce else None
    gateways, hosts = circuit.gateways, circuit.hosts
    station: tuple[IPInterface, ...] = ()
    if circuit.behind is not None:  # its CE router is on the VPLS, and the customer's hosts are not
        prefixes, gateways = circuit.behind.subnets, circuit.behind.gateways
        station = next((router.addresses for router in hosts), ())
        ce = next((address.ip for address in station), None)
        hosts = circuit.behind.hosts
    return SiteView(
        name=circuit.site,
        up=circuit.up,
        prefixes=prefixes,
        gateways=gateways,
        ce=ce,
        hosts=tuple(HostView(h.name, h.mac, h.addresses) for h in hosts),
        second_line=seconds.get(circuit.site),
        station=station,
        vlan=None if circuit.tags is None else str(circuit.tags),
        mtu=circuit.mtu,
        nat=circuit.ce is not None and circuit.ce.masquerades,
    )
