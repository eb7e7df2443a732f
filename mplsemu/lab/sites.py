"""Builds the sites of a lab file: their hosts and CE routers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mplsemu.lab.addressing import (
    ce_router,
)
from mplsemu.lab.dhcp_relay import dhcp_servers_of
from mplsemu.lab.document import Document, Path
from mplsemu.lab.gateways import gateways_of
from mplsemu.lab.homing import homing_of
from mplsemu.lab.hosts import HostBuilder, Lan, hosts_of
from mplsemu.lab.nat import masquerades
from mplsemu.lab.schema import RawBridgedSite, RawRoutedSite, SourceValidation
from mplsemu.lab.schema_error import known_names_hint
from mplsemu.lab.static_routes import redistributes, static_routes
from mplsemu.model.limits import ACCESS_MTU
from mplsemu.model.topology import Role
from mplsemu.model.vpn import CeRouter, Homing, Host, IPNetwork, Site, VpnKind


@dataclass(frozen=True, slots=True)
class SiteBuilder:
    """Builds sites.

    Attributes:
        document: the lab file, for its lines.
        roles: of the nodes.
        hosts: builds their hosts.
        ces: numbers of CE routers, by their circuit's name.
    """

    document: Document
    roles: Mapping[str, Role]
    hosts: HostBuilder
    ces: Mapping[str, int]

    def routed(
        self,
        vpn: str,
        name: str,
        raw: RawRoutedSite,
        links: Mapping[str, Sequence[IPNetwork]],
        urpf: SourceValidation,
        *,
        shares_links: bool,
    ) -> Site:
        """Return a site of an L3VPN.

        Args:
            vpn: whose it is.
            name: of the site.
            raw: what the lab file says of it.
            links: the networks of the PE-CE links of the VPN, by site.
            urpf: what holds where the site does not say.
            shares_links: whether its PE-CE link is distributed where the site does not say.
        """
        path: Path = ("vpns", vpn, "sites", name)
        homes, homing = self._homes(path, raw, VpnKind.L3VPN)
        gateways = gateways_of(self.document, path, raw)
        lan = Lan.of_site(vpn, name, raw.subnet, gateways)
        return Site(
            name=name,
            vpn=vpn,
            pe=raw.pe[0],
            subnets=tuple(raw.subnet),
            gateways=gateways,
            hosts=tuple(self.hosts.of(lan, vpn, {name: raw}).values()),
            rate_bps=raw.rate,
            ce=self._ce(path, raw, links),
            mtu=raw.mtu or ACCESS_MTU,
            strict_urpf=(raw.urpf or urpf) == "strict",
            homes=homes,
            homing=homing,
            vlan=raw.vlan,
            port=raw.port,
            dhcp_servers=dhcp_servers_of(self.document, path, raw, gateways),
            preference=raw.preference,
            routes=static_routes(self.document, path, raw, gateways),
            redistributes=redistributes(self.document, path, raw, shares_links=shares_links),
        )

    def _ce(
        self, path: Path, raw: RawRoutedSite, links: Mapping[str, Sequence[IPNetwork]]
    ) -> CeRouter | None:
        """Return a site's CE router, if it has one."""
        if raw.ce is None:
            return None
        name = str(path[3])
        ce = ce_router(self.ces[f"{path[1]}/{name}"], links[name])
        return replace(ce, masquerades=masquerades(self.document, path, raw))

    def bridged(
        self,
        vpn: str,
        name: str,
        raw: RawBridgedSite,
        on_lan: Mapping[str, Host],
        kind: VpnKind,
    ) -> Site:
        """Return a site of a VPLS or VPWS, with its hosts of those on the VPN's LAN."""
        path: Path = ("vpns", vpn, "sites", name)
        homes, homing = self._homes(path, raw, kind)
        hosts = tuple(on_lan[f"{name}/{host}"] for host in hosts_of(raw))
        return Site(
            name=name,
            vpn=vpn,
            pe=raw.pe[0],
            subnets=(),
            gateways=(),
            hosts=hosts,
            rate_bps=raw.rate,
            mtu=raw.mtu or ACCESS_MTU,
            homes=homes,
            homing=homing,
            vlan=raw.vlan,
            port=raw.port,
        )

    def _homes(
        self, path: Path, raw: RawBridgedSite, kind: VpnKind
    ) -> tuple[tuple[str, ...], Homing]:
        for index, pe in enumerate(raw.pe):
            where: Path = (*path, "pe", index) if len(raw.pe) > 1 else (*path, "pe")
            self._check_pe(path, where, pe)
        return homing_of(self.document, path, raw, kind)

    def _check_pe(self, path: Path, where: Path, pe: str) -> None:
        role = self.roles.get(pe)
        if role is Role.PE:
            return
        site = "/".join(str(path[at]) for at in (1, 3))
        if role is Role.P:
            raise self.document.error(
                where,
                f"site {site}: pe {pe!r} is a P, to which no site attaches",
                f"write {pe}: {{role: pe}} under provider.nodes",
            )
        pes = [name for name, one in self.roles.items() if one is Role.PE]
        problem = f"site {site}: there is no node {pe!r}"
        raise self.document.error(where, problem, known_names_hint(pe, pes, "PEs"))
