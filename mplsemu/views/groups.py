"""Which things hang together: connected components of a small undirected graph."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def connected_groups(items: Sequence[str], pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Split `items` into groups that `pairs` connect, each and all in the order of `items`."""
    leader = {item: item for item in items}

    def find(item: str) -> str:
        while leader[item] != item:
            leader[item] = leader[leader[item]]
            item = leader[item]
        return item

    for first, second in pairs:
        leader[find(second)] = find(first)
    groups: dict[str, list[str]] = {}
    for item in items:
        groups.setdefault(find(item), []).append(item)
    return list(groups.values())
