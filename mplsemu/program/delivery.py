"""Whether a packet is delivered: judged by all its copies, on every path that each may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import assert_never

from mplsemu.model.names import site_of
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
"""Says whether a packet is delivered by its copies, and which copy shows it best."""


def judge_all(branches: tuple[Branch, ...], judge: Judge) -> tuple[bool, Branch]:
    """Judge a packet on all paths; return the first failure, if there is one.

    Args:
        branches: all paths of all copies.
        judge: judges the copies on one path each.
    """
    judged = [judge(each.branches) for each in Walk(branches).variants()]
    return next((each for each in judged if not each[0]), judged[0])


def any_copy(arrived: Callable[[End], bool], copies: Sequence[Branch]) -> tuple[bool, Branch]:
    """Judge by whether any copy arrives; if none does, show a copy that was lost."""
    found = next((each for each in copies if arrived(each.end)), None)
    lost = next((each for each in copies if not isinstance(each.end, Delivered)), copies[0])
    return found is not None, found or lost


def ends_at_a_host(end: End) -> bool:
    """Whether a copy reaches a host that the lab knows."""
    return isinstance(end, Delivered) and end.host is not None


def every_copy(copies: Sequence[Branch]) -> tuple[bool, Branch]:
    """Judge by whether every copy leaves on some circuit."""
    lost = next((each for each in copies if not isinstance(each.end, Delivered)), None)
    return lost is None, lost or copies[0]


def arrived_at(program: Program, end: End, wanted: HostRef | None, mac: str | None) -> bool:
    """Whether a copy reached its target.

    Args:
        program: that it went through.
        end: how it ended.
        wanted: the host it was sent to; None for an address: any owner counts.
        mac: destination that the sender chose for its frame; None: no particular one.
    """
    match end:
        case Delivered() if wanted is None:
            return _is_someone(program, end)
        case Delivered(host=None) if mac is not None and is_group_mac(mac):
            return site_of(end.circuit) == f"{wanted.vpn}/{wanted.site}" if wanted else False
        case Delivered():
            return end.host == wanted
        case Punted():
            return wanted is None
        case Unresolved() | TtlExpired() | Dropped():
            return False
        case _:
            assert_never(end)


def _is_someone(program: Program, end: Delivered) -> bool:
    """Whether the address has an owner; behind a CE router only the lab's hosts are known."""
    circuit = program.node_of_circuit[end.circuit].circuit_by_name[end.circuit]
    is_behind = circuit.ce is not None or circuit.behind is not None
    return end.host is not None or end.is_ce or not is_behind
