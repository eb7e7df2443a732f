"""How an L3VPN's routes cross the borders between providers (RFC 4364 section 10).

A provider tells another one of the prefixes at his own sites, and of no others: what he learned at
one border he does not pass on at the next. So packets cross one border on their way, and there is
no loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.control.labels import BorderKey, VrfKey
from mplsemu.control.services.compiler import ServiceState
from mplsemu.model.inter_as import BorderEnd, InterAs, VpnBorder
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpn import IPNetwork, Site
from mplsemu.program.entries import IlmEntry, SwapToAsbr, SwapToPe

_SWAPPING: Final = ">"


def swapping(vrf: str) -> str:
    """Return the name of what an ASBR without a VRF does with the labels of VRFs of a name."""
    return f"{vrf}{_SWAPPING}"


def is_swapping(service: str | None) -> bool:
    """Whether a service of this name is no VRF, but swaps labels."""
    return service is not None and service.endswith(_SWAPPING)


@dataclass(frozen=True, slots=True)
class BorderWay:
    """A way to a prefix in another provider's network.

    Attributes:
        prefix: the prefix.
        site: that has it.
        asbr: the own provider's ASBR.
        circuit: with option A, from there to the other provider's.
        key: what the label is bound to by which the own PEs reach it there.
    """

    prefix: IPNetwork
    site: Site
    asbr: str
    circuit: str | None
    key: VrfKey | BorderKey


@dataclass(frozen=True, slots=True)
class _Crossing:
    """A border as one provider's VRFs of a VPN see it: what is beyond it."""

    border: VpnBorder
    near: BorderEnd
    far: BorderEnd
    sites: tuple[Site, ...]

    @property
    def swaps(self) -> bool:
        return self.border.option is InterAs.B

    def key(self, site: Site, version: int) -> VrfKey | BorderKey:
        """Return what the near ASBR binds a label to that leads to a site beyond."""
        if not self.swaps:
            return VrfKey(self.near.vrf, version)
        return BorderKey(self.border.link, site.pe, self.far.vrf, version, given=False)

    def beyond(self) -> Iterator[tuple[str, int]]:
        """Yield the PEs of sites beyond, each with the IP versions that these have."""
        found = {(site.pe, prefix.version) for site in self.sites for prefix in _prefixes(site)}
        yield from sorted(found)


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
        """Return the ASBRs with a VRF of a name (option A)."""
        found = (each.near.asbr for each in self._crossings[vrf] if not each.swaps)
        return tuple(dict.fromkeys(found))

    def swapping(self, vrf: str) -> tuple[str, ...]:
        """Return the ASBRs that swap the labels of VRFs of a name (option B)."""
        found = (each.near.asbr for each in self._crossings[vrf] if each.swaps)
        return tuple(dict.fromkeys(found))

    def circuits(self, vrf: str, pe: str) -> tuple[str, ...]:
        """Return the circuits of a VRF to other providers' ASBRs."""
        here = (each for each in self._crossings[vrf] if each.near.asbr == pe and not each.swaps)
        return tuple(each.border.circuit(pe) for each in here)

    def prefixes(self, vrf: str, pe: str) -> Iterator[IPNetwork]:
        """Yield the prefixes to which a VRF may have routes by circuits of its own."""
        for each in self._crossings[vrf]:
            if each.near.asbr == pe and not each.swaps:
                for site in each.sites:
                    yield from _prefixes(site)

    def ways(self, vrf: str, state: ServiceState) -> Iterator[BorderWay]:
        """Yield the ways that work: their link is up, and the far ASBR reaches the site."""
        for each in self._crossings[vrf]:
            if each.border.link in state.down:
                continue
            near = each.near.asbr
            circuit = None if each.swaps else each.border.circuit(near)
            for site in each.sites:
                if site.circuit in state.down or not _reaches(each.far.asbr, site.pe, state):
                    continue
                for prefix in _prefixes(site):
                    yield BorderWay(prefix, site, near, circuit, each.key(site, prefix.version))

    def keys(self, service: str, asbr: str) -> Iterator[BorderKey]:
        """Yield what an ASBR that swaps labels binds them to."""
        for each in self._swapped(service, asbr):
            for pe, version in each.beyond():
                yield BorderKey(each.border.link, pe, each.far.vrf, version, given=False)
            for pe, version in self._opposite(each).beyond():
                yield BorderKey(each.border.link, pe, each.near.vrf, version, given=True)

    def swaps(self, service: str, asbr: str, state: ServiceState) -> Iterator[IlmEntry]:
        """Yield what an ASBR does with the labels of VRFs at a border, as far as they lead on."""
        for each in self._swapped(service, asbr):
            link, far = each.border.link, each.far.asbr
            for pe, version in each.beyond():
                given = state.labels[far][BorderKey(link, pe, each.far.vrf, version, given=True)]
                own = state.labels[asbr][BorderKey(link, pe, each.far.vrf, version, given=False)]
                if link not in state.down and state.reaches(far, pe):
                    yield IlmEntry(own, SwapToAsbr(link, given))
            for pe, version in self._opposite(each).beyond():
                given = state.labels[asbr][BorderKey(link, pe, each.near.vrf, version, given=True)]
                if state.reaches(asbr, pe):
                    label = state.labels[pe][VrfKey(each.near.vrf, version)]
                    yield IlmEntry(given, SwapToPe(label, pe, link))

    def links(self, vrfs: Collection[str]) -> frozenset[str]:
        """Return the border links that matter to VRFs of these names, or to who swaps for them."""
        return frozenset(each.border.link for vrf in vrfs for each in self._of(vrf))

    def tunnels_beyond(self, vrfs: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return the tunnels of ASBRs that matter to VRFs of these names, or to who swaps."""
        found: set[tuple[str, str]] = set()
        for vrf in vrfs:
            for each in self._of(vrf):
                found.update((each.far.asbr, site.pe) for site in each.sites)
                if is_swapping(vrf):
                    own = self._opposite(each).sites
                    found.update((each.near.asbr, site.pe) for site in own)
        return frozenset(found)

    def _of(self, vrf: str) -> tuple[_Crossing, ...]:
        return self._crossings.get(vrf.removesuffix(_SWAPPING), ())

    def _swapped(self, service: str, asbr: str) -> Iterator[_Crossing]:
        return (each for each in self._of(service) if each.swaps and each.near.asbr == asbr)

    def _opposite(self, crossing: _Crossing) -> _Crossing:
        """Return a border as it is seen from its other side."""
        return next(
            each
            for each in self._crossings[crossing.far.vrf]
            if each.border.link == crossing.border.link
        )


def _reaches(asbr: str, pe: str, state: ServiceState) -> bool:
    return asbr == pe or state.reaches(asbr, pe)


def _prefixes(site: Site) -> tuple[IPNetwork, ...]:
    return (*site.prefixes, *site.shared_links)


def _crossings(vpn: L3vpn, vrf: str) -> Iterator[_Crossing]:
    """Yield the borders of a VPN from the side of the provider that has VRFs of a name."""
    for border in vpn.borders:
        near = border.side_of(vrf)
        if near is not None:
            far = border.far_end(near.asbr)
            sites = tuple(site for site in vpn.sites if vpn.policy(site.name).name == far.vrf)
            yield _Crossing(border, near, far, sites)
