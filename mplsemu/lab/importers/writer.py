"""Writes a lab file as a person would: one line for each node, link and site."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

from mplsemu.lab.importers.graph import GraphLink, GraphNode, ProviderGraph
from mplsemu.lab.importers.vpn_generator import GeneratedSite, GeneratedVpn
from mplsemu.lab.quantity import BANDWIDTH

_WIDTH: Final = 100
# what YAML 1.1 or 1.2 takes for something else than text, unless it stands in quotes
_WORDS: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_NUMBER: Final = re.compile(r"[0-9][0-9a-fA-FxXoO_.:+-]*\Z")


def write_lab(
    name: str, graph: ProviderGraph, vpns: Sequence[GeneratedVpn], header: Iterable[str] = ()
) -> str:
    """Return the text of a lab file.

    Args:
        name: of the lab.
        graph: the provider's network.
        vpns: on it; the nodes of their sites get role pe.
        header: paragraphs of the comment at the top.
    """
    return "\n".join([*_header(header), *_provider(name, graph, vpns), *_vpns(vpns)]) + "\n"


def _header(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield from textwrap.wrap(
            " ".join(paragraph.split()),
            width=_WIDTH,
            initial_indent="# ",
            subsequent_indent="#   ",
            break_on_hyphens=False,
        )


def _provider(name: str, graph: ProviderGraph, vpns: Iterable[GeneratedVpn]) -> Iterator[str]:
    pes = {site.pe for vpn in vpns for site in vpn.sites}
    yield f"name: {word(name)}"
    yield "provider:"
    yield "  defaults: {bandwidth: 1 Gbit/s, delay: 0 ms, metric: 10}"
    yield "  nodes:"
    yield from (f"    {_node(node, node.name in pes)}" for node in graph.nodes)
    if graph.links:
        yield "  links:"
        yield from (f"    - {_link(link)}" for link in graph.links)


def _node(node: GraphNode, is_pe: bool) -> str:
    entries = ["role: pe"] if is_pe else []
    if node.position is not None:
        longitude, latitude = (_decimal(round(degrees, 4)) for degrees in node.position)
        entries.append(f"position: [{longitude}, {latitude}]")
    return f"{word(node.name)}: {_mapping(entries)}" if entries else f"{word(node.name)}:"


def _link(link: GraphLink) -> str:
    first, second = link.ends
    entries = []
    if link.bandwidth_bps is not None:
        entries.append(f"bandwidth: {_rate(link.bandwidth_bps)}")
    if link.delay_us is not None:
        entries.append(f"delay: {_decimal(Decimal(link.delay_us) / 1000)} ms")
    if link.metric_back is not None:
        entries.append(f"metric: [{link.metric}, {link.metric_back}]")
    elif link.metric is not None:
        entries.append(f"metric: {link.metric}")
    if not entries:
        return word(f"{first}-{second}")
    return _mapping([f"ends: [{word(first)}, {word(second)}]", *entries])


def _vpns(vpns: Iterable[GeneratedVpn]) -> Iterator[str]:
    vpns = list(vpns)
    if vpns:
        yield "vpns:"
    for vpn in vpns:
        yield f"  {word(vpn.name)}:"
        yield f"    type: {vpn.kind}"
        yield f"    customer: {vpn.customer}"
        if vpn.subnet is not None:
            yield f"    subnet: {vpn.subnet}"
        yield "    sites:"
        width = max(len(word(site.name)) for site in vpn.sites) + 1
        yield from (f"      {_site(site, width)}" for site in vpn.sites)


def _site(site: GeneratedSite, width: int) -> str:
    entries = [f"pe: {word(site.pe)}"]
    if site.subnet is not None:
        entries.append(f"subnet: {site.subnet}")
    return f"{word(site.name) + ':':<{width}} {_mapping(entries)}"


def _mapping(entries: Iterable[str]) -> str:
    return "{" + ", ".join(entries) + "}"


def word(name: str) -> str:
    """Return `name` as YAML, in quotes where a reader could take it for something else."""
    quoted = name.lower() in _WORDS or _NUMBER.match(name) is not None
    return f'"{name}"' if quoted else name


def _rate(bps: int) -> str:
    units = sorted(BANDWIDTH.units.items(), key=lambda unit: unit[1])
    unit, size = next((one for one in reversed(units) if bps >= one[1]), units[0])
    return f"{_decimal(Decimal(bps) / size)} {unit}"


def _decimal(number: Decimal | float) -> str:
    """Return `number` without an exponent and without zeros at its end."""
    text = f"{Decimal(str(number)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
