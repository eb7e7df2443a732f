"""Meters for MAC moves that are told to the controller: one for each VSI that looks at them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.model.mac_move import MacMove
from mplsemu.program.program import NodeProgram
from mplsemu.southbound.mac_moves import PER_VSI
from mplsemu.southbound.openflow.flow import Meter

_FIRST: Final = 1 << 17
"""Beyond the meters of storm control; the index of a VSI has 16 bits."""


def move_meter(vsi: int) -> int:
    """Return the number of a VSI's meter."""
    return _FIRST | vsi


def move_meters(node: NodeProgram) -> Iterator[Meter]:
    """Yield the meters of an LSR."""
    for vsi in node.vsis:
        if vsi.mac_move is not MacMove.NONE:
            yield Meter(move_meter(vsi.index), PER_VSI.per_second, PER_VSI.burst)
