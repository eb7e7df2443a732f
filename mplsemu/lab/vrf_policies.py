"""The VRFs of an L3VPN whose sites do not all import and export the same (RFC 4364 section 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from mplsemu.lab.document import Document, Path
from mplsemu.lab.schema import RawL3vpn, RawRoutedSite
from mplsemu.model.l3vpn import HubAndSpoke, RouteDistinguisher, RouteTarget, VrfPolicy


def numbered_names(vpn: str, raw: RawL3vpn) -> Iterator[str]:
    """Yield what has a number of its own: VRFs not named as the VPN, the spokes' route target."""
    for name, site in raw.sites.items():
        if _is_apart(raw, site):
            yield _vrf(vpn, name)
    if _is_star(raw):
        yield _spokes(vpn)


def hub_and_spoke(document: Document, vpn: str, raw: RawL3vpn) -> HubAndSpoke | None:
    """Return the hubs of a VPN; None if it is a mesh.

    Raises:
        LabError: it has no hub; it says itself what it imports or exports; a site of a mesh has a
            role.
    """
    path: Path = ("vpns", vpn)
    hubs = tuple(name for name, site in raw.sites.items() if site.role == "hub")
    if not _is_star(raw):
        for name, site in raw.sites.items():
            if site.role is not None:
                raise document.error(
                    (*path, "sites", name, "role"),
                    f"site {vpn}/{name} is a {site.role}, but vpn {vpn} is a mesh",
                    f"write topology: hub-and-spoke at vpn {vpn}, or leave role out",
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
    return HubAndSpoke(hubs)


@dataclass(frozen=True, slots=True)
class VrfPolicies:
    """Makes the policies of one VPN's VRFs.

    Attributes:
        document: the lab file, for its lines.
        raw: what it says of the VPN.
        usual: of sites that say nothing else, with all the sites of the VPN.
        number: returns the number of one of `numbered_names`.
        asn: with which automatic route distinguishers and targets begin.
    """

    document: Document
    raw: RawL3vpn
    usual: VrfPolicy
    number: Callable[[str], int]
    asn: int

    def policies(self) -> tuple[VrfPolicy, ...]:
        """Return them, the usual one first; none where all sites have that.

        Raises:
            LabError: two spokes would reach each other.
        """
        is_star = _is_star(self.raw)
        own = [
            self._of_site(name, site)
            for name, site in self.raw.sites.items()
            if _is_apart(self.raw, site)
        ]
        if not own and not is_star:
            return ()
        apart = {site for policy in own for site in policy.sites}
        rest = tuple(site for site in self.usual.sites if site not in apart)
        if is_star:
            self._refuse_joined_spokes([each for each in own if self._is_spoke(each)])
        first = self._hub() if is_star else self.usual
        return (replace(first, sites=rest), *own) if rest else tuple(own)

    def _of_site(self, name: str, site: RawRoutedSite) -> VrfPolicy:
        vrf = _vrf(self.usual.vpn, name)
        rd = RouteDistinguisher(self.asn, self.number(vrf))
        if not _is_star(self.raw):
            imported = _instead(site.import_, self.usual.import_targets)
            exported = _instead(site.export, self.usual.export_targets)
            return VrfPolicy(vrf, rd, imported, exported, (name,))
        role = self._hub() if site.role == "hub" else self._spoke()
        imported = role.import_targets | frozenset(site.import_ or ())
        exported = role.export_targets | frozenset(site.export or ())
        return VrfPolicy(vrf, rd, imported, exported, (name,))

    def _hub(self) -> VrfPolicy:
        """Return the policy of hubs: they import all that the VPN exports."""
        (hub,) = self.usual.export_targets
        has_spokes = any(site.role != "hub" for site in self.raw.sites.values())
        spokes = {self._spoke_target()} if has_spokes else set()
        return replace(self.usual, import_targets=frozenset({hub, *spokes}))

    def _spoke(self) -> VrfPolicy:
        """Return the policy of spokes: they import what hubs export."""
        return replace(self.usual, export_targets=frozenset({self._spoke_target()}))

    def _spoke_target(self) -> RouteTarget:
        return RouteTarget(self.asn, self.number(_spokes(self.usual.vpn)))

    def _is_spoke(self, policy: VrfPolicy) -> bool:
        return all(self.raw.sites[site].role != "hub" for site in policy.sites)

    def _refuse_joined_spokes(self, spokes: Sequence[VrfPolicy]) -> None:
        for importer, exporter in permutations(spokes, 2):
            for target in sorted(importer.import_targets & exporter.export_targets):
                raise self.document.error(
                    ("vpns", self.usual.vpn, "sites", *importer.sites, "import"),
                    f"{importer.owner} imports route target {target}, which {exporter.owner} "
                    "exports: both are spokes, and would reach each other",
                    "leave it out, or write role: hub at one of the two",
                )


def _is_star(raw: RawL3vpn) -> bool:
    return raw.topology == "hub-and-spoke"


def _is_apart(raw: RawL3vpn, site: RawRoutedSite) -> bool:
    """Whether a site has a VRF of its own; each spoke has, so that no two reach each other."""
    is_spoke = _is_star(raw) and site.role != "hub"
    return is_spoke or site.import_ is not None or site.export is not None


def _vrf(vpn: str, site: str) -> str:
    return f"{vpn}/{site}"


def _spokes(vpn: str) -> str:
    """Return the name by which the route target of a VPN's spokes has its number."""
    return f"{vpn}:spokes"


def _instead(
    said: Sequence[RouteTarget] | None, usual: frozenset[RouteTarget]
) -> frozenset[RouteTarget]:
    return usual if said is None else frozenset(said)
