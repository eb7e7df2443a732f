"""Graphs from GraphML files, with the attributes that the Internet Topology Zoo uses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import networkx as nx

from mplsemu.errors import LabError, Location
from mplsemu.lab.sources.graph import FoundLink, FoundNode, ProviderGraph, provider_graph
from mplsemu.lab.sources.topohub import position, positive

MAX_BYTES: Final = 64_000_000
_NAME_KEYS: Final = ("label", "name")
_LONGITUDE_KEYS: Final = ("longitude", "lon", "lng")
_LATITUDE_KEYS: Final = ("latitude", "lat")
_LENGTH_KEYS: Final = ("dist", "length_km")
_SPEED_KEYS: Final = ("linkspeedraw",)


def from_graphml(path: str | Path) -> ProviderGraph:
    """Return the network in a GraphML file.

    A node's name is its ``label`` or ``name``, its position ``Longitude`` and ``Latitude`` in
    degrees; a link's length is its ``dist`` in km, or else the distance between its ends, its
    bandwidth ``LinkSpeedRaw`` in bits per second. Of a directed graph, two links in opposite
    directions are one.

    Raises:
        LabError: the file cannot be read, or is not GraphML.
    """
    graph = _read(Path(path), str(path))
    nodes = [_node(str(key), attributes) for key, attributes in graph.nodes(data=True)]
    links = [
        _link(str(first), str(second), attributes)
        for first, second, attributes in graph.edges(data=True)
    ]
    if graph.is_directed():
        links = _undirected(links)
    return provider_graph(str(path), nodes, links)


def _read(path: Path, name: str) -> nx.Graph[Any]:
    where = Location(name)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            problem = f"the file has {size:,} bytes; a GraphML file may have {MAX_BYTES:,}"
            raise LabError(problem, location=where, remedy="name a smaller network")
        return nx.read_graphml(path)
    except FileNotFoundError:
        remedy = "name a .graphml file, or topohub:GROUP/NAME"
        raise LabError("no such file", location=where, remedy=remedy) from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise LabError(problem, location=where, remedy="name a .graphml file") from error
    except ParseError as error:
        where = Location(name, error.position[0])
        raise LabError(f"not XML: {error}", location=where, remedy=_REMEDY) from error
    except (nx.NetworkXException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise LabError(f"not GraphML: {error}", location=where, remedy=_REMEDY) from error


_REMEDY: Final = "write a file such as networkx.write_graphml does, or one of topology-zoo.org"


def _first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    lower = {str(key).lower(): value for key, value in attributes.items()}
    return next((lower[key] for key in keys if lower.get(key) is not None), None)


def _node(key: str, attributes: Mapping[str, Any]) -> FoundNode:
    name = _first(attributes, _NAME_KEYS)
    place = position(_first(attributes, _LONGITUDE_KEYS), _first(attributes, _LATITUDE_KEYS))
    return FoundNode(key, None if name is None else str(name), place)


def _link(first: str, second: str, attributes: Mapping[str, Any]) -> FoundLink:
    speed = positive(_first(attributes, _SPEED_KEYS))
    return FoundLink(
        (first, second),
        positive(_first(attributes, _LENGTH_KEYS)),
        None if speed is None else int(speed),
    )


def _undirected(links: list[FoundLink]) -> list[FoundLink]:
    """Return one link for every two in opposite directions; a third one is parallel."""
    waiting: dict[tuple[str, str], int] = {}
    kept = []
    for link in links:
        back = (link.ends[1], link.ends[0])
        if link.ends[0] != link.ends[1] and waiting.get(back, 0):
            waiting[back] -= 1
            continue
        waiting[link.ends] = waiting.get(link.ends, 0) + 1
        kept.append(link)
    return kept
