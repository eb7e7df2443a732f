"""Traffic under failures: the most that each link has to carry, and what is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.model.network import Network
from mplsemu.verification.link_load import Demand, Load
from mplsemu.verification.tunnels import Direction

_ROUNDING: Final = 1 + 1e-9
"""The same demands summed in another order may differ by this factor."""


@dataclass(frozen=True, slots=True)
class LinkLoad:
    """What a link carries in one direction.

    Attributes:
        link: its name.
        sender: the LSR that sends; `receiver` the other.
        bandwidth_bps: its capacity.
        bps: its load with nothing failed.
        worst_bps: its highest load, with nothing failed or after any of the failures.
        worst_down: the first failure that causes it; empty where none raises the load.
    """

    link: str
    sender: str
    receiver: str
    bandwidth_bps: int
    bps: float
    worst_bps: float
    worst_down: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """What becomes of the demands.

    Attributes:
        demands: the traffic.
        links: each direction of each link that ever carries any of it, the fullest first.
        lost_bps: demands that have no path with nothing failed.
        worst_lost_bps: the most that is lost after any of the failures.
        worst_lost_down: the first failure that causes it.
    """

    demands: tuple[Demand, ...]
    links: tuple[LinkLoad, ...]
    lost_bps: float
    worst_lost_bps: float
    worst_lost_down: tuple[str, ...]


class PeakLoads:
    """The highest load of each link, and the failure that causes it.

    Args:
        base: the load with nothing failed.
    """

    def __init__(self, base: Load) -> None:
        self._base = base
        self._links: dict[Direction, tuple[float, tuple[str, ...]]] = {
            direction: (bps, ()) for direction, bps in base.links.items()
        }
        self._lost: tuple[float, tuple[str, ...]] = (base.lost_bps, ())

    def add(self, down: tuple[str, ...], load: Load) -> None:
        """Take the load after one failure into account."""
        for direction, bps in load.links.items():
            if bps > self._links.get(direction, (0.0, ()))[0] * _ROUNDING:
                self._links[direction] = (bps, down)
        if load.lost_bps > self._lost[0]:
            self._lost = (load.lost_bps, down)

    def traffic(self, network: Network, demands: tuple[Demand, ...]) -> Traffic:
        """Return the peaks, the fullest link first."""
        links = {link.name: link for link in network.provider.links}
        rows = [
            LinkLoad(
                link=name,
                sender=sender,
                receiver=links[name].far_end(sender),
                bandwidth_bps=links[name].bandwidth_bps,
                bps=self._base.links.get((name, sender), 0.0),
                worst_bps=bps,
                worst_down=down,
            )
            for (name, sender), (bps, down) in self._links.items()
        ]
        rows.sort(key=lambda row: (-row.worst_bps / row.bandwidth_bps, row.link, row.sender))
        return Traffic(demands, tuple(rows), self._base.lost_bps, *self._lost)
