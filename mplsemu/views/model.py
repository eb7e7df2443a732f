"""The view model: what a picture shows, before anyone decides how to draw it.

A customer's views hold only what is the customer's own: no label, no name or address of the
provider's, no name of another customer. Renderers therefore need no discretion.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from mplsemu.analysis.vrf_reach import ReachablePrefix
from mplsemu.model.topology import Role
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, L2vpnKind


@dataclass(frozen=True, slots=True)
class HostView:
    """A host as its owner knows it; `addresses` carry their prefix lengths."""

    name: str
    mac: str
    addresses: tuple[IPInterface, ...]


@dataclass(frozen=True, slots=True)
class SiteView:
    """A customer's site.

    Attributes:
        name: within its VPN.
        up: whether its access line is up.
        prefixes: that its virtual router has routes to; empty where the provider bridges.
        gateways: the virtual router's addresses on its line.
        ce: address of the customer's own edge router, if there is one.
        hosts: that the lab knows.
        macs: learned on its line, where a running network tells; else empty.
    """

    name: str
    up: bool
    prefixes: tuple[IPNetwork, ...]
    gateways: tuple[IPInterface, ...]
    ce: IPAddress | None
    hosts: tuple[HostView, ...]
    macs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VirtualRouter:
    """One VRF as the customer sees it: a router of his own, known by the sites on it.

    Attributes:
        sites: on its ports.
        reaches: beyond it: prefixes at other virtual routers and at partners.
        lacks: the customer's sites it has no way to, or not to all their prefixes.
    """

    sites: tuple[SiteView, ...]
    reaches: tuple[ReachablePrefix, ...]
    lacks: tuple[str, ...]

    @property
    def name(self) -> str:
        """How the customer would call it."""
        return "router at " + ", ".join(site.name for site in self.sites)


@dataclass(frozen=True, slots=True)
class L3vpnView:
    """A customer's L3VPN.

    Attributes:
        vpn: its name.
        customer: whose it is.
        islands: virtual routers that reach one another, directly or through one another, each
            group sorted by site; one island where all is well.
        partners: prefixes of permitted partners, reached from anywhere in it.
    """

    vpn: str
    customer: str
    islands: tuple[tuple[VirtualRouter, ...], ...]
    partners: tuple[IPNetwork, ...]

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
        islands: the sites on each virtual switch; one switch where all is well.
        severed: pairs of sites on one switch that nevertheless do not hear each other.
    """

    vpn: str
    customer: str
    kind: L2vpnKind
    islands: tuple[tuple[SiteView, ...], ...]
    severed: tuple[tuple[str, str], ...]

    @property
    def sites(self) -> tuple[SiteView, ...]:
        """All sites, switch by switch."""
        return tuple(site for island in self.islands for site in island)


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
    """

    name: str
    role: Role
    router_id: str
    position: tuple[float, float] | None
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link between two LSRs.

    Attributes:
        name: of the link.
        ends: the two LSRs.
        bandwidth_bps: each way.
        delay_ms: one way.
        metric: each way.
        up: whether it carries packets.
        load_bps: measured, in the direction of `ends` and back; None unless the lab runs.
    """

    name: str
    ends: tuple[str, str]
    bandwidth_bps: int
    delay_ms: float
    metric: int
    up: bool
    load_bps: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class VpnView:
    """A VPN as the provider sees it: who has it, and which site is where.

    Attributes:
        name: of the VPN.
        kind: ``l3vpn``, ``vpls`` or ``vpws``.
        customer: whose it is.
        sites: site and PE, sorted by site.
    """

    name: str
    kind: str
    customer: str
    sites: tuple[tuple[str, str], ...]


POPPED: Final = "popped"
"""Where an LSP has no label: the penultimate hop has popped it (RFC 3031 section 3.16)."""


@dataclass(frozen=True, slots=True)
class OnLink:
    """What a way has on a link in one direction.

    Attributes:
        stack: the labels, outermost first.
        share: part of the way's flows that take this link, where every LSR spreads evenly.
    """

    stack: tuple[int, ...]
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class PathLink:
    """A link that a way takes.

    Attributes:
        link: its name.
        sender: the LSR that sends on it, in the way's direction.
        receiver: the LSR at the other end.
        there: in that direction.
        back: in the other one, where the way stands for the way back too; else None.
    """

    link: str
    sender: str
    receiver: str
    there: OnLink
    back: OnLink | None = None


@dataclass(frozen=True, slots=True)
class PathView:
    """A way through the network to draw over the picture: LSPs, or one packet's path.

    It branches where there are several ways of equal cost.

    Attributes:
        title: what it is.
        links: that it takes, each once, none before one that leads to it.
    """

    title: str
    links: tuple[PathLink, ...]

    @property
    def is_both_ways(self) -> bool:
        """Whether it stands for the way back too."""
        return any(link.back is not None for link in self.links)

    @property
    def branches(self) -> bool:
        """Whether it is more than one link after another."""
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
    """

    lab: str
    routers: tuple[RouterView, ...]
    links: tuple[LinkView, ...]
    vpns: tuple[VpnView, ...]
    ways: tuple[PathView, ...] = ()
    shown_vpn: str | None = None


View = CustomerView | ProviderView
