"""Exits that other VPNs use: behind the tunnel, their packets must not go on to third VPNs.

A VPN label leads to a VRF, which looks a packet up in all that it knows (RFC 4364 section 4.3.2).
So a default route that several customers import would lead each to the others, whose routes the
exit's VRF needs for answers. Such a VRF gets a half of its own for what comes to its sites, as
those of hubs have: it knows these sites alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from mplsemu.model.l3vpn import L3vpn, RouteDistinguisher, VrfPolicy, import_sources
from mplsemu.model.names import inward_vrf
from mplsemu.model.vpn import IPNetwork


def with_exits_apart(
    vpns: Sequence[L3vpn],
    distinguishers: Callable[[Sequence[str]], Mapping[str, RouteDistinguisher]],
) -> tuple[L3vpn, ...]:
    """Return VPNs in which routes to networks behind a site lead nobody on to another VPN.

    Args:
        vpns: all L3VPNs of a lab.
        distinguishers: returns a route distinguisher for each VRF of these names.
    """
    led_on = {policy.name for policy in _that_lead_on(vpns)}
    if not led_on:
        return tuple(vpns)
    rds = distinguishers(sorted(map(inward_vrf, led_on)))
    return tuple(
        replace(
            vpn,
            vrfs=tuple(
                replace(policy, inward_rd=rds[inward_vrf(policy.name)])
                if policy.name in led_on
                else policy
                for policy in vpn.policies
            ),
        )
        if any(policy.name in led_on for policy in vpn.policies)
        else vpn
        for vpn in vpns
    )


def _that_lead_on(vpns: Sequence[L3vpn]) -> Iterator[VrfPolicy]:
    """Yield the policies whose routes would lead an importer to what it does not import."""
    sources = import_sources(vpns)
    prefixes = {
        policy.name: [
            prefix
            for site in vpn.attached(policy)
            for prefix in (*site.prefixes, *site.shared_links)
        ]
        for vpn in vpns
        for policy in vpn.policies
    }
    for vpn in vpns:
        for policy in vpn.policies if vpn.hub_and_spoke is None and not vpn.borders else ():
            behind = [route.prefix for site in vpn.attached(policy) for route in site.routes]
            importers = [
                other.name
                for each in vpns
                for other in each.policies
                if other.name != policy.name and other.import_targets & policy.export_targets
            ]
            known = [source.name for source in sources[policy.name] if source.name != policy.name]
            if any(
                each not in {source.name for source in sources[importer]}
                and any(_holds(route, prefix) for route in behind for prefix in prefixes[each])
                for importer in importers
                for each in known
            ):
                yield policy


def _holds(wide: IPNetwork, prefix: IPNetwork) -> bool:
    return wide.version == prefix.version and prefix.subnet_of(wide)  # type: ignore[arg-type]
