"""MTUs of a lab file that do not go together: of links, of sites, and of their IP versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path
from mplsemu.lab.providers import provider_paths
from mplsemu.lab.schema import LabFile, RawLink
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.limits import ACCESS_MTU_MARGIN, LABEL_OCTETS, MAX_LABELS, MIN_IPV6_MTU
from mplsemu.model.network import Network, Vpn
from mplsemu.model.pw_type import PwType
from mplsemu.model.topology import Link
from mplsemu.model.vpn import Site
from mplsemu.program.sizes import CONTROL_WORD_OCTETS, ETHERNET_OCTETS, TAG_OCTETS

_STACK: Final = LABEL_OCTETS * MAX_LABELS


def refuse_mtus(document: Document, raw: LabFile, network: Network) -> None:
    """Refuse MTUs that cannot be meant.

    Raises:
        LabError: a site or a link takes less than IPv6 needs, or a site more than any link of the
            core carries.
    """
    for vpn in network.vpns:
        for site in vpn.sites:
            _refuse_hosts(document, vpn, site)
            own = raw.vpns[vpn.name].sites[site.name].mtu
            if own is None:
                continue
            path: Path = ("vpns", vpn.name, "sites", site.name, "mtu")
            if own < MIN_IPV6_MTU and _has_ipv6(vpn, site):
                raise document.error(
                    path,
                    f"site {site.circuit}: mtu {own}, and IPv6 needs {MIN_IPV6_MTU} octets on "
                    "every link (RFC 8200 section 5)",
                    f"write {MIN_IPV6_MTU} or more, or leave its IPv6 subnet out",
                )
            if _leaves_its_pe(vpn, site):
                _refuse_beyond_core(document, path, network, vpn, site)
    _refuse_narrow_links(document, raw, network)


def _refuse_hosts(document: Document, vpn: Vpn, site: Site) -> None:
    """Refuse a host whose packets the router on its LAN would not even hear."""
    most = site.mtu if site.ce is not None else site.mtu + ACCESS_MTU_MARGIN + TAG_OCTETS
    for host in site.hosts:
        if host.mtu is None:
            continue
        path: Path = ("vpns", vpn.name, "sites", site.name, "hosts", host.name, "mtu")
        name = f"host {site.circuit}/{host.name}"
        if host.mtu > most:
            router = "its CE router" if site.ce is not None else "its PE"
            raise document.error(
                path,
                f"{name}: mtu {host.mtu}, and {router}, on a line of {site.mtu}, hears of no "
                f"packet of more than {most}",
                f"write {most} or less, or a larger mtu for the site",
            )
        if host.mtu < MIN_IPV6_MTU and any(each.version == 6 for each in host.addresses):
            raise document.error(
                path,
                f"{name}: mtu {host.mtu}, and IPv6 needs {MIN_IPV6_MTU} octets on every link "
                "(RFC 8200 section 5)",
                f"write {MIN_IPV6_MTU} or more, or give the host IPv4 addresses alone",
            )


def _has_ipv6(vpn: Vpn, site: Site) -> bool:
    subnets = site.subnets if isinstance(vpn, L3vpn) else vpn.subnets
    return any(subnet.version == 6 for subnet in subnets)


def _leaves_its_pe(vpn: Vpn, site: Site) -> bool:
    return any(other.pe != site.pe for other in vpn.sites)


def _header_octets(vpn: Vpn) -> int:
    """Return what a pseudowire carries in front of a customer's untagged packet."""
    if isinstance(vpn, L3vpn):
        return 0
    tag = TAG_OCTETS if vpn.pw_type is PwType.TAGGED else 0
    return ETHERNET_OCTETS + tag + (CONTROL_WORD_OCTETS if vpn.control_word else 0)


def _refuse_beyond_core(
    document: Document, path: Path, network: Network, vpn: Vpn, site: Site
) -> None:
    """Refuse a written MTU that no link could carry, even with the service's label alone."""
    most = max((link.mtu for link in network.provider.links), default=None)
    extra = LABEL_OCTETS + _header_octets(vpn)
    if most is not None and site.mtu + extra > most:
        raise document.error(
            path,
            f"site {site.circuit}: mtu {site.mtu}, and no core link carries packets of more than "
            f"{most - extra} octets of its VPN",
            f"write {most - extra} or less, or provider.defaults {{mtu: N}} with N of "
            f"{site.mtu + extra + _STACK - LABEL_OCTETS} or more",
        )


def _refuse_narrow_links(document: Document, raw: LabFile, network: Network) -> None:
    """Refuse links that do not take IPv6's smallest MTU with the labels and headers around it."""
    needs = [
        (MIN_IPV6_MTU + _STACK + _widest_header(vpn), vpn.name)
        for vpn in network.vpns
        if any(_has_ipv6(vpn, site) for site in vpn.sites)
    ]
    if not needs:
        return
    most, vpn_name = max(needs, key=lambda need: need[0])
    entries = [
        ((*root, "links", index), entry)
        for root, provider in provider_paths(raw)
        for index, entry in enumerate(provider.links)
    ]
    for (path, entry), link in zip(entries, network.provider.core_links, strict=True):
        if link.mtu < most:
            is_own = isinstance(entry, RawLink) and entry.mtu is not None
            where: Path = (*path, "mtu") if is_own else (*path[:-2], "defaults", "mtu")
            raise _too_narrow(document, where, link, most, vpn_name)
    borders = (link for link in network.provider.links if link.border is not None)
    for index, link in enumerate(borders):
        if link.mtu < most:
            raise _too_narrow(document, ("borders", index, "mtu"), link, most, vpn_name)


def _widest_header(vpn: Vpn) -> int:
    return 0 if isinstance(vpn, L3vpn) else _header_octets(vpn) + TAG_OCTETS


def _too_narrow(document: Document, path: Path, link: Link, most: int, vpn: str) -> LabError:
    return document.error(
        path,
        f"link {link.name}: mtu {link.mtu} is too small for IPv6 in vpn {vpn}: {MIN_IPV6_MTU} "
        f"octets (RFC 8200 section 5) and what goes around them make {most}",
        f"write {most} or more, or leave the IPv6 subnets out",
    )


def mtu_notes(vpns: Iterable[Vpn]) -> Iterator[str]:
    """Yield what takes less than its neighbours think, where nobody tells a sender about it."""
    for vpn in vpns:
        for site in vpn.sites:
            for host in site.hosts:
                if host.mtu is not None and host.mtu < site.mtu:
                    yield (
                        f"host {site.circuit}/{host.name} has an mtu of {host.mtu} on a LAN of "
                        f"{site.mtu}: larger packets to it are lost without a word"
                    )
        least = min((site.mtu for site in vpn.sites), default=0)
        wider = [site.name for site in vpn.sites if site.mtu > least]
        if not isinstance(vpn, L3vpn) and wider:
            yield (
                f"vpn {vpn.name}: its sites have different MTUs: packets of more than {least} "
                f"octets, which {', '.join(wider)} may send, are lost at the others without a "
                "word; the ends of a pseudowire must have the same (RFC 4447 section 5.5)"
            )
