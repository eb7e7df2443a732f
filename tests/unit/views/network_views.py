"""Views of providers' networks made in code, for the tests of layouts and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources

from mplsemu.model.topology import Role
from mplsemu.views.model import LinkView, OnLink, PathLink, PathView, ProviderView, RouterView

Pair = tuple[str, str]


def provider(
    pairs: Iterable[Pair],
    *,
    pes: Iterable[str] | None = None,
    lonely: Iterable[str] = (),
    positions: Mapping[str, tuple[float, float]] | None = None,
    metrics: Sequence[int | tuple[int, int]] = (10,),
) -> ProviderView:
    """Make a network of links (parallel ones too); nodes are PEs unless `pes` says which are."""
    ends = list(pairs)
    names = list(dict.fromkeys([*(name for pair in ends for name in pair), *lonely]))
    chosen = set(names if pes is None else pes)
    return ProviderView(
        lab="made",
        routers=tuple(
            RouterView(
                name,
                Role.PE if name in chosen else Role.P,
                "10.255.0.1",
                (positions or {}).get(name),
                ("a/one", "a/two") if name in chosen else (),
            )
            for name in names
        ),
        links=tuple(
            LinkView(f"l{index}", pair, 10**9, 0.0, metrics[index % len(metrics)], up=True)
            for index, pair in enumerate(ends)
        ),
        vpns=(),
    )


def made_way(
    title: str,
    nodes: Sequence[str],
    links: Sequence[str],
    stacks: Sequence[tuple[int, ...]],
    back: Sequence[tuple[int, ...]] | None = None,
) -> PathView:
    """Make a way that does not branch: `nodes` are one more than `links`."""
    behind = [None] * len(links) if back is None else [OnLink(stack) for stack in back]
    found = zip(links, nodes, nodes[1:], map(OnLink, stacks), behind, strict=False)
    return PathView(title, tuple(PathLink(*each) for each in found))


@cache
def real(key: str, *, positions: bool = True) -> ProviderView:
    """Make a provider of a network that topohub knows."""
    path = resources.files("topohub") / "data" / f"{key}.json"
    topology = json.loads(path.read_text(encoding="utf-8"))
    names = {node["id"]: f"{node.get('name') or 'r'}_{node['id']}" for node in topology["nodes"]}
    pairs = {
        (names[edge["source"]], names[edge["target"]]): None
        for edge in topology["edges" if "edges" in topology else "links"]
        if edge["source"] != edge["target"]
    }
    return provider(
        pairs,
        pes=list(names.values())[::3],
        lonely=names.values(),
        positions={
            names[node["id"]]: tuple(node["pos"])
            for node in topology["nodes"]
            if positions and -90 <= node["pos"][1] <= 90
        },
    )
