"""Packets that a data plane punts to the controller, and packets that it has to send."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class PuntReason(enum.IntEnum):
    """Why a data plane punted a packet."""

    TTL_EXPIRED = 0
    ARP = 1
    NEIGHBOUR_DISCOVERY = 2
    GLEAN = 3
    NO_ROUTE = 4
    ECHO_REQUEST6 = 5
    NOT_SERVED = 6
    TOO_BIG = 7
    FRAGMENT = 8
    SOLICITED = 9
    """A copy of a neighbour solicitation that the data plane has answered, as of ARP requests."""
    DHCP = 10
    """A client's request, to all on a LAN whose gateway is a DHCP or DHCPv6 relay agent."""
    SNOOPED = 11
    """IGMP or MLD from a circuit of a VSI that snoops; `Punt.service` is the VSI's."""


@dataclass(frozen=True, slots=True)
class Punt:
    """A punted packet.

    Attributes:
        reason: why.
        in_port: port of the LSR by which it came; a number that no port has if none.
        service: index of the VRF that was routing it, 0 if it still had labels.
        frame: the bytes, from the Ethernet header on.
    """

    reason: PuntReason
    in_port: int
    service: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class OutOfPort:
    """Send a frame out of a port as it is."""

    port: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class IntoVrf:
    """Have a VRF route an IP packet, as if it had come from a circuit.

    Attributes:
        service: index of the VRF.
        frame: the packet with an Ethernet header, whose addresses do not matter.
    """

    service: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class IntoLfib:
    """Have the LFIB forward a labelled packet, as if it had come from the core."""

    frame: bytes


PacketOut = OutOfPort | IntoVrf | IntoLfib
