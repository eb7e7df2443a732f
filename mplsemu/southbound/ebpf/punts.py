"""Packets from the data plane to the controller and back."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final, Self

from mplsemu.southbound.ebpf.checksum import completed
from mplsemu.southbound.ebpf.kinds import LARGE_PUNT_OCTETS
from mplsemu.southbound.ebpf.layout import LARGE_PUNT, PUNT
from mplsemu.southbound.ebpf.segment import first_segment
from mplsemu.southbound.punt.event import PuntReason

_INJECTED: Final = struct.Struct("!HIHIH")
_LOCAL_MAC: Final = 0x0200


@dataclass(frozen=True, slots=True)
class PuntRecord:
    """A record of the ring buffer `punts`: a packet as a network card would have sent it.

    Records have one of two lengths. An offloaded checksum is completed, and of a GSO packet the
    first segment is given.
    """

    lsr: int
    port: int
    reason: PuntReason
    service: int
    frame: bytes

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Return what the bytes say."""
        format_ = PUNT.format if len(data) == PUNT.size else LARGE_PUNT.format
        lsr, port, reason, service, length, frame = format_.unpack(data)
        frame = frame[:length]
        if length < LARGE_PUNT_OCTETS:  # else it may be cut, and stays as it is
            frame = completed(first_segment(frame))
        return cls(lsr, port, PuntReason(reason), service, frame)


def injected(lsr: int, service: int, ethertype: int, packet: bytes) -> bytes:
    """Return a frame for an LSR's loopback interface.

    Args:
        lsr: index of the LSR.
        service: index of the VRF that routes it; ignored for an MPLS packet.
        ethertype: of `packet`: IPv4, IPv6, or MPLS, which goes to the LFIB.
        packet: what follows the Ethernet header.
    """
    return _INJECTED.pack(_LOCAL_MAC, lsr, _LOCAL_MAC, service, ethertype) + packet
