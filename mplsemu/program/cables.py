"""Cables by the names that people give them: from either end, or by an interface at an LSR."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mplsemu.program.program import Program

_PARALLEL: Final = "#"

Port = tuple[str, int, int, str]
"""An LSR, its index, a port's number there, and the link or circuit at that port."""


def cable_names(
    links: Iterable[tuple[str, tuple[str, str]]], ports: Iterable[Port]
) -> dict[str, str]:
    """Return the link or circuit that every name means.

    A link ``dk-p1`` is also ``p1-dk``, and ``dk-eth1`` where that is its interface; ``dk-p1#2``,
    parallel to it, also ``p1-dk#2``. The lab's own names win, and what could mean two cables means
    none.

    Args:
        links: names of core links, each with its two ends.
        ports: of all LSRs.
    """
    links, ports = list(links), list(ports)
    # of circuits that share a port the first stands for all: they are one cable
    plain = {f"{node}-eth{port}": name for node, _, port, name in reversed(ports)}
    # of an LSR whose own name is too long for an interface (emulation/naming.py)
    found = {f"n{index}-eth{port}": name for _, index, port, name in reversed(ports)} | plain
    turned: dict[str, set[str]] = {}
    for name, ends in links:
        _, mark, number = name.rpartition(_PARALLEL)
        behind = f"{mark}{number}" if mark else ""
        for first, second in (ends, ends[::-1]):
            turned.setdefault(f"{first}-{second}{behind}", set()).add(name)
    for alias, names in turned.items():
        if len(names) == 1:
            found[alias] = next(iter(names))
        else:
            found.pop(alias, None)
    own = [*(name for name, _ in links), *(name for *_, name in ports)]
    return {**found, **{name: name for name in own}}


def cables_of(program: Program) -> dict[str, str]:
    """Return the link or circuit of a program that every name means."""
    links = ((link.name, link.ends) for link in program.links)
    ports: list[Port] = []
    for node in program.nodes:
        ports += [(node.name, node.index, one.port, one.link) for one in node.adjacencies]
        ports += [(node.name, node.index, one.physical_port, one.name) for one in node.circuits]
    return cable_names(links, ports)
