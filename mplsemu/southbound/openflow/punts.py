"""Punts from OpenFlow's packet-ins, and packet-outs for answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mplsemu.southbound.openflow.actions import Action, Output, Resubmit, SetField
from mplsemu.southbound.openflow.match import METADATA, REGISTERS
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    FROM_SPOKE,
    MAC_MOVED,
    PUNT_REASON_MASK,
    REG_BEFORE,
    REG_PUNT,
    REG_SOURCE,
    Table,
)
from mplsemu.southbound.plane.events import AtPort, Attachment, MacMoved, OverPseudowire
from mplsemu.southbound.punt.event import IntoLfib, IntoVrf, OutOfPort, PacketOut, Punt, PuntReason
from mplsemu.wire.ethernet import mac_text

_MAC_OCTETS: Final = 6
_SOURCE_AT: Final = _MAC_OCTETS
_INVALID_TTL: Final = 2  # OFPR_INVALID_TTL, OpenFlow 1.3.5 section 7.4.1


def punt(
    reason: int, in_port: int, metadata: int, registers: Mapping[int, int], frame: bytes
) -> Punt | None:
    """Return the punt of a packet-in, None if no flow of the pipeline sent it.

    Args:
        reason: OpenFlow's (OFPR_*).
        in_port: where the packet came in.
        metadata: index of the VRF, 0 if none.
        registers: those that are not 0, by number.
        frame: from the Ethernet header on.
    """
    if reason == _INVALID_TTL:
        return Punt(PuntReason.TTL_EXPIRED, in_port, metadata, frame)
    said = registers.get(REGISTERS.index(REG_PUNT), 0)
    why = said & PUNT_REASON_MASK
    if not said or why not in set(PuntReason):
        return None
    return Punt(PuntReason(why), in_port, metadata, frame)


def is_move(registers: Mapping[int, int]) -> bool:
    """Whether a packet-in tells of a MAC address that has moved."""
    return registers.get(REGISTERS.index(REG_PUNT)) == MAC_MOVED


def mac_moved(node: str, metadata: int, registers: Mapping[int, int], frame: bytes) -> MacMoved:
    """Return what a packet-in for which `is_move` holds tells.

    Args:
        node: the PE that sent it.
        metadata: index of the VSI.
        registers: those that are not 0, by number.
        frame: from the Ethernet header on.
    """
    before, now = (
        _attachment(registers.get(REGISTERS.index(register), 0))
        for register in (REG_BEFORE, REG_SOURCE)
    )
    source = mac_text(frame[_SOURCE_AT : _SOURCE_AT + _MAC_OCTETS])
    return MacMoved(node, metadata, source, before, now)


def _attachment(number: int) -> Attachment:
    if number & (FROM_PSEUDOWIRE | FROM_SPOKE):
        return OverPseudowire(number & ~(FROM_PSEUDOWIRE | FROM_SPOKE))
    return AtPort(number)


@dataclass(frozen=True, slots=True)
class PacketOutActions:
    """What a packet-out message must say: the frame, and what the switch does with it."""

    actions: tuple[Action, ...]
    frame: bytes


def packet_out(out: PacketOut) -> PacketOutActions:
    """Return what a packet-out for an answer says; its in_port is the controller."""
    match out:
        case OutOfPort(port, frame):
            return PacketOutActions((Output(port),), frame)
        case IntoVrf(service, frame):
            actions = SetField(METADATA, service), Resubmit(Table.VRF_FIB)
            return PacketOutActions(actions, frame)
        case IntoLfib(frame):
            return PacketOutActions((Resubmit(Table.LFIB),), frame)
