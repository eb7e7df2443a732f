"""Builds the VPNs, sites and hosts of a lab file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from mplsemu.lab.addressing import (
    MAX_MACS,
    PE_CE_POOL,
    ce_numbers,
)
from mplsemu.lab.document import Document, Path
from mplsemu.lab.extranets import with_exits_apart
from mplsemu.lab.hosts import HostBuilder, Lan, macs_of, refuse_hidden
from mplsemu.lab.hubs import hub_and_spoke
from mplsemu.lab.inter_as import Systems, refuse_equal_prefixes
from mplsemu.lab.overlap import Claim, refuse_import_overlap, refuse_overlap, refuse_same_route
from mplsemu.lab.pe_ce import (
    given_links,
    has_pool_link,
    pe_ce_networks,
    refuse_imported_link_overlap,
    refuse_link_overlap,
)
from mplsemu.lab.schema import (
    RawBorder,
    RawL3vpn,
    RawRoutedSite,
    RawSixPe,
    RawVpls,
    RawVpws,
)
from mplsemu.lab.shared_ports import refuse_ambiguous_tags
from mplsemu.lab.sites import SiteBuilder
from mplsemu.lab.six_pe import refuse_second_table, six_pe_sites
from mplsemu.lab.snooping import refuse_with_snooping
from mplsemu.lab.static_routes import (
    refuse_hidden_spokes,
    refuse_lost_next_hops,
    refuse_useless_defaults,
)
from mplsemu.lab.vpls_stations import StationBuilder, has_stations
from mplsemu.lab.vpls_topology import build_topology
from mplsemu.lab.vrf_policies import VrfPolicies, numbered_names
from mplsemu.model.l2cp import L2cp
from mplsemu.model.l3vpn import MAX_2_BYTES, L3vpn, RouteDistinguisher, RouteTarget, VrfPolicy
from mplsemu.model.mac_move import MacMove
from mplsemu.model.names import vpn_of_vrf
from mplsemu.model.network import Vpn
from mplsemu.model.numbers import CE_ROUTERS, VPNS, Numbering
from mplsemu.model.pw_type import PwType
from mplsemu.model.six_pe import SixPe
from mplsemu.model.topology import Provider
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpls_topology import VplsTopology
from mplsemu.model.vpn import IPNetwork, Site, VpnKind

AnyRawVpn = RawL3vpn | RawVpls | RawVpws | RawSixPe


def build_vpns(
    document: Document,
    raw: dict[str, AnyRawVpn],
    provider: Provider,
    numbering: Numbering,
    borders: Sequence[RawBorder] = (),
) -> tuple[Vpn, ...]:
    """Return the VPNs in the lab file's order.

    Args:
        document: the lab file, for its lines.
        raw: what it says of them.
        provider: whose they are.
        numbering: gives numbers for automatic targets, distinguishers and addresses.
        borders: what the file says of the links between providers.

    Raises:
        LabError: a site names no PE, a subnet is too small for its hosts, prefixes overlap, or
            two VPNs have the same route distinguisher and a prefix in common.
    """
    refuse_second_table(document, raw, provider.provider_of)
    roles = {node.name: node.role for node in provider.nodes}
    numbers = numbering.allocate(VPNS, (*raw, *_more_names(raw)))
    macs = macs_of(document, {vpn: one.sites for vpn, one in raw.items()}, numbering)
    sites = SiteBuilder(
        document,
        roles,
        hosts=HostBuilder(document, numbering, macs),
        ces=numbering.allocate(CE_ROUTERS, _ce_names(raw), MAX_MACS, ce_numbers(macs.values())),
    )
    systems = Systems(document, provider, raw, borders)
    systems.refuse_unknown_names()
    builder = _Builder(document, sites, numbering, numbers, systems)
    vpns = tuple(builder.vpn(name, vpn) for name, vpn in raw.items())
    refuse_ambiguous_tags(document, vpns)
    routed = [vpn for vpn in vpns if isinstance(vpn, L3vpn)]
    systems.refuse_borders()
    systems.refuse_foreign_imports(routed)
    refuse_useless_defaults(document, (vpn for vpn in vpns if isinstance(vpn, L3vpn)))
    refuse_import_overlap(document, routed, builder.claims)
    refuse_imported_link_overlap(document, routed, builder.links, builder.claims)
    refuse_hidden(document, routed)

    def distinguishers(names: Sequence[str]) -> dict[str, RouteDistinguisher]:
        builder.numbers = numbering.allocate(VPNS, (*raw, *_more_names(raw), *names))
        asns = {name: systems.of(vpn_of_vrf(name))[0].asn for name in names}
        return {name: RouteDistinguisher(asns[name], builder.number(name)) for name in names}

    apart = {vpn.name: vpn for vpn in with_exits_apart(routed, distinguishers)}
    return tuple(apart.get(vpn.name, vpn) for vpn in vpns)


def _more_names(raw: Mapping[str, AnyRawVpn]) -> Iterator[str]:
    for name, vpn in raw.items():
        if isinstance(vpn, RawL3vpn):
            yield from numbered_names(name, vpn)


def _ce_names(raw: Mapping[str, AnyRawVpn]) -> Iterator[str]:
    for vpn, one in raw.items():
        if isinstance(one, RawL3vpn | RawSixPe | RawVpls):
            yield from (f"{vpn}/{name}" for name, site in one.sites.items() if site.ce)


@dataclass(slots=True)
class _Builder:
    """Builds the VPNs in file order.

    Attributes:
        document: the lab file, for its lines.
        sites: builds their sites.
        numbering: gives numbers.
        numbers: of VPNs, and of what `numbered_names` has, by name.
        prefixes: how many were read so far.
        claims: the prefixes of each VPN.
        links: the networks that the lab file gives PE-CE links, of each VPN.
        systems: with whose AS numbers automatic route distinguishers and targets begin.
        routes: the prefixes that were read under each route distinguisher.
    """

    document: Document
    sites: SiteBuilder
    numbering: Numbering
    numbers: Mapping[str, int]
    systems: Systems
    prefixes: int = 0
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    links: dict[str, list[Claim]] = field(default_factory=dict)
    routes: dict[RouteDistinguisher, dict[IPNetwork, Claim]] = field(default_factory=dict)

    def vpn(self, name: str, raw: AnyRawVpn) -> Vpn:
        customer = raw.customer or name
        self.systems.refuse(name)
        match raw:
            case RawL3vpn():
                return self.l3vpn(name, customer, raw)
            case RawVpls():
                topology = build_topology(self.document, name, raw, self.sites.roles)
                sites = self.vpls_sites(name, raw, topology)
                if raw.igmp_snooping:
                    refuse_with_snooping(self.document, name, raw, sites)
                return Vpls(
                    name,
                    customer,
                    sites,
                    tuple(raw.subnet),
                    raw.aging,
                    raw.mac_limit,
                    raw.control_word,
                    l2cp=L2cp(raw.l2cp),
                    floods_unknown=raw.unknown_unicast == "flood",
                    topology=topology,
                    storm_control_bps=raw.storm_control,
                    mac_move=MacMove(raw.mac_move),
                    igmp_snooping=raw.igmp_snooping,
                    pw_type=PwType(raw.pw_type),
                )
            case RawVpws():
                first, second = self.bridged_sites(name, raw)
                subnets = tuple(raw.subnet)
                word, l2cp, pw_type = raw.control_word, L2cp(raw.l2cp), PwType(raw.pw_type)
                return Vpws(name, customer, (first, second), subnets, word, l2cp, pw_type)
            case RawSixPe():
                routed = six_pe_sites(self.document, name, raw)
                sites = self.routed_sites(name, raw, routed)
                return SixPe(name, customer, sites, None, frozenset(), frozenset())
            case _:
                assert_never(raw)

    def l3vpn(self, name: str, customer: str, raw: RawL3vpn) -> L3vpn:
        number, systems = self.number(name), self.systems.of(name)
        asn = systems[0].asn
        rd = raw.rd or RouteDistinguisher(asn, number)
        own = [RouteTarget(asn, number)]
        sites = self.routed_sites(name, raw, raw.sites)
        imported = frozenset(own if raw.import_ is None else raw.import_)
        exported = frozenset(own if raw.export is None else raw.export)
        usual = VrfPolicy(name, rd, imported, exported, tuple(raw.sites))
        hubs = hub_and_spoke(self.document, name, raw, sites)
        vrfs = VrfPolicies(self.document, raw, usual, self.number, asn).policies()
        if len(systems) > 1:
            own_of = [self.own_policy(usual, raw.rd, each.asn) for each in systems]
            vrfs = self.systems.policies(usual, own_of)
        borders = self.systems.crossed(name)
        vpn = L3vpn(name, customer, sites, rd, imported, exported, vrfs, hubs, borders)
        refuse_hidden_spokes(self.document, vpn)
        refuse_equal_prefixes(self.document, vpn)
        for policy in vpn.policies:
            own_claims = (claim for claim in self.claims[name] if claim.site in policy.sites)
            assert policy.rd is not None
            others = self.routes.setdefault(policy.rd, {})
            refuse_same_route(self.document, policy.rd, own_claims, others)
        return vpn

    def routed_sites(
        self, name: str, raw: RawL3vpn | RawSixPe, raw_sites: Mapping[str, RawRoutedSite]
    ) -> tuple[Site, ...]:
        claims = self.claims.setdefault(name, [])
        links = pe_ce_networks(self.document, name, raw_sites, self.numbering)
        sites = []
        for site, raw_site in raw_sites.items():
            shared = raw.redistribute is not None
            made = self.sites.routed(name, site, raw_site, links, raw.urpf, shares_links=shared)
            sites.append(made)
            path: Path = ("vpns", name, "sites", site)
            is_ranked = raw_site.preference is not None
            claims += [
                replace(claim, site=site, behind_ce=has_pool_link(raw_site), is_ranked=is_ranked)
                for claim in self.claim(name, f"site {name}/{site}", path, raw_site.subnet)
            ]
            claims += self.route_claims(name, raw_site, path)
            claims += self.link_claims(name, made, path)
        refuse_overlap(self.document, name, claims)
        refuse_lost_next_hops(self.document, claims)
        on_lans = [claim for claim in claims if claim.is_on_lan]
        if any(has_pool_link(site) for site in raw_sites.values()):
            self.refuse_pool(name, on_lans)
        own_links = self.links.setdefault(name, list(given_links(name, raw_sites)))
        not_links = (claim for claim in claims if not claim.is_link)
        refuse_link_overlap(self.document, own_links, not_links)
        return tuple(sites)

    def own_policy(self, usual: VrfPolicy, rd: RouteDistinguisher | None, asn: int) -> VrfPolicy:
        """Return a policy with the automatic numbers of another AS."""
        number = self.number(usual.name)
        own = frozenset({RouteTarget(asn, number)})
        rd = rd or RouteDistinguisher(asn, number)
        return replace(usual, rd=rd, import_targets=own, export_targets=own)

    def number(self, name: str, plus: int = 0) -> int:
        """Return the number of a VPN, or of one of `numbered_names`, plus another."""
        number = self.numbers[name] + plus
        for system in self.systems.of(vpn_of_vrf(name)):
            if min(number, system.asn) > MAX_2_BYTES:
                what = f"site {name}" if "/" in name else f"vpn {name}"
                problem = f"{what} has number {number}, too large behind AS number {system.asn}"
                remedy = f"write an AS number of at most {MAX_2_BYTES}"
                raise self.document.error(self.systems.asn_path(system), problem, remedy)
        return number

    def vpls_sites(self, name: str, raw: RawVpls, topology: VplsTopology) -> tuple[Site, ...]:
        if not has_stations(self.document, name, raw):
            return self.bridged_sites(name, raw)
        path: Path = ("vpns", name)
        claims = self.claim(name, f"vpn {name}", path, raw.subnet)
        for site, one in raw.sites.items():
            where: Path = (*path, "sites", site)
            claims += self.claim(name, f"site {name}/{site}", where, one.subnet or [])
        builder = StationBuilder(self.document, self.sites, name, raw, topology)
        return builder.sites(claims)

    def bridged_sites(self, vpn: str, raw: RawVpls | RawVpws) -> tuple[Site, ...]:
        path: Path = ("vpns", vpn)
        refuse_overlap(self.document, vpn, self.claim(vpn, f"vpn {vpn}", path, raw.subnet))
        hosts = self.sites.hosts.of(Lan.of_vpn(vpn, raw.subnet), vpn, raw.sites)
        return tuple(
            self.sites.bridged(vpn, name, site, hosts, VpnKind(raw.type))
            for name, site in raw.sites.items()
        )

    def route_claims(self, vpn: str, raw: RawRoutedSite, path: Path) -> list[Claim]:
        """Return the claims to prefixes behind a site's LAN."""
        site, first = str(path[-1]), self.prefixes
        self.prefixes += len(raw.routes)
        is_ranked = raw.preference is not None
        return [
            Claim(
                route.prefix, f"site {vpn}/{site}", vpn, (*path, "routes", index), first + index,
                site=site, is_ranked=is_ranked or not route.prefix.prefixlen, via=route.via,
            )
            for index, route in enumerate(raw.routes)
        ]  # fmt: skip

    def link_claims(self, vpn: str, site: Site, path: Path) -> list[Claim]:
        """Return the claims to PE-CE links that are distributed."""
        first = self.prefixes
        self.prefixes += len(site.shared_links)
        owner = f"site {site.full_name}"
        return [
            Claim(link, owner, vpn, (*path, "ce"), first + index, site=site.name, is_link=True)
            for index, link in enumerate(site.shared_links)
        ]

    def claim(self, vpn: str, owner: str, path: Path, subnets: list[IPNetwork]) -> list[Claim]:
        first = self.prefixes
        self.prefixes += len(subnets)
        return [
            Claim(prefix, owner, vpn, (*path, "subnet", index), first + index)
            for index, prefix in enumerate(subnets)
        ]

    def refuse_pool(self, vpn: str, claims: list[Claim]) -> None:
        for claim in claims:
            if claim.prefix.version == 4 and claim.prefix.overlaps(PE_CE_POOL):
                raise self.document.error(
                    claim.path,
                    f"{claim.owner}: {claim.prefix} overlaps {PE_CE_POOL}, the pool of the "
                    f"PE-CE links of vpn {vpn}",
                    "write another prefix, or leave 'ce: router' out",
                )
