"""Label-switched paths: transport labels, ILM and FTN along the shortest paths (RFC 3031)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mplsemu.control.labels import BindingKey, LspKey
from mplsemu.control.paths import Hop, Tree
from mplsemu.model.labels import IMPLICIT_NULL, IPV4_EXPLICIT_NULL, Label
from mplsemu.model.topology import NullLabel
from mplsemu.program.entries import (
    FtnEntry,
    IlmEntry,
    Nhlfe,
    Operation,
    Pop,
    Push,
    Swap,
)
from mplsemu.program.program import Program

_NULL: Final = {NullLabel.IMPLICIT: IMPLICIT_NULL, NullLabel.EXPLICIT: IPV4_EXPLICIT_NULL}


@dataclass(slots=True)
class PathNumbers:
    """Numbers for paths, equal where the paths are equal: links, egress and final operation.

    A path is the link that it starts with and the path from there, so comparing two paths of any
    length is comparing two numbers (hash-consing).
    """

    _numbers: dict[tuple[str, int] | tuple[str, Label], int] = field(default_factory=dict)

    def end(self, egress: str, null: Label) -> int:
        """Return the number of the path that has arrived; `null` is what the egress asks for."""
        return self._numbers.setdefault((egress, null), len(self._numbers))

    def extend(self, link: str, rest: int) -> int:
        """Return the number of the path that takes `link` and then goes on as `rest`."""
        # Negative, because a link may be named like an egress and a number be equal to a label.
        return self._numbers.setdefault((link, -1 - rest), len(self._numbers))

    def copy(self) -> PathNumbers:
        """Return numbers that begin as these are and then go their own way."""
        return PathNumbers(self._numbers.copy())


@dataclass(frozen=True, slots=True)
class Lsps:
    """The LSPs to one egress PE.

    Attributes:
        egress: the PE.
        tree: next hop of every LSR on the way.
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
        way: list[tuple[str, Hop]] = []
        node = start
        while node not in number:
            way.append((node, tree[node]))
            node = tree[node].peer
        for here, hop in reversed(way):
            number[here] = numbers.extend(hop.link, number[hop.peer])
    heads = {hop.peer for hop in tree.values()} - {egress}
    return Lsps(egress, tree, tuple((node, number[node]) for node in sorted(heads)))


def ilm_entries(
    tunnels: Lsps, null_label: NullLabel, labels: Mapping[str, Mapping[BindingKey, Label]]
) -> Iterator[tuple[str, IlmEntry]]:
    """Yield each transit LSR of the LSPs to one egress with its ILM entry."""
    advertised = _advertised(tunnels, null_label, labels)
    for node, _ in tunnels.transit:
        hop = tunnels.tree[node]
        nhlfe = Nhlfe(hop.link, _onward(advertised[hop.peer]))
        yield node, IlmEntry(advertised[node], nhlfe, tunnels.egress)


def ftn_entries(
    tunnels: Lsps,
    ingresses: Iterable[str],
    null_label: NullLabel,
    labels: Mapping[str, Mapping[BindingKey, Label]],
) -> Iterator[tuple[str, FtnEntry]]:
    """Yield each of the ingress PEs that reach the egress with its FTN entry."""
    advertised = _advertised(tunnels, null_label, labels)
    for ingress in ingresses:
        hop = tunnels.tree.get(ingress)
        if hop is not None:
            label = advertised[hop.peer]
            # Next to the egress nothing is pushed where it asks for penultimate-hop popping.
            push = Push(() if label == IMPLICIT_NULL else (label,))
            yield ingress, FtnEntry(tunnels.egress, Nhlfe(hop.link, push))


def _advertised(
    tunnels: Lsps, null_label: NullLabel, labels: Mapping[str, Mapping[BindingKey, Label]]
) -> dict[str, Label]:
    """Return the label that each LSR on the way tells the one before it."""
    advertised = {node: labels[node][LspKey(path)] for node, path in tunnels.transit}
    advertised[tunnels.egress] = _NULL[null_label]
    return advertised


def _onward(advertised: Label) -> Operation:
    """Return what a transit LSR does for the label that the next LSR bound (RFC 3031 3.16)."""
    return Pop() if advertised == IMPLICIT_NULL else Swap(advertised)


def paths_of(program: Program, numbers: PathNumbers) -> dict[str, dict[int, Label]]:
    """Read back from a program which path each LSR's transport labels are bound to.

    Follows the swaps to the egress, so that it needs nothing but the program itself.

    Returns:
        for each LSR the label by the number of its path; a label that leads nowhere is left out.
    """
    known: dict[tuple[str, int], int | None] = {}
    found: dict[str, dict[int, Label]] = {}
    for node in program.nodes:
        paths = found[node.name] = {}
        for entry in node.ilm:
            if isinstance(entry.action, Nhlfe):
                path = _path_behind(program, node.name, entry, numbers, known)
                if path is not None:
                    paths[path] = entry.label
    return found


def _path_behind(
    program: Program,
    node: str,
    entry: IlmEntry,
    numbers: PathNumbers,
    known: dict[tuple[str, int], int | None],
) -> int | None:
    """Return the number of the path that packets with one label take; remembers it in `known`."""
    way: list[tuple[tuple[str, int], str]] = []
    path: int | None = None
    next_entry: IlmEntry | None = entry
    while next_entry is not None and isinstance(next_entry.action, Nhlfe):
        place = (node, int(next_entry.label))
        if place in known:
            path = known[place]
            break
        known[place] = None  # met again before its path is known, it is a loop
        link = next_entry.action.link
        way.append((place, link))
        peer = program.node(node).adjacency_by_link[link].peer
        match next_entry.action.operation:
            case Swap(label) if label != IPV4_EXPLICIT_NULL:
                next_entry = program.node(peer).ilm_by_label.get(int(label))
            case operation:
                null = IMPLICIT_NULL if isinstance(operation, Pop) else IPV4_EXPLICIT_NULL
                path = numbers.end(next_entry.egress or peer, null)
                next_entry = None
        node = peer
    for place, link in reversed(way):
        path = None if path is None else numbers.extend(link, path)
        known[place] = path
    return path
