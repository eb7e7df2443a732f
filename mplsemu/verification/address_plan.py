"""The address plan of an L3VPN: where a packet to each destination should end, by the lab alone.

Nothing here looks at a program; what is down is told. Route targets decide what a site may reach
(RFC 4364 section 4.3.1): an extranet is intended, a leak is not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mplsemu.model.l3vpn import HubAndSpoke, L3vpn
from mplsemu.model.network import HostRef, Network
from mplsemu.model.vpn import IPAddress, IPNetwork, Site
from mplsemu.program.class_boundaries import Span, address_span, prefix_span
from mplsemu.program.gateway import LINK_LOCAL_GATEWAY, broadcast_addresses
from mplsemu.program.martians import NEVER_ROUTED, is_never_routed, is_number_never_routed
from mplsemu.program.nat import is_private
from mplsemu.program.own_addresses import router_addresses
from mplsemu.verification.distances import AcrossBorders, Distances, Metric
from mplsemu.verification.import_sources import Sources
from mplsemu.verification.intended_routes import (
    Choice,
    Offer,
    VrfName,
    link_offers,
    offers,
    own_addresses,
    unused_offers,
)
from mplsemu.verification.site_policy import reaches


@dataclass(frozen=True, slots=True)
class ToHost:
    """A host receives it.

    Attributes:
        circuit: the attachment circuit of its site.
        host: its name.
        mac: its MAC address.
    """

    circuit: str
    host: HostRef
    mac: str


@dataclass(frozen=True, slots=True)
class ToLan:
    """It is on a site's LAN, but no host of the lab has the address: the PE resolves it there."""

    circuit: str
    pe: str


@dataclass(frozen=True, slots=True)
class ToCe:
    """A site's CE router receives it, for itself or for a LAN address that no lab host has.

    Attributes:
        circuit: the attachment circuit of its site.
        mac: of its interface there.
        is_own: the address is the router's own.
    """

    circuit: str
    mac: str
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class ToGateway:
    """A PE's VRF owns the address; `circuit` is that of the site, None: any of them."""

    circuit: str | None
    pe: str


@dataclass(frozen=True, slots=True)
class ToNobody:
    """It must not arrive anywhere."""


@dataclass(frozen=True, slots=True)
class ToAny:
    """One of several sites gets it, each flow its own: all have the same prefix (anycast)."""

    ends: tuple[SingleEnd, ...]


SingleEnd = ToHost | ToLan | ToCe | ToGateway | ToNobody
ExpectedEnd = SingleEnd | ToAny
Address = tuple[int, int]
"""IP version and value."""
_NOBODY = ToNobody()
_TRIED: Final = 8
"""A site's own addresses that are tried as sources, before any that the plan tells apart."""


class AddressPlans:
    """The address plans of all L3VPNs of a network, each made when it is first asked for.

    Args:
        network: the lab.
        down: names of the links and circuits that are down.
        whole: with sites that are in no plan, but decide what others are told; None: as `network`.
    """

    def __init__(
        self, network: Network, down: Collection[str] = (), whole: Network | None = None
    ) -> None:
        self.down = frozenset(down)
        self.within = Distances(network.provider, self.down)
        self._vpns = {vpn.name: vpn for vpn in network.vpns if isinstance(vpn, L3vpn)}
        self._sites = {site.circuit: site for vpn in self._vpns.values() for site in vpn.sites}
        self._sources = Sources(self._vpns.values())
        self._vrfs = {
            site.circuit: (vpn.policy(site.name).name, site.pe)
            for vpn in self._vpns.values()
            for site in vpn.sites
        }
        all_vpns = (whole or network).vpns
        self.whole = {vpn.name: vpn for vpn in all_vpns if isinstance(vpn, L3vpn)}
        self._plans: dict[VrfName, AddressPlan] = {}
        self._inward: dict[VrfName, AddressPlan] = {}
        self._spans: dict[tuple[str, ...], frozenset[Span]] = {}

    def at(self, site: Site) -> AddressPlan:
        """Return the plan for packets that come from a site."""
        key = self.vrf_of(site)
        if key not in self._plans:
            vpn = self._vpns[site.vpn]
            self._plans[key] = AddressPlan(vpn, site, self._sources.of(vpn), self)
        return self._plans[key]

    def towards(self, site: Site) -> AddressPlan:
        """Return the plan for packets that come to a site's PE from another.

        Those for a hub do not go on to spokes, whatever the hub's own packets do; nor those for an
        exit that several VPNs use to another of these.
        """
        vpn = self._vpns[site.vpn]
        hubs = vpn.hub_and_spoke
        is_hub = hubs is not None and site.name in hubs.hubs
        is_exit = hubs is None and vpn.policy(site.name).inward_rd is not None
        if not is_hub and not is_exit:
            return self.at(site)
        key = self.vrf_of(site)
        if key not in self._inward:
            self._inward[key] = self._towards(vpn, hubs, site)
        return self._inward[key]

    def distances(self, vpn: L3vpn) -> Metric:
        """Return the metrics from PE to PE, of a VPN that spans providers over its borders."""
        if not vpn.borders:
            return self.within
        return AcrossBorders(self.within, vpn.borders, self.down)

    def _towards(self, vpn: L3vpn, hubs: HubAndSpoke | None, site: Site) -> AddressPlan:
        """Return the plan for packets that come to a hub, or to an exit of several VPNs."""
        if hubs is None or not hubs.via_ce:
            return AddressPlan(vpn, site, [vpn], self, near_alone=True)
        sites = self.whole[vpn.name].sites
        if not any(each.routes for each in sites if each.name in hubs.hubs):
            return self.at(site)
        return AddressPlan(vpn, site, self._sources.of(vpn), self, comes_from_spoke=True)

    def vrf_of(self, site: Site) -> VrfName:
        """Return the VRF that a site is attached to."""
        return self._vrfs[site.circuit]

    def at_circuit(self, circuit: str) -> AddressPlan:
        """Return the plan for packets that come by an attachment circuit."""
        return self.at(self._sites[circuit])

    def prefix_spans(self, sites: Iterable[Site]) -> frozenset[Span]:
        """Return the ranges of the prefixes that sites offer."""
        sites = tuple(sites)
        key = tuple(site.circuit for site in sites)
        if key not in self._spans:
            found = (prefix_span(offer.prefix) for site in sites for offer in offers(site))
            self._spans[key] = frozenset(found)
        return self._spans[key]


class AddressPlan:
    """Where packets to every destination should end, for the sites of one VRF.

    Args:
        vpn: the VPN.
        at: one of its sites; all that are attached to the same VRF see the same.
        sources: `vpn`, then those from which it imports.
        plans: those of all VRFs, for what another PE or VRF does with a packet.
        near_alone: only the sites that are attached to the same VRF are reached.
        comes_from_spoke: whether packets come to a hub's CE router, and not from it.

    Attributes:
        pe: of that VRF.
        sites: that are reached, those of the VPN first.
        near: the circuits of those that are attached to the same VRF.
    """

    def __init__(
        self,
        vpn: L3vpn,
        at: Site,
        sources: Iterable[L3vpn],
        plans: AddressPlans,
        *,
        near_alone: bool = False,
        comes_from_spoke: bool = False,
    ) -> None:
        self.pe = at.pe
        self._unused = () if comes_from_spoke else tuple(unused_offers(plans.whole[vpn.name], at))
        self._here = plans.vrf_of(at)
        self._plans = plans
        self.sites = tuple(
            site
            for source in sources
            for site in source.sites
            if reaches(vpn, at, source, site) and (self._is_near(site) or not near_alone)
        )
        self._valid: dict[tuple[str, int], IPAddress | None] = {}
        self._first: dict[tuple[str, int], IPAddress | None] = {}
        self._choice = Choice(at, plans.vrf_of, plans.distances(vpn), plans.down)
        self._near = tuple(site for site in self.sites if self._is_near(site))
        self.near = frozenset(site.circuit for site in self._near)
        self._gateways: dict[Address, SingleEnd] = {
            (6, int(LINK_LOCAL_GATEWAY)): ToGateway(None, at.pe)
        }
        for site in self._near:
            for address, end in _gateway_addresses(site).items():
                is_own = isinstance(end, ToGateway) or address not in self._gateways
                if is_own and site.circuit not in plans.down:
                    self._gateways[address] = end
        self._known = {site.circuit: dict(_known_addresses(site)) for site in self._near}
        self._prefixes: dict[tuple[int, int], dict[int, tuple[Offer, ...]]] = {}
        self._add_prefixes()
        self._lengths = {
            version: sorted(
                (bits for each, bits in self._prefixes if each == version), reverse=True
            )
            for version in (4, 6)
        }

    def of(self, version: int, value: int) -> ExpectedEnd:
        """Return where packets to an address should end."""
        return self.follow((version, value), frozenset())

    def _matches(self, version: int, value: int) -> Iterator[tuple[Offer, ...]]:
        """Yield the offers of every prefix that holds an address, the longest first."""
        width = 32 if version == 4 else 128
        for length in self._lengths[version]:
            found = self._prefixes[version, length].get(value >> (width - length))
            if found is not None:
                yield found

    def sent_by(self, site: Site, address: IPAddress) -> ExpectedEnd:
        """Return where packets of a site's hosts should end: its CE router may know a way itself.

        A network behind its own LAN it prefers to an equal one elsewhere, whatever the PE does. If
        it masquerades, its LAN is outside: nobody there opens a connection to a private address.
        """
        version, value = address.version, int(address)
        own = [offer for offer in offers(site) if offer.via is not None and address in offer.prefix]
        longest = next((each[0].prefix.prefixlen for each in self._matches(version, value)), -1)
        best = max(own, key=lambda offer: offer.prefix.prefixlen, default=None)
        if site.ce is None or best is None or best.prefix.prefixlen < longest:
            end = self.of(version, value)
            is_here = isinstance(end, ToCe) and end.is_own and end.circuit == site.circuit
            is_outside = site.ce is not None and site.ce.masquerades
            return _NOBODY if is_outside and is_private(address) and not is_here else end
        return self._end(best, (version, value), frozenset())

    def is_behind(self, circuit: str, address: IPAddress) -> bool:
        """Whether the VRF should send to an address by this circuit of its own."""
        key = address.version, int(address)
        if key in self._gateways or is_never_routed(address):
            return False
        alive = (each for each in self._matches(*key) if not self._is_cut_off(each))
        return any(offer.site.circuit == circuit for offer in next(alive, ()))

    def first_address(self, site: Site, version: int) -> IPAddress | None:
        """Return an address of a site, whatever the VRF does with it; None if it has none."""
        key = (site.circuit, version)
        if key not in self._first:
            self._first[key] = next(own_addresses(site, version), None)
        return self._first[key]

    def valid_source(self, site: Site, version: int) -> IPAddress | None:
        """Return an address of a site to which the VRF sends by the site's circuit."""
        key = (site.circuit, version)
        if key not in self._valid:
            tried = (*islice(own_addresses(site, version), _TRIED), *self._told(site, version))
            valid = (each for each in tried if self.is_behind(site.circuit, each))
            self._valid[key] = next(valid, None)
        return self._valid[key]

    def _told(self, site: Site, version: int) -> Iterator[IPAddress]:
        """Yield where the ranges begin that are told apart within a site's prefixes."""
        begins = {value for each, first, last in self.spans() if each == version
                  for value in (first, last + 1)}  # fmt: skip
        for offer in (*offers(site), *link_offers(site)):
            prefix = offer.prefix
            if prefix.version == version:
                first, last = int(prefix.network_address), int(prefix.broadcast_address)
                for value in sorted(begins):
                    if first <= value <= last:
                        yield type(prefix.network_address)(value)

    def spans(self) -> Iterator[Span]:
        """Yield every range of addresses that the plan distinguishes."""
        found: set[Span] = {address_span(LINK_LOCAL_GATEWAY), *map(prefix_span, NEVER_ROUTED)}
        for plan in self._with_followed():
            found |= self._plans.prefix_spans(plan.sites)
            found |= plan.local_spans()
        yield from found

    def local_spans(self) -> set[Span]:
        """Return the ranges that only this plan tells: single addresses, and PE-CE links."""
        addresses = [key for known in self._known.values() for key in known]
        # whatever is down, so that a verdict that looks only at what differs has the same classes
        addresses += (key for site in self._near for key in _gateway_addresses(site))
        found = {(version, value, value) for version, value in addresses}
        links = (offer for site in self._near for offer in link_offers(site))
        return found | {prefix_span(offer.prefix) for offer in links}

    def _with_followed(self) -> Iterable[AddressPlan]:
        """Return this plan, and all to which packets may go on from it."""
        found: dict[int, AddressPlan] = {}
        pending = [self]
        while pending:
            plan = pending.pop()
            if id(plan) not in found:
                found[id(plan)] = plan
                pending += plan.followed()
        return found.values()

    def followed(self) -> list[AddressPlan]:
        """Return the plans of other PEs and VPNs that packets go on by."""
        sites = {
            self._plans.vrf_of(offer.site): offer.site
            for table in self._prefixes.values()
            for chosen in table.values()
            for offer in chosen
        }
        return [self._plans.towards(site) for site in sites.values() if not self._is_near(site)]

    def _is_cut_off(self, chosen: Iterable[Offer]) -> bool:
        """Whether a prefix is withdrawn: nobody who has it can be reached."""
        return any(map(self._choice.is_cut_off, chosen))

    def _is_near(self, site: Site) -> bool:
        return site.pe == self.pe and self._plans.vrf_of(site) == self._here

    def follow(self, address: Address, passed: frozenset[VrfName]) -> ExpectedEnd:
        """Return where packets to an address should end, from VRF to VRF.

        Args:
            address: IP version and value.
            passed: the VRFs before this one.
        """
        version, value = address
        exact = self._gateways.get(address)
        if exact is not None:
            return exact
        if is_number_never_routed(version, value) or self._here in passed:
            return _NOBODY
        for offers_ in self._matches(version, value):
            found = [self._end(offer, address, passed | {self._here}) for offer in offers_]
            # what is cut off draws nothing to itself: an address of nobody's there is no loss
            if found != [_NOBODY] or not self._is_cut_off(offers_):
                return _one_of(found)
        return _NOBODY

    def _end(self, offer: Offer, address: Address, passed: frozenset[VrfName]) -> ExpectedEnd:
        site = offer.site
        if not self._is_near(site):
            return self._plans.towards(site).follow(address, passed)
        if offer.via is not None:
            address = offer.via.version, int(offer.via)
        known = self._known[site.circuit].get(address)
        if known is not None:
            return known
        if site.ce is not None and not offer.is_link:
            return ToCe(site.circuit, site.ce.mac)
        return ToLan(site.circuit, site.pe)

    def _add_prefixes(self) -> None:
        """Add what every site offers, and the PE-CE links of those at this PE."""
        by_prefix: dict[IPNetwork, list[Offer]] = {}
        for site in self.sites:
            for offer in offers(site):
                if offer not in self._unused:
                    by_prefix.setdefault(offer.prefix, []).append(offer)
        for site in self._near:
            for offer in link_offers(site):
                same = by_prefix.setdefault(offer.prefix, [])
                same += [offer] if offer not in same else []
        for prefix, same in by_prefix.items():
            table = self._prefixes.setdefault((prefix.version, prefix.prefixlen), {})
            key = int(prefix.network_address) >> (prefix.max_prefixlen - prefix.prefixlen)
            table[key] = self._choice.among(same)


def _gateway_addresses(site: Site) -> dict[Address, SingleEnd]:
    """Return what the VRF answers itself on a circuit, and what it forwards nothing to there."""
    found: dict[Address, SingleEnd] = {}
    gateways = site.gateways if site.ce is None else site.ce.pe_wan
    for gateway in gateways:
        for address in broadcast_addresses(gateway.network):
            found[address.version, int(address)] = _NOBODY
    for address in router_addresses(gateways):
        found[address.version, int(address)] = ToGateway(site.circuit, site.pe)
    return found


def _one_of(ends: Iterable[ExpectedEnd]) -> ExpectedEnd:
    """Return one end, or that any of several will do."""
    single: dict[SingleEnd, None] = {}
    for end in ends:
        single.update(dict.fromkeys(end.ends if isinstance(end, ToAny) else (end,)))
    first, *more = single
    return ToAny((first, *more)) if more else first


def _known_addresses(site: Site) -> Iterator[tuple[Address, SingleEnd]]:
    """Yield the addresses of a site's hosts and of its CE router."""
    if site.ce is not None:
        own = ToCe(site.circuit, site.ce.mac, is_own=True)
        for address in (*router_addresses(site.gateways), *(wan.ip for wan in site.ce.wan)):
            yield (address.version, int(address)), own
    for host in site.hosts:
        ref = HostRef(site.vpn, site.name, host.name)
        for interface in host.addresses:
            end = ToHost(site.circuit, ref, host.mac)
            yield (interface.version, int(interface.ip)), end
