"""Which pseudowires a VPLS has between its PEs, by its topology (RFC 4762, RFC 7796)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from mplsemu.control.services.compiler import pes_of
from mplsemu.model.vpls import Vpls


@dataclass(frozen=True, slots=True)
class WireEnd:
    """What a PE is to know of one of its pseudowires.

    Attributes:
        peer: the PE at the other end.
        leaf: whether only leaves of an E-Tree are beyond it.
        two_labels: whether frames of leaves have a label of their own, each way: where roots and
            leaves are both at either end.
        spoke: whether it leads to a spoke PE.
        to_hub: whether it leads from a spoke PE to one of its hub PEs.
        secondary: whether that hub PE, at either end, is not the spoke PE's first.
    """

    peer: str
    leaf: bool = False
    two_labels: bool = False
    spoke: bool = False
    to_hub: bool = False
    secondary: bool = False


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Which kinds of sites are somewhere."""

    roots: bool
    leaves: bool

    def or_(self, other: _Kinds) -> _Kinds:
        return _Kinds(self.roots or other.roots, self.leaves or other.leaves)


class VplsWires:
    """The pseudowires of one VPLS.

    Hub PEs, and PEs that have no hub, are a full mesh (RFC 4762 section 4.4). A spoke PE has a
    pseudowire to each of its hub PEs, of which one carries frames (section 10.2). For a spoke PE
    the others are the mesh: frames never go from one hub to another by way of it. Where the lab
    file lists the pseudowires of the mesh there are no others.

    Where two PEs of the mesh have leaves only, they and the spoke PEs behind them, there is none
    between them: their frames would be for nobody (RFC 7796 section 5.1). Where one side has leaves
    only, the other takes the pseudowire for a leaf, and one label does. Where both have roots and
    leaves, the label says which of them a frame is from.

    Args:
        vpn: the VPLS.
    """

    def __init__(self, vpn: Vpls) -> None:
        leaves = pes_of(site for site in vpn.sites if vpn.topology.is_leaf(site.name))
        roots = pes_of(site for site in vpn.sites if not vpn.topology.is_leaf(site.name))
        self._hubs = {spoke.pe: spoke.hubs for spoke in vpn.topology.spokes}
        self._mesh = tuple(pe for pe in vpn.pes if pe not in self._hubs)
        self._own = {pe: _Kinds(pe in roots, pe in leaves) for pe in vpn.pes}
        self._pes_with = len(roots), len(leaves)
        self._behind = dict(self._own)
        self._spokes: dict[str, list[str]] = {}
        for spoke, hubs in self._hubs.items():
            for hub in hubs:
                self._spokes.setdefault(hub, []).append(spoke)
                self._behind[hub] = self._behind[hub].or_(self._own[spoke])
        self._topology = vpn.topology
        is_plain = not (self._hubs or leaves) and vpn.topology.mesh is None
        self._plain = tuple(map(WireEnd, self._mesh)) if is_plain else None

    def at(self, pe: str) -> Iterator[WireEnd]:
        """Yield the pseudowires of a PE, by the PE at the other end."""
        if self._plain is not None:  # the usual case, of which there may be millions
            return (end for end in self._plain if end.peer != pe)
        return iter(sorted(self._ends(pe), key=lambda end: end.peer))

    def _ends(self, pe: str) -> Iterator[WireEnd]:
        if pe in self._hubs:
            end = _end(pe, self._own[pe], self._but(pe))
            for hub in self._hubs[pe]:
                is_second = hub != self._hubs[pe][0]
                yield replace(end, peer=hub, to_hub=True, secondary=is_second)
            return
        here = self._behind[pe]
        for peer in self._mesh:
            is_joined = peer != pe and self._topology.has_wire(pe, peer)
            if is_joined and (here.roots or self._behind[peer].roots):
                yield _end(peer, here, self._behind[peer])
        for spoke in self._spokes.get(pe, ()):
            end = _end(spoke, self._but(spoke), self._own[spoke])
            yield replace(end, spoke=True, secondary=pe != self._hubs[spoke][0])

    def _but(self, pe: str) -> _Kinds:
        """Return what is anywhere but at a PE."""
        own, (roots, leaves) = self._own[pe], self._pes_with
        return _Kinds(roots > own.roots, leaves > own.leaves)

    def mesh_of(self, pe: str) -> tuple[str, ...] | None:
        """Return the PEs that a PE of a partial mesh is joined to; None if the mesh is full."""
        if self._topology.mesh is None:
            return None
        found = (peer for peer in self._mesh if peer != pe and self._topology.has_wire(pe, peer))
        return () if pe in self._hubs else tuple(found)

    def stands_by(
        self,
        pe: str,
        peer: str,
        reaches: Callable[[str, str], bool],
        rising: Collection[str] = (),
    ) -> bool:
        """Whether the pseudowire between a spoke PE and one of its hub PEs is not the one in use.

        Args:
            pe: of one end.
            peer: of the other end.
            reaches: whether an LSP leads from one PE to another.
            rising: hub PEs that come back, and are not used yet where there is another.
        """
        spoke, hub = (pe, peer) if pe in self._hubs else (peer, pe)
        hubs = self._hubs.get(spoke, ())
        usable = [each for each in hubs if reaches(spoke, each) and reaches(each, spoke)]
        usable.sort(key=lambda each: each in rising)
        return len(hubs) > 1 and next(iter(usable), hub) != hub

    def choices(self) -> Iterator[tuple[str, str]]:
        """Yield the tunnels by which spoke PEs with several hubs choose one."""
        for spoke, hubs in self._hubs.items():
            if len(hubs) > 1:
                yield from ((spoke, hub) for hub in hubs)
                yield from ((hub, spoke) for hub in hubs)


def _end(peer: str, here: _Kinds, there: _Kinds) -> WireEnd:
    both = here.roots and here.leaves and there.roots and there.leaves
    return WireEnd(peer, leaf=there.leaves and not there.roots, two_labels=both)
