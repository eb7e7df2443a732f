"""Flows that classify packets by port: core links, and circuits of VRFs and VSIs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.program.border_swaps import given_labels
from mplsemu.program.diffserv import CLASS_SELECTOR_SHIFT, ECN_BITS, TC_BITS
from mplsemu.program.reserved_macs import MAC_CONTROL, filtered
from mplsemu.program.services import Vrf, Vsi
from mplsemu.program.split_horizon import Group
from mplsemu.southbound.openflow.actions import Action, Move, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import (
    IP_VERSIONS,
    IS_ANY_MPLS,
    IS_ARP,
    IS_MPLS,
    Lsr,
    mac_number,
)
from mplsemu.southbound.openflow.match import (
    ETH_DST,
    ETH_TYPE,
    IN_PORT,
    IP_TOS,
    METADATA,
    MPLS_LABEL,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import (
    REG_GROUPS,
    REG_SOURCE,
    REG_TC,
    Priority,
    Table,
)
from mplsemu.southbound.openflow.translate_tags import (
    IS_TAGGED,
    OVERLOOK_TAG,
    UNTAGGED,
    arrival_actions,
    arrival_table,
    arrival_terms,
    entry_table,
    note_delimiter,
    outer_tag_flows,
    overlooks_tags,
)

IS_MAC_CONTROL: Final = Term(ETH_TYPE, MAC_CONTROL)
_CLASS_SELECTOR_AT: Final = ECN_BITS + CLASS_SELECTOR_SHIFT
DSCP_CLASS_TO_TC: Final = Move(IP_TOS, REG_TC, TC_BITS, source_offset=_CLASS_SELECTOR_AT)


def port_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of the ports' table; packets without a flow are dropped.

    Raises:
        ProgramError: a VRF or VSI names a circuit that this PE does not have.
    """
    for adjacency in lsr.node.adjacencies:
        if adjacency.border is not None:
            # from another provider no labels are taken but those that he was given (RFC 4364 10)
            for label in given_labels(lsr.node, adjacency.link):
                match = Match.of(Term(IN_PORT, adjacency.port), IS_MPLS, Term(MPLS_LABEL, label))
                yield Flow(Table.PORTS, Priority.NORMAL, match, goto=Table.LFIB)
            continue
        match = Match.of(Term(IN_PORT, adjacency.port), IS_MPLS)
        yield Flow(Table.PORTS, Priority.NORMAL, match, goto=Table.LFIB)
    yield from outer_tag_flows(lsr.node.circuits)
    for vrf in lsr.node.vrfs:
        yield from _vrf_ports(lsr, vrf)
    for vsi in lsr.node.vsis:
        yield from _vsi_ports(lsr, vsi)


def _vrf_ports(lsr: Lsr, vrf: Vrf) -> Iterator[Flow]:
    for circuit in map(lsr.circuit, vrf.circuits):
        if not circuit.up:
            continue
        # nothing else is routed, above all no labels from a customer (RFC 4364 section 13.1)
        arrival = arrival_terms(circuit)
        arrival = arrival if circuit.is_delimited else (*arrival, UNTAGGED)
        actions = (*arrival_actions(circuit), SetField(METADATA, vrf.index))
        for ethertype in (*IP_VERSIONS, IS_ARP):
            match = Match.of(*arrival, ethertype)
            is_validated = circuit.strict_urpf and ethertype in IP_VERSIONS
            goto = Table.VRF_SOURCE if is_validated else Table.VRF_INPUT
            yield Flow(arrival_table(circuit), Priority.NORMAL, match, actions, goto)


def _vsi_ports(lsr: Lsr, vsi: Vsi) -> Iterator[Flow]:
    goto = entry_table(vsi)
    for circuit in map(lsr.circuit, vsi.circuits):
        if not circuit.up:
            continue
        actions: tuple[Action, ...] = (
            *arrival_actions(circuit),
            SetField(METADATA, vsi.index),
            SetField(REG_SOURCE, circuit.port),
            *note_delimiter(vsi, circuit),
        )
        if circuit.leaf:
            actions = (*actions, SetField(REG_GROUPS, Group.LEAVES))
        arrival, table = arrival_terms(circuit), arrival_table(circuit)
        for ethertype in IP_VERSIONS:
            match = Match.of(*arrival, ethertype)
            marked = (*actions, DSCP_CLASS_TO_TC)
            yield Flow(table, Priority.SPECIFIC, match, marked, goto)
            if overlooks_tags(lsr, vsi) and not circuit.is_delimited:
                match = Match.of(*arrival, ethertype, IS_TAGGED)
                yield Flow(table, Priority.SPECIFIC + 1, match, (*marked, *OVERLOOK_TAG), goto)
        # Open vSwitch would take labels in the frame and those before it for one stack
        for ethertype in IS_ANY_MPLS:
            yield Flow(table, Priority.SPECIFIC, Match.of(*arrival, ethertype))
        bare = arrival if circuit.is_delimited else (*arrival, UNTAGGED)
        control = Match.of(*bare, IS_MAC_CONTROL)
        yield Flow(table, Priority.SPECIFIC, control)
        if not vsi.kind.learns_macs:
            for mac in filtered(vsi.kind, vsi.l2cp):
                control = Match.of(*arrival, Term(ETH_DST, mac_number(mac)))
                yield Flow(table, Priority.REFUSED, control)
        yield Flow(table, Priority.NORMAL, Match.of(*arrival), actions, goto)
        if overlooks_tags(lsr, vsi) and not circuit.is_delimited:
            match = Match.of(*arrival, IS_TAGGED)
            yield Flow(table, Priority.NORMAL + 1, match, (*actions, *OVERLOOK_TAG), goto)
