"""Hubs of an L3VPN in a lab file, and whether they can be what they are to be (RFC 4364 4.3.5)."""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawL3vpn
from mplsemu.lab.vrf_policies import is_star
from mplsemu.model.l3vpn import HubAndSpoke
from mplsemu.model.vpn import Site


def hub_and_spoke(
    document: Document, vpn: str, raw: RawL3vpn, sites: Iterable[Site]
) -> HubAndSpoke | None:
    """Return the hubs of a VPN; None if it is a mesh.

    Args:
        document: the lab file, for its lines.
        vpn: name of the VPN.
        raw: what the file says of it.
        sites: of the VPN.

    Raises:
        LabError: it has no hub, or one that passes nothing on; it says itself what it imports or
            exports; a site of a mesh has a role.
    """
    path: Path = ("vpns", vpn)
    hubs = tuple(name for name, site in raw.sites.items() if site.role == "hub")
    if not is_star(raw):
        for name, site in raw.sites.items():
            if site.role is not None:
                raise document.error(
                    (*path, "sites", name, "role"),
                    f"site {vpn}/{name} is a {site.role}, but vpn {vpn} is a mesh",
                    f"write topology: hub-and-spoke at vpn {vpn}, or leave role out",
                )
        if raw.via is not None:
            raise document.error(
                (*path, "via"),
                f"vpn {vpn}: 'via: {raw.via}' goes with topology hub-and-spoke, and it is a mesh",
                "write topology: hub-and-spoke, or leave via out",
            )
        return None
    for key, said in (("import", raw.import_), ("export", raw.export)):
        if said is not None:
            raise document.error(
                (*path, key),
                f"vpn {vpn}: '{key}' does not go with topology hub-and-spoke, whose hubs and "
                "spokes have route targets of their own",
                f"leave it out; a site that has to {key} more says so itself",
            )
    if not hubs:
        raise document.error(
            (*path, "topology"),
            f"vpn {vpn}: none of its sites is a hub",
            "write role: hub at one of its sites, or topology: mesh",
        )
    if raw.via is not None:
        _refuse_hubs_that_pass_nothing_on(document, vpn, raw, sites)
    return HubAndSpoke(hubs, raw.via is not None)


def _refuse_hubs_that_pass_nothing_on(
    document: Document, vpn: str, raw: RawL3vpn, sites: Iterable[Site]
) -> None:
    """Refuse hubs whose CE router cannot pass packets on between spokes."""
    sites = tuple(sites)
    spokes = [site for site in sites if raw.sites[site.name].role != "hub"]
    for site in spokes:
        if site.shares_load:
            raise document.error(
                ("vpns", vpn, "sites", site.name, "mode"),
                f"the lines of spoke {site.full_name} cannot share the load where spokes reach "
                "each other through a hub's CE router (via: ce)",
                "write standby, or leave via out",
            )
    for site in sites:
        if site in spokes:
            continue
        path: Path = ("vpns", vpn, "sites", site.name)
        who = f"hub {site.full_name}"
        if site.ce is None:
            raise document.error(
                path,
                f"{who} has no CE router, through which spokes are to reach each other (via: ce)",
                f"write ce: router at site {site.full_name}: a firewall's rules go there, as hosts "
                "forward nothing; or leave via out",
            )
        if site.strict_urpf:
            where = (*path, "urpf") if raw.sites[site.name].urpf else ("vpns", vpn, "urpf")
            raise document.error(
                where,
                f"{who}: its CE router passes on what spokes send (via: ce), and urpf: strict "
                "drops what is not from its own prefixes",
                f"write urpf: none at site {site.full_name}",
            )
        known = {each.version for each in (*site.ce.wan, *site.gateways)}
        for version in sorted({4, 6} - known):
            able = [each.full_name for each in spokes if _has(each, version)]
            if len(able) > 1:
                raise document.error(
                    (*path, "subnet"),
                    f"{who} has no IPv{version} address, so its CE router has no IPv{version} "
                    f"route to its PE: it passes nothing on between {able[0]} and {able[1]} "
                    "(via: ce)",
                    f"write an IPv{version} prefix at site {site.full_name}, too",
                )


def _has(site: Site, version: int) -> bool:
    return any(prefix.version == version for prefix in site.subnets)
