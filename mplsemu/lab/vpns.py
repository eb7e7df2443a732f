"""The customers' VPNs, sites and hosts, from what the lab file says of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import assert_never

from mplsemu.errors import LabError
from mplsemu.lab.addressing import (
    MAX_CE_PER_VPN,
    MAX_MACS,
    PE_CE_POOL,
    capacity,
    ce_router,
    host_mac,
    interface,
)
from mplsemu.lab.document import Document, Path
from mplsemu.lab.overlap import Claim, refuse_import_overlap, refuse_overlap
from mplsemu.lab.schema import (
    RawBridgedSite,
    RawL3vpn,
    RawRoutedSite,
    RawVpls,
    RawVpws,
    SourceValidation,
)
from mplsemu.lab.schema_error import known_names_hint
from mplsemu.model.l3vpn import L3vpn, RouteDistinguisher, RouteTarget
from mplsemu.model.network import Vpn
from mplsemu.model.topology import Provider, Role
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import CeRouter, Host, IPNetwork, Site

AUTOMATIC_ASN = 64_512  # the first private one, RFC 6996


def build_vpns(
    document: Document, raw: dict[str, RawL3vpn | RawVpls | RawVpws], provider: Provider
) -> tuple[Vpn, ...]:
    """Return the VPNs in the lab file's order.

    Raises:
        LabError: a site names no PE, a subnet is too small for its hosts, prefixes overlap, or
            two VPNs have the same route distinguisher.
    """
    builder = _Builder(document, {node.name: node.role for node in provider.nodes})
    vpns = tuple(
        builder.vpn(number, name, vpn) for number, (name, vpn) in enumerate(raw.items(), start=1)
    )
    refuse_import_overlap(document, (vpn for vpn in vpns if isinstance(vpn, L3vpn)), builder.claims)
    return vpns


@dataclass(slots=True)
class _Builder:
    """Numbers hosts and CE routers while it goes through the file."""

    document: Document
    roles: dict[str, Role]
    hosts: int = 0
    ces: int = 0
    prefixes: int = 0
    claims: dict[str, list[Claim]] = field(default_factory=dict)
    rds: dict[RouteDistinguisher, str] = field(default_factory=dict)

    def vpn(self, number: int, name: str, raw: RawL3vpn | RawVpls | RawVpws) -> Vpn:
        customer = raw.customer or name
        match raw:
            case RawL3vpn():
                return self.l3vpn(number, name, customer, raw)
            case RawVpls():
                sites = self.bridged_sites(name, raw)
                return Vpls(
                    name,
                    customer,
                    sites,
                    tuple(raw.subnet),
                    raw.aging,
                    raw.mac_limit,
                    raw.control_word,
                )
            case RawVpws():
                first, second = self.bridged_sites(name, raw)
                subnets = tuple(raw.subnet)
                return Vpws(name, customer, (first, second), subnets, raw.control_word)
            case _:
                assert_never(raw)

    def l3vpn(self, number: int, name: str, customer: str, raw: RawL3vpn) -> L3vpn:
        rd = raw.rd or RouteDistinguisher(AUTOMATIC_ASN, number)
        if rd in self.rds:
            raise self.document.error(
                ("vpns", name, "rd"),
                f"vpn {name}: route distinguisher {rd} is that of vpn {self.rds[rd]}",
                "write another one, or leave rd out",
            )
        self.rds[rd] = name
        own = [RouteTarget(AUTOMATIC_ASN, number)]
        claims = self.claims.setdefault(name, [])
        links = iter(range(1, MAX_CE_PER_VPN + 1))
        sites = tuple(
            self.routed_site(name, site, raw_site, claims, links, raw.urpf)
            for site, raw_site in raw.sites.items()
        )
        refuse_overlap(self.document, name, claims)
        if any(site.ce for site in sites):
            self.refuse_pool(name, claims)
        return L3vpn(
            name=name,
            customer=customer,
            sites=sites,
            rd=rd,
            import_targets=frozenset(own if raw.import_ is None else raw.import_),
            export_targets=frozenset(own if raw.export is None else raw.export),
        )

    def routed_site(
        self,
        vpn: str,
        name: str,
        raw: RawRoutedSite,
        claims: list[Claim],
        links: Iterator[int],
        urpf: SourceValidation,
    ) -> Site:
        path: Path = ("vpns", vpn, "sites", name)
        self.check_pe(path, raw.pe)
        claims.extend(self.claim(vpn, f"site {vpn}/{name}", path, raw.subnet))
        for index, prefix in enumerate(raw.subnet):
            room = capacity(prefix) - 1
            if raw.hosts > room:
                raise self.too_small(
                    (*path, "subnet", index),
                    f"site {vpn}/{name}",
                    prefix,
                    f"{room} beside its gateway",
                    raw.hosts,
                )
        return Site(
            name=name,
            vpn=vpn,
            pe=raw.pe,
            subnets=tuple(raw.subnet),
            gateways=tuple(interface(prefix, 1) for prefix in raw.subnet),
            hosts=self.number_hosts(path, raw.hosts, raw.subnet, 2),
            rate_bps=raw.rate,
            ce=self.ce(path, links) if raw.ce else None,
            strict_urpf=(raw.urpf or urpf) == "strict",
        )

    def bridged_sites(self, vpn: str, raw: RawVpls | RawVpws) -> tuple[Site, ...]:
        path: Path = ("vpns", vpn)
        refuse_overlap(self.document, vpn, self.claim(vpn, f"vpn {vpn}", path, raw.subnet))
        total = sum(site.hosts for site in raw.sites.values())
        for index, prefix in enumerate(raw.subnet):
            room = capacity(prefix)
            if total > room:
                where = (*path, "subnet", index)
                raise self.too_small(where, f"vpn {vpn}", prefix, str(room), total)
        sites = []
        ordinal = 1
        for name, site in raw.sites.items():
            sites.append(self.bridged_site(vpn, name, site, raw.subnet, ordinal))
            ordinal += site.hosts
        return tuple(sites)

    def bridged_site(
        self, vpn: str, name: str, raw: RawBridgedSite, subnets: list[IPNetwork], ordinal: int
    ) -> Site:
        path: Path = ("vpns", vpn, "sites", name)
        self.check_pe(path, raw.pe)
        hosts = self.number_hosts(path, raw.hosts, subnets, ordinal)
        return Site(name, vpn, raw.pe, (), (), hosts, rate_bps=raw.rate)

    def number_hosts(
        self, path: Path, count: int, subnets: list[IPNetwork], ordinal: int
    ) -> tuple[Host, ...]:
        """Return a site's hosts, the first with the usable address number `ordinal`."""
        before = self.hosts
        self.hosts += count
        if self.hosts > MAX_MACS:
            problem = f"more than {MAX_MACS:,} hosts"
            raise self.document.error(path, problem, "make the lab smaller")
        return tuple(
            Host(
                f"h{index + 1}",
                host_mac(before + index + 1),
                tuple(interface(prefix, ordinal + index) for prefix in subnets),
            )
            for index in range(count)
        )

    def ce(self, path: Path, links: Iterator[int]) -> CeRouter:
        ordinal = next(links, None)
        if ordinal is None:
            problem = f"more than {MAX_CE_PER_VPN:,} CE routers in one VPN use up {PE_CE_POOL}"
            raise self.document.error(path, problem, "leave 'ce: router' out")
        self.ces += 1
        return ce_router(self.ces, ordinal)

    def check_pe(self, path: Path, pe: str) -> None:
        role = self.roles.get(pe)
        if role is Role.PE:
            return
        site = "/".join(str(path[at]) for at in (1, 3))
        where: Path = (*path, "pe")
        if role is Role.P:
            raise self.document.error(
                where,
                f"site {site}: pe {pe!r} is a P, to which no site attaches",
                f"write {pe}: {{role: pe}} under provider.nodes",
            )
        pes = [name for name, one in self.roles.items() if one is Role.PE]
        problem = f"site {site}: there is no node {pe!r}"
        raise self.document.error(where, problem, known_names_hint(pe, pes, "PEs"))

    def claim(self, vpn: str, owner: str, path: Path, subnets: list[IPNetwork]) -> list[Claim]:
        first = self.prefixes
        self.prefixes += len(subnets)
        return [
            Claim(prefix, owner, vpn, (*path, "subnet", index), first + index)
            for index, prefix in enumerate(subnets)
        ]

    def too_small(
        self, path: Path, what: str, prefix: IPNetwork, room: str, hosts: int
    ) -> LabError:
        longest = prefix.prefixlen
        wanted = f"{hosts} host" if hosts == 1 else f"{hosts} hosts"
        gateway = 1 if what.startswith("site") else 0
        while longest and capacity(prefix.supernet(new_prefix=longest)) < hosts + gateway:
            longest -= 1
        return self.document.error(
            path,
            f"{what}: {prefix} has room for {room}, not for {wanted}",
            f"write a /{longest} or larger, or fewer hosts",
        )

    def refuse_pool(self, vpn: str, claims: list[Claim]) -> None:
        for claim in claims:
            if claim.prefix.version == 4 and claim.prefix.overlaps(PE_CE_POOL):
                raise self.document.error(
                    claim.path,
                    f"{claim.owner}: {claim.prefix} overlaps {PE_CE_POOL}, the pool of the "
                    f"PE-CE links of vpn {vpn}",
                    "write another prefix, or leave 'ce: router' out",
                )
