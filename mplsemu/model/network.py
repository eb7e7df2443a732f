"""The whole lab as facts: the provider, the VPNs it sells, and what the lab's author validates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.topology import Provider
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Host, IPAddress, Site

Vpn = L3vpn | Vpls | Vpws


@dataclass(frozen=True, slots=True)
class HostRef:
    """A host by its full name, ``VPN/SITE/hN``."""

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
        wait_s: for how long it is tried where it must be, None as long as any other check.
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
    """A ``validate`` entry: which way packets take.

    Attributes:
        source: the host that sends.
        target: a host, or an address as the source sees it.
        via: LSRs and core links that they pass, in this order, others between them.
        avoid: LSRs and core links that they do not pass.
        depth: labels of the deepest stack on the way, None where that does not matter.
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
        wait_s: for how long it is tried, None for once.
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
    """Whether a check is of something that must not happen."""
    return isinstance(check, PingCheck) and not check.expect_reply


@dataclass(frozen=True, slots=True)
class Network:
    """A lab, validated: every name it mentions exists and no two things collide.

    Attributes:
        name: of the lab.
        provider: LSRs and links.
        vpns: in the lab file's order.
        validate: checks beside those that follow from the VPNs.
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

    def hosts(self) -> Iterator[tuple[HostRef, Site, Host]]:
        """Yield every host with its full name and its site, in the lab file's order."""
        for vpn, site in self.sites():
            for host in site.hosts:
                yield HostRef(vpn.name, site.name, host.name), site, host
