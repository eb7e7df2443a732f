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
    """

    source: HostRef
    target: HostRef | IPAddress
    expect_reply: bool = True


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
    validate: tuple[PingCheck, ...] = ()

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
