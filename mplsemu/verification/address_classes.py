"""Equivalence classes of destination addresses: ranges that every VRF on the way treats alike.

A class is not guessed but earned: one packet of a range is followed, and the range is cut
wherever a VRF that the packet came through tells addresses apart. What is left of it when no such
VRF cuts it takes the same decisions at every step, so that one packet speaks for all.
"""

from __future__ import annotations

import ipaddress
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.program.class_boundaries import Span, vrf_spans
from mplsemu.program.path import Walk
from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import ViaVrf, Vrf

_END: Final = {4: 1 << 32, 6: 1 << 128}
_ADDRESS: Final[dict[int, Callable[[int], IPAddress]]] = {
    4: ipaddress.IPv4Address,
    6: ipaddress.IPv6Address,
}
Boundaries = dict[int, tuple[int, ...]]
"""Where ranges begin, ascending, by IP version."""


@dataclass(frozen=True, slots=True, order=True)
class AddressClass:
    """Addresses of one version from `first` to `last`, that are all treated alike."""

    version: int
    first: int
    last: int

    @property
    def representative(self) -> IPAddress:
        """The address that speaks for all."""
        return _ADDRESS[self.version](self.first)

    def __str__(self) -> str:
        """As a prefix where it is one, else as ``FIRST-LAST``."""
        make = _ADDRESS[self.version]
        first, last = make(self.first), make(self.last)
        if first == last:
            return str(first)
        size = self.last - self.first + 1
        if size & (size - 1) == 0 and self.first % size == 0:
            return f"{first}/{first.max_prefixlen - (size.bit_length() - 1)}"
        return f"{first}-{last}"


def merged(classes: Iterable[AddressClass]) -> tuple[AddressClass, ...]:
    """Return the classes in order, those that touch joined."""
    found: list[AddressClass] = []
    for each in sorted(classes):
        if found and found[-1].version == each.version and found[-1].last + 1 == each.first:
            each = AddressClass(each.version, found.pop().first, each.last)  # noqa: PLW2901
        found.append(each)
    return tuple(found)


def boundaries_of(spans: Iterable[Span]) -> Boundaries:
    """Return where ranges begin if all these are told from what is around them."""
    found: dict[int, set[int]] = {4: {0}, 6: {0}}
    for version, first, last in spans:
        found[version].update((first, last + 1))
    return {version: tuple(sorted(each - {_END[version]})) for version, each in found.items()}


def ranges(boundaries: Boundaries) -> Iterator[AddressClass]:
    """Yield the ranges between boundaries, IPv4 first: together they are all addresses."""
    for version, starts in boundaries.items():
        ends = (*starts[1:], _END[version])
        for first, end in zip(starts, ends, strict=True):
            yield AddressClass(version, first, end - 1)


class BoundaryCache:
    """Where the VRFs of one program cut the address space, each worked out once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, str], Boundaries] = {}

    def boundaries(self, node: str, vrf: str) -> Boundaries:
        """Return the cuts of a VRF and of those at the same PE that it hands packets to."""
        key = (node, vrf)
        if key not in self._known:
            found = self._program.node(node)
            self._known[key] = boundaries_of(
                span for each in _handed_on(found, vrf) for span in vrf_spans(found, each)
            )
        return self._known[key]


def _handed_on(node: NodeProgram, vrf: str) -> tuple[Vrf, ...]:
    """Return a VRF and all that its routes, and theirs, lead to at the same PE."""
    found: dict[str, Vrf] = {}
    pending = [vrf]
    while pending:
        name = pending.pop()
        table = node.vrf_by_name.get(name)
        if table is None or name in found:
            continue
        found[name] = table
        pending += {
            route.next_hop.vrf for route in table.routes if isinstance(route.next_hop, ViaVrf)
        }
    return tuple(found.values())


def classes(
    boundaries: Boundaries, tables: BoundaryCache, follow: Callable[[IPAddress], Walk]
) -> Iterator[tuple[AddressClass, Walk]]:
    """Yield the classes of all addresses, IPv4 first, each with the way of one packet of it.

    Args:
        boundaries: to begin with: of the first VRF, and of what is meant to happen.
        tables: of the program.
        follow: follows a packet to an address.
    """
    for version in boundaries:
        pending = [
            (each.first, each.last) for each in ranges(boundaries) if each.version == version
        ]
        pending.reverse()
        while pending:
            first, last = pending.pop()
            walk = follow(_ADDRESS[version](first))
            points = sorted(_points_within(tables, walk, version, first, last))
            if points:
                ends = (*points[1:], last + 1)
                rest = [(start, end - 1) for start, end in zip(points, ends, strict=True)]
                pending += reversed(rest)
                last = points[0] - 1
            yield AddressClass(version, first, last), walk


def _points_within(
    tables: BoundaryCache, walk: Walk, version: int, first: int, last: int
) -> set[int]:
    """Return where the VRFs that a packet came through cut a range."""
    points: set[int] = set()
    if first == last:
        return points
    for branch in walk.branches:
        for hop in branch.hops:
            if hop.vrf is not None:
                starts = tables.boundaries(hop.node, hop.vrf)[version]
                points.update(starts[bisect_right(starts, first) : bisect_right(starts, last)])
    return points
