"""L3VPNs in which a prefix has several homes: what is down decides who gets a packet."""

from __future__ import annotations

from collections import Counter

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.verification.import_sources import Sources
from mplsemu.verification.intended_routes import offers


def contested_vpns(network: Network) -> set[str]:
    """Return the VPNs whose sites, or those that they import, have a prefix in common.

    Likewise those with a site whose lines share its load: each is a home of its prefixes.
    One that spans providers is among them: what is down decides over which border it goes.
    """
    routed = [vpn for vpn in network.vpns if isinstance(vpn, L3vpn)]
    sources = Sources(routed)
    return {vpn.name for vpn in routed if vpn.borders or _is_contested(sources.of(vpn))}


def _is_contested(vpns: tuple[L3vpn, ...]) -> bool:
    sites = [site for vpn in vpns for site in vpn.sites]
    if any(site.shares_load for site in sites):
        return True
    prefixes = Counter(offer.prefix for site in sites for offer in offers(site))
    return any(count > 1 for count in prefixes.values())
