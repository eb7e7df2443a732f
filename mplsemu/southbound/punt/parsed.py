"""A punted packet, parsed: once, for all who decide about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.labels import LabelStackEntry
from mplsemu.southbound.punt.event import Punt, PuntReason
from mplsemu.wire.arp import Arp, parse_arp
from mplsemu.wire.ethernet import EthernetHeader, EtherType, parse_ethernet
from mplsemu.wire.ip import IpPacket, parse_ip
from mplsemu.wire.mpls import parse_stack
from mplsemu.wire.neighbour_discovery import (
    NeighbourAdvertisement,
    NeighbourSolicitation,
    parse_neighbour_message,
)

_NEIGHBOUR_REASONS: Final = frozenset({PuntReason.NEIGHBOUR_DISCOVERY, PuntReason.SOLICITED})
_QUOTED_REASONS: Final = frozenset(
    {PuntReason.TTL_EXPIRED, PuntReason.TOO_BIG, PuntReason.NO_ROUTE, PuntReason.NOT_SERVED}
)
"""An error quotes the packet's beginning: data planes may cut the rest off."""
_ETHERTYPE_OF_NIBBLE: Final = {4: EtherType.IPV4, 6: EtherType.IPV6}


@dataclass(frozen=True, slots=True)
class LabelledIp:
    """An IP packet below a label stack.

    Attributes:
        stack: outermost entry first.
        packet: the IP packet.
    """

    stack: tuple[LabelStackEntry, ...]
    packet: IpPacket


PuntedContent = IpPacket | LabelledIp | Arp | NeighbourSolicitation | NeighbourAdvertisement


@dataclass(frozen=True, slots=True)
class ParsedPunt:
    """A packet that came to the controller, as its reason has it read.

    Attributes:
        reason: why it came.
        in_port: port of the LSR by which it came; one that is no port of its own if none.
        service: index of the VRF that was looking at it, 0 if it still had labels.
        ethernet: its header, without tags.
        content: what follows.
    """

    reason: PuntReason
    in_port: int
    service: int
    ethernet: EthernetHeader
    content: PuntedContent


def parse_punt(punt: Punt) -> ParsedPunt | None:
    """Return a punted packet parsed, None if it is not what its reason says.

    Such a packet is dropped: nothing is learned from it, and no error is reported about it.
    """
    try:
        ethernet, payload = parse_ethernet(punt.frame)
        content = _content(punt.reason, ethernet, payload)
    except PacketError:
        return None
    return ParsedPunt(punt.reason, punt.in_port, punt.service, ethernet, content)


def _content(reason: PuntReason, ethernet: EthernetHeader, payload: bytes) -> PuntedContent:
    if ethernet.vlans:
        raise PacketError("a tagged frame was punted")
    if ethernet.ethertype == EtherType.MPLS:
        return _labelled(reason, payload)
    if reason is PuntReason.ARP:
        if ethernet.ethertype != EtherType.ARP:
            raise PacketError("a frame without ARP was punted as ARP")
        return parse_arp(payload)
    packet = parse_ip(payload, ethernet.ethertype, may_be_cut=reason in _QUOTED_REASONS)
    return parse_neighbour_message(packet) if reason in _NEIGHBOUR_REASONS else packet


def _labelled(reason: PuntReason, payload: bytes) -> LabelledIp:
    """Return a packet whose label's TTL expired: what is below the stack is inferred.

    An LSR in the middle does not know it (RFC 3032 section 2.3.2). What is not an IP packet
    beyond doubt is dropped silently, as that section says.
    """
    if reason is not PuntReason.TTL_EXPIRED:
        raise PacketError("a labelled packet was punted")
    stack, below = parse_stack(payload)
    ethertype = _ETHERTYPE_OF_NIBBLE.get(below[0] >> 4) if below else None
    if ethertype is None:
        raise PacketError("no IP packet is below the label stack")
    return LabelledIp(stack, parse_ip(below, ethertype))
