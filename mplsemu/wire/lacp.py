"""LACPDUs: what two ends of a link say of its part in a bundle (IEEE 802.1AX section 6.4.2)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from mplsemu.wire.ethernet import EthernetHeader, EtherType, mac_bytes

SLOW_PROTOCOLS_MAC: Final = "01:80:c2:00:00:02"
"""To which they are sent: no bridge passes it on."""
_ACTIVE: Final = 0x05
"""Flags LACP_Activity and Aggregation."""
_IN_USE: Final = 0x38
"""Flags Synchronization, Collecting and Distributing."""
_SUBTYPE_AND_VERSION: Final = struct.pack("!BB", 1, 1)
_ACTOR: Final = struct.Struct("!BBH6sHHHB3x")
_UNKNOWN_PARTNER: Final = struct.pack("!BB18x", 2, 20)
_REST: Final = struct.pack("!BBH12xBB50x", 3, 16, 0, 0, 0)
"""The collector's delay, the terminator, and what is reserved."""
_PRIORITY: Final = 0x8000


@dataclass(frozen=True, slots=True)
class Lacpdu:
    """An LACPDU of an end that has heard nothing of the other.

    Attributes:
        system: its MAC address; of several devices that act as one, the same.
        port: number of the link's port there, 1 to 65,535.
        in_use: whether frames may be sent to it.
    """

    system: str
    port: int
    in_use: bool

    def to_frame(self, source: str) -> bytes:
        """Return the frame that carries it, from this MAC address."""
        state = _ACTIVE | (_IN_USE if self.in_use else 0)
        actor = _ACTOR.pack(
            1, 20, _PRIORITY, mac_bytes(self.system), 1, _PRIORITY, self.port, state
        )
        header = EthernetHeader(source, SLOW_PROTOCOLS_MAC, (), EtherType.SLOW_PROTOCOLS)
        return header.to_bytes() + _SUBTYPE_AND_VERSION + actor + _UNKNOWN_PARTNER + _REST
