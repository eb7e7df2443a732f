"""Flows of a PE's VSIs: learning, forwarding, flooding with split horizon (RFC 4762 section 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from mplsemu.errors import CapabilityError
from mplsemu.model.l2cp import L2cp
from mplsemu.model.mac_move import MacMove
from mplsemu.program.multicast import MulticastGroup
from mplsemu.program.reserved_macs import PROVIDER_RESERVED, filtered
from mplsemu.program.services import AttachmentCircuit, Pseudowire, Vsi
from mplsemu.program.split_horizon import (
    Group,
    groups_of_circuit,
    groups_of_pseudowire,
    out_label,
)
from mplsemu.southbound.openflow.actions import (
    Action,
    Clone,
    Learn,
    LearnLoad,
    LearnMatch,
    Output,
    OutputRegister,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow, learned_cookie
from mplsemu.southbound.openflow.lsr import FROM_GROUP_ADDRESS, TO_GROUP_ADDRESS, Lsr, mac_number
from mplsemu.southbound.openflow.match import ETH_DST, ETH_SRC, METADATA, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    REG_GROUPS,
    REG_SOURCE,
    REG_TARGET,
    REG_TUNNEL,
    Priority,
    Table,
    attachment,
)
from mplsemu.southbound.openflow.storm_meters import storm_meter
from mplsemu.southbound.openflow.translate_moves import LOOK_BEHIND, move_flows
from mplsemu.southbound.openflow.translate_snooping import is_for_group, snooping_flows
from mplsemu.southbound.openflow.translate_tags import bridged_departures, delimit
from mplsemu.southbound.openflow.translate_tunnels import encap_label

_FROM_CIRCUIT: Final = Term(REG_SOURCE, 0, FROM_PSEUDOWIRE)
_FROM_ANY_PSEUDOWIRE: Final = Term(REG_SOURCE, FROM_PSEUDOWIRE, FROM_PSEUDOWIRE)
_TO_CIRCUIT: Final = Term(REG_TARGET, 0, FROM_PSEUDOWIRE)
_UNKNOWN: Final = Term(REG_TARGET, 0)
_OF_SPOKES: Final = Priority.SPECIFIC + 1
"""Of flows about what comes from one spoke pseudowire, before those about groups."""
_MAX_AGING_S: Final = 0xFFFF


def vsi_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of all VSIs of a PE; none where it has no VSI.

    Raises:
        ProgramError: a VSI names what this PE does not have.
        CapabilityError: an aging time is longer than OpenFlow's idle timeout can be.
    """
    if lsr.node.vsis:
        # IEEE 802.1Q section 8.7: no station has a group address
        yield Flow(Table.VSI_LEARN, Priority.REFUSED, Match.of(FROM_GROUP_ADDRESS))
        yield from _filters(lsr)
        to_circuit = (OutputRegister(REG_TARGET),)
        yield Flow(Table.VSI_FORWARD, Priority.BROAD, Match.of(_TO_CIRCUIT), to_circuit)
    for vsi in lsr.node.vsis:
        circuits = [circuit for circuit in map(lsr.circuit, vsi.circuits) if circuit.up]
        yield from bridged_departures(each for each in circuits if each.is_delimited)
        if vsi.kind.learns_macs:
            yield from _learning_flows(vsi, [circuit.port for circuit in circuits])
            yield from _leaf_flows(vsi, circuits)
            for groups in _groups(lsr, vsi):
                yield from _pseudowire_flows(lsr, vsi, groups)
        for groups in _groups(lsr, vsi):
            yield from _flood_flows(lsr, vsi, circuits, groups)
            for each in vsi.groups if circuits else ():
                yield from _group_flows(lsr, vsi, circuits, groups, each)
        yield from snooping_flows(vsi)


def _groups(lsr: Lsr, vsi: Vsi) -> tuple[Group, ...]:
    """Return the split horizon groups, beside the mesh, by which frames may have come."""
    has_leaves = any(lsr.circuit(name).leaf for name in vsi.circuits)
    is_tree = has_leaves or any(wire.leaf for wire in vsi.pseudowires)
    return (Group.NONE, Group.LEAVES) if is_tree else (Group.NONE,)


def _of(groups: Group) -> tuple[Priority, tuple[Term, ...]]:
    """Return what flows have that are about frames of groups alone.

    They stand before those about all frames: so these stay as they are when leaves come and go.
    """
    if groups is Group.NONE:
        return Priority.NORMAL, ()
    return Priority.SPECIFIC, (Term(REG_GROUPS, groups, groups),)


def _leaf_flows(vsi: Vsi, circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield flows that drop what is from one leaf for another (RFC 7796 section 3)."""
    from_leaf = Term(REG_GROUPS, Group.LEAVES, Group.LEAVES)
    for port in (circuit.port for circuit in circuits if circuit.leaf):
        match = Match.of(Term(METADATA, vsi.index), Term(REG_TARGET, port), from_leaf)
        yield Flow(Table.VSI_FORWARD, Priority.REFUSED, match)


def _filters(lsr: Lsr) -> Iterator[Flow]:
    """Yield what drops frames for reserved addresses: of all VSIs together, where they agree."""
    bridges = [vsi for vsi in lsr.node.vsis if vsi.kind.learns_macs]
    if all(vsi.l2cp is L2cp.STANDARD for vsi in bridges):
        matches = [[_to(mac)] for mac in PROVIDER_RESERVED]
    else:
        matches = [
            [_to(mac), Term(METADATA, vsi.index)]
            for vsi in bridges
            for mac in filtered(vsi.kind, vsi.l2cp)
        ]
    for terms in matches:
        yield Flow(Table.VSI_LEARN, Priority.REFUSED + 1, Match.of(*terms))


def _to(mac: str) -> Term:
    return Term(ETH_DST, mac_number(mac))


def _learning_flows(vsi: Vsi, ports: list[int]) -> Iterator[Flow]:
    if not 1 <= vsi.mac_aging_s <= _MAX_AGING_S:
        raise CapabilityError(
            f"VSI {vsi.name!r}: MAC aging of {vsi.mac_aging_s} s; use 1..{_MAX_AGING_S}"
        )
    wires = (attachment(wire) for wire in vsi.pseudowires if not wire.standby)
    sources = (*ports, *wires)
    yield from move_flows(vsi, sources)
    for source in sources:
        learn = Learn(
            table=Table.VSI_FDB,
            priority=Priority.NORMAL,
            idle_timeout_s=vsi.mac_aging_s,
            cookie=learned_cookie(vsi.index, source),
            matches=(LearnMatch(METADATA, METADATA), LearnMatch(ETH_DST, ETH_SRC)),
            loads=(LearnLoad(REG_SOURCE, REG_TARGET),),
        )
        match = Match.of(Term(METADATA, vsi.index), Term(REG_SOURCE, source))
        looked_up = () if vsi.mac_move is MacMove.NONE else LOOK_BEHIND
        actions = (*looked_up, learn, Resubmit(Table.VSI_FDB))
        yield Flow(Table.VSI_LEARN, Priority.NORMAL, match, actions, Table.VSI_FORWARD)


def _pseudowire_flows(lsr: Lsr, vsi: Vsi, groups: Group) -> Iterator[Flow]:
    priority, of_groups = _of(groups)
    for wire in _wires(lsr, vsi):
        number = attachment(wire)
        terms = (Term(METADATA, vsi.index), Term(REG_TARGET, number), *of_groups)
        # to one of the mesh only from circuits and spokes: split horizon for known addresses
        match = Match.of(*terms) if wire.spoke else Match.of(*terms, _FROM_CIRCUIT)
        over = (*delimit(vsi), *_send_over(lsr, wire, groups))
        actions = over if _may_leave(groups, wire) else ()
        yield Flow(Table.VSI_FORWARD, priority, match, actions)
        if wire.spoke and not groups:  # nothing goes back to where it came from
            match = Match.of(*terms, Term(REG_SOURCE, number))
            yield Flow(Table.VSI_FORWARD, _OF_SPOKES, match)


def _flood_flows(
    lsr: Lsr, vsi: Vsi, circuits: Iterable[AttachmentCircuit], groups: Group
) -> Iterator[Flow]:
    priority, of_groups = _of(groups)
    flooded = (Term(METADATA, vsi.index), _UNKNOWN, *of_groups)
    if not vsi.floods_unknown:
        flooded = (*flooded, TO_GROUP_ADDRESS)
    to_circuits = _to_circuits(circuits, groups)
    # each copy is encapsulated in a clone: an encap of the packet itself would affect the next copy
    to_wires = [
        (wire, Clone(_send_over(lsr, wire, groups)))
        for wire in _wires(lsr, vsi)
        if _may_leave(groups, wire)
    ]
    spokes = [wire for wire in _wires(lsr, vsi) if wire.spoke]
    if circuits or spokes:
        over = [to_wire for _, to_wire in to_wires]
        to_all: tuple[Action, ...] = (*to_circuits, *_over_wires(vsi, over))
        if vsi.storm_control_bps is None:
            match = Match.of(*flooded, _FROM_CIRCUIT)
            yield Flow(Table.VSI_FORWARD, priority, match, to_all)
        else:
            match = Match.of(Term(METADATA, vsi.index), *of_groups)
            yield Flow(Table.VSI_FLOOD, priority, match, to_all)
            if groups is Group.NONE:
                yield from _metered(flooded, circuits)
        # split horizon: frames from one pseudowire never leave over another (RFC 4762 section 4.4)
        match = Match.of(*flooded, _FROM_ANY_PSEUDOWIRE)
        to_spokes = [to_wire for wire, to_wire in to_wires if wire.spoke]
        actions = (*to_circuits, *_over_wires(vsi, to_spokes))
        yield Flow(Table.VSI_FORWARD, priority, match, actions)
    for spoke in spokes:
        match = Match.of(*flooded, Term(REG_SOURCE, attachment(spoke)))
        to_others = [to_wire for wire, to_wire in to_wires if wire is not spoke]
        rank = _OF_SPOKES + bool(groups)
        actions = (*to_circuits, *_over_wires(vsi, to_others))
        yield Flow(Table.VSI_FORWARD, rank, match, actions)


def _group_flows(
    lsr: Lsr,
    vsi: Vsi,
    circuits: Iterable[AttachmentCircuit],
    groups: Group,
    known: MulticastGroup,
) -> Iterator[Flow]:
    """Yield the flows of a multicast group, which goes to its members (RFC 4541 section 2.1.2)."""
    before, of_groups = _of(groups)
    is_all = before is Priority.NORMAL
    priority = Priority.OF_GROUP if is_all else Priority.SPECIFIC_OF_GROUP
    terms = (Term(METADATA, vsi.index), *of_groups, *is_for_group(known.address))
    members = [circuit for circuit in circuits if circuit.name in known.circuits]
    to_circuits = _to_circuits(members, groups)
    wires = (wire for wire in _wires(lsr, vsi) if wire.peer in known.peers)
    to_all = (*to_circuits, *_over_wires(vsi, _to_wires(lsr, wires, groups)))
    if vsi.storm_control_bps is None:
        match = Match.of(*terms, _UNKNOWN, _FROM_CIRCUIT)
        yield Flow(Table.VSI_FORWARD, priority, match, to_all)
    else:
        yield Flow(Table.VSI_FLOOD, priority, Match.of(*terms), to_all)
    match = Match.of(*terms, _UNKNOWN, _FROM_ANY_PSEUDOWIRE)
    yield Flow(Table.VSI_FORWARD, priority, match, to_circuits)


def _to_circuits(circuits: Iterable[AttachmentCircuit], groups: Group) -> tuple[Action, ...]:
    return tuple(
        _copy_to(circuit) for circuit in circuits if not groups & groups_of_circuit(circuit)
    )


def _over_wires(vsi: Vsi, copies: Sequence[Action]) -> tuple[Action, ...]:
    """Return copies over pseudowires as the end of a flow, with tagged mode's tag on them.

    One tag for all: a push within a `clone` and anything sent behind that stop Open vSwitch 3.1.
    """
    return (*delimit(vsi), *copies) if copies else ()


def _to_wires(lsr: Lsr, wires: Iterable[Pseudowire], groups: Group) -> tuple[Action, ...]:
    # each copy is encapsulated in a clone: an encap of the packet itself would affect the next copy
    return tuple(Clone(_send_over(lsr, wire, groups)) for wire in wires if _may_leave(groups, wire))


def _may_leave(groups: Group, wire: Pseudowire) -> bool:
    """Whether a frame that came by groups, and not by the mesh, may leave over a pseudowire."""
    return not groups & groups_of_pseudowire(wire)


def _metered(flooded: tuple[Term, ...], circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows by which each circuit's frames pass its meter before they are flooded."""
    for circuit in circuits:
        match = Match.of(*flooded, Term(REG_SOURCE, circuit.port))
        meter = storm_meter(circuit.port)
        yield Flow(Table.VSI_FORWARD, Priority.NORMAL, match, (), Table.VSI_FLOOD, meter)


def _copy_to(circuit: AttachmentCircuit) -> Action:
    """Return the action that sends a copy on a circuit, unless the frame came by it."""
    if not circuit.is_delimited:
        return Output(circuit.port)
    return Clone((SetField(REG_TARGET, circuit.port), Resubmit(Table.VSI_FORWARD)))


def _wires(lsr: Lsr, vsi: Vsi) -> Iterator[Pseudowire]:
    """Yield the pseudowires that carry frames and have a tunnel.

    Open vSwitch 3.1 crashes on a packet that was encapsulated and then matched no flow.
    """
    return (wire for wire in vsi.pseudowires if not wire.standby and lsr.nhlfe_count(wire.peer))


def _send_over(lsr: Lsr, wire: Pseudowire, came_by: Group) -> tuple[Action, ...]:
    to_peer = SetField(REG_TUNNEL, lsr.egress(wire.peer))
    label = encap_label(out_label(wire, came_by))
    if lsr.nhlfe_count(wire.peer) > 1:  # chosen while the frame is outermost
        return (to_peer, Resubmit(Table.WAYS), *label, Resubmit(Table.TUNNEL_L2))
    return (*label, to_peer, Resubmit(Table.TUNNEL_L2))
