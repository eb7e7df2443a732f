"""Changing a lab while it runs: the event, and what has to be refused.

The controller programs LSRs. LSRs, cables and hosts themselves are made at boot, by the emulation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from mplsemu.control.ce_routes import ce_routes
from mplsemu.errors import LabError
from mplsemu.model.network import Network, Vpn
from mplsemu.model.numbers import NO_NUMBERS, Numbers
from mplsemu.model.topology import Link
from mplsemu.model.vpls import Vpls, Vpws
from mplsemu.model.vpn import Site


@dataclass(frozen=True, slots=True)
class NetworkChanged:
    """The lab has changed.

    Attributes:
        network: the lab from now on.
        numbers: of which its automatic addresses are made; kept over a restart.
    """

    network: Network
    numbers: Numbers = NO_NUMBERS


@dataclass(frozen=True, slots=True)
class Emulated:
    """What the emulation made at boot; a changed lab can use nothing else.

    Attributes:
        network: the lab that was booted.
        links: by name, without what is only the LSRs' configuration.
        sites: by circuit, likewise.
        vpns: by name, what must not change.
    """

    network: Network
    links: Mapping[str, Link]
    sites: Mapping[str, Site]
    vpns: Mapping[str, object]

    @classmethod
    def of(cls, network: Network) -> Emulated:
        """Return what is made when a lab boots."""
        return cls(
            network,
            {link.name: _made_of_link(link) for link in network.provider.links},
            {line.circuit: _made_of_site(line) for _, line in network.lines()},
            {vpn.name: _made_of_vpn(vpn) for vpn in network.vpns},
        )

    def check(self, network: Network) -> None:
        """Check that a changed lab can run on what was made.

        Raises:
            LabError: it needs something that was not made.
        """
        problem = next(self._problems(network), None)
        if problem is not None:
            remedy = "take the lab down and boot it again"
            raise LabError(f"a running lab cannot change like this: {problem}", remedy=remedy)

    def _problems(self, network: Network) -> Iterator[str]:
        booted, wanted = self.network.provider, network.provider
        if network.name != self.network.name:
            yield f"it is lab {self.network.name}, not {network.name}"
        if (wanted.ttl_mode, wanted.null_label) != (booted.ttl_mode, booted.null_label):
            yield "'ttl' and 'php' of the provider are those of the boot"
        there, needed = ({node.name for node in each.nodes} for each in (booted, wanted))
        for name in sorted(needed - there):
            yield f"there is no LSR {name}"
        for name in sorted(there - needed):
            yield f"LSR {name} is there, and cannot be taken away"
        for link in wanted.links:
            if link.name not in self.links:
                yield f"there is no link {link.name}"
            elif self.links[link.name] != _made_of_link(link):
                yield f"link {link.name} can have another metric and nothing else"
        for vpn in network.vpns:
            yield from self._vpn_problems(vpn)
        before = ce_routes(self.network)
        for name, routes in ce_routes(network).items():
            if routes != before.get(name):
                yield f"the CE router of site {name} would need other routes than it has"

    def _vpn_problems(self, vpn: Vpn) -> Iterator[str]:
        for site in vpn.sites:
            if site.circuit not in self.sites:
                yield f"there is no attachment circuit {site.circuit}"
            elif self.sites[site.circuit] != _made_of_site(site):
                yield (
                    f"site {site.circuit} is there with its PE, its access line, its hosts and "
                    "their addresses, and can have no others"
                )
        if self.vpns.get(vpn.name, _made_of_vpn(vpn)) != _made_of_vpn(vpn):
            kept = "its type, its control_word, its pw_type and its mac_limit"
            yield f"vpn {vpn.name} keeps {kept}"


def _made_of_link(link: Link) -> Link:
    return replace(link, metric=1, metric_back=None)


def _made_of_site(site: Site) -> Site:
    return replace(site, strict_urpf=False)


def _made_of_vpn(vpn: Vpn) -> object:
    """Return what data planes check or size their maps by at boot, or all PEs must agree on."""
    of_wires = (vpn.control_word, vpn.pw_type) if isinstance(vpn, Vpls | Vpws) else None
    return vpn.kind, of_wires, vpn.mac_limit if isinstance(vpn, Vpls) else None
