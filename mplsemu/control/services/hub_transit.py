"""Prefixes of spokes that a hub's CE router announces to the other spokes (RFC 4364 4.3.5).

It announces them all, whether a spoke is up or not, as a router does that announces an aggregate:
what is for a spoke that is down ends at the hub's PE.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Self

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpn import IPNetwork, Site


@dataclass(frozen=True, slots=True)
class HubTransit:
    """What the hubs of a VPN announce beside their own prefixes.

    Attributes:
        hubs: names of the hubs, the preferred first; empty if spokes do not reach each other.
        prefixes: of the spokes, and of their PE-CE links that are distributed, in the lab file's
            order.
    """

    hubs: tuple[str, ...] = ()
    prefixes: tuple[IPNetwork, ...] = ()

    @classmethod
    def of(cls, vpn: L3vpn) -> Self:
        """Return what the hubs of a VPN announce."""
        if vpn.hub_and_spoke is None or not vpn.hub_and_spoke.via_ce:
            return cls()
        hubs = vpn.hub_and_spoke.hubs
        spokes = (site for site in vpn.sites if site.name not in hubs)
        known = ((*site.prefixes, *site.shared_links) for site in spokes)
        return cls(hubs, tuple(prefix for prefixes in known for prefix in prefixes))

    def rank(self, hub: Site, rising: Container[tuple[str, str]] = ()) -> int:
        """Return the place of a hub among those that announce the spokes' prefixes.

        Hubs that come back (`control.homing.Moving`) are behind all others.
        """
        place = self.hubs.index(hub.name) if hub.name in self.hubs else len(self.hubs)
        return place + len(self.hubs) if (hub.vpn, hub.name) in rising else place

    def goes_round(self, hub: Site, prefix: IPNetwork) -> bool:
        """Whether a hub has a way to a network behind it that holds a spoke's prefix.

        What a hub's CE router sends back to its PE does not take it: it would come back to a CE
        router, which sends it on as before, if the spoke is down.
        """
        is_behind = any(route.prefix == prefix for route in hub.routes)
        return is_behind and hub.name in self.hubs and any(_holds(prefix, s) for s in self.prefixes)

    def through(self, hub: Site) -> tuple[IPNetwork, ...]:
        """Return what a site announces of the spokes: where its CE router has a default route."""
        if hub.name not in self.hubs or hub.ce is None:
            return ()
        versions = {each.version for each in (*hub.ce.wan, *hub.gateways)}
        return tuple(prefix for prefix in self.prefixes if prefix.version in versions)


def _holds(wide: IPNetwork, prefix: IPNetwork) -> bool:
    return wide.version == prefix.version and prefix.subnet_of(wide)  # type: ignore[arg-type]
