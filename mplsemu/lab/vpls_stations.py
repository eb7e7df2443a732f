"""CE routers on a VPLS in a lab file: the provider bridges between them, and they route.

Each has one interface on the VPLS, with an address of the VPN's subnet, and one on a LAN of its
site's own. They have static routes to each other's LANs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mplsemu.lab.addressing import station_macs
from mplsemu.lab.document import Document, Path
from mplsemu.lab.gateways import gateways_in
from mplsemu.lab.hosts import HostBuilder, Lan, hosts_of
from mplsemu.lab.overlap import Claim, first_overlap
from mplsemu.lab.schema import RawHost, RawStationCe, RawVpls, RawVplsSite
from mplsemu.lab.schema_error import enumerated
from mplsemu.lab.sites import SiteBuilder
from mplsemu.model.names import CE_HOST
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpls_topology import VplsTopology
from mplsemu.model.vpn import (
    Host,
    IPAddress,
    IPInterface,
    IPNetwork,
    RoutedLan,
    Site,
    StaticRoute,
    VpnKind,
)
from mplsemu.program.gateway import reserved_addresses
from mplsemu.verification.vpls_policy import exchange_frames


def has_stations(document: Document, vpn: str, raw: RawVpls) -> bool:
    """Return whether the sites of a VPLS have CE routers.

    Raises:
        LabError: some have, and others have not; one has a LAN of its own and no router.
    """
    routed = [name for name, site in raw.sites.items() if site.ce is not None]
    for name, site in raw.sites.items():
        path: Path = ("vpns", vpn, "sites", name)
        if site.ce is not None:
            continue
        for key, said in (("subnet", site.subnet), ("gateway", site.gateway)):
            if said is not None:
                raise document.error(
                    (*path, key),
                    f"site {vpn}/{name}: its hosts are on the VPLS, which has the subnets of vpn "
                    f"{vpn}: {key!r} is about a LAN behind a CE router",
                    f"write ce: router at site {vpn}/{name}, or leave {key} out",
                )
        if routed:
            raise document.error(
                path,
                f"site {vpn}/{name} has no CE router, and {vpn}/{routed[0]} has one: hosts on the "
                "VPLS itself have no way to the LANs behind CE routers",
                f"write ce: router and a subnet at site {vpn}/{name}, too, or make it a VPN of its "
                "own",
            )
    return bool(routed)


@dataclass(frozen=True, slots=True)
class StationBuilder:
    """Builds the sites of a VPLS whose stations are CE routers.

    Attributes:
        document: the lab file, for its lines.
        builder: of sites.
        vpn: name of the VPLS.
        raw: what the file says of it.
        topology: which of its sites exchange frames.
    """

    document: Document
    builder: SiteBuilder
    vpn: str
    raw: RawVpls
    topology: VplsTopology

    def sites(self, claims: Sequence[Claim]) -> tuple[Site, ...]:
        """Return the sites.

        Args:
            claims: to prefixes: the VPN's, and its sites' LANs.

        Raises:
            LabError: prefixes overlap, a LAN's IP version is not the VPLS's, or an address cannot
                be a CE router's.
        """
        self._refuse_overlap(claims)
        for name, site in self.raw.sites.items():
            self._check_site(name, site)
        routers = self._routers()
        lans = {name: self._lan(name, site) for name, site in self.raw.sites.items()}
        sites = tuple(
            self._site(name, site, routers[f"{name}/{CE_HOST}"], lans[name])
            for name, site in self.raw.sites.items()
        )
        sites = tuple(replace(site, behind=lans[site.name]) for site in sites)
        whole = Vpls(self.vpn, "", sites, tuple(self.raw.subnet), topology=self.topology)
        return tuple(
            replace(site, behind=replace(lans[site.name], routes=tuple(_routes(whole, site))))
            for site in sites
        )

    def _site(self, name: str, raw: RawVplsSite, router: Host, lan: RoutedLan) -> Site:
        own = tuple(gateway.ip for gateway in lan.gateways)
        station = replace(router, loopbacks=own)
        alone = raw.model_copy(update={"hosts": [CE_HOST]})
        on_lan = {f"{name}/{CE_HOST}": station}
        return self.builder.bridged(self.vpn, name, alone, on_lan, VpnKind.VPLS)

    def _routers(self) -> dict[str, Host]:
        """Return the CE routers as stations on the VPLS, by ``SITE/ce``."""
        stations = {
            name: site.model_copy(update={"hosts": {CE_HOST: self._station(site)}})
            for name, site in self.raw.sites.items()
        }
        macs = {f"{self.vpn}/{name}/{CE_HOST}": self._macs(name)[0] for name in stations}
        hosts = HostBuilder(self.document, self.builder.hosts.numbering, macs)
        return hosts.of(Lan.of_vpn(self.vpn, self.raw.subnet), self.vpn, stations)

    def _macs(self, site: str) -> tuple[str, str]:
        return station_macs(self.builder.ces[f"{self.vpn}/{site}"])

    def _lan(self, name: str, raw: RawVplsSite) -> RoutedLan:
        path: Path = ("vpns", self.vpn, "sites", name)
        subnets = tuple(raw.subnet or ())
        gateways = gateways_in(self.document, path, subnets, raw.gateway or ())
        lan = Lan.of_site(self.vpn, name, subnets, gateways)
        hosts = self.builder.hosts.of(lan, self.vpn, {name: raw})
        return RoutedLan(subnets, gateways, self._macs(name)[1], tuple(hosts.values()))

    # --- what is refused ------------------------------------------------------------------------

    def _check_site(self, name: str, raw: RawVplsSite) -> None:
        path: Path = ("vpns", self.vpn, "sites", name)
        who = f"site {self.vpn}/{name}"
        if raw.subnet is None:
            raise self.document.error(
                path,
                f"{who} has a CE router on the VPLS, and no LAN behind it",
                "write a subnet of its own, for example subnet: 192.168.1.0/24, or leave ce out",
            )
        versions = {subnet.version for subnet in self.raw.subnet}
        for index, subnet in enumerate(raw.subnet):
            if subnet.version not in versions:
                raise self.document.error(
                    (*path, "subnet", index),
                    f"{who}: {subnet}, and vpn {self.vpn} has no IPv{subnet.version} subnet, by "
                    "which its CE routers would reach each other",
                    f"write an IPv{subnet.version} prefix at the subnet of vpn {self.vpn}, too",
                )
        for host, one in hosts_of(raw).items():
            if one.mtu is not None:
                raise self.document.error(
                    (*path, "hosts", host, "mtu"),
                    f"host {self.vpn}/{name}/{host} is behind a CE router on a VPLS, and has an "
                    "mtu of its own",
                    f"write mtu at {who}, for all that is there",
                )
        if isinstance(raw.ce, RawStationCe) and raw.ce.wan is not None:
            self._check_addresses((*path, "ce", "wan"), who, raw.ce.wan)

    def _check_addresses(self, path: Path, who: str, addresses: Sequence[IPInterface]) -> None:
        """Refuse addresses of a CE router that it cannot have on the VPLS."""
        left = list(self.raw.subnet)
        for index, address in enumerate(addresses):
            problem = _problem(address, self.raw.subnet, left)
            if problem is not None:
                listed = enumerated(map(str, self.raw.subnet), " and ")
                remedy = f"write an address of {listed}, or leave wan out"
                said = f"{who}: its CE router's address {address.ip} {problem}"
                raise self.document.error((*path, index), said, remedy)
            left = [subnet for subnet in left if address.ip not in subnet]
        if left:
            raise self.document.error(
                path,
                f"{who}: its CE router has no address in {left[0]}, a subnet of vpn {self.vpn}",
                "write one of each subnet, or leave wan out",
            )
        self._refuse_second(path, who, addresses)

    def _refuse_second(self, path: Path, who: str, addresses: Iterable[IPInterface]) -> None:
        """Refuse an address that another site's CE router has."""
        given: Mapping[str, list[IPAddress]] = {
            name: self._given(site) or [] for name, site in self.raw.sites.items()
        }
        for index, address in enumerate(addresses):
            owners = [name for name, theirs in given.items() if address.ip in theirs]
            first = owners[0]
            if str(path[3]) != first:
                line = self.document.location(("vpns", self.vpn, "sites", first, "ce")).line
                raise self.document.error(
                    (*path, index),
                    f"{who}: its CE router's address {address.ip} is that of site "
                    f"{self.vpn}/{first}, too (line {line})",
                    "write another address, or leave wan out",
                )

    def _station(self, site: RawVplsSite) -> RawHost:
        """Return a CE router as the lab file would have a host."""
        return RawHost().model_copy(update={"address": self._given(site)})

    @staticmethod
    def _given(site: RawVplsSite) -> list[IPAddress] | None:
        if isinstance(site.ce, RawStationCe) and site.ce.wan is not None:
            return [address.ip for address in site.ce.wan]
        return None

    def _refuse_overlap(self, claims: Sequence[Claim]) -> None:
        """Refuse prefixes that overlap: a CE router would have two ways to one address."""
        pair = first_overlap(claims)
        if pair is not None:
            earlier, later = pair
            line = self.document.location(earlier.path).line
            raise self.document.error(
                later.path,
                f"{later.owner}: {later.prefix} overlaps {earlier.prefix} of {earlier.owner} "
                f"(line {line}), between which CE routers are to route",
                "write prefixes that do not overlap",
            )


def _problem(
    address: IPInterface, subnets: Iterable[IPNetwork], left: Sequence[IPNetwork]
) -> str | None:
    subnet = next((each for each in subnets if address.ip in each), None)
    if subnet is None:
        return "is in no subnet of the VPN"
    if subnet not in left:
        return f"is a second one in {subnet}"
    if address.ip in reserved_addresses(subnet):
        return f"is the first or the last of {subnet}, which is nobody's"
    if address.network.prefixlen not in (address.max_prefixlen, subnet.prefixlen):
        return f"has a prefix length of {address.network.prefixlen}, and {subnet} another"
    return None


def _routes(vpn: Vpls, site: Site) -> Iterator[StaticRoute]:
    """Yield a CE router's routes: to the LANs of the sites that it exchanges frames with."""
    for other in vpn.sites:
        if other.name == site.name or not exchange_frames(vpn, site, other):
            continue
        assert other.behind is not None
        (router,) = other.hosts
        by_version = {address.version: address.ip for address in reversed(router.addresses)}
        for subnet in other.behind.subnets:
            yield StaticRoute(subnet, by_version[subnet.version])
