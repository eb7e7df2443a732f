"""The load of each link: demands mapped to the paths of the tunnels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mplsemu.verification.tunnels import Direction, Tunnel, TunnelPaths


@dataclass(frozen=True, slots=True)
class Demand:
    """Traffic that a customer or the provider expects, in one direction.

    Attributes:
        source: a site or a PE, as written; likewise `target`.
        tunnel: its ingress and egress PE; the same PE twice if it needs no tunnel.
        bps: bits per second of customer packets, without labels and link headers.
    """

    source: str
    target: str
    tunnel: Tunnel
    bps: float


@dataclass(frozen=True, slots=True)
class Load:
    """The load of all links.

    Attributes:
        links: bits per second on each link that carries any, by direction.
        lost_bps: bits per second of demands without a path.
    """

    links: Mapping[Direction, float]
    lost_bps: float


class Loads:
    """Maps demands to paths; after a failure only the demands whose paths changed.

    Args:
        demands: the traffic.
        paths: of the tunnels with nothing failed.
    """

    def __init__(
        self, demands: Iterable[Demand], paths: Mapping[Tunnel, TunnelPaths | None]
    ) -> None:
        self._bps: dict[Tunnel, float] = {}
        for demand in demands:
            if demand.tunnel[0] != demand.tunnel[1]:
                self._bps[demand.tunnel] = self._bps.get(demand.tunnel, 0.0) + demand.bps
        self._paths = paths
        self.base = self._laid({tunnel: paths.get(tunnel) for tunnel in self._bps})

    def after(self, moved: Mapping[Tunnel, TunnelPaths | None]) -> Load:
        """Return the load after some tunnels moved to other paths."""
        if not moved.keys() & self._bps.keys():
            return self.base
        return self._laid({t: moved.get(t, self._paths.get(t)) for t in self._bps})

    def _laid(self, paths: Mapping[Tunnel, TunnelPaths | None]) -> Load:
        links: dict[Direction, float] = {}
        lost = 0.0
        for tunnel, path in paths.items():
            bps = self._bps[tunnel]
            if path is None or path.end != tunnel[1]:
                lost += bps
                continue
            for direction, share in path.shares:
                links[direction] = links.get(direction, 0.0) + bps * float(share)
        return Load(links, lost)
