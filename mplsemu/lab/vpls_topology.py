"""The topology of a VPLS in a lab file: E-Tree (RFC 7796), hub PEs (RFC 4762 section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawVpls
from mplsemu.lab.schema_error import enumerated, known_names_hint
from mplsemu.model.network import Vpn
from mplsemu.model.topology import Role
from mplsemu.model.vpls import Vpls
from mplsemu.model.vpls_topology import SpokePe, VplsTopology


def build_topology(
    document: Document, vpn: str, raw: RawVpls, roles: Mapping[str, Role]
) -> VplsTopology:
    """Return how the sites of a VPLS are joined.

    Args:
        document: the lab file, for its lines.
        vpn: name of the VPLS.
        raw: what the lab file says of it.
        roles: of the nodes.

    Raises:
        LabError: a hub-and-spoke VPLS has no hub, or another has one; a hub PE is none, or sites
            at one PE disagree about it.
    """
    return VplsTopology(_roots(document, vpn, raw), _spokes(document, vpn, raw, roles))


def topology_notes(vpns: Iterable[Vpn]) -> Iterator[str]:
    """Yield what is allowed in a VPLS's topology but may not be intended."""
    for vpn in vpns:
        names = frozenset(site.name for site in vpn.sites)
        if isinstance(vpn, Vpls) and vpn.topology.roots == names:
            yield f"vpn {vpn.name} is hub-and-spoke, but all its sites are hubs: it is a mesh"


def _roots(document: Document, vpn: str, raw: RawVpls) -> frozenset[str] | None:
    hubs = [name for name, site in raw.sites.items() if site.role == "hub"]
    if raw.topology == "mesh":
        if hubs:
            raise document.error(
                ("vpns", vpn, "sites", hubs[0], "role"),
                f"site {vpn}/{hubs[0]}: role 'hub', but the topology of vpn {vpn} is mesh",
                f"write topology: hub-and-spoke at vpn {vpn}, or leave the role out",
            )
        return None
    if not hubs:
        where: Path = ("vpns", vpn, "topology")
        first = next(iter(raw.sites))
        raise document.error(
            where,
            f"vpn {vpn}: topology 'hub-and-spoke', but no site is a hub: none would reach another",
            f"write role: hub at a site, for example at {first}, or topology: mesh",
        )
    return frozenset(hubs)


def _spokes(
    document: Document, vpn: str, raw: RawVpls, roles: Mapping[str, Role]
) -> tuple[SpokePe, ...]:
    first_at: dict[str, str] = {}
    hubs_of: dict[str, tuple[str, ...]] = {}
    for name, site in raw.sites.items():
        hubs = tuple(site.hub or ())
        if len(site.pe) > 1 and hubs:
            problem = "a site with two lines has no hub: its PEs are of the full mesh"
            raise _refused(document, vpn, name, problem, "leave the hub out, or one of the PEs")
        for pe in site.pe:
            first = first_at.setdefault(pe, name)
            if hubs_of.setdefault(pe, hubs) != hubs:
                raise _disagree(document, vpn, raw, pe, {name: hubs, first: hubs_of[pe]})
        found = next(_hub_problems(site.pe[0], hubs, roles), None)
        if found is not None:
            raise _refused(document, vpn, name, *found)
    hubs_of = {pe: hubs for pe, hubs in hubs_of.items() if hubs}
    for pe, hubs in hubs_of.items():
        for hub in hubs:
            if hub in hubs_of:
                raise _refused(
                    document,
                    vpn,
                    first_at[pe],
                    f"hub {hub!r} is itself a spoke PE, of {enumerated(hubs_of[hub], ' and ')}",
                    f"write a PE of the full mesh, for example {hubs_of[hub][0]}",
                )
    return tuple(SpokePe(pe, hubs_of[pe]) for pe in sorted(hubs_of))


def _disagree(
    document: Document, vpn: str, raw: RawVpls, pe: str, hubs_of: Mapping[str, tuple[str, ...]]
) -> LabError:
    """Return what is wrong where two sites at a PE, the later one first, have other hubs."""
    homed = next((name for name in hubs_of if len(raw.sites[name].pe) > 1), None)
    if homed is not None:
        hubs = next(filter(None, hubs_of.values()))
        return document.error(
            ("vpns", vpn, "sites", homed, "pe"),
            f"site {vpn}/{homed} has two lines, and {pe} is a spoke PE, of "
            f"{enumerated(hubs, ' and ')}: its PEs are to be of the full mesh",
            f"write another PE than {pe}",
        )
    name, first = hubs_of
    return document.error(
        ("vpns", vpn, "sites", name, *(["hub"] if hubs_of[name] else [])),
        f"site {vpn}/{name} {_said(hubs_of[name])}, but site {vpn}/{first} at the same PE, "
        f"{pe}, {_said(hubs_of[first])}",
        f"write the same hub at all sites of vpn {vpn} at {pe}",
    )


def _said(hubs: tuple[str, ...]) -> str:
    return f"has the hub {enumerated(hubs, ' and ')}" if hubs else "has no hub"


def _hub_problems(
    pe: str, hubs: tuple[str, ...], roles: Mapping[str, Role]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the hubs of a site, and what to write instead."""
    for index, hub in enumerate(hubs):
        role = roles.get(hub)
        if role is None:
            pes = [name for name, one in roles.items() if one is Role.PE and name != pe]
            yield f"there is no node {hub!r}", known_names_hint(hub, pes, "other PEs")
        elif role is Role.P:
            remedy = f"write {hub}: {{role: pe}} under provider.nodes"
            yield f"hub {hub!r} is a P, which has no VSI", remedy
        elif hub == pe:
            yield f"hub {hub!r} is the site's own PE", "write another PE, or leave the hub out"
        elif hub in hubs[:index]:
            yield f"hub {hub!r} is there twice", "write each hub once"


def _refused(document: Document, vpn: str, site: str, problem: str, remedy: str) -> LabError:
    where: Path = ("vpns", vpn, "sites", site, "hub")
    return document.error(where, f"site {vpn}/{site}: {problem}", remedy)
