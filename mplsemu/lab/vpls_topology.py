"""The topology of a VPLS as a lab file says it: an E-Tree's roots and leaves (RFC 7796)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawVpls
from mplsemu.model.network import Vpn
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpls_topology import MULTIPOINT, VplsTopology


def build_topology(document: Document, vpn: str, raw: RawVpls) -> VplsTopology:
    """Return how the sites of a VPLS are joined.

    Args:
        document: the lab file, for its lines.
        vpn: name of the VPLS.
        raw: what the lab file says of it.

    Raises:
        LabError: a hub-and-spoke VPLS has no hub, or another has one.
    """
    hubs = [name for name, site in raw.sites.items() if site.role == "hub"]
    if raw.topology == "mesh":
        if hubs:
            raise document.error(
                ("vpns", vpn, "sites", hubs[0], "role"),
                f"site {vpn}/{hubs[0]}: role 'hub', but the topology of vpn {vpn} is mesh",
                f"write topology: hub-and-spoke at vpn {vpn}, or leave the role out",
            )
        return MULTIPOINT
    if not hubs:
        where: Path = ("vpns", vpn, "topology")
        first = next(iter(raw.sites))
        raise document.error(
            where,
            f"vpn {vpn}: topology 'hub-and-spoke', but no site is a hub: none would reach another",
            f"write role: hub at a site, for example at {first}, or topology: mesh",
        )
    return VplsTopology(roots=frozenset(hubs))


def topology_notes(vpns: Iterable[Vpn]) -> Iterator[str]:
    """Yield what is allowed in a VPLS's topology but may not be intended."""
    for vpn in vpns:
        if isinstance(vpn, Vpls) and vpn.topology.roots == frozenset(
            site.name for site in vpn.sites
        ):
            yield f"vpn {vpn.name} is hub-and-spoke, but all its sites are hubs: it is a mesh"
