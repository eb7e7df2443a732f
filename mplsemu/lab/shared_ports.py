"""Sites that share a port of a PE: whose a frame is must follow from its tags."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path
from mplsemu.model.network import Vpn
from mplsemu.model.vpn import Site, VpnKind


def refuse_ambiguous_tags(document: Document, vpns: Iterable[Vpn]) -> None:
    """Refuse two sites of one port that cannot be told apart.

    Raises:
        LabError: at the later of the two; names both, with the other's line.
    """
    sharing: dict[str, list[tuple[VpnKind, Site]]] = {}
    for vpn in vpns:
        for site in vpn.sites:
            if site.shared_line is not None:
                sharing.setdefault(site.shared_line, []).append((vpn.kind, site))
    for line, sites in sharing.items():
        for earlier, later in itertools.combinations(sites, 2):
            problem = _problem(earlier, later)
            if problem is not None:
                raise _ambiguous(document, line, earlier[1], later[1], problem)


def _problem(earlier: tuple[VpnKind, Site], later: tuple[VpnKind, Site]) -> str | None:
    """Return why two sites cannot share a port; None if they can."""
    (_, one), (_, other) = earlier, later
    tags = _identifiers(one), _identifiers(other)
    if tags[0] == tags[1]:
        return "both are untagged" if not tags[0] else f"both have vlan {other.vlan}"
    for (kind, site), theirs in ((earlier, tags[1]), (later, tags[0])):
        own = _identifiers(site)
        # a VPN that bridges takes its customer's own tags behind the circuit's
        if len(own) == 1 and len(theirs) == 2 and theirs[:1] == own and kind.is_layer2:
            return (
                f"a frame with the tags {'.'.join(map(str, theirs))} could be of either: "
                f"{site.circuit} bridges whatever is behind VLAN {own[0]}"
            )
    return None


def _identifiers(site: Site) -> tuple[int, ...]:
    return () if site.vlan is None else site.vlan.identifiers


def _ambiguous(document: Document, line: str, earlier: Site, later: Site, problem: str) -> LabError:
    where = document.location(_path(earlier))
    return document.error(
        _path(later),
        f"site {later.circuit} shares port {line} with site {earlier.circuit} (line {where.line}): "
        f"{problem}",
        "write another vlan, or another port, for one of the two",
    )


def _path(site: Site) -> Path:
    key = "port" if site.vlan is None else "vlan"
    return "vpns", site.vpn, "sites", site.name, key
