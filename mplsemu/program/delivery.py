"""Whether a packet arrives: judged by all its copies, and by every way that each may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from mplsemu.model.network import HostRef
from mplsemu.program.path import (
    Branch,
    Delivered,
    Dropped,
    End,
    Punted,
    TtlExpired,
    Unresolved,
    Walk,
)
from mplsemu.program.program import Program
from mplsemu.wire.ethernet import is_group_mac

Judge = Callable[[Sequence[Branch]], tuple[bool, Branch]]
"""Tells of a packet's copies whether it arrives, and which of them shows that best."""


def judge_all(branches: tuple[Branch, ...], judge: Judge) -> tuple[bool, Branch]:
    """Judge a packet by all ways that it may take; return the first that goes wrong, if one does.

    `branches` are those of all ways of all copies.
    """
    judged = [judge(each.branches) for each in Walk(branches).variants()]
    return next((each for each in judged if not each[0]), judged[0])


def any_copy(arrived: Callable[[End], bool], copies: Sequence[Branch]) -> tuple[bool, Branch]:
    """Judge by whether one copy arrives; if none does, a copy that was lost tells most."""
    found = next((each for each in copies if arrived(each.end)), None)
    lost = next((each for each in copies if not isinstance(each.end, Delivered)), copies[0])
    return found is not None, found or lost


def ends_at_a_host(end: End) -> bool:
    """Whether a copy arrives at a host that the lab knows."""
    return isinstance(end, Delivered) and end.host is not None


def every_copy(copies: Sequence[Branch]) -> tuple[bool, Branch]:
    """Judge by whether all copies arrive, wherever that is."""
    lost = next((each for each in copies if not isinstance(each.end, Delivered)), None)
    return lost is None, lost or copies[0]


def arrived_at(program: Program, end: End, wanted: HostRef | None, mac: str | None) -> bool:
    """Whether a copy came to where it was meant to; `mac` is what the frame was sent to."""
    match end:
        case Delivered() if wanted is None:
            return _is_someone(program, end)
        case Delivered(host=None) if mac is not None and is_group_mac(mac):
            return end.circuit == f"{wanted.vpn}/{wanted.site}" if wanted else False
        case Delivered():
            return end.host == wanted
        case Punted():
            return wanted is None
        case Unresolved() | TtlExpired() | Dropped():
            return False
        case _:
            assert_never(end)


def _is_someone(program: Program, end: Delivered) -> bool:
    """Whether somebody has the address; behind a CE router only the lab's hosts are known."""
    ce = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit].ce
    return end.host is not None or end.is_ce or ce is None
