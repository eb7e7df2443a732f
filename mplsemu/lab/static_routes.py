"""Static routes of a lab file's sites: what is wrong with them, beside their form."""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.errors import LabError
from mplsemu.lab.addressing import PE_CE_POOL
from mplsemu.lab.document import Document, Path
from mplsemu.lab.overlap import Claim
from mplsemu.lab.pe_ce import has_pool_link
from mplsemu.lab.schema import RawRoutedSite
from mplsemu.lab.schema_error import enumerated
from mplsemu.model.l3vpn import L3vpn
from mplsemu.model.vpn import IPAddress, IPInterface, IPNetwork, StaticRoute
from mplsemu.program.gateway import reserved_addresses
from mplsemu.verification.site_policy import reaches


def static_routes(
    document: Document, path: Path, raw: RawRoutedSite, gateways: Iterable[IPInterface]
) -> tuple[StaticRoute, ...]:
    """Return the static routes of a site.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.
        gateways: of its LAN.

    Raises:
        LabError: a route is not by an address of another station on the LAN, leads to the LAN
            itself, or is there twice.
    """
    own = {gateway.ip for gateway in gateways}
    seen: set[IPNetwork] = set()
    for index, route in enumerate(raw.routes):
        problem = _problem(raw, route, own)
        if route.prefix in seen:
            problem = "the site has another route to the same prefix"
        seen.add(route.prefix)
        if problem is not None:
            where: Path = (*path, "routes", index)
            remedy = "write PREFIX via ADDRESS, with the address of a host or router on its LAN"
            raise document.error(where, f"site {path[1]}/{path[3]}: {route}: {problem}", remedy)
    return tuple(raw.routes)


def redistributes(
    document: Document, path: Path, raw: RawRoutedSite, *, shares_links: bool
) -> bool:
    """Return whether a site's PE-CE link is distributed.

    Args:
        document: the lab file, for its lines.
        path: of the site.
        raw: what the file says of it.
        shares_links: what its VPN says.

    Raises:
        LabError: the site says so, and has no CE router.
    """
    if raw.redistribute is not None and raw.ce is None:
        raise document.error(
            (*path, "redistribute"),
            f"site {path[1]}/{path[3]} has no CE router, and so no PE-CE link to distribute",
            "leave 'redistribute' out: its LAN is known everywhere, or add ce: router",
        )
    return raw.redistribute is not None or shares_links


def _problem(raw: RawRoutedSite, route: StaticRoute, gateways: set[IPAddress]) -> str | None:
    subnet = next((each for each in raw.subnet if route.via in each), None)
    if subnet is None:
        listed = enumerated(map(str, raw.subnet), " and ")
        return f"{route.via} is not on its LAN, which has {listed}"
    if route.via in gateways:
        who = "gateway" if raw.ce is None else "CE router"
        return f"{route.via} is the {who} itself, which would send to itself"
    if route.via in reserved_addresses(subnet):
        return f"{route.via} is the first or the last of {subnet}, which is nobody's"
    for own in raw.subnet:
        if own.version == route.prefix.version and route.prefix.subnet_of(own):  # type: ignore[arg-type]
            return f"{route.prefix} is on its LAN, which has {own}"
    if has_pool_link(raw) and route.prefix.version == 4 and route.prefix.subnet_of(PE_CE_POOL):
        return f"{route.prefix} is within {PE_CE_POOL}, the pool of the links to CE routers"
    return None


def refuse_hidden_spokes(document: Document, vpn: L3vpn) -> None:
    """Refuse a route behind a hub's CE router to a spoke's prefix or a part of it, with `via: ce`.

    Packets between spokes would follow it, and not go back to the PE. A wider one, such as a
    default route, they do not follow.

    Raises:
        LabError: at the route; names the spoke.
    """
    if vpn.hub_and_spoke is None or not vpn.hub_and_spoke.via_ce:
        return
    hubs = vpn.hub_and_spoke.hubs
    spokes = [site for site in vpn.sites if site.name not in hubs]
    for hub in (site for site in vpn.sites if site.name in hubs):
        for index, route in enumerate(hub.routes):
            for spoke in spokes:
                for prefix in (*spoke.prefixes, *spoke.shared_links):
                    if _is_within(route.prefix, prefix):
                        raise document.error(
                            ("vpns", vpn.name, "sites", hub.name, "routes", index),
                            f"hub {hub.full_name}: {route} would take the packets for {prefix} of "
                            f"spoke {spoke.full_name}, which its CE router is to send back to the "
                            "PE (via: ce)",
                            "write another prefix, or a wider one, or leave via out",
                        )


def _is_within(prefix: IPNetwork, other: IPNetwork) -> bool:
    return prefix.version == other.version and prefix.subnet_of(other)  # type: ignore[arg-type]


def refuse_lost_next_hops(document: Document, claims: Iterable[Claim]) -> None:
    """Refuse a next hop to which a longer prefix of another site leads.

    Raises:
        LabError: at the route; names the other prefix and its line.
    """
    claims = list(claims)
    for claim in claims:
        if claim.via is None:
            continue
        lan = max(
            (each for each in claims if each.site == claim.site and each.is_on_lan
             and claim.via in each.prefix),
            key=lambda each: each.prefix.prefixlen,
        )  # fmt: skip
        for other in claims:
            is_longer = other.prefix.prefixlen > lan.prefix.prefixlen and other.site != claim.site
            if is_longer and claim.via in other.prefix:
                line = document.location(other.path).line
                raise document.error(
                    claim.path,
                    f"{claim.owner}: {claim.via} is within {other.prefix} of {other.owner} (line "
                    f"{line}), which is longer than its own {lan.prefix}",
                    "write another address on its LAN, or other prefixes",
                )


def refuse_useless_defaults(document: Document, vpns: Iterable[L3vpn]) -> None:
    """Refuse a default route that nobody can use.

    Raises:
        LabError: no other site sends to the one that has it.
    """
    vpns = list(vpns)
    for vpn in vpns:
        for site in vpn.sites:
            index = next((n for n, r in enumerate(site.routes) if not r.prefix.prefixlen), None)
            if index is not None and not any(
                reaches(other, source, vpn, site)
                for other in vpns
                for source in other.sites
                if source is not site
            ):
                raise _useless(document, ("vpns", vpn.name, "sites", site.name, "routes", index))


def _useless(document: Document, path: Path) -> LabError:
    return document.error(
        path,
        f"site {path[1]}/{path[3]}: nobody can use its default route: no other site sends to it",
        "add a site to the VPN, or import its route target in another VPN",
    )
