"""The address plan of an L3VPN: where a packet to each destination should end, by the lab alone.

Nothing here looks at a program. Route targets decide what a site may reach (RFC 4364 section
4.3.1): an extranet is intended, a leak is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mplsemu.model.l3vpn import L3vpn, RouteTarget
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, Site
from mplsemu.program.class_boundaries import Span, address_span, prefix_span
from mplsemu.program.gateway import LINK_LOCAL_GATEWAY, broadcast_addresses
from mplsemu.program.martians import NEVER_ROUTED
from mplsemu.program.own_addresses import router_addresses
from mplsemu.verification.reachability_policy import reaches


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


ExpectedEnd = ToHost | ToLan | ToCe | ToGateway | ToNobody
_NOBODY = ToNobody()


class Sources:
    """From which L3VPNs each L3VPN imports, itself first; indexed by route target."""

    def __init__(self, vpns: Iterable[L3vpn]) -> None:
        self._order: dict[str, int] = {}
        self._exporters: dict[RouteTarget, list[L3vpn]] = {}
        for number, vpn in enumerate(vpns):
            self._order[vpn.name] = number
            for policy in vpn.policies:
                for target in policy.export_targets:
                    self._exporters.setdefault(target, []).append(vpn)

    def of(self, vpn: L3vpn) -> tuple[L3vpn, ...]:
        """Return `vpn`, then those whose routes it imports in the lab file's order."""
        found = {
            source.name: source
            for policy in vpn.policies
            for target in policy.import_targets
            for source in self._exporters.get(target, ())
            if source.name != vpn.name
        }
        return (vpn, *(found[name] for name in sorted(found, key=self._order.__getitem__)))


class AddressPlan:
    """Where packets to every destination should end, for the sites of one VRF.

    Args:
        vpn: the VPN.
        at: one of its sites; all that are attached to the same VRF see the same.
        sources: `vpn`, then those from which it imports.

    Attributes:
        pe: of that VRF.
        sites: that are reached, those of the VPN first.
        near: the circuits of those that are attached to the same VRF.
    """

    def __init__(self, vpn: L3vpn, at: Site, sources: Iterable[L3vpn]) -> None:
        self.pe = at.pe
        self.sites = tuple(
            site for source in sources for site in source.sites if reaches(vpn, at, source, site)
        )
        # Longest prefix match: by IP version and length, the end for each prefix's bits.
        self._prefixes: dict[tuple[int, int], dict[int, ExpectedEnd]] = {}
        self._addresses: dict[tuple[int, int], ExpectedEnd] = {
            (6, int(LINK_LOCAL_GATEWAY)): ToGateway(None, at.pe)
        }
        self._spans: set[Span] = {address_span(LINK_LOCAL_GATEWAY), *map(prefix_span, NEVER_ROUTED)}
        own = vpn.policy(at.name).name
        near = frozenset(
            site.circuit
            for site in self.sites
            if (site.vpn, site.pe) == (vpn.name, at.pe) and vpn.policy(site.name).name == own
        )
        self.near = near
        for site in self.sites:
            self._add_prefixes(site, is_near=site.circuit in near)
        self._lengths = {
            version: sorted(
                (bits for each, bits in self._prefixes if each == version), reverse=True
            )
            for version in (4, 6)
        }
        for site in self.sites:
            self._add_addresses(site, is_near=site.circuit in near)

    def of(self, version: int, value: int) -> ExpectedEnd:
        """Return where packets to an address should end."""
        exact = self._addresses.get((version, value))
        if exact is not None:
            return exact
        for never in NEVER_ROUTED:
            if never.version == version and value >> (never.max_prefixlen - never.prefixlen) == (
                int(never.network_address) >> (never.max_prefixlen - never.prefixlen)
            ):
                return _NOBODY
        return self._by_prefix(version, value)

    def spans(self) -> Iterator[Span]:
        """Yield every range of addresses that the plan distinguishes."""
        yield from self._spans

    def _by_prefix(self, version: int, value: int) -> ExpectedEnd:
        width = 32 if version == 4 else 128
        for length in self._lengths[version]:
            found = self._prefixes[version, length].get(value >> (width - length))
            if found is not None:
                return found
        return _NOBODY

    def _add_prefixes(self, site: Site, *, is_near: bool) -> None:
        """Add a site's prefixes; that of its PE-CE link only at its own PE."""
        rest: ExpectedEnd = ToLan(site.circuit, site.pe)
        if site.ce is not None:
            for interface in site.ce.pe_wan if is_near else ():
                self._add_prefix(interface.network, rest)
            rest = ToCe(site.circuit, site.ce.mac)
        for subnet in site.subnets:
            self._add_prefix(subnet, rest)

    def _add_prefix(self, prefix: IPNetwork, expected: ExpectedEnd) -> None:
        table = self._prefixes.setdefault((prefix.version, prefix.prefixlen), {})
        key = int(prefix.network_address) >> (prefix.max_prefixlen - prefix.prefixlen)
        table.setdefault(key, expected)  # the VPN's own routes come first and win
        self._spans.add(prefix_span(prefix))

    def _add_addresses(self, site: Site, *, is_near: bool) -> None:
        """Add the addresses of a site's hosts, gateways and CE router."""
        if site.ce is None:
            for gateway in site.gateways:
                self._add_gateway(site, gateway)
        elif is_near:
            for interface in site.ce.pe_wan:
                self._add_gateway(site, interface)
            own = ToCe(site.circuit, site.ce.mac, is_own=True)
            for interface in site.ce.wan:
                self._add_address(site, interface.ip, own)
        for host in site.hosts:
            expected = ToHost(site.circuit, HostRef(site.vpn, site.name, host.name), host.mac)
            for interface in host.addresses:
                self._add_address(site, interface.ip, expected)
        if site.ce is not None:
            self._add_ce_on_lan(site, ToCe(site.circuit, site.ce.mac, is_own=True))

    def _add_ce_on_lan(self, site: Site, own: ToCe) -> None:
        """Add a CE router's addresses on its LAN, subnet-router anycast addresses included."""
        for address in router_addresses(site.gateways):
            self._add_address(site, address, own)

    def _add_gateway(self, site: Site, gateway: IPInterface) -> None:
        for address in router_addresses([gateway]):
            self._add_address(site, address, ToGateway(site.circuit, site.pe))
        for address in broadcast_addresses(gateway.network):
            self._add_address(site, address, _NOBODY)

    def _add_address(self, site: Site, address: IPAddress, expected: ExpectedEnd) -> None:
        rest = self._by_prefix(address.version, int(address))
        if isinstance(rest, ToNobody) or rest.circuit != site.circuit:
            return  # a site with the same prefix comes first
        self._addresses.setdefault((address.version, int(address)), expected)
        self._spans.add(address_span(address))
