"""The flows that hold learned MAC addresses, and where these were learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Vsi
from mplsemu.southbound.fdb_capacity import fdb_capacity
from mplsemu.southbound.openflow.flow import (
    COOKIE_KIND_MASK,
    LEARNED_COOKIE,
    learned_by_vsi,
    learned_from_attachment,
)
from mplsemu.southbound.openflow.match import METADATA
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    FROM_SPOKE,
    Table,
    attachment,
)
from mplsemu.southbound.plane.macs import BehindPe, LearnedAt, LearnedMac, MacFlush, OnCircuit
from mplsemu.wire.ethernet import mac_text

_VSI_SHIFT = 32
_DESTINATIONS = frozenset({0x8000_0606, 0x0000_0206})  # OXM's header of ETH_DST, and Nicira's
_ATTACHMENT_MASK = (1 << _VSI_SHIFT) - 1


@dataclass(frozen=True, slots=True)
class TableLimit:
    """A limit of a flow table and its eviction, as ovs-vsctl's ``Flow_Table`` has it.

    Attributes:
        table: its number.
        flows: at most.
        groups: flows are grouped by the value of this field; from the largest group, the flow that
            would expire first is evicted.
    """

    table: int
    flows: int
    groups: str


def learned_limits(program: Program) -> Mapping[str, TableLimit]:
    """Return, by LSR, the limit of its learned MAC addresses: the shares of its VSIs together.

    A learned flow's group is its VSI, so the VSI that has learned most loses its oldest address.
    """
    share = fdb_capacity(program).share
    limits = {}
    for node in program.nodes:
        if vsis := sum(vsi.kind.learns_macs for vsi in node.vsis):
            limits[node.name] = TableLimit(Table.VSI_FDB, share * vsis, f"{METADATA.oxm_name}[]")
    return limits


def cookies_to_flush(program: Program, order: MacFlush) -> Iterator[tuple[int, int]]:
    """Yield cookie and mask of the learned flows to remove; none if the place does not exist."""
    node = program.node(order.node)
    vsi = node.vsi_by_name.get(order.vsi)
    if vsi is None:
        return
    if order.place is None:
        yield learned_by_vsi(vsi.index)
        return
    for number in _attachments(node, vsi, order.place):
        yield learned_from_attachment(vsi.index, number)


def _attachments(node: NodeProgram, vsi: Vsi, place: LearnedAt) -> Iterator[int]:
    match place:
        case OnCircuit(name):
            yield node.circuit_by_name[name].port
        case BehindPe(peer):
            yield from (attachment(pw) for pw in vsi.pseudowires if pw.peer == peer)
        case _:
            assert_never(place)


def is_learned(cookie: int) -> bool:
    """Whether a flow of this cookie is a learned MAC address."""
    return cookie & COOKIE_KIND_MASK == LEARNED_COOKIE


def learned_mac(node: NodeProgram, cookie: int, match: bytes) -> LearnedMac | None:
    """Return what a learned flow says, None if its VSI is not in the program.

    Args:
        node: the PE.
        cookie: of the flow.
        match: its OXM fields.
    """
    index = (cookie & ~COOKIE_KIND_MASK) >> _VSI_SHIFT
    vsi = next((vsi for vsi in node.vsis if vsi.index == index), None)
    mac = _destination(match)
    if vsi is None or mac is None:
        return None
    place = _place(node, vsi, cookie & _ATTACHMENT_MASK)
    return LearnedMac(node.name, vsi.name, mac_text(mac), place)


def _destination(match: bytes) -> bytes | None:
    """Return the destination address of a match: faster than decoding all of it."""
    at = 0
    while at + 4 <= len(match):
        header = int.from_bytes(match[at : at + 4], "big")
        if header in _DESTINATIONS:
            return match[at + 4 : at + 10]
        at += 4 + (header & 0xFF)
    return None


def _place(node: NodeProgram, vsi: Vsi, number: int) -> LearnedAt | None:
    if number & (FROM_PSEUDOWIRE | FROM_SPOKE):
        wires = (wire for wire in vsi.pseudowires if attachment(wire) == number)
        return next((BehindPe(wire.peer) for wire in wires), None)
    return next((OnCircuit(ac.name) for ac in node.circuits if ac.port == number), None)
