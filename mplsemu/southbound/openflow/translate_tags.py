"""Flows of circuits that VLAN tags tell apart on a port (RFC 4448 section 4.1, raw mode).

Behind the tables of ports and of inner tags a frame has no service-delimiting tag, and its port is
the circuit's own number, as if each circuit had a port. Where it leaves, the tags of its circuit
are pushed.

Open vSwitch reads one tag of a frame (its `vlan-limit`) and remembers at most two: a third push has
it forget one. So it reads a frame anew between two pops; and where two may be pushed, it is made to
overlook a customer's own tag: it reads the frame anew with a tag before that, which is popped then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.model.tags import MIN_VLAN, TagType, VlanTags
from mplsemu.program.services import AttachmentCircuit, Vsi
from mplsemu.southbound.openflow.actions import (
    Action,
    Move,
    Output,
    PopMpls,
    PopVlan,
    PushMpls,
    PushVlan,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_ANY_MPLS, Lsr
from mplsemu.southbound.openflow.match import (
    ETH_TYPE,
    IN_PORT,
    METADATA,
    VLAN_VID,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import (
    NO_PORT,
    REG_DELIMITER,
    REG_SCRATCH,
    REG_SOURCE,
    REG_TARGET,
    Priority,
    Table,
)
from mplsemu.wire.ethernet import EtherType

_PRESENT: Final = 0x1000
"""OFPVID_PRESENT (OpenFlow 1.3.5 section 7.2.3.7): there is a tag."""
_VLAN_BITS: Final = 12
UNTAGGED: Final = Term(VLAN_VID, 0)
IS_TAGGED: Final = Term(VLAN_VID, _PRESENT, _PRESENT)
_TAGGED: Final = (
    IS_TAGGED,
    # behind a tag that was removed Open vSwitch reads no further one
    Term(ETH_TYPE, EtherType.VLAN),
    Term(ETH_TYPE, EtherType.SERVICE_VLAN),
)


def push_tag(kind: TagType, vlan: int) -> tuple[Action, ...]:
    """Return the actions that push a tag."""
    return PushVlan(kind), SetField(VLAN_VID, _PRESENT | vlan)


_READ_ANEW: Final[tuple[Action, ...]] = (PushMpls(), PopMpls(EtherType.VLAN))
"""Open vSwitch makes nothing of the two but to parse the frame once more, a recirculation."""
OVERLOOK_TAG: Final = (*push_tag(TagType.CUSTOMER, MIN_VLAN), *_READ_ANEW, PopVlan())
"""Open vSwitch no longer knows of a frame's tag then, but for the Ethernet type. Not for a frame
that carries labels: those of `_READ_ANEW` would be one stack with them."""


def outer_tag_flows(circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows that pop the outer tag of circuits with two, one for each outer tag."""
    outer_tags = {
        (circuit.physical_port, circuit.tags.outer)
        for circuit in circuits
        if circuit.up and circuit.tags is not None and circuit.tags.inner is not None
    }
    for port, outer in sorted(outer_tags):
        match = Match.of(
            Term(IN_PORT, port), Term(VLAN_VID, _PRESENT | outer), Term(ETH_TYPE, EtherType.VLAN)
        )
        actions = (PopVlan(), SetField(REG_SCRATCH, outer), *_READ_ANEW)
        yield Flow(Table.PORTS, Priority.SPECIFIC, match, actions, Table.INNER_TAGS)


def arrival_table(circuit: AttachmentCircuit) -> Table:
    """Return the table that knows a circuit by its tags."""
    return Table.INNER_TAGS if _has_two(circuit) else Table.PORTS


def arrival_terms(circuit: AttachmentCircuit) -> tuple[Term, ...]:
    """Return what frames of a circuit match in its `arrival_table`."""
    in_port = Term(IN_PORT, circuit.physical_port)
    if circuit.tags is not None and circuit.tags.inner is not None:
        inner = Term(VLAN_VID, _PRESENT | circuit.tags.inner)
        return in_port, Term(REG_SCRATCH, circuit.tags.outer), inner
    if circuit.tags is not None:
        return in_port, Term(VLAN_VID, _PRESENT | circuit.tags.outer)
    return (in_port, UNTAGGED) if circuit.line is not None else (in_port,)


def arrival_actions(circuit: AttachmentCircuit) -> tuple[Action, ...]:
    """Return the actions that remove a circuit's last tag and note which circuit it is."""
    if not circuit.is_delimited:
        return ()
    pop = () if circuit.tags is None else (PopVlan(),)
    return pop if circuit.line is None else (*pop, SetField(IN_PORT, circuit.port))


def departure_actions(circuit: AttachmentCircuit) -> tuple[Action, ...]:
    """Return the actions that push a circuit's tags and send, also to where a frame came from."""
    push = _push(circuit.tags) if circuit.tags is not None else ()
    return (SetField(IN_PORT, NO_PORT), *push, Output(circuit.physical_port))


def _push(tags: VlanTags) -> tuple[Action, ...]:
    pairs = zip(reversed(tags.types), reversed(tags.identifiers), strict=True)
    return tuple(action for kind, vlan in pairs for action in push_tag(kind, vlan))


def is_tagged_mode(vsi: Vsi) -> bool:
    """Whether frames on a VSI's pseudowires have a tag (RFC 4448 section 4.4.1)."""
    return any(wire.is_tagged for wire in vsi.pseudowires)


def note_delimiter(vsi: Vsi, circuit: AttachmentCircuit) -> tuple[Action, ...]:
    """Return the action that notes the tag of a frame's circuit for pseudowires."""
    if circuit.tags is None or not is_tagged_mode(vsi):
        return ()
    return (SetField(REG_DELIMITER, circuit.tags.outer),)


def delimit(vsi: Vsi) -> tuple[Action, ...]:
    """Return the actions that put tagged mode's tag on a frame before it is encapsulated."""
    if not is_tagged_mode(vsi):
        return ()
    return PushVlan(TagType.CUSTOMER), Move(REG_DELIMITER, VLAN_VID, _VLAN_BITS)


def has_tag_table(lsr: Lsr, vsi: Vsi) -> bool:
    """Whether frames of a VSI's pseudowires go through the table of their tags."""
    return is_tagged_mode(vsi) or overlooks_tags(lsr, vsi)


def overlooks_tags(lsr: Lsr, vsi: Vsi) -> bool:
    """Whether a VSI's frames leave by a circuit with two tags, so that no other may be known."""
    return any(map(_has_two, map(lsr.circuit, vsi.circuits)))


def vsi_tag_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of the table of tags of frames that come from pseudowires."""
    for vsi in lsr.node.vsis:
        of_vsi, goto = Term(METADATA, vsi.index), entry_table(vsi)
        tagged = Match.of(of_vsi, IS_TAGGED)
        if is_tagged_mode(vsi):  # behind a tag that is popped no other is known
            take_off = Move(VLAN_VID, REG_DELIMITER, _VLAN_BITS), PopVlan()
            yield Flow(Table.VSI_TAGS, Priority.NORMAL, tagged, take_off, goto)
            continue
        if not overlooks_tags(lsr, vsi):
            continue
        yield Flow(Table.VSI_TAGS, Priority.NORMAL, Match.of(of_vsi), goto=goto)
        yield Flow(Table.VSI_TAGS, Priority.SPECIFIC, tagged, OVERLOOK_TAG, goto)
        for labelled in IS_ANY_MPLS:
            match = Match.of(of_vsi, IS_TAGGED, labelled)
            yield Flow(Table.VSI_TAGS, Priority.REFUSED, match)


def entry_table(vsi: Vsi) -> Table:
    """Return the table where a VSI takes its frames in."""
    return Table.VSI_LEARN if vsi.kind.learns_macs else Table.VSI_FORWARD


def _has_two(circuit: AttachmentCircuit) -> bool:
    return circuit.tags is not None and circuit.tags.inner is not None


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
