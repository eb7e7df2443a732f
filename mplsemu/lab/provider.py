"""Builds the provider's LSRs and links of a lab file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from mplsemu.lab.document import Document, Path, quoted
from mplsemu.lab.schema import RawLink, RawNode, RawProvider
from mplsemu.lab.schema_error import enumerated, known_names_hint, subject_of
from mplsemu.model.labels import ALL_LABELS
from mplsemu.model.numbers import LSRS, Numbering
from mplsemu.model.topology import Link, Node, Provider

ROUTER_IDS: Final = IPv4Network("10.255.0.0/16")
MAX_NODES: Final = ROUTER_IDS.num_addresses - 2
_ROOT: Final[Path] = ("provider",)


def build_provider(document: Document, raw: RawProvider, numbering: Numbering) -> Provider:
    """Return the provider, its nodes and links in the lab file's order.

    Args:
        document: the lab file, for its lines.
        raw: what it says of the provider.
        numbering: gives the numbers of which router IDs are made.

    Raises:
        LabError: a link names no node, joins a node to itself, can be read in two ways or has
            the name of another; the nodes do not all hang together, or are too many.
    """
    return provider_at(document, raw, number_nodes(document, _ROOT, raw.nodes, numbering), _ROOT)


def number_nodes(
    document: Document, root: Path, names: Iterable[str], numbering: Numbering
) -> Mapping[str, int]:
    """Return the numbers of all nodes of a lab, of which router IDs are made.

    Args:
        document: the lab file, for its lines.
        root: where they stand.
        names: of the nodes.
        numbering: gives the numbers.

    Raises:
        LabError: the nodes are too many.
    """
    names = list(names)
    path: Path = (*root, "nodes")
    if len(names) > MAX_NODES:
        problem = f"{len(names):,} nodes; router IDs of {ROUTER_IDS} are for {MAX_NODES:,}"
        raise document.error(path, problem, "make the lab smaller")
    numbers = numbering.allocate(LSRS, names, MAX_NODES)
    if max(numbers.values()) > MAX_NODES:
        problem = "new nodes would have the router IDs of those that go at the same time"
        raise document.error(path, problem, "take those out first, and add the new ones later")
    return numbers


def provider_at(
    document: Document, raw: RawProvider, numbers: Mapping[str, int], root: Path
) -> Provider:
    """Return a provider; see `build_provider`.

    Args:
        document: the lab file, for its lines.
        raw: what it says of the provider.
        numbers: of the nodes.
        root: where that stands.

    Raises:
        LabError: of links, and of nodes that do not hang together.
    """
    nodes = tuple(_node(name, numbers[name], node) for name, node in raw.nodes.items())
    links = _links(document, raw, root)
    _refuse_parts(document, nodes, links, root)
    return Provider(
        nodes=nodes,
        links=links,
        ttl_mode=raw.ttl,
        null_label=raw.php,
        labels=raw.labels or ALL_LABELS,
        ecmp=raw.ecmp,
        asn=raw.asn,
    )


def _node(name: str, number: int, raw: RawNode | None) -> Node:
    router_id = IPv4Address(int(ROUTER_IDS.network_address) + number)
    raw = raw or RawNode()
    return Node(name, raw.role, router_id, raw.position, raw.labels)


def _links(document: Document, raw: RawProvider, root: Path) -> tuple[Link, ...]:
    base_of_pair: dict[frozenset[str], str] = {}
    pair_of_base: dict[str, frozenset[str]] = {}
    count: Counter[str] = Counter()
    links = []
    for index, entry in enumerate(raw.links):
        path: Path = (*root, "links", index)
        ends = _ends(document, path, entry, raw.nodes)
        pair = frozenset(ends)
        base = base_of_pair.setdefault(pair, "-".join(ends))
        if pair_of_base.setdefault(base, pair) != pair:
            other = " and ".join(sorted(pair_of_base[base]))
            raise document.error(
                path,
                f"link between {ends[0]} and {ends[1]}: the link between {other} is called "
                f"{base!r} too",
                "rename one of these nodes",
            )
        count[base] += 1
        name = base if count[base] == 1 else f"{base}#{count[base]}"
        links.append(_link(name, ends, entry, raw))
    return tuple(links)


def _link(name: str, ends: tuple[str, str], entry: str | RawLink, raw: RawProvider) -> Link:
    own = RawLink(ends=list(ends)) if isinstance(entry, str) else entry
    defaults = raw.defaults
    delay_us = defaults.delay if own.delay is None else own.delay
    jitter_us = defaults.jitter if own.jitter is None else own.jitter
    metric = own.metric or defaults.metric
    there, back = metric if isinstance(metric, tuple) else (metric, None)
    return Link(
        name=name,
        ends=ends,
        bandwidth_bps=own.bandwidth or defaults.bandwidth,
        delay_ms=delay_us / 1000,
        metric=there,
        mtu=own.mtu or defaults.mtu,
        metric_back=back,
        loss_percent=defaults.loss if own.loss is None else own.loss,
        jitter_ms=jitter_us / 1000,
    )


def _ends(
    document: Document, path: Path, entry: str | RawLink, known: dict[str, RawNode | None]
) -> tuple[str, str]:
    if isinstance(entry, str):
        first, second = _split(document, path, entry, known)
    else:
        first, second = entry.ends
        for name in entry.ends:
            if name not in known:
                raise _unknown_node(document, path, name, known)
    if first == second:
        raise document.error(
            path,
            f"{subject_of(document, path)} joins {first} to itself",
            "write two different nodes, or leave the link out",
        )
    return first, second


def _split(
    document: Document, path: Path, text: str, known: dict[str, RawNode | None]
) -> tuple[str, str]:
    """Return the ends of a link in short form; names of nodes may themselves hold hyphens."""
    splits = [
        (text[:at].strip(), text[at + 1 :].strip())
        for at, character in enumerate(text)
        if character == "-"
    ]
    fitting = [split for split in splits if split[0] in known and split[1] in known]
    if len(fitting) == 1:
        return fitting[0]
    what = subject_of(document, path)
    if fitting:
        readings = enumerated(f"{first} and {second}" for first, second in fitting)
        first, second = fitting[0]
        raise document.error(
            path,
            f"{what} can join {readings}",
            f"write for example {{ends: [{first}, {second}]}}",
        )
    for first, second in splits:
        if first in known and second:
            raise _unknown_node(document, path, second, known)
        if second in known and first:
            raise _unknown_node(document, path, first, known)
    if not splits or not all(splits[0]):
        raise document.error(
            path,
            f"link {quoted(text)} does not name two nodes",
            "write NODE-NODE or {ends: [NODE, NODE]}",
        )
    raise _unknown_node(document, path, splits[0][0], known)


def _unknown_node(
    document: Document, path: Path, name: str, known: dict[str, RawNode | None]
) -> Exception:
    problem = f"{subject_of(document, path)}: there is no node {quoted(name)}"
    return document.error(path, problem, known_names_hint(name, known, "nodes"))


def _refuse_parts(
    document: Document, nodes: tuple[Node, ...], links: tuple[Link, ...], root: Path
) -> None:
    neighbours: dict[str, list[str]] = {node.name: [] for node in nodes}
    for link in links:
        first, second = link.ends
        neighbours[first].append(second)
        neighbours[second].append(first)
    parts: list[list[str]] = []
    seen: set[str] = set()
    for name in neighbours:
        if name in seen:
            continue
        part = [name]
        seen.add(name)
        for one in part:  # grows while it is read: a breadth-first search
            new = [other for other in dict.fromkeys(neighbours[one]) if other not in seen]
            seen.update(new)
            part.extend(new)
        parts.append(part)
    if len(parts) > 1:
        listed = "; ".join(_some(part) for part in parts[:4])
        raise document.error(
            (*root, "nodes", parts[1][0]),
            f"the provider's network is in {len(parts)} parts that no link joins: {listed}",
            f"add a link such as {parts[0][0]}-{parts[1][0]}",
        )


def _some(names: list[str], most: int = 6) -> str:
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{rest}"
