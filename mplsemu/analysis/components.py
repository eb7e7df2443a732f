"""Connected components of a small undirected graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def connected_components(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return the connected components; they and their nodes keep the order of `nodes`."""
    parent = {node: node for node in nodes}  # a union-find forest

    def find(node: str) -> str:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for first, second in edges:
        parent[find(second)] = find(first)
    components: dict[str, list[str]] = {}
    for node in nodes:
        components.setdefault(find(node), []).append(node)
    return list(components.values())
