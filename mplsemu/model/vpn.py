"""Kinds of VPN, and what they have in common: sites, hosts and CE routers."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import Final, Literal, assert_never

from mplsemu.model.limits import ACCESS_MTU
from mplsemu.model.names import line_name, shared_line_name
from mplsemu.model.tags import VlanTags

IPAddress = IPv4Address | IPv6Address
IPInterface = IPv4Interface | IPv6Interface
IPNetwork = IPv4Network | IPv6Network


class VpnKind(enum.StrEnum):
    """Kind of VPN; the value is its name in lab files and in JSON."""

    L3VPN = "l3vpn"
    VPLS = "vpls"
    VPWS = "vpws"
    SIX_PE = "6pe"

    @property
    def is_layer2(self) -> bool:
        """Whether PEs forward frames by a VSI; else packets by a VRF."""
        match self:
            case VpnKind.L3VPN | VpnKind.SIX_PE:
                return False
            case VpnKind.VPLS | VpnKind.VPWS:
                return True
            case _:
                assert_never(self)

    @property
    def learns_macs(self) -> bool:
        """Whether PEs are learning bridges (RFC 4762 section 4.1)."""
        match self:
            case VpnKind.VPLS:
                return True
            case VpnKind.L3VPN | VpnKind.VPWS | VpnKind.SIX_PE:
                return False
            case _:
                assert_never(self)


class Homing(enum.StrEnum):
    """What the lines of a dual-homed site do; the value is its name in lab files."""

    STANDBY = "standby"
    """One carries its traffic, the others wait for it to fail."""
    LOAD_SHARING = "load-sharing"
    """All that work carry it, each flow one of them."""


DEFAULT_PREFERENCE: Final = 100
"""Of sites that do not say."""
L2vpnKind = Literal[VpnKind.VPLS, VpnKind.VPWS]
"""Layer 2 VPNs: a PE has a VSI for them, not a VRF."""


@dataclass(frozen=True, slots=True)
class Host:
    """A host at a customer's site.

    Attributes:
        name: ``h1``, ``h2``, ..., or as the lab file calls it: unique within the site.
        mac: in lower case with colons; unique in the lab.
        addresses: on its LAN, each with the prefix length of its subnet: automatic ones are one of
            each subnet of the site (of the VPN, where it bridges).
        loopbacks: its addresses outside of the LAN's subnets: whoever asks for one on the LAN, or
            routes to it by way of the host, finds it there.
        mtu: octets of the largest packet that its interface sends; None: its site's.
    """

    name: str
    mac: str
    addresses: tuple[IPInterface, ...]
    loopbacks: tuple[IPAddress, ...] = ()
    mtu: int | None = None


@dataclass(frozen=True, slots=True)
class CeRouter:
    """A customer's edge router between its site's LAN and the PE (RFC 4364 section 1.2).

    Attributes:
        mac: of its interface towards the PE.
        wan: its own addresses on the PE-CE link, with prefix length: one of each IP version at
            most. Automatic ones are of a pool that every VPN uses. Of a version without one, and
            on a link without any (unnumbered), packets go by the PE's link-local address.
        pe_wan: the PE's addresses on that link, likewise.
        lan_mac: of its interface towards the LAN.
        masquerades: whether it hides private IPv4 addresses behind its own on the LAN (RFC 3022).
    """

    mac: str
    wan: tuple[IPInterface, ...]
    pe_wan: tuple[IPInterface, ...]
    lan_mac: str
    masquerades: bool = False


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """A site's route to a network behind a host or router on its LAN.

    Attributes:
        prefix: the network; 0.0.0.0/0 or ::/0: the site is the way out.
        via: the address of the host or router.
    """

    prefix: IPNetwork
    via: IPAddress

    def __str__(self) -> str:
        return f"{self.prefix} via {self.via}"


@dataclass(frozen=True, slots=True)
class RoutedLan:
    """A site's LAN behind a CE router that is itself a station of a VPLS.

    The provider bridges between the CE routers and sees their MAC addresses alone; they route.

    Attributes:
        subnets: its prefixes.
        gateways: the CE router's addresses on it, one of each prefix.
        mac: of the CE router's interface there.
        hosts: on it, ``h1`` first.
        routes: of the CE router, to the LANs of the sites that it exchanges frames with, by the
            addresses that their CE routers have in the VPLS.
    """

    subnets: tuple[IPNetwork, ...]
    gateways: tuple[IPInterface, ...]
    mac: str
    hosts: tuple[Host, ...]
    routes: tuple[StaticRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class Site:
    """A customer's site: one LAN, attached to a PE by an attachment circuit, or to several.

    A dual-homed site is looked at by one of its lines at a time: `pe` and `circuit` are of that
    line, at first of the preferred one, and `lines` has all of them.

    Attributes:
        name: unique within its VPN.
        vpn: the VPN's name.
        pe: the node it attaches to.
        subnets: the LAN's prefixes; empty in a VPLS or VPWS, whose LAN spans all sites.
        gateways: the default gateway's addresses on the LAN, one per subnet: of the VRF or, if
            there is one, of the CE router; empty in a VPLS or VPWS.
        hosts: on the LAN, ``h1`` first.
        rate_bps: rate of the access line each way; None: not shaped.
        ce: the CE router; None: hosts attach directly to the VRF or VSI.
        mtu: octets of the largest packet on its access line and its LAN.
        strict_urpf: whether the PE drops packets whose source it would not route back over the
            same circuit (RFC 3704 section 2.2).
        homes: the PEs to which it has a line each, the preferred one first; empty: `pe` alone.
        homing: what several lines do.
        vlan: the tags of its frames on its access line; None: untagged.
        port: the PE's port that it shares with other sites, by name; None: it has its own.
        dhcp_servers: to which its gateway relays the requests of DHCP clients on the LAN, those of
            DHCPv6 clients to IPv6 addresses.
        preference: of its prefixes where other sites have the same; None: the lab file says none.
        routes: to networks behind its LAN, which it has beside its subnets.
        redistributes: whether other VRFs have routes to its PE-CE link, too.
        behind: in a VPLS, the LAN behind its CE router, which is then its only host, called ``ce``;
            None: its hosts are on the VPLS themselves.
    """

    name: str
    vpn: str
    pe: str
    subnets: tuple[IPNetwork, ...]
    gateways: tuple[IPInterface, ...]
    hosts: tuple[Host, ...]
    rate_bps: int | None = None
    ce: CeRouter | None = None
    mtu: int = ACCESS_MTU
    strict_urpf: bool = False
    homes: tuple[str, ...] = ()
    homing: Homing = Homing.STANDBY
    vlan: VlanTags | None = None
    port: str | None = None
    dhcp_servers: tuple[IPAddress, ...] = ()
    preference: int | None = None
    routes: tuple[StaticRoute, ...] = ()
    redistributes: bool = False
    behind: RoutedLan | None = None

    @property
    def end_hosts(self) -> tuple[Host, ...]:
        """The hosts on its LAN: not the CE router that is a VPLS's station, but those behind it."""
        return self.hosts if self.behind is None else self.behind.hosts

    @property
    def has_router(self) -> bool:
        """Whether a CE router stands between its LAN and the provider."""
        return self.ce is not None or self.behind is not None

    @property
    def shared_links(self) -> tuple[IPNetwork, ...]:
        """The networks of its PE-CE link to which other VRFs have routes, too."""
        links = self.ce.pe_wan if self.ce is not None and self.redistributes else ()
        return tuple(interface.network for interface in links)

    @property
    def prefixes(self) -> tuple[IPNetwork, ...]:
        """What it has for others: its LAN's prefixes and those of the networks behind it."""
        return (*self.subnets, *(route.prefix for route in self.routes))

    @property
    def rank(self) -> int:
        """How much its prefixes are preferred to equal ones of other sites: lower wins."""
        return DEFAULT_PREFERENCE if self.preference is None else self.preference

    @property
    def full_name(self) -> str:
        """``VPN/SITE``, unique in the lab: also the name of its first attachment circuit."""
        return f"{self.vpn}/{self.name}"

    @property
    def circuit(self) -> str:
        """Name of its attachment circuit, unique in the lab: ``VPN/SITE`` or ``VPN/SITE@PE``."""
        if self.homes and self.pe != self.homes[0]:
            return line_name(self.full_name, self.pe)
        return self.full_name

    @property
    def lines(self) -> tuple[Site, ...]:
        """The site by each of its lines, the preferred one first."""
        return tuple(replace(self, pe=pe) for pe in self.homes) if self.homes else (self,)

    @property
    def shares_load(self) -> bool:
        """Whether all its lines that work carry its traffic, each flow one of them."""
        return bool(self.homes) and self.homing is Homing.LOAD_SHARING

    @property
    def shared_line(self) -> str | None:
        """Name of the access line that it shares with other sites, ``PE:PORT``, if it does."""
        return None if self.port is None else shared_line_name(self.pe, self.port)
