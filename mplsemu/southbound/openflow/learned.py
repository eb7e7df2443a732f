"""The flows by which a switch remembers learned MAC addresses, and the places they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, assert_never

from mplsemu.program.program import NodeProgram, Program
from mplsemu.program.services import Vsi
from mplsemu.southbound.dataplane import BehindPe, Forgetting, LearnedMac, OnCircuit, Place
from mplsemu.southbound.openflow.flow import (
    COOKIE_KIND_MASK,
    LEARNED_COOKIE,
    learned_by_vsi,
    learned_from_attachment,
)
from mplsemu.southbound.openflow.pipeline import FROM_PSEUDOWIRE

_VSI_SHIFT = 32
_ATTACHMENT_MASK = (1 << _VSI_SHIFT) - 1


def cookies_to_forget(program: Program, order: Forgetting) -> Iterator[tuple[int, int]]:
    """Yield cookie and mask of the learned flows to remove; none if there is no such place."""
    node = program.node(order.node)
    vsi = node.vsi_by_name.get(order.vsi)
    if vsi is None:
        return
    if order.place is None:
        yield learned_by_vsi(vsi.index)
        return
    for attachment in _attachments(node, vsi, order.place):
        yield learned_from_attachment(vsi.index, attachment)


def _attachments(node: NodeProgram, vsi: Vsi, place: Place) -> Iterator[int]:
    match place:
        case OnCircuit(name):
            yield node.circuit_by_name[name].port
        case BehindPe(peer):
            yield from (FROM_PSEUDOWIRE | pw.index for pw in vsi.pseudowires if pw.peer == peer)
        case _:
            assert_never(place)


def is_learned(cookie: int) -> bool:
    """Whether a flow of this cookie is a learned MAC address."""
    return cookie & COOKIE_KIND_MASK == LEARNED_COOKIE


def learned_mac(node: NodeProgram, flow: Any) -> LearnedMac | None:
    """Return what a learned flow says, None if its VSI is not in the program.

    Args:
        node: the PE.
        flow: its statistics, as the framework has them.
    """
    index = (flow.cookie & ~COOKIE_KIND_MASK) >> _VSI_SHIFT
    vsi = next((vsi for vsi in node.vsis if vsi.index == index), None)
    if vsi is None:
        return None
    place = _place(node, vsi, flow.cookie & _ATTACHMENT_MASK)
    return LearnedMac(node.name, vsi.name, flow.match["eth_dst"], place)


def _place(node: NodeProgram, vsi: Vsi, attachment: int) -> Place | None:
    if attachment & FROM_PSEUDOWIRE:
        number = attachment ^ FROM_PSEUDOWIRE
        return next((BehindPe(pw.peer) for pw in vsi.pseudowires if pw.index == number), None)
    return next((OnCircuit(ac.name) for ac in node.circuits if ac.port == attachment), None)
