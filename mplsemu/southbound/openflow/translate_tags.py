"""Flows of circuits that VLAN tags tell apart on a port (RFC 4448 section 4.1, raw mode).

Behind the table of ports a frame has no service-delimiting tag, and its port is the circuit's own
number, as if each circuit had a port. Where it leaves, the tags of its circuit are pushed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.model.tags import VlanTags
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.openflow.actions import Action, Output, PopVlan, PushVlan, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.match import ETH_TYPE, IN_PORT, VLAN_VID, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    NO_PORT,
    REG_SOURCE,
    REG_TARGET,
    Priority,
    Table,
)
from mplsemu.wire.ethernet import EtherType

_PRESENT: Final = 0x1000
"""OFPVID_PRESENT (OpenFlow 1.3.5 section 7.2.3.7): there is a tag."""
UNTAGGED: Final = Term(VLAN_VID, 0)
_TAGGED: Final = (
    Term(VLAN_VID, _PRESENT, _PRESENT),
    # behind a tag that was removed Open vSwitch reads no further one
    Term(ETH_TYPE, EtherType.VLAN),
    Term(ETH_TYPE, EtherType.SERVICE_VLAN),
)


def arrival_terms(circuit: AttachmentCircuit) -> tuple[Term, ...]:
    """Return what frames of a circuit match where they arrive."""
    in_port = Term(IN_PORT, circuit.physical_port)
    if circuit.tags is not None:
        return in_port, Term(VLAN_VID, _PRESENT | circuit.tags.outer)
    return (in_port, UNTAGGED) if circuit.line is not None else (in_port,)


def arrival_actions(circuit: AttachmentCircuit) -> tuple[Action, ...]:
    """Return the actions that remove a circuit's tags and note which circuit it is."""
    if not circuit.is_delimited:
        return ()
    pop = tuple(PopVlan() for _ in (circuit.tags.identifiers if circuit.tags else ()))
    return pop if circuit.line is None else (*pop, SetField(IN_PORT, circuit.port))


def departure_actions(circuit: AttachmentCircuit) -> tuple[Action, ...]:
    """Return the actions that push a circuit's tags and send, also to where a frame came from."""
    push = _push(circuit.tags) if circuit.tags is not None else ()
    return (SetField(IN_PORT, NO_PORT), *push, Output(circuit.physical_port))


def _push(tags: VlanTags) -> tuple[Action, ...]:
    pairs = zip(reversed(tags.types), reversed(tags.identifiers), strict=True)
    return tuple(
        action
        for kind, vlan in pairs
        for action in (PushVlan(kind), SetField(VLAN_VID, _PRESENT | vlan))
    )


def bridged_departures(circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows by which frames leave on circuits of VSIs, never on the one they came by.

    On an untagged circuit of a shared line no frame leaves that has a customer's own tag: it would
    be taken for another circuit's.
    """
    for circuit in circuits:
        to_it = Term(REG_TARGET, circuit.port)
        yield Flow(
            Table.VSI_FORWARD, Priority.BROAD + 1, Match.of(to_it), departure_actions(circuit)
        )
        if circuit.tags is None:
            for number, tagged in enumerate(_TAGGED):
                # different priorities: a frame may have several tags
                priority = Priority.BROAD + 2 + number
                yield Flow(Table.VSI_FORWARD, priority, Match.of(to_it, tagged))
        back = Match.of(to_it, Term(REG_SOURCE, circuit.port))
        yield Flow(Table.VSI_FORWARD, Priority.BROAD + 2 + len(_TAGGED), back)
