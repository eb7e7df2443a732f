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
"""The egress and null label of an empty path; else the first links and the paths after them."""


@dataclass(slots=True)
class PathNumbers:
    """Numbers for paths: equal if the paths have the same links, egress and final operation.

    A path is its first link and the path after it, so paths of any length are compared by two
    numbers (hash-consing). With ECMP a path is the set of its alternatives.
    """

    _numbers: dict[_Parts, int] = field(default_factory=dict)

    def end(self, egress: str, null: Label) -> int:
        """Return the number of the empty path at an egress that advertises this null label."""
        return self._numbers.setdefault((egress, null), len(self._numbers))

    def extend(self, alternatives: Iterable[tuple[str, int]]) -> int:
        """Return the number of the path that starts with any of these links.

        Args:
            alternatives: each link, and the number of the path from its far end.
        """
        return self._numbers.setdefault(tuple(sorted(alternatives)), len(self._numbers))

    def copy(self) -> PathNumbers:
        """Return an independent copy."""
        return PathNumbers(self._numbers.copy())


@dataclass(frozen=True, slots=True)
class Lsps:
    """The LSPs to one egress PE.

    Attributes:
        egress: the PE.
        tree: next hops of every LSR on the paths.
        transit: the LSRs that receive labelled packets, and so bind a label, with the number of
            their path; sorted by name.
    """

    egress: str
    tree: Tree
    transit: tuple[tuple[str, int], ...]


def lsps(egress: str, tree: Tree, null_label: NullLabel, numbers: PathNumbers) -> Lsps:
    """Number the paths of a tree; see `Lsps`."""
    number = {egress: numbers.end(egress, _NULL[null_label])}
    for start in tree:
        trail = [start]
        while trail:
            hops = tree.get(trail[-1], ())
            unknown = [hop.peer for hop in hops if hop.peer not in number]
            if unknown:
                trail += unknown  # closer to the egress, so this terminates
                continue
            node = trail.pop()
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
    most: int | None = None,
) -> Iterator[tuple[str, FtnEntry]]:
    """Yield each of the ingress PEs that reach the egress with its FTN entry.

    Args:
        tunnels: the LSPs to the egress.
        ingresses: the PEs.
        null_label: what the egress advertises.
        labels: what each LSR bound its labels to.
        link_mtus: by name of the link.
        most: octets of the largest packet that goes on from the egress over borders, if any does.
    """
    advertised = _advertised(tunnels, null_label, labels)
    mtus = _TunnelMtus(tunnels, null_label, link_mtus)
    for ingress in ingresses:
        hops = tunnels.tree.get(ingress, ())
        if hops:
            nhlfes = tuple(Nhlfe(hop.link, _entering(advertised[hop.peer])) for hop in hops)
            mtu = mtus.of(ingress)
            mtu = mtu if most is None else min(mtu, most)
            yield ingress, FtnEntry(tunnels.egress, nhlfes, mtu)


class _TunnelMtus:
    """The MTU of the tunnels to one egress, without the tunnel's label."""

    def __init__(self, tunnels: Lsps, null_label: NullLabel, link_mtus: Mapping[str, int]) -> None:
        self._tree = tunnels.tree
        self._egress = tunnels.egress
        self._links = link_mtus
        self._last_is_bare = null_label is NullLabel.IMPLICIT
        self._known: dict[str, int] = {}

    def of(self, ingress: str) -> int:
        """Return it from one LSR on."""
        trail = [ingress]
        while trail:
            hops = self._tree[trail[-1]]
            unknown = [
                hop.peer for hop in hops
                if hop.peer != self._egress and hop.peer not in self._known
            ]  # fmt: skip
            if unknown:
                trail += unknown  # closer to the egress, so this terminates
            else:
                self._known[trail.pop()] = min(map(self._behind, hops))
        return self._known[ingress]

    def _behind(self, hop: PathHop) -> int:
        if hop.peer != self._egress:
            return min(self._links[hop.link] - LABEL_OCTETS, self._known[hop.peer])
        return self._links[hop.link] - (0 if self._last_is_bare else LABEL_OCTETS)


def _advertised(
    tunnels: Lsps, null_label: NullLabel, labels: Mapping[str, Mapping[BindingKey, Label]]
) -> dict[str, Label]:
    """Return the label that each LSR advertises to its upstream neighbours."""
    advertised = {node: labels[node][LspKey(path)] for node, path in tunnels.transit}
    advertised[tunnels.egress] = _NULL[null_label]
    return advertised


def _entering(advertised: Label) -> Push:
    """Return what an ingress pushes: nothing if the next hop is an egress with PHP."""
    return Push(() if advertised == IMPLICIT_NULL else (advertised,))


def _onward(advertised: Label) -> Operation:
    """Return what a transit LSR does, by the label that the next LSR advertised (RFC 3031 3.16)."""
    return Pop() if advertised == IMPLICIT_NULL else Swap((advertised,))


def paths_of(program: Program, numbers: PathNumbers) -> dict[str, dict[int, Label]]:
    """Read back from a program to which path each transport label is bound.

    Every LSP is followed to its egress, so the program alone is enough.

    Returns:
        for each LSR its labels by the number of their path, without labels that lead nowhere.
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
        if hop.link is None:  # the egress pops its explicit null
            return numbers.end(place.node, place.stack[0])
        number = known.get(hop.to) if hop.to is not None else None
        if number is None:  # not numbered yet: a loop
            return None
        paths.append((hop.link, number))
    return numbers.extend(paths) if paths else None
