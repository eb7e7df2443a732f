"""From which L3VPNs an L3VPN gets routes, by the route targets (RFC 4364 section 4.3.1)."""

from __future__ import annotations

from collections.abc import Iterable

from mplsemu.model.l3vpn import L3vpn, RouteTarget


class Sources:
    """From which L3VPNs each L3VPN imports, itself first; indexed by route target."""

    def __init__(self, vpns: Iterable[L3vpn]) -> None:
        self._order: dict[str, int] = {}
        self._exporters: dict[RouteTarget, list[L3vpn]] = {}
        for number, vpn in enumerate(vpns):
            self._order[vpn.name] = number
            for policy in vpn.policies:
                for target in policy.export_targets:
                    self._exporters.setdefault(target, []).append(vpn)

    def of(self, vpn: L3vpn) -> tuple[L3vpn, ...]:
        """Return `vpn`, then those whose routes it imports in the lab file's order."""
        found = {
            source.name: source
            for policy in vpn.policies
            for target in policy.import_targets
            for source in self._exporters.get(target, ())
            if source.name != vpn.name
        }
        return (vpn, *(found[name] for name in sorted(found, key=self._order.__getitem__)))
