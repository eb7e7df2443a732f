"""The topology of a VPLS in a lab file: E-Tree (RFC 7796), hub PEs (RFC 4762 section 10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

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
    roots, spokes = _roots(document, vpn, raw), _spokes(document, vpn, raw, roles)
    return VplsTopology(roots, spokes, _mesh(document, vpn, raw, spokes))


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


def _mesh(
    document: Document, vpn: str, raw: RawVpls, spokes: tuple[SpokePe, ...]
) -> frozenset[tuple[str, str]] | None:
    if raw.pseudowires is None:
        return None
    two_lines = next((name for name, site in raw.sites.items() if len(site.pe) > 1), None)
    if two_lines is not None or any(len(spoke.hubs) > 1 for spoke in spokes):
        which = f"site {vpn}/{two_lines} has two lines" if two_lines else "a site has two hubs"
        raise document.error(
            ("vpns", vpn, "pseudowires"),
            f"vpn {vpn}: a partial mesh, but {which}: whom it reaches would depend on what fails",
            "leave pseudowires out, or give the site one of the two",
        )
    of_spokes = {spoke.pe: spoke.hubs[0] for spoke in spokes}
    hubs = set(of_spokes.values())
    pes = sorted({site.pe[0] for site in raw.sites.values()} - of_spokes.keys() | hubs)
    pairs: dict[tuple[str, str], str] = {}
    for index, text in enumerate(raw.pseudowires):
        where: Path = ("vpns", vpn, "pseudowires", index)
        pair = _pair(document, where, vpn, text, pes)
        if pair in pairs:
            problem = f"vpn {vpn}: pseudowire {text!r} is there twice, first as {pairs[pair]!r}"
            raise document.error(where, problem, "write each once")
        pairs[pair] = text
    parts = _parts(pes, pairs)
    if len(parts) > 1:
        said = " | ".join(enumerated(part, ", ") for part in parts)
        raise document.error(
            ("vpns", vpn, "pseudowires"),
            f"vpn {vpn}: its pseudowires leave it in {len(parts)} parts: {said}",
            f"join them, for example by {parts[0][0]}-{parts[1][0]}, or write two VPNs",
        )
    return frozenset(pairs)


def _pair(
    document: Document, where: Path, vpn: str, text: str, pes: Sequence[str]
) -> tuple[str, str]:
    """Return the two PEs of ``PE-PE``; names may have hyphens."""
    cuts = [at for at, letter in enumerate(text) if letter == "-"]
    found = [(text[:at], text[at + 1 :]) for at in cuts]
    known = [pair for pair in found if set(pair) <= set(pes) and pair[0] != pair[1]]
    if len(known) == 1:
        first, second = sorted(known[0])
        return first, second
    raise document.error(
        where,
        f"vpn {vpn}: pseudowire {text!r} does not name two PEs of its mesh",
        f"write two of {enumerated(pes)}, for example {'-'.join(pes[:2])}",
    )


def _parts(pes: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the PEs in parts that no pseudowire joins."""
    part_of = {pe: [pe] for pe in pes}
    for first, second in pairs:
        if part_of[first] is not part_of[second]:
            part_of[first] += part_of[second]
            for pe in part_of[second]:
                part_of[pe] = part_of[first]
    return [part for pe, part in part_of.items() if part[0] == pe]


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
