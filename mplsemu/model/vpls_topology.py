"""How the sites of a VPLS are joined: E-Tree (RFC 7796), hub PEs (RFC 4762 section 10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class SpokePe:
    """A PE outside of the full mesh, which reaches a VPLS by way of a hub PE (RFC 4762 section 10).

    Attributes:
        pe: its name; RFC 4762 calls it MTU-s.
        hubs: PEs of the full mesh, by preference: the first that it reaches has its spoke
            pseudowire, the others stand by (RFC 4762 section 10.2).
    """

    pe: str
    hubs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VplsTopology:
    """Which sites of a VPLS exchange frames, and which PEs have pseudowires.

    Attributes:
        roots: names of the sites that exchange frames with every other: the roots of an E-Tree
            (RFC 7796 section 3, MEF 6). All others are leaves, which exchange frames with roots
            alone. None: every site is a root.
        spokes: PEs outside of the mesh, by name.
        mesh: the pairs of PEs, each by name, that have a pseudowire between them; sites whose PEs
            have none exchange no frames (a partial mesh). None: all pairs but of spoke PEs.
    """

    roots: frozenset[str] | None = None
    spokes: tuple[SpokePe, ...] = ()
    mesh: frozenset[tuple[str, str]] | None = None

    def is_leaf(self, site: str) -> bool:
        """Whether a site, by its name within the VPN, is a leaf of an E-Tree."""
        return self.roots is not None and site not in self.roots

    def has_wire(self, pe: str, peer: str) -> bool:
        """Whether there is to be a pseudowire between two PEs of the mesh."""
        return self.mesh is None or (pe, peer) in self.mesh or (peer, pe) in self.mesh

    def hubs_of(self, pe: str) -> tuple[str, ...]:
        """Return the hub PEs of a PE, by preference; none if it is not a spoke PE."""
        return next((spoke.hubs for spoke in self.spokes if spoke.pe == pe), ())


MULTIPOINT: Final = VplsTopology()
"""Every site exchanges frames with every other."""
