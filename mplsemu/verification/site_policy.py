"""The policy between sites: which sites may send to which, by the VPNs and their route targets."""

from __future__ import annotations

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Vpn
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpn import Site
from mplsemu.verification.vpls_policy import exchange_frames


def reaches(source: Vpn, source_site: Site, target: Vpn, target_site: Site) -> bool:
    """Whether packets from one site should arrive at another.

    Within a bridged VPN they should, but for leaves of an E-Tree. L3VPNs have VRFs: sites that
    share one reach each other, and else they should if the source's VRF imports the routes of the
    target's, be they of one VPN or of two (RFC 4364 section 4.3.1). In an L3VPN with hubs and
    spokes their roles decide. Sites of one that spans providers all reach each other (section 10).
    """
    if isinstance(source, Vpls) and source.name == target.name:
        return exchange_frames(source, source_site, target_site)
    if not isinstance(source, L3vpn) or not isinstance(target, L3vpn):
        return source.name == target.name
    if source.name == target.name and source.hub_and_spoke is not None:
        is_same = source_site.name == target_site.name
        return is_same or source.hub_and_spoke.joins(source_site.name, target_site.name)
    if source.name == target.name and source.borders:
        return True  # each provider's VRFs have targets of their own; borders join them
    here, there = source.policy(source_site.name), target.policy(target_site.name)
    if here.name == there.name and source_site.pe == target_site.pe:
        return True
    return here.imports(there)
