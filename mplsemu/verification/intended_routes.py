"""Which sites should get the packets to a prefix, by the lab file: preference, then distance.

Nothing here looks at a program, nor at how the compiler selects routes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.limits import MAX_NHLFES
from mplsemu.model.natural_order import natural
from mplsemu.model.vpn import IPAddress, IPNetwork, Site
from mplsemu.verification.distances import Metric

VrfName = tuple[str, str]
"""A VRF: its name, and its PE's."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A prefix that a site has.

    Attributes:
        prefix: the prefix.
        site: whose it is.
        is_link: whether it is the network of the PE-CE link.
        via: of a static route: who on the LAN gets its packets.
    """

    prefix: IPNetwork
    site: Site
    is_link: bool = False
    via: IPAddress | None = None


def offers(site: Site) -> Iterator[Offer]:
    """Yield what a site offers to all that may send to it."""
    for subnet in site.subnets:
        yield Offer(subnet, site)
    for link in site.shared_links:
        yield Offer(link, site, is_link=True)
    for route in site.routes:
        yield Offer(route.prefix, site, via=route.via)


def unused_offers(vpn: L3vpn, at: Site) -> Iterator[Offer]:
    """Yield what sites offer and another one of the VPN has no use for, or does not hear of."""
    yield from _wide_offers(vpn, at)
    yield from _untold_offers(vpn, at)


def _wide_offers(vpn: L3vpn, at: Site) -> Iterator[Offer]:
    """Yield what a hub's CE router has no use for, if packets between spokes pass it.

    That are networks behind hubs that hold a spoke's prefix, such as a default route's: it sends
    them on by its LAN, and what it sends to its PE is for spokes and other sites.
    """
    hubs = vpn.hub_and_spoke
    if hubs is None or not hubs.via_ce or at.name not in hubs.hubs:
        return
    spokes = [each for each in vpn.sites if each.name not in hubs.hubs]
    theirs = [offer.prefix for spoke in spokes for offer in offers(spoke)]
    for hub in (each for each in vpn.sites if each.name in hubs.hubs):
        for offer in offers(hub):
            if offer.via is not None and any(_holds(offer.prefix, each) for each in theirs):
                yield offer


def _untold_offers(vpn: L3vpn, at: Site) -> Iterator[Offer]:
    """Yield what a spoke does not hear of others: of an IP version that no hub's CE router has.

    That is so where packets between them would pass it.
    """
    hubs = vpn.hub_and_spoke
    if hubs is None or not hubs.via_ce or at.name in hubs.hubs:
        return
    able = [site for site in vpn.sites if site.name in hubs.hubs]
    told = [version for version in (4, 6) if any(passes_on(hub, version) for hub in able)]
    for site in vpn.sites:
        if site.name not in hubs.hubs and site.name != at.name:
            yield from (offer for offer in offers(site) if offer.prefix.version not in told)


def passes_on(hub: Site, version: int) -> bool:
    """Whether a hub's CE router has a default route of an IP version, to its PE."""
    addresses = (*hub.ce.wan, *hub.gateways) if hub.ce is not None else ()
    return any(each.version == version for each in addresses)


def _holds(wide: IPNetwork, prefix: IPNetwork) -> bool:
    return wide.version == prefix.version and prefix.subnet_of(wide)  # type: ignore[arg-type]


def link_offers(site: Site) -> Iterator[Offer]:
    """Yield what is known only to the VRF that a site is attached to: its PE-CE link."""
    for interface in site.ce.pe_wan if site.ce is not None else ():
        yield Offer(interface.network, site, is_link=True)


def own_addresses(site: Site, version: int) -> Iterator[IPAddress]:
    """Yield a site's addresses: its hosts', all that others there may have, the CE router's."""
    for host in site.hosts:
        for interface in host.addresses:
            if interface.version == version:
                yield interface.ip
    for gateway in site.gateways:
        if gateway.version == version:
            yield from (each for each in gateway.network.hosts() if each != gateway.ip)
            yield gateway.ip
    for interface in site.ce.wan if site.ce is not None else ():
        if interface.version == version:
            yield interface.ip


class Choice:
    """Chooses among offers of the same prefix, for one VRF.

    Args:
        at: a site that is attached to it. Those of its VPN are preferred to those of others.
        vrf_of: returns the VRF that a site is attached to.
        distances: metrics from PE to PE.
        down: names of circuits that are down; a site behind one is chosen only if all are so.
    """

    def __init__(
        self,
        at: Site,
        vrf_of: Callable[[Site], VrfName],
        distances: Metric,
        down: Collection[str] = (),
    ) -> None:
        self._at = at
        self._vrf_of = vrf_of
        self._distances = distances
        self._down = down

    def among(self, same: Iterable[Offer]) -> tuple[Offer, ...]:
        """Return the offers that packets should follow: several where they are spread."""
        same = sorted(same, key=lambda offer: natural(offer.site.circuit))
        if len(same) == 1:
            return tuple(same)
        ranks = {offer: self._rank(offer) for offer in same}
        best = min(ranks.values())
        equal = [offer for offer in same if ranks[offer] == best]
        is_cut_off, _, _, metric, _ = best
        if is_cut_off or metric == 0:
            return tuple(equal[:1])
        # a VRF has one route to a prefix, whichever of its sites has it
        by_vrf = {self._vrf_of(each.site): each for each in reversed(equal)}
        return tuple(each for each in equal if each in by_vrf.values())[:MAX_NHLFES]

    def _rank(self, offer: Offer) -> tuple[bool, int, bool, int, bool]:
        site, metric = offer.site, self._metric(offer.site) or 0
        is_in_another = metric == 0 and self._vrf_of(site) != self._vrf_of(self._at)
        is_foreign = site.vpn != self._at.vpn
        return self.is_cut_off(offer), site.rank, is_foreign, metric, is_in_another

    def is_cut_off(self, offer: Offer) -> bool:
        """Whether the site cannot be reached."""
        site = offer.site
        return site.circuit in self._down or not self._distances.is_path(self._at.pe, site.pe)

    def _metric(self, site: Site) -> int | None:
        """Return the metric to a site; of lines that share its load, to the nearest."""
        if not site.shares_load or site.pe == self._at.pe:
            return self._distance(site)
        lines = [each for each in site.lines if each.circuit not in self._down]
        metrics = (self._distance(each) for each in lines if each.pe != self._at.pe)
        return min((each for each in metrics if each is not None), default=None)

    def _distance(self, site: Site) -> int | None:
        return 0 if site.pe == self._at.pe else self._distances.between(self._at.pe, site.pe)
