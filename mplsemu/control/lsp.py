"""Label-switched paths: transport labels, ILM and FTN along the shortest paths (RFC 3031)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mplsemu.control.labels import BindingKey, LspKey
from mplsemu.control.paths import PathHop, Tree
from mplsemu.model.labels import IMPLICIT_NULL, IPV4_EXPLICIT_NULL, Label
from mplsemu.model.limits import LABEL_OCTETS
from mplsemu.model.topology import NullLabel
from mplsemu.program.entries import (
    Forward,
    FtnEntry,
    IlmEntry,
    Nhlfe,
    Operation,
    Pop,
    Push,
    Swap,
)
from mplsemu.program.lsp import LabelGraph, LabelHop, LabelPlace, LabelSearch
from mplsemu.program.program import Program

_NULL: Final = {NullLabel.IMPLICIT: IMPLICIT_NULL, NullLabel.EXPLICIT: IPV4_EXPLICIT_NULL}


_Parts = tuple[str, Label] | tuple[tuple[str, int], ...]
"""Of a path that has arrived its egress and null label, else its links and the paths behind."""


@dataclass(slots=True)
class PathNumbers:
    """Numbers for paths, equal where the paths are equal: links, egress and final operation.

    A path is the link that it starts with and the path from there, so comparing two paths of any
    length is comparing two numbers (hash-consing). Where an LSR has several ways of the same cost,
    its path is the set of these.
    """

    _numbers: dict[_Parts, int] = field(default_factory=dict)

    def end(self, egress: str, null: Label) -> int:
        """Return the number of the path that has arrived; `null` is what the egress asks for."""
        return self._numbers.setdefault((egress, null), len(self._numbers))

    def extend(self, ways: Iterable[tuple[str, int]]) -> int:
        """Return the number of the path that takes one of some links, and then goes on.

        Args:
            ways: each of the links, and the number of the path from its other end.
        """
        return self._numbers.setdefault(tuple(sorted(ways)), len(self._numbers))

    def copy(self) -> PathNumbers:
        """Return numbers that begin as these are and then go their own way."""
        return PathNumbers(self._numbers.copy())


@dataclass(frozen=True, slots=True)
class Lsps:
    """The LSPs to one egress PE.

    Attributes:
        egress: the PE.
        tree: next hops of every LSR on the way.
        transit: the LSRs that get labelled packets from another, and the number of their path;
            sorted by name. These bind a label.
    """

    egress: str
    tree: Tree
    transit: tuple[tuple[str, int], ...]


def lsps(egress: str, tree: Tree, null_label: NullLabel, numbers: PathNumbers) -> Lsps:
    """Number the paths of a tree; see `Lsps`."""
    number = {egress: numbers.end(egress, _NULL[null_label])}
    for start in tree:
        way = [start]
        while way:
            hops = tree.get(way[-1], ())
            unknown = [hop.peer for hop in hops if hop.peer not in number]
            if unknown:
                way += unknown  # nearer to the egress, so this ends
                continue
            node = way.pop()
            if node not in number:
                number[node] = numbers.extend((hop.link, number[hop.peer]) for hop in hops)
    heads = {hop.peer for hops in tree.values() for hop in hops} - {egress}
    return Lsps(egress, tree, tuple((node, number[node]) for node in sorted(heads)))


def ilm_entries(
    tunnels: Lsps, null_label: NullLabel, labels: Mapping[str, Mapping[BindingKey, Label]]
) -> Iterator[tuple[str, IlmEntry]]:
    """Yield each transit LSR of the LSPs to one egress with its ILM entry."""
    advertised = _advertised(tunnels, null_label, labels)
    for node, _ in tunnels.transit:
        hops = tunnels.tree[node]
        nhlfes = tuple(Nhlfe(hop.link, _onward(advertised[hop.peer])) for hop in hops)
        yield node, IlmEntry(advertised[node], Forward(nhlfes), tunnels.egress)


def ftn_entries(
    tunnels: Lsps,
    ingresses: Iterable[str],
    null_label: NullLabel,
    labels: Mapping[str, Mapping[BindingKey, Label]],
    link_mtus: Mapping[str, int],
) -> Iterator[tuple[str, FtnEntry]]:
    """Yield each of the ingress PEs that reach the egress with its FTN entry."""
    advertised = _advertised(tunnels, null_label, labels)
    mtus = _TunnelMtus(tunnels, null_label, link_mtus)
    for ingress in ingresses:
        hops = tunnels.tree.get(ingress, ())
        if hops:
            nhlfes = tuple(Nhlfe(hop.link, _entering(advertised[hop.peer])) for hop in hops)
            yield ingress, FtnEntry(tunnels.egress, nhlfes, mtus.of(ingress))


class _TunnelMtus:
    """How large a packet is, without the tunnel's label, that every way to one egress carries."""

    def __init__(self, tunnels: Lsps, null_label: NullLabel, link_mtus: Mapping[str, int]) -> None:
        self._tree = tunnels.tree
        self._egress = tunnels.egress
        self._links = link_mtus
        self._last_is_bare = null_label is NullLabel.IMPLICIT
        self._known: dict[str, int] = {}

    def of(self, ingress: str) -> int:
        """Return that from one LSR on."""
        way = [ingress]
        while way:
            hops = self._tree[way[-1]]
            unknown = [
                hop.peer for hop in hops
                if hop.peer != self._egress and hop.peer not in self._known
            ]  # fmt: skip
            if unknown:
                way += unknown  # nearer to the egress, so this ends
            else:
                self._known[way.pop()] = min(map(self._behind, hops))
        return self._known[ingress]

    def _behind(self, hop: PathHop) -> int:
        if hop.peer != self._egress:
            return min(self._links[hop.link] - LABEL_OCTETS, self._known[hop.peer])
        return self._links[hop.link] - (0 if self._last_is_bare else LABEL_OCTETS)


def _advertised(
    tunnels: Lsps, null_label: NullLabel, labels: Mapping[str, Mapping[BindingKey, Label]]
) -> dict[str, Label]:
    """Return the label that each LSR on the way tells the one before it."""
    advertised = {node: labels[node][LspKey(path)] for node, path in tunnels.transit}
    advertised[tunnels.egress] = _NULL[null_label]
    return advertised


def _entering(advertised: Label) -> Push:
    """Return what an ingress pushes: nothing next to an egress that asks for PHP."""
    return Push(() if advertised == IMPLICIT_NULL else (advertised,))


def _onward(advertised: Label) -> Operation:
    """Return what a transit LSR does for the label that the next LSR bound (RFC 3031 3.16)."""
    return Pop() if advertised == IMPLICIT_NULL else Swap((advertised,))


def paths_of(program: Program, numbers: PathNumbers) -> dict[str, dict[int, Label]]:
    """Read back from a program which path each LSR's transport labels are bound to.

    Follows the swaps to the egress, so that it needs nothing but the program itself.

    Returns:
        for each LSR the label by the number of its path; a label that leads nowhere is left out.
    """
    search = LabelSearch(LabelGraph(program))
    known: dict[LabelPlace, int | None] = {}
    found: dict[str, dict[int, Label]] = {}
    for node in program.nodes:
        paths = found[node.name] = {}
        for entry in node.ilm:
            if not isinstance(entry.action, Forward):
                continue
            start = LabelPlace(node.name, (entry.label,))
            finished = len(search.order)
            search.run(start)
            for place in search.order[finished:]:
                known[place] = _number_of(place, search.hops[place], numbers, known)
            path = known[start]
            if path is not None:
                paths[path] = entry.label
    return found


def _number_of(
    place: LabelPlace,
    hops: tuple[LabelHop, ...],
    numbers: PathNumbers,
    known: Mapping[LabelPlace, int | None],
) -> int | None:
    """Return the number of the path from a place; None where it loops or leads nowhere."""
    if not place.stack:
        return numbers.end(place.node, IMPLICIT_NULL)
    paths: list[tuple[str, int]] = []
    for hop in hops:
        if hop.link is None:  # the egress takes its explicit null off
            return numbers.end(place.node, place.stack[0])
        number = known.get(hop.to) if hop.to is not None else None
        if number is None:  # of a place that is not finished: a loop
            return None
        paths.append((hop.link, number))
    return numbers.extend(paths) if paths else None
