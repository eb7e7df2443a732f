"""Shortest paths towards egress PEs: the only module that uses networkx."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import networkx as nx

from mplsemu.model.topology import Link, Provider

_HOP_COST: Final = 1


@dataclass(frozen=True, slots=True)
class Hop:
    """The next hop of a path: the link to send on and the LSR at its other end."""

    link: str
    peer: str


Tree = Mapping[str, Hop]
"""The paths that lead to one egress: the next hop of every LSR on them but the egress itself."""


@dataclass(frozen=True, slots=True)
class _Step:
    """One way out of an LSR, and what it costs."""

    hop: Hop
    cost: int


class ShortestPaths:
    """Shortest paths by metric over the links that are up.

    Of paths with the same metric the one with fewer hops is taken, of those the one whose links
    come first by name, compared from the ingress on: the choice depends on nothing else, so that
    the same network always has the same paths. All paths to one egress form a tree.

    Args:
        provider: LSRs and links.
        down: names of links that carry nothing.
    """

    def __init__(self, provider: Provider, down: frozenset[str]) -> None:
        # Scaling each metric by more than any path's hops lets the hops break ties in one number.
        scale = len(provider.nodes) + 1
        self._graph: nx.Graph[str] = nx.Graph()
        self._graph.add_nodes_from(node.name for node in provider.nodes)
        steps: dict[str, list[_Step]] = {node.name: [] for node in provider.nodes}
        for link in sorted(provider.links, key=lambda link: link.name):
            if link.name not in down:
                cost = link.metric * scale + _HOP_COST
                self._add_edge(link, cost)
                for end in link.ends:
                    steps[end].append(_Step(Hop(link.name, link.far_end(end)), cost))
        self._steps = steps

    def _add_edge(self, link: Link, cost: int) -> None:
        """Keep the cheapest of parallel links."""
        first, second = link.ends
        known = self._graph.get_edge_data(first, second)
        if known is None or cost < known["cost"]:
            self._graph.add_edge(first, second, cost=cost)

    def tree(self, egress: str, ingresses: Iterable[str]) -> Tree:
        """Return the union of the shortest paths from `ingresses` to `egress`.

        Ingresses from which the egress cannot be reached are not in it.
        """
        distance: Mapping[str, float] = nx.single_source_dijkstra_path_length(
            self._graph, egress, weight="cost"
        )
        tree: dict[str, Hop] = {}
        for ingress in ingresses:
            node = ingress
            while node != egress and node not in tree and node in distance:
                hop = self._next_hop(node, distance)
                tree[node] = hop
                node = hop.peer
        return tree

    def _next_hop(self, node: str, distance: Mapping[str, float]) -> Hop:
        """Return the first way by link name that is on a shortest path."""
        here = distance[node]
        return next(
            step.hop for step in self._steps[node] if distance[step.hop.peer] + step.cost == here
        )
