"""Flows by which a VSI notices that a MAC address has moved.

Before it learns, it looks a frame's source up where it looks up destinations. The flow cache of the
datapath holds the outcome, so an address that stays costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.model.mac_move import MacMove
from mplsemu.program.services import Vsi
from mplsemu.southbound.openflow.actions import Action, Controller, Move, Resubmit, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import ETH_DST, ETH_SRC, METADATA, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    MAC_MOVED,
    REG_BEFORE,
    REG_MAC,
    REG_PUNT,
    REG_SCRATCH,
    REG_SOURCE,
    REG_TARGET,
    Priority,
    Table,
)
from mplsemu.southbound.openflow.vsi_meters import move_meter

_LOW: Final = REG_SCRATCH.bits
_HIGH: Final = ETH_DST.bits - _LOW
_HEADER_OCTETS: Final = 64
"""Of a frame whose source has moved: its addresses are all that matters."""

LOOK_BEHIND: Final[tuple[Action, ...]] = (
    Move(ETH_DST, REG_SCRATCH, _LOW),
    Move(ETH_DST, REG_MAC, _HIGH, source_offset=_LOW),
    Move(ETH_SRC, ETH_DST, ETH_DST.bits),
    Resubmit(Table.VSI_FDB),
    Move(REG_TARGET, REG_BEFORE, REG_TARGET.bits),
    SetField(REG_TARGET, 0),
    Move(REG_SCRATCH, ETH_DST, _LOW),
    Move(REG_MAC, ETH_DST, _HIGH, target_offset=_LOW),
    Resubmit(Table.VSI_MOVES),
)
"""What a frame meets before its source is learned."""


def move_flows(vsi: Vsi, sources: Iterable[int]) -> Iterator[Flow]:
    """Yield the flows that tell the controller of a move; all other sources match those above.

    Args:
        vsi: of a PE.
        sources: its circuits and pseudowires that are up, as `REG_SOURCE` holds them.
    """
    if vsi.mac_move is MacMove.NONE:
        return
    own = Term(METADATA, vsi.index)
    is_new = Match.of(own, Term(REG_BEFORE, 0))
    yield Flow(Table.VSI_MOVES, Priority.SPECIFIC, is_new)
    for source in sources:
        stays = Match.of(own, Term(REG_BEFORE, source), Term(REG_SOURCE, source))
        yield Flow(Table.VSI_MOVES, Priority.SPECIFIC, stays)
    tell = Controller(max_len=_HEADER_OCTETS, meter=move_meter(vsi.index))
    moved = SetField(REG_PUNT, MAC_MOVED)
    yield Flow(Table.VSI_MOVES, Priority.NORMAL, Match.of(own), (moved, tell))
