"""How an L3VPN's routes cross the borders between providers (RFC 4364 section 10).

A provider tells another one of the prefixes at his own sites, and of no others: what he learned at
one border he does not pass on at the next. So packets cross one border on their way, and there is
no loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from mplsemu.control.services.compiler import ServiceState
from mplsemu.model.inter_as import BorderEnd, VpnBorder
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpn import IPNetwork, Site


@dataclass(frozen=True, slots=True)
class BorderWay:
    """A way to a prefix in another provider's network.

    Attributes:
        prefix: the prefix.
        site: that has it.
        asbr: the own provider's ASBR.
        circuit: from there to the other provider's.
    """

    prefix: IPNetwork
    site: Site
    asbr: str
    circuit: str


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A border as one provider's VRFs of a VPN see it: what is beyond it."""

    border: VpnBorder
    near: BorderEnd
    far: BorderEnd
    sites: tuple[Site, ...]


class BorderRoutes:
    """The borders of all L3VPNs, by the names of the VRFs that use them.

    Args:
        vpns: all L3VPNs.
    """

    def __init__(self, vpns: Iterable[L3vpn]) -> None:
        self._crossings: Mapping[str, tuple[_Crossing, ...]] = {
            policy.name: tuple(_crossings(vpn, policy.name))
            for vpn in vpns
            for policy in vpn.policies
        }

    def asbrs(self, vrf: str) -> tuple[str, ...]:
        """Return the ASBRs with a VRF of a name."""
        return tuple(dict.fromkeys(each.near.asbr for each in self._crossings[vrf]))

    def circuits(self, vrf: str, pe: str) -> tuple[str, ...]:
        """Return the circuits of a VRF to other providers' ASBRs."""
        here = (each for each in self._crossings[vrf] if each.near.asbr == pe)
        return tuple(each.border.circuit(pe) for each in here)

    def prefixes(self, vrf: str, pe: str) -> Iterator[IPNetwork]:
        """Yield the prefixes to which a VRF may have routes by circuits of its own."""
        for each in self._crossings[vrf]:
            if each.near.asbr == pe:
                for site in each.sites:
                    yield from (*site.prefixes, *site.shared_links)

    def ways(self, vrf: str, state: ServiceState) -> Iterator[BorderWay]:
        """Yield the ways that work: their link is up, and the far ASBR reaches the site."""
        for each in self._crossings[vrf]:
            if each.border.link in state.down:
                continue
            near, far = each.near.asbr, each.far.asbr
            circuit = each.border.circuit(near)
            for site in each.sites:
                if site.circuit in state.down:
                    continue
                if far == site.pe or state.reaches(far, site.pe):
                    for prefix in (*site.prefixes, *site.shared_links):
                        yield BorderWay(prefix, site, near, circuit)

    def links(self, vrfs: Collection[str]) -> frozenset[str]:
        """Return the border links that matter to VRFs of these names."""
        return frozenset(each.border.link for vrf in vrfs for each in self._crossings.get(vrf, ()))

    def tunnels_beyond(self, vrfs: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return the tunnels of other providers that matter to VRFs of these names."""
        return frozenset(
            (each.far.asbr, site.pe)
            for vrf in vrfs
            for each in self._crossings.get(vrf, ())
            for site in each.sites
        )


def _crossings(vpn: L3vpn, vrf: str) -> Iterator[_Crossing]:
    """Yield the borders of a VPN from the side of the provider that has VRFs of a name."""
    for border in vpn.borders:
        near = border.side_of(vrf)
        if near is not None:
            far = border.far_end(near.asbr)
            sites = tuple(site for site in vpn.sites if vpn.policy(site.name).name == far.vrf)
            yield _Crossing(border, near, far, sites)
