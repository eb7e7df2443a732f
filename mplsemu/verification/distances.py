"""The metric from PE to PE, by Dijkstra's algorithm; the compiler's is computed elsewhere."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from mplsemu.model.inter_as import VpnBorder
from mplsemu.model.topology import Provider


class Metric(Protocol):
    """Tells how far it is from one PE to another."""

    def between(self, source: str, target: str) -> int | None:
        """Return the metric from one LSR to another; None where there is no path."""

    def is_path(self, source: str, target: str) -> bool:
        """Whether there is a path from one LSR to another."""


class Distances:
    """Metrics of shortest paths over the links that are up, within each provider's network.

    Args:
        provider: LSRs and links.
        down: names of links that carry nothing.
    """

    def __init__(self, provider: Provider, down: Collection[str] = ()) -> None:
        self._steps: dict[str, list[tuple[str, int]]] = {node.name: [] for node in provider.nodes}
        for link in provider.core_links:
            if link.name not in down:
                for end in link.ends:
                    self._steps[end].append((link.far_end(end), link.metric_from(end)))
        self._known: dict[str, dict[str, int]] = {}
        self._parts: dict[str, int] | None = None

    def is_path(self, source: str, target: str) -> bool:
        """Whether there is a path from one LSR to another, and so back: links work both ways."""
        if self._parts is None:
            self._parts = self._numbered_parts()
        return self._parts[source] == self._parts[target]

    def _numbered_parts(self) -> dict[str, int]:
        """Return the number of the part of the network that each LSR is in."""
        found: dict[str, int] = {}
        for number, start in enumerate(self._steps):
            pending = [] if start in found else [start]
            found.setdefault(start, number)
            while pending:
                for peer, _ in self._steps[pending.pop()]:
                    if peer not in found:
                        found[peer] = number
                        pending.append(peer)
        return found

    def between(self, source: str, target: str) -> int | None:
        """Return the metric from one LSR to another; None where there is no path."""
        if source not in self._known:
            self._known[source] = self._from(source)
        return self._known[source].get(target)

    def _from(self, source: str) -> dict[str, int]:
        found: dict[str, int] = {}
        pending = [(0, source)]
        while pending:
            metric, node = heapq.heappop(pending)
            if node in found:
                continue
            found[node] = metric
            for peer, cost in self._steps.get(node, ()):
                if peer not in found:
                    heapq.heappush(pending, (metric + cost, peer))
        return found


class AcrossBorders:
    """Distances to sites of a VPN that spans providers: over one border that carries it.

    Args:
        within: distances in the providers' own networks.
        borders: that carry the VPN.
        down: names of links that carry nothing.
    """

    def __init__(
        self, within: Distances, borders: Sequence[VpnBorder], down: Collection[str]
    ) -> None:
        self._within = within
        self._borders = [border for border in borders if border.link not in down]

    def between(self, source: str, target: str) -> int | None:
        """Return the metric from one PE to another; None where there is no way."""
        own = self._within.between(source, target)
        return own if own is not None else min(self._ways(source, target), default=None)

    def _ways(self, source: str, target: str) -> Iterator[int]:
        for border in self._borders:
            first, second = (end.asbr for end in border.ends)
            for near, far in ((first, second), (second, first)):
                there = self._within.between(source, near)
                beyond = self._within.between(far, target)
                if there is not None and beyond is not None:
                    yield there + beyond + 1

    def is_path(self, source: str, target: str) -> bool:
        """Whether there is a way from one PE to another."""
        if self._within.is_path(source, target):
            return True
        for border in self._borders:
            first, second = (end.asbr for end in border.ends)
            for near, far in ((first, second), (second, first)):
                if self._within.is_path(source, near) and self._within.is_path(far, target):
                    return True
        return False
