"""Meters for what a VSI tells the controller: MAC moves, and IGMP and MLD that it snoops."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.model.mac_move import MacMove
from mplsemu.program.program import NodeProgram
from mplsemu.southbound.mac_moves import PER_VSI
from mplsemu.southbound.openflow.flow import Meter
from mplsemu.southbound.punt.rate_limits import PER_SOURCE

_FIRST: Final = 1 << 17
"""Beyond the meters of storm control; a VSI has two, by its index."""


def move_meter(vsi: int) -> int:
    """Return the number of a VSI's meter for MAC moves."""
    return _FIRST + 2 * vsi


def snooping_meter(vsi: int) -> int:
    """Return the number of a VSI's meter for IGMP and MLD."""
    return _FIRST + 2 * vsi + 1


def vsi_meters(node: NodeProgram) -> Iterator[Meter]:
    """Yield the meters of an LSR's VSIs."""
    for vsi in node.vsis:
        if vsi.mac_move is not MacMove.NONE:
            yield Meter(move_meter(vsi.index), PER_VSI.per_second, PER_VSI.burst)
        if vsi.igmp_snooping:
            number = snooping_meter(vsi.index)
            yield Meter(number, PER_SOURCE.per_second, PER_SOURCE.burst)
