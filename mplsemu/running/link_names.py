"""Cables by the names that people give them: a link's, a circuit's, or the nodes at its ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from mplsemu.errors import LabError
from mplsemu.model.network import Network


def link_name(network: Network, first: str, second: str | None = None) -> str:
    """Return the name of a link or circuit, given its name or the nodes at its two ends.

    Raises:
        LabError: there is none, or several join those two nodes.
    """
    core = {link.name: frozenset(link.ends) for link in network.provider.links}
    circuits = {site.circuit: site.pe for _, site in network.sites()}
    if second is None:
        if first in core or first in circuits:
            return first
        raise LabError(
            f"no link {first!r} in lab {network.name!r}",
            remedy=suggest(first, [*core, *circuits]),
        )
    found = sorted(name for name, ends in core.items() if ends == {first, second})
    found += [
        name for name, pe in circuits.items() if (name, pe) in {(first, second), (second, first)}
    ]
    if not found:
        raise LabError(
            f"no link between {first!r} and {second!r}",
            remedy=f"links: {', '.join([*core, *circuits][:12])}",
        )
    if len(found) > 1:
        raise LabError(
            f"{len(found)} links between {first} and {second}",
            remedy=f"name one: {', '.join(found)}",
        )
    return found[0]


def suggest(name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """Return a remedy for an unknown name: the nearest known one, else some of them."""
    near = get_close_matches(name, list(known), n=1)
    return f"did you mean {near[0]!r}?" if near else f"known: {', '.join(list(known)[:12])}"
