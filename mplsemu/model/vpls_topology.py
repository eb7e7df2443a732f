"""How the sites of a VPLS are joined: every one with every other, or as an E-Tree (RFC 7796)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class VplsTopology:
    """Which sites of a VPLS exchange frames.

    Attributes:
        roots: names of the sites that exchange frames with every other: the roots of an E-Tree
            (RFC 7796 section 3, MEF 6). All others are leaves, which exchange frames with roots
            alone. None: every site is a root.
    """

    roots: frozenset[str] | None = None

    def is_leaf(self, site: str) -> bool:
        """Whether a site, by its name within the VPN, is a leaf of an E-Tree."""
        return self.roots is not None and site not in self.roots


MULTIPOINT: Final = VplsTopology()
"""Every site exchanges frames with every other."""
