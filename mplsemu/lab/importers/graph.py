"""A real network's graph, cleaned up to be a provider's network.

Catalogues of real networks have nodes without names and with the same ones, links from a node to
itself, links without a length and islands. All of it is handled here, and said in notes.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from mplsemu.errors import LabError
from mplsemu.lab.provider import MAX_NODES
from mplsemu.lab.quantity import BANDWIDTH, DELAY
from mplsemu.lab.scalar import MAX_METRIC

US_PER_KM: Final = 5  # light in fibre, two thirds of its speed in vacuum: 200 km in 1 ms
_HOP_METRIC: Final = 10
_KM_PER_METRIC: Final = 20
_EARTH_RADIUS_KM: Final = 6371.0
_MAX_NAME: Final = 60
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9_.]+")
# letters that Unicode does not decompose into an ASCII letter and a mark
_LETTERS: Final = str.maketrans(
    {
        "Æ": "Ae", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "Oe", "œ": "oe", "ß": "ss", "Ð": "D",
        "ð": "d", "Đ": "D", "đ": "d", "Þ": "Th", "þ": "th", "Ł": "L", "ł": "l",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportedNode:
    """A node as a catalogue has it.

    Attributes:
        key: unique in the graph.
        name: free text; None if it has none.
        position: longitude and latitude in degrees, if known.
    """

    key: str
    name: str | None = None
    position: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ImportedLink:
    """A link as a catalogue has it.

    Attributes:
        ends: the keys of two nodes.
        length_km: None if not known.
        bandwidth_bps: None if not known.
        metric: None if it is to follow from the length.
        metric_back: from the second end to the first, where it is another.
    """

    ends: tuple[str, str]
    length_km: float | None = None
    bandwidth_bps: int | None = None
    metric: int | None = None
    metric_back: int | None = None


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node to be: its name is fit for a lab file and unique."""

    name: str
    position: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class GraphLink:
    """A link to be; what is None is the lab's default.

    Attributes:
        ends: names of two different nodes.
        delay_us: one way, from the length.
        metric: the catalogue's, else 10, and 1 more for every 20 km.
        bandwidth_bps: each way.
        metric_back: from the second end to the first, where it is another.
    """

    ends: tuple[str, str]
    delay_us: int | None
    metric: int | None
    bandwidth_bps: int | None
    metric_back: int | None = None


@dataclass(frozen=True, slots=True)
class ProviderGraph:
    """A connected graph with names fit for a lab file.

    Attributes:
        origin: where it comes from, as typed after ``--from``.
        nodes: in the catalogue's order.
        links: in the catalogue's order; parallel ones are kept.
        notes: what was wrong with it and what was done about it.
    """

    origin: str
    nodes: tuple[GraphNode, ...]
    links: tuple[GraphLink, ...]
    notes: tuple[str, ...]


def provider_graph(
    origin: str,
    nodes: Sequence[ImportedNode],
    links: Sequence[ImportedLink],
    found: Iterable[str] = (),
) -> ProviderGraph:
    """Return the largest connected part of a graph, named and measured.

    Args:
        origin: where it comes from, as typed after ``--from``.
        nodes: in the catalogue's order.
        links: in the catalogue's order.
        found: notes of what was wrong with it so far.

    Raises:
        LabError: it has no nodes, or more than a lab may have.
    """
    notes = list(found)
    links = _without_self_links(links, notes)
    nodes = _largest_part(nodes, links, notes)
    if not nodes:
        raise LabError(f"{origin} has no nodes", remedy="name another network")
    if len(nodes) > MAX_NODES:
        problem = f"{origin} has {len(nodes):,} nodes; a lab may have {MAX_NODES:,}"
        raise LabError(problem, remedy="name a smaller network")
    names = _names(nodes, notes)
    links = [link for link in links if link.ends[0] in names]
    by_key = {node.key: node for node in nodes}
    _note_parallels(links, notes)
    _note_positions(nodes, notes)
    measured = [_measured(link, by_key) for link in links]
    _note_measures(measured, notes)
    return ProviderGraph(
        origin,
        tuple(GraphNode(names[node.key], node.position) for node in nodes),
        tuple(_graph_link(link, names) for link in measured),
        tuple(notes),
    )


def count(number: int, noun: str) -> str:
    """Return ``1 link`` or ``2 links``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def some(names: Iterable[str], most: int = 5) -> str:
    """Return the first of `names`, and how many more there are."""
    names = list(names)
    rest = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"


def _without_self_links(links: Sequence[ImportedLink], notes: list[str]) -> list[ImportedLink]:
    kept = [link for link in links if link.ends[0] != link.ends[1]]
    if len(kept) < len(links):
        notes.append(f"{count(len(links) - len(kept), 'link')} from a node to itself: left out")
    return kept


def _largest_part(
    nodes: Sequence[ImportedNode], links: Iterable[ImportedLink], notes: list[str]
) -> list[ImportedNode]:
    neighbours: dict[str, list[str]] = {node.key: [] for node in nodes}
    for link in links:
        first, second = link.ends
        neighbours[first].append(second)
        neighbours[second].append(first)
    parts = list(_parts(neighbours))
    if len(parts) <= 1:
        return list(nodes)
    largest = max(parts, key=len)  # of equal ones the first
    kept = [node for node in nodes if node.key in largest]
    dropped = [node.name or node.key for node in nodes if node.key not in largest]
    notes.append(
        f"{len(parts):,} parts that no link joins: kept the largest, with "
        f"{count(len(kept), 'node')}; left out {count(len(dropped), 'node')}: {some(dropped)}"
    )
    return kept


def _parts(neighbours: dict[str, list[str]]) -> Iterator[set[str]]:
    seen: set[str] = set()
    for key in neighbours:
        if key in seen:
            continue
        part, waiting = {key}, [key]
        while waiting:
            for other in neighbours[waiting.pop()]:
                if other not in part:
                    part.add(other)
                    waiting.append(other)
        seen |= part
        yield part


def slug(name: str) -> str:
    """Return `name` in letters, digits, ``_`` and ``.``, empty where nothing of it is left.

    Hyphens go too, so that a link's short form, ``a-b``, can be read in one way only.
    """
    plain = unicodedata.normalize("NFKD", name.translate(_LETTERS))
    text = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _NOT_IN_NAMES.sub("_", text)[:_MAX_NAME].strip("_.")


def _names(nodes: Iterable[ImportedNode], notes: list[str]) -> dict[str, str]:
    """Return a name for every key: its own, numbered where others have it too."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    missing, repeated, changed = [], [], []
    for node in nodes:
        wanted = slug(node.name or "")
        if not wanted:
            wanted = f"r{slug(node.key)}"
            missing.append(wanted)
        elif wanted != node.name:
            changed.append(f"{node.name} -> {wanted}")
        name, number = wanted, 1
        while name in taken:
            number += 1
            name = f"{wanted}_{number}"
        if number > 1:
            repeated.append(name)
        taken.add(name)
        names[node.key] = name
    if missing:
        notes.append(f"{count(len(missing), 'node')} without a name: called {some(missing)}")
    if repeated:
        notes.append(f"{count(len(repeated), 'repeated name')}: numbered, {some(repeated)}")
    if changed:
        notes.append(f"{count(len(changed), 'name')} written plainly: {some(changed, 3)}")
    return names


def _note_parallels(links: Iterable[ImportedLink], notes: list[str]) -> None:
    pairs = [frozenset(link.ends) for link in links]
    parallel = len(pairs) - len(set(pairs))
    if parallel:
        notes.append(f"{count(parallel, 'parallel link')}: kept")


def _note_positions(nodes: Iterable[ImportedNode], notes: list[str]) -> None:
    missing = sum(node.position is None for node in nodes)
    if missing:
        notes.append(f"{count(missing, 'node')} without a position")


def _note_measures(links: Iterable[ImportedLink], notes: list[str]) -> None:
    links = list(links)
    own = sum(link.metric is not None for link in links)
    if own:
        notes.append(f"{count(own, 'link')} with a metric of the network's own: kept")
    missing = sum(link.length_km is None for link in links)
    if missing:
        what = "delay" if own == len(links) else "delay and metric"
        notes.append(f"{count(missing, 'link')} without a length: default {what}")
    endless = sum(_is_endless(link) for link in links)
    if endless:
        notes.append(f"{count(endless, 'link')} of absurd length: largest delay or metric")
    odd = [link for link in links if link.bandwidth_bps and not _has_bandwidth(link)]
    if odd:
        notes.append(f"{count(len(odd), 'link')} with a speed out of range: default bandwidth")


def _measured(link: ImportedLink, nodes: dict[str, ImportedNode]) -> ImportedLink:
    if link.length_km is not None:
        return link
    first, second = (nodes[end].position for end in link.ends)
    if first is None or second is None:
        return link
    return replace(link, length_km=great_circle_km(first, second))


def great_circle_km(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the distance in km between two (longitude, latitude) in degrees."""
    (east1, north1), (east2, north2) = (map(math.radians, place) for place in (first, second))
    half_chord = (
        math.sin((north2 - north1) / 2) ** 2
        + math.cos(north1) * math.cos(north2) * math.sin((east2 - east1) / 2) ** 2
    )
    return 2 * _EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half_chord)))


def _has_bandwidth(link: ImportedLink) -> bool:
    bps = link.bandwidth_bps
    return bps is not None and BANDWIDTH.smallest <= bps <= BANDWIDTH.largest


def _graph_link(link: ImportedLink, names: dict[str, str]) -> GraphLink:
    length = link.length_km
    first, second = link.ends
    return GraphLink(
        ends=(names[first], names[second]),
        delay_us=None if length is None else min(round(length * US_PER_KM), int(DELAY.largest)),
        metric=link.metric or (None if length is None else _metric(length)),
        bandwidth_bps=link.bandwidth_bps if _has_bandwidth(link) else None,
        metric_back=link.metric_back,
    )


def _metric(length_km: float) -> int:
    return min(_HOP_METRIC + round(length_km / _KM_PER_METRIC), MAX_METRIC)


def _is_endless(link: ImportedLink) -> bool:
    """Whether a link is longer than a lab's largest delay or metric can say."""
    length = link.length_km
    return length is not None and (
        length * US_PER_KM > DELAY.largest or _metric(length) == MAX_METRIC
    )
