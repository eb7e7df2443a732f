"""Builds the sites of a lab file: their hosts and CE routers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

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
from mplsemu.lab.schema import RawBridgedSite, RawRoutedSite, SourceValidation
from mplsemu.lab.schema_error import known_names_hint
from mplsemu.model.topology import Role
from mplsemu.model.vpn import CeRouter, Host, IPNetwork, Site


def host_names(site: RawBridgedSite) -> list[str]:
    """Return the names of the hosts of a site."""
    return [f"h{number}" for number in range(1, site.hosts + 1)]


@dataclass(frozen=True, slots=True)
class SiteBuilder:
    """Builds sites.

    Attributes:
        document: the lab file, for its lines.
        roles: of the nodes.
        hosts: numbers of hosts, by full name.
        ces: numbers of CE routers, by their circuit's name.
    """

    document: Document
    roles: Mapping[str, Role]
    hosts: Mapping[str, int]
    ces: Mapping[str, int]

    def routed(
        self,
        vpn: str,
        name: str,
        raw: RawRoutedSite,
        links: Mapping[str, int],
        urpf: SourceValidation,
    ) -> Site:
        """Return a site of an L3VPN.

        Args:
            vpn: whose it is.
            name: of the site.
            raw: what the lab file says of it.
            links: numbers of the PE-CE links of the VPN, by site.
            urpf: what holds where the site does not say.
        """
        path: Path = ("vpns", vpn, "sites", name)
        self._check_pe(path, raw.pe)
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
            hosts=tuple(
                self._host(path, vpn, name, host, raw.subnet, ordinal)
                for ordinal, host in enumerate(host_names(raw), start=2)  # the gateway is the first
            ),
            rate_bps=raw.rate,
            ce=self._ce(path, vpn, name, links) if raw.ce else None,
            strict_urpf=(raw.urpf or urpf) == "strict",
        )

    def bridged(
        self,
        vpn: str,
        name: str,
        raw: RawBridgedSite,
        subnets: list[IPNetwork],
        ordinals: Mapping[str, int],
    ) -> Site:
        """Return a site of a VPLS or VPWS, whose hosts have addresses by these ordinals."""
        path: Path = ("vpns", vpn, "sites", name)
        self._check_pe(path, raw.pe)
        hosts = tuple(
            self._host(path, vpn, name, host, subnets, ordinals[f"{name}/{host}"])
            for host in host_names(raw)
        )
        return Site(name, vpn, raw.pe, (), (), hosts, rate_bps=raw.rate)

    def _host(
        self, path: Path, vpn: str, site: str, name: str, subnets: list[IPNetwork], ordinal: int
    ) -> Host:
        """Return a host with the usable address number `ordinal` of each subnet."""
        number = self.hosts[f"{vpn}/{site}/{name}"]
        if number > MAX_MACS:
            problem = f"more than {MAX_MACS:,} hosts"
            raise self.document.error(path, problem, "make the lab smaller")
        return Host(name, host_mac(number), tuple(interface(prefix, ordinal) for prefix in subnets))

    def _ce(self, path: Path, vpn: str, site: str, links: Mapping[str, int]) -> CeRouter:
        if links[site] > MAX_CE_PER_VPN:
            problem = f"more than {MAX_CE_PER_VPN:,} CE routers in one VPN use up {PE_CE_POOL}"
            raise self.document.error(path, problem, "leave 'ce: router' out")
        return ce_router(self.ces[f"{vpn}/{site}"], links[site])

    def _check_pe(self, path: Path, pe: str) -> None:
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

    def too_small(
        self, path: Path, what: str, prefix: IPNetwork, room: str, hosts: int
    ) -> LabError:
        """Return the error that a prefix is too small, with the length that would do."""
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
