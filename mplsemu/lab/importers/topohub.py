"""Graphs of the topohub catalogue: 700 real and synthetic networks."""

from __future__ import annotations

import importlib.resources
import json
import math
from importlib.resources.abc import Traversable
from typing import Any

import topohub

from mplsemu.errors import LabError
from mplsemu.lab.importers.graph import ImportedLink, ImportedNode, ProviderGraph, provider_graph
from mplsemu.suggest import nearest_words

PREFIX = "topohub:"


def from_topohub(name: str) -> ProviderGraph:
    """Return a network of the catalogue, say ``topozoo/AttMpls``.

    Raises:
        LabError: there is none of that name; says which ones have names like it.
    """
    known = catalogue()
    if name not in known:
        guesses = nearest_words(name, known)
        remedy = f"did you mean {' or '.join(guesses)}?" if guesses else _groups(known)
        raise LabError(f"topohub has no network {name!r}", remedy=remedy)
    # topohub.get leaves the file open
    graph = json.loads((_data() / f"{name}.json").read_text(encoding="utf-8"))
    nodes = [
        ImportedNode(str(node["id"]), _name(node), position(*node.get("pos", (None, None))))
        for node in graph["nodes"]
    ]
    links = [
        ImportedLink((str(edge["source"]), str(edge["target"])), positive(edge.get("dist")))
        for edge in graph["edges"]
    ]
    return provider_graph(f"{PREFIX}{name}", nodes, links)


def catalogue() -> list[str]:
    """Return the names of all networks, sorted."""
    return sorted(_names(_data(), ""))


def position(longitude: Any, latitude: Any) -> tuple[float, float] | None:
    """Return a position in degrees, None where it is missing or not on the globe."""
    try:
        place = float(longitude), float(latitude)
    except (TypeError, ValueError):
        return None
    # also false for what is not a number
    return place if -180 <= place[0] <= 180 and -90 <= place[1] <= 90 else None


def positive(value: Any) -> float | None:
    """Return a finite number that is not negative, None where there is none."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _data() -> Traversable:
    return importlib.resources.files(topohub) / "data"


def _name(node: dict[str, Any]) -> str | None:
    name = node.get("name")
    return None if name is None else str(name)


def _names(folder: Traversable, prefix: str) -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names.extend(_names(entry, f"{prefix}{entry.name}/"))
        elif entry.name.endswith(".json"):
            names.append(prefix + entry.name.removesuffix(".json"))
    return names


def _groups(known: list[str]) -> str:
    groups = sorted({name.split("/")[0] for name in known})
    return f"it has {', '.join(f'{group}/...' for group in groups)}"
