"""What routes a CE router should have, by the lab alone: its site's, and what these would hide."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.network import Network
from mplsemu.model.vpn import IPNetwork, Site
from mplsemu.program.services import Ce, CeRoute
from mplsemu.verification.intended_routes import link_offers, offers
from mplsemu.verification.site_policy import reaches


def intended_ce(network: Network, site: Site) -> Ce | None:
    """Return the CE router that a circuit of a site should lead to; None: there is none."""
    if site.ce is None:
        return None
    wan = tuple(interface.ip for interface in site.ce.wan)
    routes = tuple(_routes(network, site)) if site.routes else ()
    ce = site.ce
    return Ce(wan, ce.mac, site.gateways, ce.lan_mac, routes, ce.masquerades)


def _routes(network: Network, site: Site) -> Iterator[CeRoute]:
    behind = {route.prefix: CeRoute(route.prefix, route.via) for route in site.routes}
    hidden = {
        prefix
        for prefix in _elsewhere(network, site)
        if any(_holds(route.prefix, prefix) for route in site.routes)
        and not any(_holds(subnet, prefix) for subnet in site.subnets)
    }
    spokes = _spokes_of(network, site)
    found = behind | {
        prefix: CeRoute(prefix, returns=prefix in spokes) for prefix in hidden - behind.keys()
    }
    for prefix in sorted(found, key=lambda p: (p.version, int(p.network_address), p.prefixlen)):
        yield found[prefix]


def _spokes_of(network: Network, site: Site) -> set[IPNetwork]:
    """Return the prefixes of the spokes whose packets to each other pass a hub's CE router."""
    vpn = next(each for each in network.vpns if each.name == site.vpn)
    hubs = vpn.hub_and_spoke if isinstance(vpn, L3vpn) else None
    if hubs is None or not hubs.via_ce or site.name not in hubs.hubs:
        return set()
    spokes = (each for each in vpn.sites if each.name not in hubs.hubs)
    return {offer.prefix for spoke in spokes for offer in offers(spoke)}


def _elsewhere(network: Network, site: Site) -> Iterator[IPNetwork]:
    """Yield the prefixes of other sites to which this one may send."""
    vpns = [vpn for vpn in network.vpns if isinstance(vpn, L3vpn)]
    own = next(vpn for vpn in vpns if vpn.name == site.vpn)
    pes = {line.pe for line in site.lines}
    for vpn in vpns:
        for other in vpn.sites:
            if other.full_name == site.full_name:
                continue
            pairs = product(site.lines, other.lines)
            if any(reaches(own, mine, vpn, line) for mine, line in pairs):
                yield from (offer.prefix for offer in offers(other))
            is_beside = any(line.pe in pes for line in other.lines)
            if is_beside and own.policy(site.name).name == vpn.policy(other.name).name:
                yield from (offer.prefix for offer in link_offers(other))


def _holds(wide: IPNetwork, prefix: IPNetwork) -> bool:
    return (
        wide.version == prefix.version
        and wide.prefixlen <= prefix.prefixlen
        and prefix.network_address in wide
    )
