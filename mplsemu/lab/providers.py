"""Builds the networks of several providers and the links between them (RFC 4364 section 10)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from mplsemu.errors import LabError
from mplsemu.lab.document import Document, Path
from mplsemu.lab.provider import build_provider, number_nodes, provider_at
from mplsemu.lab.schema import LabFile, RawBorder, RawProvider
from mplsemu.lab.schema_error import known_names_hint, missing_key, subject_of
from mplsemu.model.inter_as import AutonomousSystem, InterAs
from mplsemu.model.numbers import Numbering
from mplsemu.model.topology import Link, Provider, Role

_OF_ALL = {"ttl": "TTL model", "php": "null label", "ecmp": "number of ways of equal cost"}
"""What all providers of a lab have in common, by its key."""
_BORDER_METRIC = 1
"""No LSP takes a border link, so it has no cost; the smallest stands for that."""


def build_providers(document: Document, raw: LabFile, numbering: Numbering) -> Provider:
    """Return the provider of a lab, or all of them as one, with the links between them.

    Args:
        document: the lab file, for its lines.
        raw: what it says.
        numbering: gives the numbers of which router IDs are made.

    Raises:
        LabError: of one provider's network; or two providers have a node's name or an AS number
            in common, or differ in what they have to share; or a border link joins no two.
    """
    if raw.providers is None:
        if raw.provider is None:
            raise missing_key(document, (), "provider")
        if raw.borders:
            raise document.error(
                ("borders",),
                "there is one provider, and borders are between two",
                "write providers: {NAME: {...}, NAME: {...}}, or leave borders out",
            )
        return build_provider(document, raw.provider, numbering)
    if raw.provider is not None:
        problem = "provider and providers: a lab has one provider, or several"
        raise document.error(("provider",), problem, "move it into providers:, with a name")
    _refuse_clashes(document, raw.providers)
    names = (node for one in raw.providers.values() for node in one.nodes)
    numbers = number_nodes(document, ("providers",), names, numbering)
    parts = {
        name: provider_at(document, one, numbers, ("providers", name))
        for name, one in raw.providers.items()
    }
    return _joined(document, parts, raw.borders)


def _joined(
    document: Document, parts: Mapping[str, Provider], borders: list[RawBorder]
) -> Provider:
    nodes = tuple(
        replace(node, provider=name, labels=node.labels or part.labels)
        for name, part in parts.items()
        for node in part.nodes
    )
    links = [link for part in parts.values() for link in part.links]
    owners = {node.name: (name, node.role) for name, part in parts.items() for node in part.nodes}
    for index, border in enumerate(borders):
        link = _border(document, ("borders", index), border, owners, links)
        links.append(link)
    systems = tuple(AutonomousSystem(name, part.asn) for name, part in parts.items())
    first = next(iter(parts.values()))
    return replace(first, nodes=nodes, links=tuple(links), systems=systems)


def _border(
    document: Document,
    path: Path,
    raw: RawBorder,
    owners: Mapping[str, tuple[str, Role]],
    links: list[Link],
) -> Link:
    first, second = raw.ends
    for index, end in enumerate(raw.ends):
        if end not in owners:
            problem = f"{subject_of(document, path)}: there is no node {end!r}"
            raise document.error(
                (*path, "ends", index), problem, known_names_hint(end, owners, "nodes")
            )
        provider, role = owners[end]
        if role is not Role.PE:
            raise document.error(
                (*path, "ends", index),
                f"{subject_of(document, path)}: {end} is a P, and an ASBR is a PE",
                f"write {end}: {{role: pe}} under providers.{provider}.nodes",
            )
    (one, _), (other, _) = owners[first], owners[second]
    if one == other:
        raise document.error(
            path,
            f"{subject_of(document, path)}: {first} and {second} are both {one}'s",
            f"write nodes of two providers, or the link under providers.{one}.links",
        )
    base = f"{first}-{second}"
    same = [link for link in links if {*link.ends} == {first, second}]
    base = same[0].name if same else base
    name = base if not same else f"{base}#{len(same) + 1}"
    if any(link.name == name for link in links):
        problem = f"{subject_of(document, path)}: another link is called {name!r} too"
        raise document.error(path, problem, "rename one of these nodes")
    return Link(
        name=name,
        ends=(first, second),
        bandwidth_bps=raw.bandwidth,
        delay_ms=raw.delay / 1000,
        metric=_BORDER_METRIC,
        mtu=raw.mtu,
        border=InterAs(raw.option),
    )


def _refuse_clashes(document: Document, raw: Mapping[str, RawProvider]) -> None:
    """Refuse providers of which two have what only one may, or lack what all must share."""
    nodes: dict[str, str] = {}
    numbers: dict[int, str] = {}
    for name, one in raw.items():
        for node in one.nodes:
            if node in nodes:
                raise _twice(document, node, nodes[node], name)
            nodes[node] = name
        if one.asn in numbers:
            raise document.error(
                ("providers", name, "asn"),
                f"providers {numbers[one.asn]} and {name} both have AS number {one.asn}",
                f"write another one at {name}, for example asn: {max(numbers) + 1}",
            )
        numbers[one.asn] = name
    for (first, one), (second, other) in pairwise(raw.items()):
        for key, what in _OF_ALL.items():
            values = getattr(one, key), getattr(other, key)
            if values[0] != values[1]:
                said = " and ".join(str(getattr(value, "value", value)) for value in values)
                raise document.error(
                    ("providers", second, key),
                    f"providers {first} and {second} have different {key}: {said}; a lab has one "
                    f"{what}",
                    f"write the same {key}: at both",
                )
    _refuse_same_links(document, raw)


def _refuse_same_links(document: Document, raw: Mapping[str, RawProvider]) -> None:
    """Refuse names of links that could be two providers': a hyphen may be part of a node's name."""
    known: dict[str, str] = {}
    for name, one in raw.items():
        for index, entry in enumerate(one.links):
            link = entry if isinstance(entry, str) else "-".join(entry.ends)
            if known.setdefault(link, name) != name:
                raise document.error(
                    ("providers", name, "links", index),
                    f"link {link}: provider {known[link]} has a link of that name, too",
                    "rename one of these nodes",
                )


def _twice(document: Document, node: str, first: str, second: str) -> LabError:
    line = document.location(("providers", first, "nodes", node)).line
    return document.error(
        ("providers", second, "nodes", node),
        f"node {node!r} is {second}'s here and {first}'s at line {line}",
        "give one of them another name: names of nodes are unique in the lab",
    )


def provider_paths(raw: LabFile) -> Iterator[tuple[Path, RawProvider]]:
    """Yield where each provider stands in a lab file, and what it says of him."""
    if raw.provider is not None:
        yield ("provider",), raw.provider
    for name, one in (raw.providers or {}).items():
        yield ("providers", name), one
