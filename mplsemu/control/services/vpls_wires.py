"""Which pseudowires a VPLS has between its PEs, by its topology (RFC 4762, RFC 7796)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    """

    peer: str
    leaf: bool = False
    two_labels: bool = False


@dataclass(frozen=True, slots=True)
class _Kinds:
    """Which kinds of sites are somewhere."""

    roots: bool
    leaves: bool


class VplsWires:
    """The pseudowires of one VPLS.

    Where two PEs have leaves only there is none between them: their frames would be for nobody
    (RFC 7796 section 5.1). Where one has leaves only, the other takes the pseudowire for a leaf,
    and one label does. Where both have roots and leaves, the label says which of them a frame is
    from.

    Args:
        vpn: the VPLS.
    """

    def __init__(self, vpn: Vpls) -> None:
        self._pes = pes_of(vpn.sites)
        leaves = pes_of(site for site in vpn.sites if vpn.topology.is_leaf(site.name))
        roots = pes_of(site for site in vpn.sites if not vpn.topology.is_leaf(site.name))
        self._kinds = {pe: _Kinds(pe in roots, pe in leaves) for pe in self._pes}

    def at(self, pe: str) -> Iterator[WireEnd]:
        """Yield the pseudowires of a PE, by the PE at the other end."""
        here = self._kinds[pe]
        for peer in self._pes:
            there = self._kinds[peer]
            if peer != pe and (here.roots or there.roots):
                both = here.roots and here.leaves and there.roots and there.leaves
                yield WireEnd(peer, leaf=not there.roots, two_labels=both)
