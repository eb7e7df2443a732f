"""Graphs from GraphML and GML files, with the attributes that the Internet Topology Zoo uses."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import networkx as nx

from mplsemu.errors import LabError, Location
from mplsemu.lab.bounded_read import read_file
from mplsemu.lab.importers.graph import (
    ImportedLink,
    ImportedNode,
    ProviderGraph,
    count,
    provider_graph,
    some,
)
from mplsemu.lab.importers.topohub import position, positive
from mplsemu.lab.scalar import MAX_METRIC

MAX_BYTES: Final = 64_000_000
_NAME_KEYS: Final = ("label", "name")
_LONGITUDE_KEYS: Final = ("longitude", "lon", "lng")
_LATITUDE_KEYS: Final = ("latitude", "lat")
_LENGTH_KEYS: Final = ("dist", "length_km")
_SPEED_KEYS: Final = ("linkspeedraw",)
_METRIC_KEYS: Final = ("metric", "cost", "weight")
_READ: Final = frozenset((*_LENGTH_KEYS, *_SPEED_KEYS, *_METRIC_KEYS))
_NAMES: Final = frozenset(("id", "key", "label", "name"))
"""Of links, which a lab names by their ends."""
_ZOO: Final = "link"
"""What the Topology Zoo's other attributes of links begin with: words about LinkSpeedRaw."""


def from_file(path: str | Path) -> ProviderGraph:
    """Return the network in a file, GML where its name ends in ``.gml``, else GraphML.

    A node's name is its ``label`` or ``name``, else its id unless that is a bare number; its
    position is ``Longitude`` and ``Latitude`` in degrees. A link's metric is its ``metric``,
    ``cost`` or ``weight``, its length ``dist`` in km, or else the distance between its ends, its
    bandwidth ``LinkSpeedRaw`` in bits per second. What else links have is not read, and said. Of
    a directed graph, two links in opposite directions are one, with a metric for each.

    Raises:
        LabError: the file cannot be read, or is neither.
    """
    graph = _read(Path(path), str(path))
    nodes = [_node(str(key), attributes) for key, attributes in graph.nodes(data=True)]
    links = [
        _link(str(first), str(second), attributes)
        for first, second, attributes in graph.edges(data=True)
    ]
    notes = [*_odd_metrics(graph), *_unread(graph)]
    if graph.is_directed():
        links = _undirected(links)
    return provider_graph(str(path), nodes, links, notes)


def _read(path: Path, name: str) -> nx.Graph[Any]:
    where = Location(name)
    what = "GML" if path.suffix.lower() == ".gml" else "GraphML"
    try:
        said = read_file(path, MAX_BYTES)
        if len(said) > MAX_BYTES:
            size = max(path.stat().st_size, len(said))
            problem = f"the file has {size:,} bytes; a {what} file may have {MAX_BYTES:,}"
            raise LabError(problem, location=where, remedy="name a smaller network")
        # a GML file's labels need not differ, its ids do
        if what == "GML":
            return nx.read_gml(io.BytesIO(_in_ascii(said)), label="id")
        return nx.read_graphml(io.BytesIO(said))
    except FileNotFoundError:
        remedy = "name a .graphml or .gml file, or topohub:GROUP/NAME"
        raise LabError("no such file", location=where, remedy=remedy) from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise LabError(problem, location=where, remedy="name a .graphml or .gml file") from error
    except ParseError as error:
        where = Location(name, error.position[0])
        raise LabError(f"not XML: {error}", location=where, remedy=_remedy(what)) from error
    except (nx.NetworkXException, AttributeError, KeyError, TypeError, ValueError) as error:
        raise LabError(f"not {what}: {error}", location=where, remedy=_remedy(what)) from error


def _in_ascii(said: bytes) -> bytes:
    """Return a GML file as the format has it, in ASCII with references to other characters.

    Many programs write these as they are, in UTF-8 or, as the first ones did, in Latin-1.
    """
    try:
        text = said.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = said.decode("latin-1")
    return text.encode("ascii", "xmlcharrefreplace")


def _remedy(what: str) -> str:
    return f"write a file such as networkx.write_{what.lower()} does, or one of topology-zoo.org"


def _first(attributes: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    lower = {str(key).lower(): value for key, value in attributes.items()}
    return next((lower[key] for key in keys if lower.get(key) is not None), None)


def _node(key: str, attributes: Mapping[str, Any]) -> ImportedNode:
    name = _first(attributes, _NAME_KEYS)
    if name is None and not key.isdecimal():
        name = key
    place = position(_first(attributes, _LONGITUDE_KEYS), _first(attributes, _LATITUDE_KEYS))
    return ImportedNode(key, None if name is None else str(name), place)


def _link(first: str, second: str, attributes: Mapping[str, Any]) -> ImportedLink:
    speed = positive(_first(attributes, _SPEED_KEYS))
    return ImportedLink(
        (first, second),
        positive(_first(attributes, _LENGTH_KEYS)),
        None if speed is None else int(speed),
        _metric(_first(attributes, _METRIC_KEYS)),
    )


def _metric(value: Any) -> int | None:
    """Return a metric that a lab file can say, None where it is none."""
    number = positive(value)
    is_metric = number is not None and number.is_integer() and 1 <= number <= MAX_METRIC
    return int(number) if number is not None and is_metric else None


def _odd_metrics(graph: nx.Graph[Any]) -> Iterable[str]:
    found = [_first(attributes, _METRIC_KEYS) for *_, attributes in graph.edges(data=True)]
    odd = [value for value in found if value is not None and _metric(value) is None]
    if odd:
        yield (
            f"{count(len(odd), 'link')} with a metric or weight that is not a whole number from 1 "
            f"to {MAX_METRIC:,} ({some(map(str, dict.fromkeys(odd)), 3)}): not read"
        )


def _unread(graph: nx.Graph[Any]) -> Iterable[str]:
    """Say which attributes of links are lost, in the order in which they are met."""
    names = {str(name) for *_, attributes in graph.edges(data=True) for name in attributes}
    lost = [
        name
        for name in sorted(names)
        if name.lower() not in _READ | _NAMES and not name.lower().startswith(_ZOO)
    ]
    if lost:
        yield f"{count(len(lost), 'attribute')} of links not read: {some(lost)}"


def _undirected(links: list[ImportedLink]) -> list[ImportedLink]:
    """Return one link for every two in opposite directions; a third one is parallel.

    Where only one direction has a metric, it is that of both.
    """
    waiting: dict[tuple[str, str], list[int]] = {}
    kept: list[ImportedLink] = []
    for link in links:
        there = waiting.get((link.ends[1], link.ends[0]))
        if link.ends[0] != link.ends[1] and there:
            number = there.pop(0)
            kept[number] = _with_way_back(kept[number], link.metric)
            continue
        waiting.setdefault(link.ends, []).append(len(kept))
        kept.append(link)
    return kept


def _with_way_back(link: ImportedLink, metric: int | None) -> ImportedLink:
    if link.metric is None or metric in {None, link.metric}:
        return replace(link, metric=link.metric or metric)
    return replace(link, metric_back=metric)
