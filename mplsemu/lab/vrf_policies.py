"""VRFs of their own for sites that import or export otherwise than their VPN (RFC 4364 4.3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from mplsemu.lab.schema import RawL3vpn
from mplsemu.model.l3vpn import RouteDistinguisher, RouteTarget, VrfPolicy


def own_vrfs(vpn: str, raw: RawL3vpn) -> Iterator[str]:
    """Yield the names of the VRFs of a VPN that are not named as the VPN."""
    for name, site in raw.sites.items():
        if site.import_ is not None or site.export is not None:
            yield f"{vpn}/{name}"


def vrf_policies(
    usual: VrfPolicy, raw: RawL3vpn, rds: Mapping[str, RouteDistinguisher]
) -> tuple[VrfPolicy, ...]:
    """Return the policies of a VPN's VRFs; none where all its sites have the usual one.

    Args:
        usual: of sites that say nothing else, with all the sites of the VPN.
        raw: what the lab file says of the VPN.
        rds: route distinguishers of `own_vrfs`, by name.
    """
    own = []
    for name, site in raw.sites.items():
        vrf = f"{usual.vpn}/{name}"
        if vrf in rds:
            imported = _targets(site.import_, usual.import_targets)
            exported = _targets(site.export, usual.export_targets)
            own.append(VrfPolicy(vrf, rds[vrf], imported, exported, (name,)))
    if not own:
        return ()
    apart = {site for policy in own for site in policy.sites}
    rest = tuple(site for site in usual.sites if site not in apart)
    return (replace(usual, sites=rest), *own) if rest else tuple(own)


def _targets(
    said: Sequence[RouteTarget] | None, usual: frozenset[RouteTarget]
) -> frozenset[RouteTarget]:
    return usual if said is None else frozenset(said)
