"""How pictures of an L3VPN say who reaches whom: all others, hubs, or those that are meant."""

from __future__ import annotations

from mplsemu.views.model import L3vpnView, VirtualRouter
from mplsemu.views.phrases import count


def all_is_well(view: L3vpnView) -> str:
    """Return what holds of a VPN whose sites reach all that they are to reach."""
    if view.hubs:
        return f"every spoke reaches {_hubs(view)}"
    if any(router.apart for router in view.routers):
        return "every site reaches those that it is to reach"
    return "every site reaches every other"


def something_lacks(view: L3vpnView) -> str:
    """Return what is wrong with a VPN in which some site does not reach all that it is to."""
    if view.hubs:
        return f"not every spoke reaches {_hubs(view)}"
    if any(router.apart for router in view.routers):
        return "not every site reaches those that it is to reach"
    return "not every site reaches every other"


def all_others(view: L3vpnView, router: VirtualRouter, number: int) -> str:
    """Return how many sites a virtual router reaches that is to reach no more."""
    if not router.apart:
        return f"all {number} other sites"
    return f"all {number} hubs" if view.hubs else count(number, "other site")


def _hubs(view: L3vpnView) -> str:
    return "the hub" if len(view.hubs) == 1 else "the hubs"
