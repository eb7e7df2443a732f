"""Hosts of a lab file: names, MAC addresses and IP addresses, given or automatic."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.lab.addressing import MAX_MACS, capacity, host_mac, host_numbers, interface, ordinal
from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawBridgedSite, RawHost
from mplsemu.lab.schema_error import enumerated
from mplsemu.model.l3vpn import L3vpn, import_sources
from mplsemu.model.numbers import HOSTS, Numbering, Space
from mplsemu.model.vpn import Host, IPAddress, IPInterface, IPNetwork, Site
from mplsemu.program.gateway import GATEWAY_MAC, reserved_addresses

_AUTOMATIC: Final = RawHost()
_Addresses = tuple[tuple[IPInterface, ...], tuple[IPAddress, ...]]
"""Those on its LAN, each with the prefix length there, and others."""
_NO_ADDRESSES: Final[_Addresses] = (), ()


def hosts_of(site: RawBridgedSite) -> Mapping[str, RawHost]:
    """Return the hosts of a site by name, in the lab file's order."""
    match site.hosts:
        case int(count):
            return dict.fromkeys((f"h{number}" for number in range(1, count + 1)), _AUTOMATIC)
        case list(names):
            return dict.fromkeys(names, _AUTOMATIC)
        case hosts:
            return {name: _host(one) for name, one in hosts.items()}


def _host(raw: list[IPAddress] | RawHost | None) -> RawHost:
    match raw:
        case None:
            return _AUTOMATIC
        case list(addresses):
            return _AUTOMATIC.model_copy(update={"address": addresses})
        case _:
            return raw


@dataclass(frozen=True, slots=True)
class Lan:
    """A LAN whose hosts get addresses: a site's or, where the provider bridges, a VPN's.

    Attributes:
        name: for messages: ``site a/aarhus``.
        path: in the lab file, of what has its subnets.
        subnets: from which they are.
        space: of the numbers of automatic ones.
        gateways: one of each subnet; none where the provider bridges.
    """

    name: str
    path: Path
    subnets: tuple[IPNetwork, ...]
    space: Space
    gateways: tuple[IPInterface, ...] = ()

    @classmethod
    def of_site(
        cls, vpn: str, site: str, subnets: Collection[IPNetwork], gateways: tuple[IPInterface, ...]
    ) -> Lan:
        """Return the LAN of a site of an L3VPN."""
        path: Path = ("vpns", vpn, "sites", site)
        space = Space.site_addresses(vpn, site)
        return cls(f"site {vpn}/{site}", path, tuple(subnets), space, gateways)

    @classmethod
    def of_vpn(cls, vpn: str, subnets: Collection[IPNetwork]) -> Lan:
        """Return the LAN across all sites of a VPLS or VPWS."""
        return cls(f"vpn {vpn}", ("vpns", vpn), tuple(subnets), Space.host_addresses(vpn))

    def interface(self, address: IPAddress) -> IPInterface | None:
        """Return an address with the prefix length of its subnet; None: it is in none."""
        for subnet in self.subnets:
            if address in subnet:
                return interface(subnet, ordinal(subnet, address))
        return None


@dataclass(frozen=True, slots=True)
class _Placed:
    """A host at a place in the lab file.

    Attributes:
        vpn: its VPN's name; likewise `site`, and its own `name`.
        raw: what the file says of it.
    """

    vpn: str
    site: str
    name: str
    raw: RawHost

    @property
    def key(self) -> str:
        """Its name in its VPN, by which its automatic address is numbered."""
        return f"{self.site}/{self.name}"

    @property
    def full(self) -> str:
        """Its full name."""
        return f"{self.vpn}/{self.site}/{self.name}"

    @property
    def path(self) -> Path:
        """Where it stands."""
        return "vpns", self.vpn, "sites", self.site, "hosts", self.name


def placed(vpn: str, sites: Mapping[str, RawBridgedSite]) -> list[_Placed]:
    """Return the hosts of some sites of a VPN, in the lab file's order."""
    return [
        _Placed(vpn, site, name, raw)
        for site, one in sites.items()
        for name, raw in hosts_of(one).items()
    ]


@dataclass(slots=True)
class HostBuilder:
    """Builds the hosts of a lab.

    Attributes:
        document: the lab file, for its lines.
        numbering: gives numbers for automatic addresses.
        macs: of all hosts, by full name.
    """

    document: Document
    numbering: Numbering
    macs: Mapping[str, str]

    def of(self, lan: Lan, vpn: str, sites: Mapping[str, RawBridgedSite]) -> dict[str, Host]:
        """Return the hosts of the sites on one LAN, by ``SITE/NAME``, in the lab file's order.

        Raises:
            LabError: an address cannot be a host's there, two have the same, or a subnet is too
                small.
        """
        hosts = placed(vpn, sites)
        given = self._given(lan, hosts)
        automatic = [each.key for each in hosts if each.raw.address is None]
        ordinals = self._ordinals(lan, automatic, given)
        found = {}
        for each in hosts:
            interfaces, loopbacks = given.get(each.key, _NO_ADDRESSES)
            if each.key in ordinals:
                interfaces = tuple(interface(subnet, ordinals[each.key]) for subnet in lan.subnets)
            mac, mtu = self.macs[each.full], each.raw.mtu
            found[each.key] = Host(each.name, mac, interfaces, loopbacks, mtu)
        return found

    def _given(self, lan: Lan, hosts: Iterable[_Placed]) -> dict[str, _Addresses]:
        """Return the addresses that the lab file gives, and check them."""
        owners: dict[IPAddress, _Placed] = {}
        found: dict[str, _Addresses] = {}
        for host in hosts:
            if host.raw.address is None:
                continue
            interfaces, loopbacks = [], []
            for number, address in enumerate(host.raw.address):
                path = (*host.path, "address", number)
                self._check_free(lan, host, path, address, owners)
                owners[address] = host
                on_lan = lan.interface(address)
                if on_lan is None:
                    loopbacks.append(address)
                else:
                    interfaces.append(on_lan)
            if not interfaces:
                raise self.document.error(
                    host.path,
                    f"host {host.full} has no address on its LAN: {lan.name} has "
                    f"{enumerated(map(str, lan.subnets), ' and ')}",
                    "write one of these too, or leave the address out",
                )
            found[host.key] = tuple(interfaces), tuple(loopbacks)
        return found

    def _check_free(
        self,
        lan: Lan,
        host: _Placed,
        path: Path,
        address: IPAddress,
        owners: Mapping[IPAddress, _Placed],
    ) -> None:
        other = owners.get(address)
        problem = None
        if other is not None:
            line = self.document.location(other.path).line
            whose = (
                "twice" if other is host else f"which is that of host {other.full} (line {line})"
            )
            problem = f"{address}, {whose}"
        elif any(gateway.ip == address for gateway in lan.gateways):
            problem = f"{address}, which is the gateway's"
        elif any(address in reserved_addresses(subnet) for subnet in lan.subnets):
            problem = f"{address}, the first or last of its subnet, which is nobody's"
        if problem is not None:
            remedy = "write another address"
            if lan.gateways:
                remedy += f", or have another gateway: at {lan.name}"
            raise self.document.error(path, f"host {host.full} has {problem}", remedy)

    def _ordinals(
        self, lan: Lan, names: list[str], given: Mapping[str, _Addresses]
    ) -> Mapping[str, int]:
        """Return which address of each subnet the hosts get that the lab file gives none."""
        taken = [*lan.gateways, *(each for one, _ in given.values() for each in one)]
        for index, subnet in enumerate(lan.subnets):
            self._check_room(lan, index, len(names), [one for one in taken if one.ip in subnet])
        most = min((capacity(subnet) for subnet in lan.subnets), default=None)
        ordinals = self.numbering.allocate(
            lan.space, names, most, {ordinal(each.network, each.ip) for each in taken}
        )
        if most is not None and max(ordinals.values(), default=0) > most:
            raise self.document.error(
                (*lan.path, "subnet"),
                f"{lan.name}: new hosts would have the addresses of those that go at the same time",
                "take those out first and add the new ones later, or write larger prefixes",
            )
        return ordinals

    def _check_room(self, lan: Lan, index: int, wanted: int, taken: list[IPInterface]) -> None:
        """Refuse a subnet that is too small, with the length that would do."""
        subnet = lan.subnets[index]
        room = max(capacity(subnet) - len(taken), 0)
        if wanted <= room:
            return
        longest = subnet.prefixlen
        while longest and capacity(subnet.supernet(new_prefix=longest)) < wanted + len(taken):
            longest -= 1
        beside = ["its gateway"] if lan.gateways else []
        others = len(taken) - len(beside)
        if others:
            beside.append(f"{others} given address{'es' if others > 1 else ''}")
        said = f" beside {' and '.join(beside)}" if beside else ""
        hosts = f"{wanted} host" if wanted == 1 else f"{wanted} hosts"
        raise self.document.error(
            (*lan.path, "subnet", index),
            f"{lan.name}: {subnet} has room for {room}{said}, not for {hosts}",
            f"write a /{longest} or larger, or fewer hosts",
        )


def macs_of(
    document: Document, sites: Mapping[str, Mapping[str, RawBridgedSite]], numbering: Numbering
) -> dict[str, str]:
    """Return the MAC address of every host, by full name.

    Args:
        document: the lab file, for its lines.
        sites: of each VPN.
        numbering: gives numbers for automatic ones.

    Raises:
        LabError: two hosts have the same, one has the gateways', or there are too many hosts.
    """
    hosts = [host for vpn, one in sites.items() for host in placed(vpn, one)]
    given: dict[str, _Placed] = {}
    for host in hosts:
        mac = host.raw.mac
        if mac is None:
            continue
        path = (*host.path, "mac")
        if mac == GATEWAY_MAC:
            problem = f"host {host.full}: {mac} is the MAC address of all gateways"
            raise document.error(path, problem, "write another one, or leave mac out")
        other = given.setdefault(mac, host)
        if other is not host:
            line = document.location((*other.path, "mac")).line
            problem = f"host {host.full}: {mac} is that of host {other.full} too (line {line})"
            raise document.error(path, problem, "write another one, or leave mac out")
    automatic = [host.full for host in hosts if host.raw.mac is None]
    numbers = numbering.allocate(HOSTS, automatic, MAX_MACS, host_numbers(given))
    if max(numbers.values(), default=0) > MAX_MACS:
        problem = f"more than {MAX_MACS:,} hosts"
        raise document.error(("vpns",), problem, "make the lab smaller")
    found = {name: host_mac(number) for name, number in numbers.items()}
    return found | {host.full: mac for mac, host in given.items()}


def refuse_hidden(document: Document, vpns: Iterable[L3vpn]) -> None:
    """Refuse a host's own address that is within the subnet of a site which it may reach.

    The host would take what it sends there for its own.

    Raises:
        LabError: at the host; names the address, the subnet and its site.
    """
    by_name = {vpn.name: vpn for vpn in vpns}
    sources = import_sources(by_name.values())
    for vpn in by_name.values():
        for site in vpn.sites:
            imported = sources[vpn.policy(site.name).name]
            others = (by_name[each.vpn].attached(each) for each in imported)
            seen = [*vpn.sites, *itertools.chain.from_iterable(others)]
            for host in site.hosts:
                for address in host.loopbacks:
                    _check_hidden(document, site, host, address, seen)


def _check_hidden(
    document: Document, site: Site, host: Host, address: IPAddress, seen: Iterable[Site]
) -> None:
    for other in seen:
        for subnet in other.subnets:
            if address in subnet:
                raise document.error(
                    ("vpns", site.vpn, "sites", site.name, "hosts", host.name),
                    f"host {site.circuit}/{host.name} has {address}, which is in {subnet} of site "
                    f"{other.circuit}",
                    "write an address that no site's subnet holds",
                )
