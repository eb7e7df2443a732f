"""How much traffic each link carries: demands laid on the paths of the tunnels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mplsemu.verification.tunnels import Direction, Tunnel, TunnelPaths


@dataclass(frozen=True, slots=True)
class Demand:
    """Traffic that a customer or the provider expects, one way.

    Attributes:
        source: where it comes from, as written: a site or a PE; likewise `target`.
        tunnel: from PE to PE; both the same where it stays at one.
        bps: bits per second, of the customer's packets: labels and headers are not counted.
    """

    source: str
    target: str
    tunnel: Tunnel
    bps: float


@dataclass(frozen=True, slots=True)
class Load:
    """What the links carry.

    Attributes:
        links: bits per second of each link that carries anything, each way.
        lost_bps: of demands that have no way.
    """

    links: Mapping[Direction, float]
    lost_bps: float


class Loads:
    """Lays demands on paths; after a failure only those whose paths are others.

    Args:
        demands: the traffic.
        ways: where the tunnels lead with nothing failed.
    """

    def __init__(
        self, demands: Iterable[Demand], ways: Mapping[Tunnel, TunnelPaths | None]
    ) -> None:
        self._bps: dict[Tunnel, float] = {}
        for demand in demands:
            if demand.tunnel[0] != demand.tunnel[1]:
                self._bps[demand.tunnel] = self._bps.get(demand.tunnel, 0.0) + demand.bps
        self._ways = ways
        self.base = self._laid({tunnel: ways.get(tunnel) for tunnel in self._bps})

    def after(self, moved: Mapping[Tunnel, TunnelPaths | None]) -> Load:
        """Return the load where some tunnels lead another way."""
        if not moved.keys() & self._bps.keys():
            return self.base
        return self._laid({t: moved.get(t, self._ways.get(t)) for t in self._bps})

    def _laid(self, ways: Mapping[Tunnel, TunnelPaths | None]) -> Load:
        links: dict[Direction, float] = {}
        lost = 0.0
        for tunnel, way in ways.items():
            bps = self._bps[tunnel]
            if way is None or way.end != tunnel[1]:
                lost += bps
                continue
            for direction, share in way.shares:
                links[direction] = links.get(direction, 0.0) + bps * float(share)
        return Load(links, lost)
