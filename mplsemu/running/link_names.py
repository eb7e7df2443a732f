"""Finds a cable by the name of its link or circuit, or by the nodes at its ends."""

from __future__ import annotations

from mplsemu.control.cables import cables_of
from mplsemu.errors import LabError
from mplsemu.model.network import Network
from mplsemu.suggest import some, unknown_name_remedy


def link_name(network: Network, first: str, second: str | None = None) -> str:
    """Return the name of a link or circuit, given one of its names or the nodes at its two ends.

    Raises:
        LabError: there is none, or there are several between these nodes.
    """
    core = {link.name: frozenset(link.ends) for link in network.provider.links}
    circuits = {line.circuit: line.pe for _, line in network.lines()}
    known = [*core, *circuits]
    see = f"mplsemu show {network.name} links"
    if second is None:
        meant = cables_of(network).get(first)
        if meant is not None:
            return meant
        raise LabError(
            f"no link {first!r} in lab {network.name!r}",
            remedy=unknown_name_remedy(first, known, see),
        )
    found = sorted(name for name, ends in core.items() if ends == {first, second})
    found += [
        name for name, pe in circuits.items() if (name, pe) in {(first, second), (second, first)}
    ]
    if not found:
        remedy = f"links: {some(known, see)}"
        if first == network.name:
            remedy = f"if you mean the lab, write --lab {first}; {remedy}"
        raise LabError(f"no link between {first!r} and {second!r}", remedy=remedy)
    if len(found) > 1:
        raise LabError(
            f"{len(found)} links between {first} and {second}",
            remedy=f"name one: {', '.join(found)}",
        )
    return found[0]
