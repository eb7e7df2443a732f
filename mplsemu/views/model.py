"""The view model: what a picture shows, whatever its format.

A customer's views hold only what is the customer's: no labels, no names or addresses of the
provider, no names of other customers. So the formats have nothing to hide.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from mplsemu.analysis.vrf_reach import ReachablePrefix
from mplsemu.model.inter_as import InterAs
from mplsemu.model.limits import ACCESS_MTU, CORE_MTU
from mplsemu.model.names import is_further_line
from mplsemu.model.topology import Role
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, L2vpnKind, VpnKind


@dataclass(frozen=True, slots=True)
class HostView:
    """A host; its addresses have their prefix lengths."""

    name: str
    mac: str
    addresses: tuple[IPInterface, ...]


ONLY_IF_SET: Final = {"only_if_set": True}
"""Metadata of a field that JSON has only where it is not its default."""


class SiteRole(enum.StrEnum):
    """What a site is in an E-Tree (RFC 7796 section 3), or among hubs and spokes."""

    ROOT = "root"
    LEAF = "leaf"
    HUB = "hub"
    SPOKE = "spoke"


class SecondLine(enum.StrEnum):
    """What the other line of a dual-homed site does."""

    STANDBY = "standby"
    SHARING = "load-sharing"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class SiteView:
    """A customer's site.

    Attributes:
        name: within its VPN.
        up: whether its access line is up.
        prefixes: that its virtual router has routes to; empty in a VPLS or VPWS.
        gateways: addresses of the virtual router on its access line.
        ce: address of its CE router, if it has one.
        hosts: of the lab file.
        macs: learned on its access line; empty unless the network runs.
        role: in an E-Tree; None where the VPN is none.
        second_line: of a dual-homed site, what its other line does; None where there is none.
        station: in a VPLS, its CE router's addresses on the virtual switch; empty where its hosts
            are on that themselves.
        vlan: of its frames' tag on its access line: 100, of two tags 200.100; None: untagged.
        mtu: octets of the largest packet on its access line.
        nat: whether its CE router hides others' private addresses behind its own (RFC 3022).
    """

    name: str
    up: bool
    prefixes: tuple[IPNetwork, ...]
    gateways: tuple[IPInterface, ...]
    ce: IPAddress | None
    hosts: tuple[HostView, ...]
    macs: tuple[str, ...] = ()
    role: SiteRole | None = field(default=None, metadata=ONLY_IF_SET)
    second_line: SecondLine | None = field(default=None, metadata=ONLY_IF_SET)
    station: tuple[IPInterface, ...] = field(default=(), metadata=ONLY_IF_SET)
    vlan: str | None = field(default=None, metadata=ONLY_IF_SET)
    mtu: int = field(default=ACCESS_MTU, metadata=ONLY_IF_SET)
    nat: bool = field(default=False, metadata=ONLY_IF_SET)

    @property
    def on_switch(self) -> tuple[IPInterface, ...]:
        """What of it has an address on a virtual switch: its CE router, or its hosts."""
        return self.station or tuple(each for host in self.hosts for each in host.addresses)


@dataclass(frozen=True, slots=True)
class VirtualRouter:
    """One VRF as the customer sees it: a virtual router, known by its sites.

    Attributes:
        sites: attached to it.
        reaches: beyond it: prefixes at other virtual routers and at partners.
        lacks: the customer's sites that it has no route to, or not to all their prefixes.
        apart: the customer's sites that it is not to reach: a spoke other spokes, for one.
    """

    sites: tuple[SiteView, ...]
    reaches: tuple[ReachablePrefix, ...]
    lacks: tuple[str, ...]
    apart: tuple[str, ...] = field(default=(), metadata=ONLY_IF_SET)

    @property
    def name(self) -> str:
        """Its name to the customer."""
        return "router at " + ", ".join(site.name for site in self.sites)


@dataclass(frozen=True, slots=True)
class L3vpnView:
    """A customer's L3VPN.

    Attributes:
        vpn: its name.
        customer: whose it is.
        islands: virtual routers that reach one another, directly or over others, sorted by
            site; one island if all is well.
        partners: prefixes imported from other VPNs by any of its virtual routers.
        hubs: names of its hubs, if it has hubs and spokes.
        kind: an L3VPN, or 6PE.
    """

    vpn: str
    customer: str
    islands: tuple[tuple[VirtualRouter, ...], ...]
    partners: tuple[IPNetwork, ...]
    hubs: tuple[str, ...] = field(default=(), metadata=ONLY_IF_SET)
    kind: VpnKind = field(default=VpnKind.L3VPN, metadata=ONLY_IF_SET)

    @property
    def kind_name(self) -> str:
        """What it is called: ``L3VPN`` or ``6PE``."""
        return self.kind.value.upper()

    @property
    def routers(self) -> tuple[VirtualRouter, ...]:
        """All virtual routers, island by island."""
        return tuple(router for island in self.islands for router in island)

    @property
    def sites(self) -> tuple[SiteView, ...]:
        """All sites, router by router."""
        return tuple(site for router in self.routers for site in router.sites)


@dataclass(frozen=True, slots=True)
class BridgeView:
    """A customer's VPLS or VPWS: virtual switches (or a wire) with sites on the ports.

    Attributes:
        vpn: its name.
        customer: whose it is.
        kind: a switch that learns, or a wire.
        islands: the sites on each virtual switch; one switch if all is well.
        severed: pairs of sites on one switch that nevertheless do not hear each other.
        apart: pairs of sites that do not, as the VPN is made so (a partial mesh).
    """

    vpn: str
    customer: str
    kind: L2vpnKind
    islands: tuple[tuple[SiteView, ...], ...]
    severed: tuple[tuple[str, str], ...]
    apart: tuple[tuple[str, str], ...] = field(default=(), metadata=ONLY_IF_SET)

    @property
    def sites(self) -> tuple[SiteView, ...]:
        """All sites, switch by switch."""
        return tuple(site for island in self.islands for site in island)

    @property
    def roots(self) -> tuple[str, ...]:
        """Names of the roots of an E-Tree; empty where it is none."""
        return tuple(site.name for site in self.sites if site.role is SiteRole.ROOT)


CustomerView = L3vpnView | BridgeView


@dataclass(frozen=True, slots=True)
class RouterView:
    """An LSR as the provider sees it.

    Attributes:
        name: of the LSR.
        role: PE or P.
        router_id: as text.
        position: longitude and latitude in degrees, if known.
        sites: attachment circuits on it, ``VPN/SITE``.
        provider: whose it is, where there are several; None if it is the one's whose view it is.
    """

    name: str
    role: Role
    router_id: str
    position: tuple[float, float] | None
    sites: tuple[str, ...]
    provider: str | None = field(default=None, metadata=ONLY_IF_SET)


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link between two LSRs.

    Attributes:
        name: of the link.
        ends: the two LSRs.
        bandwidth_bps: each way.
        delay_ms: one way.
        metric: each way, or in the direction of `ends` and back.
        up: whether it carries packets.
        load_bps: measured, in the direction of `ends` and back; None unless the lab runs.
        mtu: octets of the largest packet, with its labels.
        border: how VPNs cross it, if it leads to another provider: it has no metric then.
        loss_percent: part of the packets that is lost, each way.
        jitter_ms: how much longer than `delay_ms` a packet may take, each way.
    """

    name: str
    ends: tuple[str, str]
    bandwidth_bps: int
    delay_ms: float
    metric: int | tuple[int, int]
    up: bool
    load_bps: tuple[float, float] | None = None
    mtu: int = field(default=CORE_MTU, metadata=ONLY_IF_SET)
    border: InterAs | None = field(default=None, metadata=ONLY_IF_SET)
    loss_percent: float = field(default=0.0, metadata=ONLY_IF_SET)
    jitter_ms: float = field(default=0.0, metadata=ONLY_IF_SET)

    @property
    def metrics(self) -> tuple[int, int]:
        """The metrics in the direction of `ends` and back."""
        return self.metric if isinstance(self.metric, tuple) else (self.metric, self.metric)


@dataclass(frozen=True, slots=True)
class LineView:
    """What is special about the access line of a site.

    Attributes:
        site: its name within the VPN; of a further line ``SITE@PE``.
        vlan: of its frames' tag: 100, of two tags 200.100; None: untagged.
        port: name of the PE's port that it shares with other sites; None: it has its own.
        mtu: octets of its largest packet.
    """

    site: str
    vlan: str | None = field(default=None, metadata=ONLY_IF_SET)
    port: str | None = field(default=None, metadata=ONLY_IF_SET)
    mtu: int = field(default=ACCESS_MTU, metadata=ONLY_IF_SET)


@dataclass(frozen=True, slots=True)
class VpnView:
    """A VPN as the provider sees it: its customer, and where its sites are.

    Attributes:
        name: of the VPN.
        kind: what is sold.
        customer: whose it is.
        sites: site and PE, sorted by site; a further line of a site as ``SITE@PE``.
        standbys: those of them that stand by.
        lines: what is special about their access lines, where anything is.
    """

    name: str
    kind: VpnKind
    customer: str
    sites: tuple[tuple[str, str], ...]
    standbys: tuple[str, ...] = field(default=(), metadata=ONLY_IF_SET)
    lines: tuple[LineView, ...] = field(default=(), metadata=ONLY_IF_SET)

    @property
    def site_count(self) -> int:
        """How many sites it has, of however many lines."""
        return sum(not is_further_line(site) for site, _ in self.sites)


POPPED: Final = "popped"
"""The text for an empty stack: the penultimate hop popped the label (RFC 3031 section 3.16)."""

UNLABELLED: Final = "IP"
"""The text for an empty stack on a border link, where nobody has popped anything."""


@dataclass(frozen=True, slots=True)
class OnLink:
    """What a path has on a link in one direction.

    Attributes:
        stack: the labels, outermost first.
        share: of the path's flows that take this link; every LSR spreads evenly.
        is_border: whether the link leads to another provider.
    """

    stack: tuple[int, ...]
    share: float = 1.0
    is_border: bool = field(default=False, metadata=ONLY_IF_SET)

    @property
    def text(self) -> str:
        """The stack as text."""
        if not self.stack and self.is_border:
            return UNLABELLED
        return " ".join(map(str, self.stack)) or POPPED


@dataclass(frozen=True, slots=True)
class PathLink:
    """A link that a path takes.

    Attributes:
        link: its name.
        sender: the LSR that sends on it, in the direction of the path.
        receiver: the LSR at the other end.
        there: in that direction.
        back: in the other one; None unless the path stands for both directions.
    """

    link: str
    sender: str
    receiver: str
    there: OnLink
    back: OnLink | None = None


@dataclass(frozen=True, slots=True)
class PathView:
    """A path to draw over the provider's picture: of LSPs, or of one packet.

    It branches if there are several paths of equal cost.

    Attributes:
        title: what it is.
        links: that it takes, each once, none before one that leads to it.
    """

    title: str
    links: tuple[PathLink, ...]

    @property
    def is_both_ways(self) -> bool:
        """Whether it stands for both directions."""
        return any(link.back is not None for link in self.links)

    @property
    def branches(self) -> bool:
        """Whether it is not just one link after the other."""
        return any(a.receiver != b.sender for a, b in pairwise(self.links))


@dataclass(frozen=True, slots=True)
class ProviderView:
    """The provider's network.

    Attributes:
        lab: its name.
        routers: sorted by name.
        links: sorted by name.
        vpns: in the lab file's order.
        ways: overlays: LSPs of a VPN, or a packet's path.
        shown_vpn: the VPN whose sites are drawn at their PEs, if any are.
        provider: whose network it is, where there are several; None: all of them.
    """

    lab: str
    routers: tuple[RouterView, ...]
    links: tuple[LinkView, ...]
    vpns: tuple[VpnView, ...]
    ways: tuple[PathView, ...] = ()
    shown_vpn: str | None = None
    provider: str | None = field(default=None, metadata=ONLY_IF_SET)

    @property
    def own_routers(self) -> tuple[RouterView, ...]:
        """The LSRs of that provider, or all."""
        return tuple(each for each in self.routers if None in {self.provider, each.provider})

    @property
    def title(self) -> str:
        """What its picture is called."""
        if self.provider is not None:
            return f"Provider {self.provider} of {self.lab}"
        is_one = len({router.provider for router in self.routers}) < 2
        return f"{'Provider' if is_one else 'Providers'} of {self.lab}"


View = CustomerView | ProviderView
