"""How many MAC addresses the FDB of a lab holds, and each VSI's share of them (pure).

No VPLS can take the room of another. The numbers do not depend on what is down.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from mplsemu.program.program import Program

_OF_EACH_MEMBER: Final = 1 << 10
"""Addresses for each circuit and each other PE of a VSI, unless the lab is too large."""
_LEAST: Final = 1 << 14
_MOST: Final = 1 << 20
_MOST_WITH_LIMITS: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class FdbCapacity:
    """Room for MAC addresses.

    Attributes:
        total: of all VSIs of all LSRs; a power of two.
        share: of each VSI without a `mac_limit`, at each PE.
    """

    total: int
    share: int


def fdb_capacity(program: Program) -> FdbCapacity:
    """Return how the VSIs of a lab share the room."""
    vsis = [vsi for node in program.nodes for vsi in node.vsis if vsi.kind.learns_macs]
    pes = Counter(vsi.name for vsi in vsis)
    limits = sum(vsi.mac_limit or 0 for vsi in vsis)
    free = [vsi for vsi in vsis if not vsi.mac_limit]
    members = sum(len(vsi.circuits) + pes[vsi.name] - 1 for vsi in free)
    ordinary = min(max(_LEAST, members * _OF_EACH_MEMBER), _MOST)
    total = min(1 << (ordinary + limits - 1).bit_length(), _MOST_WITH_LIMITS)
    left = max(total - limits, ordinary)  # mac_limits may add up to more than there is room for
    return FdbCapacity(total, max(1, left // max(1, len(free))))
