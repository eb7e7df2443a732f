"""A lab as data: the provider, the VPNs it sells, and the checks that the lab's author wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.inter_as import InterAs, VpnBorder
from mplsemu.model.l3vpn import HubAndSpoke, L3vpn
from mplsemu.model.six_pe import SixPe
from mplsemu.model.topology import Provider
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Host, IPAddress, Site

Vpn = L3vpn | Vpls | Vpws | SixPe


def hubs_of(vpn: Vpn) -> HubAndSpoke | None:
    """Return the hubs of an L3VPN that has hubs and spokes."""
    return vpn.hub_and_spoke if isinstance(vpn, L3vpn) else None


@dataclass(frozen=True, slots=True)
class HostRef:
    """A host by its full name, ``VPN/SITE/HOST``."""

    vpn: str
    site: str
    host: str

    def __str__(self) -> str:
        return f"{self.vpn}/{self.site}/{self.host}"


@dataclass(frozen=True, slots=True)
class PingCheck:
    """A ``validate`` entry: a ping that must (or must not) be answered.

    Attributes:
        source: the host that pings.
        target: a host, or an address as the source sees it.
        expect_reply: whether it must be answered.
        wait_s: how long to retry a ping that must be answered; None: as long as other checks.
    """

    source: HostRef
    target: HostRef | IPAddress
    expect_reply: bool = True
    wait_s: int | None = None

    def __str__(self) -> str:
        wish = "answered" if self.expect_reply else "not answered"
        return f"ping {self.source} {self.target} is {wish}"


@dataclass(frozen=True, slots=True)
class PathCheck:
    """A ``validate`` entry: which path packets take.

    Attributes:
        source: the host that sends.
        target: a host, or an address as the source sees it.
        via: LSRs and core links on the path, in this order; others may lie between.
        avoid: LSRs and core links that are not on the path.
        depth: labels in the deepest stack on the path at most; None: any.
    """

    source: HostRef
    target: HostRef | IPAddress
    via: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    depth: int | None = None

    def __str__(self) -> str:
        wishes = [
            f"is by way of {', '.join(self.via)}" if self.via else "",
            f"avoids {', '.join(self.avoid)}" if self.avoid else "",
            f"takes {self.depth} labels at most" if self.depth is not None else "",
        ]
        return f"path {self.source} {self.target} {' and '.join(filter(None, wishes))}"


@dataclass(frozen=True, slots=True)
class ThroughputCheck:
    """A ``validate`` entry: how fast one host sends to another.

    Attributes:
        source: the host that sends.
        target: the host that receives.
        least_bps: bits per second of TCP payload.
        wait_s: how long to retry; None: measure once.
    """

    source: HostRef
    target: HostRef
    least_bps: int
    wait_s: int | None = None

    def __str__(self) -> str:
        rate = f"{self.least_bps / 1_000_000:g} Mbit/s"
        return f"throughput {self.source} {self.target} is at least {rate}"


Validation = PingCheck | PathCheck | ThroughputCheck
"""What may stand under ``validate``."""


def must_fail(check: Validation) -> bool:
    """Whether the check passes only if something does not work."""
    return isinstance(check, PingCheck) and not check.expect_reply


@dataclass(frozen=True, slots=True)
class Network:
    """A validated lab: every name refers to something, and nothing collides.

    Attributes:
        name: of the lab.
        provider: LSRs and links.
        vpns: in the lab file's order.
        validate: checks in addition to those that follow from the VPNs.
    """

    name: str
    provider: Provider
    vpns: tuple[Vpn, ...]
    validate: tuple[Validation, ...] = ()

    def sites(self) -> Iterator[tuple[Vpn, Site]]:
        """Yield every site with its VPN, in the lab file's order."""
        for vpn in self.vpns:
            for site in vpn.sites:
                yield vpn, site

    def lines(self) -> Iterator[tuple[Vpn, Site]]:
        """Yield every site by each of its attachment circuits, with its VPN, in that order."""
        for vpn, site in self.sites():
            for line in site.lines:
                yield vpn, line

    def borders(self) -> Iterator[VpnBorder]:
        """Yield the borders that VPNs cross by circuits between VRFs, in the lab file's order."""
        for vpn in self.vpns:
            for border in vpn.borders if isinstance(vpn, L3vpn) else ():
                if border.option is InterAs.A:
                    yield border

    def hosts(self) -> Iterator[tuple[HostRef, Site, Host]]:
        """Yield every host with its full name and its site, in the lab file's order."""
        for vpn, site in self.sites():
            for host in site.end_hosts:
                yield HostRef(vpn.name, site.name, host.name), site, host
