"""What a VPLS that snoops IGMP and MLD cannot have."""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.lab.document import Document
from mplsemu.lab.schema import RawVpls
from mplsemu.model.vpn import Site


def refuse_with_snooping(document: Document, vpn: str, raw: RawVpls, sites: Iterable[Site]) -> None:
    """Refuse circuits with two tags, of which no IP header is read, and meshes that are not full.

    Raises:
        LabError: a site has two tags, or a hub PE, or its mesh is partial.
    """
    for site in sites:
        if site.vlan is not None and site.vlan.inner is not None:
            raise document.error(
                ("vpns", vpn, "sites", site.name, "vlan"),
                f"site {vpn}/{site.name}: vlan {site.vlan}: what a frame behind two tags holds is "
                "not snooped",
                "write one tag, or leave igmp_snooping out",
            )
    if raw.pseudowires is not None:
        raise document.error(
            ("vpns", vpn, "pseudowires"),
            f"vpn {vpn}: a partial mesh does not snoop IGMP and MLD",
            "leave pseudowires out, so that its PEs are a full mesh, or leave igmp_snooping out",
        )
    for name, site_of in raw.sites.items():
        if site_of.hub is not None:
            raise document.error(
                ("vpns", vpn, "sites", name, "hub"),
                f"site {vpn}/{name}: a VPLS with hub PEs does not snoop IGMP and MLD",
                "leave hub out, so that its PEs are a full mesh, or leave igmp_snooping out",
            )
