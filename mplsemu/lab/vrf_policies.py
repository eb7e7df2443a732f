"""The VRFs of an L3VPN whose sites do not all import and export the same (RFC 4364 section 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Final, Protocol

from mplsemu.lab.document import Document
from mplsemu.lab.schema import RawL3vpn, RawRoutedSite
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget, VrfPolicy
from mplsemu.model.names import inward_vrf

OF_SPOKES: Final = 0x8000
"""Added to a VPN's number for the route target of its spokes: far from what people write."""


class Number(Protocol):
    """Returns the number of something, plus what is added; complains if it is too large."""

    def __call__(self, name: str, plus: int = 0) -> int:
        """Return it."""


def numbered_names(vpn: str, raw: RawL3vpn) -> Iterator[str]:
    """Yield the VRFs that are not named as the VPN: each has a number of its own."""
    if needs_inward(raw):
        yield inward_vrf(vpn)
    for name, site in raw.sites.items():
        if _is_apart(raw, site):
            yield _vrf(vpn, name)
            if needs_inward(raw) and site.role == "hub":
                yield inward_vrf(_vrf(vpn, name))


@dataclass(frozen=True, slots=True)
class VrfPolicies:
    """Makes the policies of one VPN's VRFs.

    Attributes:
        document: the lab file, for its lines.
        raw: what it says of the VPN.
        usual: of sites that say nothing else, with all the sites of the VPN.
        number: returns the number of the VPN, or of one of `numbered_names`.
        asn: with which automatic route distinguishers and targets begin.
    """

    document: Document
    raw: RawL3vpn
    usual: VrfPolicy
    number: Number
    asn: int

    def policies(self) -> tuple[VrfPolicy, ...]:
        """Return them, the usual one first; none where all sites have that.

        Raises:
            LabError: two spokes would reach each other.
        """
        has_hubs = is_star(self.raw)
        own = [
            self._of_site(name, site)
            for name, site in self.raw.sites.items()
            if _is_apart(self.raw, site)
        ]
        if not own and not has_hubs:
            return ()
        apart = {site for policy in own for site in policy.sites}
        rest = tuple(site for site in self.usual.sites if site not in apart)
        if has_hubs:
            self._refuse_joined_spokes([each for each in own if self._is_spoke(each)])
        first = self._hub() if has_hubs else self.usual
        return (replace(first, sites=rest), *own) if rest else tuple(own)

    def _of_site(self, name: str, site: RawRoutedSite) -> VrfPolicy:
        vrf = _vrf(self.usual.vpn, name)
        rd = RouteDistinguisher(self.asn, self.number(vrf))
        if not is_star(self.raw):
            imported = _instead(site.import_, self.usual.import_targets)
            exported = _instead(site.export, self.usual.export_targets)
            return VrfPolicy(vrf, rd, imported, exported, (name,))
        is_hub = site.role == "hub"
        role = self._hub() if is_hub else self._spoke()
        imported = role.import_targets | frozenset(site.import_ or ())
        exported = role.export_targets | frozenset(site.export or ())
        return VrfPolicy(
            vrf, rd, imported, exported, (name,), self._inward_rd(vrf) if is_hub else None
        )

    def _hub(self) -> VrfPolicy:
        """Return the policy of hubs: they import all that the VPN exports."""
        (hub,) = self.usual.export_targets
        has_spokes = any(site.role != "hub" for site in self.raw.sites.values())
        spokes = {self._spoke_target()} if has_spokes else set()
        return replace(
            self.usual,
            import_targets=frozenset({hub, *spokes}),
            inward_rd=self._inward_rd(self.usual.name),
        )

    def _inward_rd(self, vrf: str) -> RouteDistinguisher | None:
        if not needs_inward(self.raw):
            return None
        return RouteDistinguisher(self.asn, self.number(inward_vrf(vrf)))

    def _spoke(self) -> VrfPolicy:
        """Return the policy of spokes: they import what hubs export."""
        return replace(self.usual, export_targets=frozenset({self._spoke_target()}))

    def _spoke_target(self) -> RouteTarget:
        return RouteTarget(self.asn, self.number(self.usual.vpn, OF_SPOKES))

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


def needs_inward(raw: RawL3vpn) -> bool:
    """Whether packets to hubs and packets from hubs need two VRFs at the hubs' PEs.

    They do where a hub's CE router sends packets back, and where routes lead to networks behind a
    hub: by a default route a spoke would reach the other spokes, if its packets were looked up in
    the VRF that knows them.
    """
    has_routes = any(site.routes for site in raw.sites.values() if site.role == "hub")
    return is_star(raw) and (raw.via is not None or has_routes)


def is_star(raw: RawL3vpn) -> bool:
    """Whether a VPN has hubs and spokes."""
    return raw.topology == "hub-and-spoke"


def _is_apart(raw: RawL3vpn, site: RawRoutedSite) -> bool:
    """Whether a site has a VRF of its own; each spoke has, so that no two reach each other."""
    is_spoke = is_star(raw) and site.role != "hub"
    return is_spoke or site.import_ is not None or site.export is not None


def _vrf(vpn: str, site: str) -> str:
    return f"{vpn}/{site}"


def _instead(
    said: Sequence[RouteTarget] | None, usual: frozenset[RouteTarget]
) -> frozenset[RouteTarget]:
    return usual if said is None else frozenset(said)
