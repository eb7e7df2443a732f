"""The metric from PE to PE, by Dijkstra's algorithm; the compiler's is computed elsewhere."""

from __future__ import annotations

import heapq
from collections.abc import Collection

from mplsemu.model.topology import Provider


class Distances:
    """Metrics of shortest paths over the links that are up.

    Args:
        provider: LSRs and links.
        down: names of links that carry nothing.
    """

    def __init__(self, provider: Provider, down: Collection[str] = ()) -> None:
        self._steps: dict[str, list[tuple[str, int]]] = {node.name: [] for node in provider.nodes}
        for link in provider.links:
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
