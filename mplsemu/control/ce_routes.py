"""Routes of CE routers with networks behind their LANs.

Such a network, above all a default route's, may hold prefixes of the VPN that are elsewhere. Of
these a CE router is told, as by a routing protocol (RFC 4364 section 7), so that its LAN's packets
to them go to the PE. All others go there by its default route, or come from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mplsemu.control.services.hub_transit import HubTransit
from mplsemu.control.services.route_selection import prefix_order
from mplsemu.model.l3vpn import L3vpn, VrfPolicy, import_sources
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPNetwork, Site
from mplsemu.program.services import CeRoute


def ce_routes(network: Network) -> dict[str, tuple[CeRoute, ...]]:
    """Return the routes of the CE routers that have any, by the full names of their sites.

    They are the same whatever is down: what is cut off ends at the PE.
    """
    vpns = [vpn for vpn in network.vpns if isinstance(vpn, L3vpn)]
    routed = [
        (vpn, site) for vpn in vpns for site in vpn.sites if site.ce is not None and site.routes
    ]
    if not routed:
        return {}
    sources = import_sources(vpns)
    return {site.full_name: _routes_of(vpn, site, vpns, sources) for vpn, site in routed}


def _routes_of(
    vpn: L3vpn, site: Site, vpns: Sequence[L3vpn], sources: Mapping[str, tuple[VrfPolicy, ...]]
) -> tuple[CeRoute, ...]:
    imported = {source.name for source in sources[vpn.policy(site.name).name]}
    own = {route.prefix: CeRoute(route.prefix, route.via) for route in site.routes}
    passed_on = HubTransit.of(vpn).through(site)
    elsewhere = {
        prefix: CeRoute(prefix, returns=prefix in passed_on)
        for prefix in _known(vpn, site, vpns, imported)
        if _within(prefix, own) and prefix not in own and not _within(prefix, site.subnets)
    }
    found = own | elsewhere
    return tuple(found[prefix] for prefix in sorted(found, key=prefix_order))


def _known(
    vpn: L3vpn, site: Site, vpns: Sequence[L3vpn], imported: set[str]
) -> Iterator[IPNetwork]:
    """Yield what the VRF of a site has routes to, beside the site itself."""
    policy, pes = vpn.policy(site.name), {line.pe for line in site.lines}
    for other in vpns:
        passes_on = other.hub_and_spoke is not None and other.hub_and_spoke.via_ce
        for each in other.sites:
            theirs = other.policy(each.name)
            is_beside = theirs.name == policy.name and any(line.pe in pes for line in each.lines)
            is_told = other is vpn and (passes_on or bool(vpn.borders))  # by a hub or an ASBR
            if each is site or not (is_beside or is_told or theirs.name in imported):
                continue
            yield from each.prefixes
            yield from each.shared_links
            if is_beside and each.ce is not None:
                yield from (interface.network for interface in each.ce.pe_wan)


def _within(prefix: IPNetwork, others: Mapping[IPNetwork, object] | Sequence[IPNetwork]) -> bool:
    return any(
        prefix.version == other.version and prefix.subnet_of(other)  # type: ignore[arg-type]
        for other in others
    )
