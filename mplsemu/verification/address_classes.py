"""Equivalence classes of destination addresses: ranges that every VRF on the path treats alike.

Classes are derived, not guessed: one packet of a range is followed, and the range is split at the
boundaries of every VRF that the packet came through. When none of them splits it any more, all its
addresses get the same decision at every hop, so one packet represents them all.
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
"""Where ranges begin, in ascending order, by IP version."""


@dataclass(frozen=True, slots=True, order=True)
class AddressClass:
    """The addresses of one IP version from `first` to `last`, which are all treated alike."""

    version: int
    first: int
    last: int

    @property
    def representative(self) -> IPAddress:
        """The address that is tried for all."""
        return _ADDRESS[self.version](self.first)

    def __str__(self) -> str:
        """A prefix if it is one, else ``FIRST-LAST``."""
        make = _ADDRESS[self.version]
        first, last = make(self.first), make(self.last)
        if first == last:
            return str(first)
        size = self.last - self.first + 1
        if size & (size - 1) == 0 and self.first % size == 0:
            return f"{first}/{first.max_prefixlen - (size.bit_length() - 1)}"
        return f"{first}-{last}"


def merged(classes: Iterable[AddressClass]) -> tuple[AddressClass, ...]:
    """Return the classes in order, adjacent ones merged."""
    found: list[AddressClass] = []
    for each in sorted(classes):
        if found and found[-1].version == each.version and found[-1].last + 1 == each.first:
            each = AddressClass(each.version, found.pop().first, each.last)  # noqa: PLW2901
        found.append(each)
    return tuple(found)


def boundaries_of(spans: Iterable[Span]) -> Boundaries:
    """Return where ranges begin if each span is distinguished from what is around it."""
    found: dict[int, set[int]] = {4: {0}, 6: {0}}
    for version, first, last in spans:
        found[version].update((first, last + 1))
    return {version: tuple(sorted(each - {_END[version]})) for version, each in found.items()}


def ranges(boundaries: Boundaries) -> Iterator[AddressClass]:
    """Yield the ranges between boundaries, IPv4 first; together they cover all addresses."""
    for version, starts in boundaries.items():
        ends = (*starts[1:], _END[version])
        for first, end in zip(starts, ends, strict=True):
            yield AddressClass(version, first, end - 1)


class BoundaryCache:
    """The boundaries of every VRF of one program, each computed once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[tuple[str, str], Boundaries] = {}

    def boundaries(self, node: str, vrf: str) -> Boundaries:
        """Return the boundaries of a VRF and of those from which it imports at the same PE."""
        key = (node, vrf)
        if key not in self._known:
            found = self._program.node(node)
            self._known[key] = boundaries_of(
                span for each in _with_imports(found, vrf) for span in vrf_spans(found, each)
            )
        return self._known[key]


def _with_imports(node: NodeProgram, vrf: str) -> tuple[Vrf, ...]:
    """Return a VRF and those that it imports from at the same PE, transitively."""
    found: dict[str, Vrf] = {}
    pending = [vrf]
    while pending:
        name = pending.pop()
        table = node.vrf_by_name.get(name)
        if table is None or name in found:
            continue
        found[name] = table
        pending += {
            hop.vrf for route in table.routes for hop in route.next_hops if isinstance(hop, ViaVrf)
        }
    return tuple(found.values())


def classes(
    boundaries: Boundaries, tables: BoundaryCache, follow: Callable[[IPAddress], Walk]
) -> Iterator[tuple[AddressClass, Walk]]:
    """Yield the classes of all addresses, IPv4 first, each with the walk of one packet.

    Args:
        boundaries: to start with: those of the first VRF and of the address plan.
        tables: the boundaries of all VRFs of the program.
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
    """Return the boundaries within a range of the VRFs that a packet came through."""
    points: set[int] = set()
    if first == last:
        return points
    for branch in walk.branches:
        for hop in branch.hops:
            if hop.vrf is not None:
                starts = tables.boundaries(hop.node, hop.vrf)[version]
                points.update(starts[bisect_right(starts, first) : bisect_right(starts, last)])
    return points
