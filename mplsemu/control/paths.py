"""Shortest paths towards egress PEs: the only module that uses networkx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import networkx as nx

from mplsemu.model.topology import Provider

_HOP_COST: Final = 1


@dataclass(frozen=True, slots=True)
class PathHop:
    """The next hop of a path: the link to send on and the LSR at its other end."""

    link: str
    peer: str


Tree = Mapping[str, tuple[PathHop, ...]]
"""Shortest paths to one egress: the next hops of every LSR on them, without the egress.

With equal-cost multipath an LSR has several. Each is nearer to the egress, so there is no loop.
"""


@dataclass(frozen=True, slots=True)
class _Step:
    """A candidate next hop of an LSR.

    Attributes:
        hop: the link and the peer.
        metric: of the link in that direction.
    """

    hop: PathHop
    metric: int


class ShortestPaths:
    """Shortest paths by metric over the links that are up, within each provider's network.

    A link may have a metric in each direction: then there and back may take different ways. Of
    paths with equal metric an LSR uses as many as the provider's `ecmp` allows. Ties are broken by
    fewer hops, then by link names, compared from the ingress: nothing else, so the same network
    always has the same paths. With one path for each LSR, the paths to one egress form a tree.

    Args:
        provider: LSRs and links.
        down: names of links that carry nothing.
    """

    def __init__(self, provider: Provider, down: frozenset[str]) -> None:
        # scaled by more than any path's hop count, so that one number compares metrics, then hops
        self._scale = len(provider.nodes) + 1
        self._most = provider.ecmp
        # from the egress outwards: an edge leads against the packets' direction
        self._graph: nx.DiGraph[str] = nx.DiGraph()
        self._graph.add_nodes_from(node.name for node in provider.nodes)
        steps: dict[str, list[_Step]] = {node.name: [] for node in provider.nodes}
        for link in sorted(provider.core_links, key=lambda link: link.name):
            if link.name not in down:
                for end in link.ends:
                    hop, metric = PathHop(link.name, link.far_end(end)), link.metric_from(end)
                    steps[end].append(_Step(hop, metric))
                    self._add_edge(hop.peer, end, metric * self._scale + _HOP_COST)
        self._steps = steps
        self._metrics: dict[str, dict[str, int]] = {}

    def _add_edge(self, peer: str, node: str, cost: int) -> None:
        """Keep the cheapest of parallel links."""
        known = self._graph.get_edge_data(peer, node)
        if known is None or cost < known["cost"]:
            self._graph.add_edge(peer, node, cost=cost)

    def tree(self, egress: str, ingresses: Iterable[str]) -> Tree:
        """Return the union of the shortest paths from `ingresses` to `egress`.

        Ingresses from which the egress cannot be reached are not in it.
        """
        distance: Mapping[str, Any] = nx.single_source_dijkstra_path_length(
            self._graph, egress, weight="cost"
        )
        tree: dict[str, tuple[PathHop, ...]] = {}
        metrics = self._metrics.setdefault(egress, {})
        for ingress in ingresses:
            if ingress in distance:
                metrics[ingress] = distance[ingress] // self._scale
            pending = [ingress]
            while pending:
                node = pending.pop()
                if node != egress and node not in tree and node in distance:
                    tree[node] = self._next_hops(node, distance)
                    pending += (hop.peer for hop in tree[node])
        return tree

    def metric(self, ingress: str, egress: str) -> int:
        """Return the metric of a path of which `tree` was asked.

        Raises:
            KeyError: it was not, or there is no path.
        """
        return self._metrics[egress][ingress]

    def _next_hops(self, node: str, distance: Mapping[str, int]) -> tuple[PathHop, ...]:
        """Return the next hops on shortest paths, by hop count, then by link name."""
        metric = distance[node] // self._scale
        found = [
            step.hop
            for step in self._steps[node]
            if distance[step.hop.peer] // self._scale + step.metric == metric
        ]
        found.sort(key=lambda hop: distance[hop.peer] % self._scale)  # stable: then by name
        return tuple(sorted(found[: self._most], key=lambda hop: hop.link))
