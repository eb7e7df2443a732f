"""Flows that punt packets to the controller, metered per sender."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.southbound.openflow.actions import Action, Controller, Resubmit, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import Lsr
from mplsemu.southbound.openflow.match import IN_PORT, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    PUNT_CLASS_MASK,
    PUNT_CLASS_SHIFT,
    REG_PUNT,
    Priority,
    Table,
)
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.southbound.punt.rate_limits import PuntClass, class_of


def punt(reason: PuntReason) -> tuple[Action, ...]:
    """Return the actions that punt a packet; its processing ends there."""
    return SetField(REG_PUNT, punt_word(reason)), Resubmit(Table.PUNT)


def copy_of(reason: PuntReason, lsr: Lsr, port: int) -> tuple[Action, ...]:
    """Return the actions that punt a copy of a packet; other actions follow.

    Args:
        reason: why.
        lsr: the PE.
        port: of the circuit that the packet arrived on. The action names its meter, which may
            drop the copy but never the packet.
    """
    meter = lsr.punt_meters.number(Term(IN_PORT, port), class_of(reason))
    return SetField(REG_PUNT, punt_word(reason)), Controller(meter=meter)


def punt_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of the table of punts; none where there is no VRF."""
    dead = {circuit.port for circuit in lsr.node.circuits if not circuit.up}
    for sender in lsr.punt_meters.senders:
        if sender.field is IN_PORT and sender.value in dead:
            continue
        # by circuit first: an extranet may have led its packets into another VRF
        priority = Priority.SPECIFIC if sender.field is IN_PORT else Priority.NORMAL
        for asked in PuntClass:
            meter = lsr.punt_meters.number(sender, asked)
            of_class = Term(REG_PUNT, asked << PUNT_CLASS_SHIFT, PUNT_CLASS_MASK)
            match = Match.of(sender, of_class)
            if asked is PuntClass.ANSWERS:
                yield Flow(Table.PUNT, priority, match, (Controller(),), meter=meter)
            else:  # not by OFPM_CONTROLLER: hosts are resolved whatever else is punted
                yield Flow(Table.PUNT, priority, match, (Controller(meter=meter),))


def punt_word(reason: PuntReason) -> int:
    """Return what `REG_PUNT` holds of a punted packet."""
    return class_of(reason) << PUNT_CLASS_SHIFT | reason
