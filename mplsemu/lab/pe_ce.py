"""Networks of the links between PEs and CE routers: automatic, given, or none (RFC 5309)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mplsemu.lab.addressing import MAX_CE_PER_VPN, PE_CE_POOL, pool_link, pool_ordinals
from mplsemu.lab.document import Document
from mplsemu.lab.overlap import Claim
from mplsemu.lab.schema import RawCe, RawRoutedSite
from mplsemu.model.l3vpn import L3vpn, import_sources
from mplsemu.model.numbers import Numbering, Space
from mplsemu.model.vpn import IPNetwork


def has_pool_link(raw: RawRoutedSite) -> bool:
    """Whether a site has a CE router whose link gets a network of the pool."""
    return raw.ce is not None and _given(raw) is None


def _given(raw: RawRoutedSite) -> list[IPNetwork] | None:
    """Return the networks that the lab file gives a site's PE-CE link; None: automatic."""
    return raw.ce.wan if isinstance(raw.ce, RawCe) else None


def pe_ce_networks(
    document: Document, vpn: str, sites: Mapping[str, RawRoutedSite], numbering: Numbering
) -> dict[str, tuple[IPNetwork, ...]]:
    """Return the networks of the PE-CE links of a VPN, by site: none of an unnumbered one.

    Args:
        document: the lab file, for its lines.
        vpn: name of the VPN.
        sites: what the file says of its sites.
        numbering: gives numbers for automatic ones.

    Raises:
        LabError: the pool is used up.
    """
    given = {name: _given(site) or [] for name, site in sites.items() if site.ce is not None}
    taken = {
        number for one in given.values() for network in one for number in pool_ordinals(network)
    }
    automatic = [name for name, site in sites.items() if has_pool_link(site)]
    space = Space.pe_ce_links(vpn)
    numbers = numbering.allocate(space, automatic, MAX_CE_PER_VPN, taken)
    for name, number in numbers.items():
        if number > MAX_CE_PER_VPN:
            problem = f"more than {MAX_CE_PER_VPN:,} CE routers in one VPN use up {PE_CE_POOL}"
            path = ("vpns", vpn, "sites", name)
            raise document.error(path, problem, "leave 'ce: router' out")
    found = {name: tuple(networks) for name, networks in given.items()}
    return found | {name: (pool_link(number),) for name, number in numbers.items()}


def given_links(vpn: str, sites: Mapping[str, RawRoutedSite]) -> Iterator[Claim]:
    """Yield the networks that the lab file gives the PE-CE links of a VPN."""
    for name, site in sites.items():
        path = ("vpns", vpn, "sites", name, "ce", "wan")
        for index, network in enumerate(_given(site) or ()):
            owner = f"the PE-CE link of site {vpn}/{name}"
            yield Claim(network, owner, vpn, (*path, index), index, name)


def refuse_link_overlap(
    document: Document, links: Sequence[Claim], prefixes: Iterable[Claim]
) -> None:
    """Refuse a PE-CE link's network that overlaps another one of its VPN, or a site's prefix.

    Raises:
        LabError: at the link; names both, and the other's line.
    """
    prefixes = tuple(prefixes)
    for number, link in enumerate(links):
        for other in (*links[:number], *prefixes):
            if _clash(link, other):
                line = document.location(other.path).line
                raise document.error(
                    link.path,
                    f"{link.owner}: {link.prefix} overlaps {other.prefix} of {other.owner} "
                    f"(line {line}), in the same VPN {link.vpn}",
                    "write a network that nothing else in the VPN overlaps, or wan: unnumbered",
                )


def refuse_imported_link_overlap(
    document: Document,
    vpns: Iterable[L3vpn],
    links: Mapping[str, Sequence[Claim]],
    claims: Mapping[str, Sequence[Claim]],
) -> None:
    """Refuse a PE-CE link's network that overlaps a prefix which its VRF imports.

    Args:
        document: the lab file, for its lines.
        vpns: all L3VPNs.
        links: the given networks of PE-CE links of each VPN, by its name.
        claims: the prefixes of each, likewise.

    Raises:
        LabError: at the link; names both, and the other's line.
    """
    vpns = tuple(vpns)
    sources = import_sources(vpns)
    for vpn in vpns:
        for link in links[vpn.name]:
            for source in sources[vpn.policy(link.site).name]:
                if source.vpn == vpn.name:
                    continue  # compared already
                others = (claim for claim in claims[source.vpn] if claim.site in source.sites)
                for other in others:
                    if _clash(link, other):
                        line = document.location(other.path).line
                        raise document.error(
                            link.path,
                            f"{link.owner}: {link.prefix} overlaps {other.prefix} of vpn "
                            f"{other.vpn} ({other.owner}, line {line}), which its VRF imports",
                            "write a network that nothing else in the VRF overlaps, or wan: "
                            "unnumbered",
                        )


def _clash(link: Claim, other: Claim) -> bool:
    """Whether a link's network and another prefix hide each other: routes are for what is left."""
    one, another = link.prefix, other.prefix
    if other.via is not None:
        return one == another
    return one.version == another.version and (
        one.network_address in another or another.network_address in one
    )
