"""Overlapping prefixes in one VRF: within a VPN, and among the routes it imports.

Of prefixes that overlap the longest wins, so different sites may have them. Equal ones need a
`preference` at each site. One site has one LAN, whose prefixes do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mplsemu.lab.addressing import PE_CE_POOL
from mplsemu.lab.document import Document, Path
from mplsemu.model.l3vpn import L3vpn, RouteDistinguisher, RouteTarget, VrfPolicy
from mplsemu.model.vpn import IPAddress, IPNetwork


@dataclass(frozen=True, slots=True)
class Claim:
    """A prefix and its owner.

    Attributes:
        prefix: of the LAN.
        owner: for messages: ``site a/aarhus``.
        vpn: name of its VPN.
        path: where the prefix stands in the lab file.
        order: position in the lab file.
        site: name of its site; empty where all sites of the VPN share it.
        behind_ce: whether a CE router stands before it, on a link of `PE_CE_POOL`.
        is_ranked: whether its site has a `preference`, or needs none: for a default route.
        via: of a static route: the next hop.
        is_link: whether it is of a PE-CE link.
    """

    prefix: IPNetwork
    owner: str
    vpn: str
    path: Path
    order: int
    site: str = ""
    behind_ce: bool = False
    is_ranked: bool = False
    via: IPAddress | None = None
    is_link: bool = False

    @property
    def is_on_lan(self) -> bool:
        """Whether it is a prefix of the LAN, to which hosts are attached."""
        return self.via is None and not self.is_link


def refuse_overlap(document: Document, vpn: str, claims: Iterable[Claim]) -> None:
    """Refuse overlapping prefixes of one site, and equal ones of sites without preference.

    Raises:
        LabError: at the later of the two.
    """
    claims = tuple(claims)
    by_owner: dict[str, list[Claim]] = {}
    for claim in (each for each in claims if each.is_on_lan):
        by_owner.setdefault(claim.owner, []).append(claim)
    for own in by_owner.values():
        if (pair := first_overlap(own)) is not None:
            earlier, later = pair
            raise document.error(
                later.path,
                f"{later.owner}: {later.prefix} overlaps its own {earlier.prefix}, in the same "
                f"VPN {vpn}",
                "write prefixes that do not overlap, or make it a VPN of its own",
            )
    if (pair := _first_equal(claims)) is not None:
        earlier, later = pair
        line = document.location(earlier.path).line
        raise document.error(
            later.path,
            f"{later.owner}: {later.prefix} is that of {earlier.owner} (line {line}), too, in the "
            f"same VPN {vpn}",
            "write another prefix, or say at both sites which is preferred: preference: 10 at one "
            "and 20 at the other; equal ones for the nearer of both (anycast)",
        )


def refuse_same_route(
    document: Document,
    rd: RouteDistinguisher,
    claims: Iterable[Claim],
    others: dict[IPNetwork, Claim],
) -> None:
    """Refuse a prefix that another VPN has under the same route distinguisher.

    Both would be the same VPN-IPv4 route (RFC 4364 section 4.1), of which BGP keeps one.

    Args:
        document: the lab file, for its lines.
        rd: of a VPN.
        claims: the VPN's prefixes.
        others: the prefixes of VPNs with the same one that were read before; these are added.

    Raises:
        LabError: at the later VPN; names both VPNs, the prefix and the lines.
    """
    for claim in claims:
        other = others.setdefault(claim.prefix, claim)
        if other.vpn != claim.vpn:
            lines = [document.location(each.path).line for each in (other, claim)]
            raise document.error(
                ("vpns", claim.vpn, "rd"),
                f"vpn {claim.vpn}: route distinguisher {rd} is that of vpn {other.vpn} too, and "
                f"{claim.prefix} is of {other.owner} (line {lines[0]}) and of {claim.owner} "
                f"(line {lines[1]}): BGP takes one for the other",
                "write another one, or leave rd out",
            )


def refuse_import_overlap(
    document: Document, vpns: Iterable[L3vpn], claims: dict[str, list[Claim]]
) -> None:
    """Refuse equal prefixes of different VPNs that meet in a VRF by their route targets.

    All VRFs of a name import the same, so what meets in one meets in each.

    Args:
        document: the lab file, for its lines.
        vpns: all L3VPNs.
        claims: of each VPN, by its name.

    Raises:
        LabError: at the importing VPN or site; names both prefixes, both VPNs and the target.
    """
    policies = [policy for vpn in vpns for policy in vpn.policies]
    exporters: dict[RouteTarget, list[VrfPolicy]] = {}
    for policy in policies:
        for target in sorted(policy.export_targets):
            exporters.setdefault(target, []).append(policy)
    for policy in policies:
        via: dict[str, tuple[VrfPolicy, RouteTarget]] = {}
        for target in sorted(policy.import_targets):
            for exporter in exporters.get(target, []):
                if exporter.name != policy.name:
                    via.setdefault(exporter.name, (exporter, target))
        if via:
            _refuse_in_vrf(document, policy, via.values(), claims)


def _refuse_in_vrf(
    document: Document,
    policy: VrfPolicy,
    via: Iterable[tuple[VrfPolicy, RouteTarget]],
    claims: dict[str, list[Claim]],
) -> None:
    path: Path = ("vpns", policy.vpn, "import")
    if policy.name != policy.vpn:
        path = ("vpns", policy.vpn, "sites", *policy.sites)
    own = _claims_of(policy, claims)
    imported = [(claim, target) for other, target in via for claim in _claims_of(other, claims)]
    targets = {claim.order: target for claim, target in imported}
    pair = _first_equal([*own, *(claim for claim, _ in imported)])
    if pair is not None:
        sides = [_side(claim, targets) for claim in pair]
        raise document.error(
            path,
            f"{policy.owner} imports equal prefixes: {sides[0]} and {sides[1]}",
            "leave one of the route targets out, renumber one of the sites, or write a preference "
            "at both",
        )
    if any(claim.behind_ce for claim in own):
        for claim, _ in ((each, target) for each, target in imported if each.is_on_lan):
            if claim.prefix.version == 4 and claim.prefix.overlaps(PE_CE_POOL):
                raise document.error(
                    path,
                    f"{policy.owner} imports {_side(claim, targets)}, which overlaps "
                    f"{PE_CE_POOL}, the pool of its PE-CE links",
                    "leave that route target out, or renumber that site",
                )


def _claims_of(policy: VrfPolicy, claims: dict[str, list[Claim]]) -> list[Claim]:
    """Return the prefixes of the sites that are attached to VRFs of a policy."""
    return [claim for claim in claims[policy.vpn] if claim.site in policy.sites]


def _side(claim: Claim, targets: dict[int, RouteTarget]) -> str:
    target = targets.get(claim.order)
    if target is None:
        return f"{claim.prefix} of its own {claim.owner}"
    return f"{claim.prefix} of vpn {claim.vpn} ({claim.owner}, route target {target})"


def _first_equal(claims: Iterable[Claim]) -> tuple[Claim, Claim] | None:
    """Return two claims to one prefix without a preference at both, the earlier first."""
    seen: dict[IPNetwork, list[Claim]] = {}
    for claim in sorted(claims, key=lambda one: one.order):
        for earlier in seen.setdefault(claim.prefix, []):
            if not (claim.is_ranked and earlier.is_ranked):
                return earlier, claim
        seen[claim.prefix].append(claim)
    return None


def first_overlap(claims: Iterable[Claim]) -> tuple[Claim, Claim] | None:
    """Return two claims that overlap, the earlier in the file first.

    Prefixes are nested or apart, so that in order of their first address, larger ones first, one
    overlaps an earlier one just if it begins before the furthest end so far.
    """
    ordered = sorted(
        claims,
        key=lambda claim: (
            claim.prefix.version,
            int(claim.prefix.network_address),
            claim.prefix.prefixlen,
            claim.order,
        ),
    )
    widest: Claim | None = None
    found: tuple[Claim, Claim] | None = None
    for claim in ordered:
        if widest is None or not _reaches(widest, claim):
            widest = claim
            continue
        first, second = sorted((widest, claim), key=lambda one: one.order)
        if found is None or second.order < found[1].order:
            found = (first, second)
    return found


def _reaches(widest: Claim, claim: Claim) -> bool:
    if widest.prefix.version != claim.prefix.version:
        return False
    return int(claim.prefix.network_address) <= int(widest.prefix.broadcast_address)
