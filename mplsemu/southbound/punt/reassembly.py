"""Reassembly of fragments for a gateway's own addresses, with bounds for each sender.

RFC 791 section 3.2, RFC 8200 section 4.5; RFC 1122 section 3.3.2. A sender whose fragments never
become whole displaces only his own. There is no clock here: the time is an argument.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.model.vpn import IPAddress
from mplsemu.southbound.punt.parsed import ParsedPunt
from mplsemu.wire.fragments import FRAGMENT_UNIT, MAX_PACKET_BYTES, Fragment, fragment_of, joined
from mplsemu.wire.ip import IpPacket

REASSEMBLY_TIMEOUT_S: Final = 60.0
"""RFC 8200 section 4.5, and the minimum of RFC 1122 section 3.3.2."""
MAX_OCTETS: Final = 4 * 0x10000
"""Per sender: four of the largest packets; RFC 1122 demands room for one of 576 octets."""
MAX_DATAGRAMS: Final = 16
"""Per sender, at the same time."""
MAX_FRAGMENTS: Final = 128
"""Per packet: the largest one in fragments of 576 octets has fewer."""

_Key = tuple[Hashable, IPAddress, IPAddress, int, int]
"""Sender, source, destination, protocol (of IPv4), identification."""


@dataclass(slots=True)
class _Datagram:
    """A packet of which some fragments are missing."""

    since: float
    punt: ParsedPunt
    pieces: dict[int, bytes] = field(default_factory=dict)
    head: bytes | None = None
    end: int | None = None
    octets: int = 0

    def add(self, part: Fragment) -> bool:
        """Add a fragment; return False if the packet can never become whole."""
        stop = part.offset + len(part.data)
        if self.pieces.get(part.offset) == part.data:
            return True  # a duplicate
        if (
            stop > MAX_PACKET_BYTES
            or (part.more and len(part.data) % FRAGMENT_UNIT)
            or not part.data
        ):
            return False
        if any(at < stop and part.offset < at + len(data) for at, data in self.pieces.items()):
            return False  # RFC 5722: overlapping fragments are an attack
        if not part.more:
            if self.end is not None:
                return False
            self.end = stop
        if self.end is not None and max(stop, *self.pieces, 0) > self.end:
            return False
        self.pieces[part.offset] = part.data
        self.octets += len(part.data)
        if part.offset == 0:
            self.head = part.head
        return len(self.pieces) <= MAX_FRAGMENTS

    def whole(self) -> bytes | None:
        """Return the packet if it is complete."""
        if self.head is None or self.octets != self.end:
            return None  # fragments do not overlap, so the sum tells
        data = b"".join(self.pieces[at] for at in sorted(self.pieces))
        try:
            return joined(self.head, data)
        except PacketError:
            return None


class Reassembly:
    """Incomplete packets, by sender."""

    def __init__(self) -> None:
        self._datagrams: dict[_Key, _Datagram] = {}

    def __len__(self) -> int:
        return len(self._datagrams)

    @property
    def octets(self) -> int:
        """Total size of the fragments."""
        return sum(each.octets for each in self._datagrams.values())

    def add(self, sender: Hashable, punt: ParsedPunt, packet: IpPacket, now: float) -> bytes | None:
        """Add a fragment; return the packet that it completes.

        Args:
            sender: whom the bounds apply to.
            punt: that brought it.
            packet: what is in it.
            now: time in seconds.
        """
        part = fragment_of(packet)
        if part is None:
            return packet.whole
        protocol = packet.protocol if packet.src.version == 4 else 0
        key = sender, packet.src, packet.dst, protocol, part.identification
        datagram = self._datagrams.get(key)
        if datagram is None:
            datagram = self._datagrams[key] = _Datagram(now, punt)
        if part.offset == 0:
            datagram.punt = punt
        may_become = datagram.add(part)
        whole = datagram.whole() if may_become else None
        if whole is not None or not may_become:
            del self._datagrams[key]
        else:
            self._make_room(sender)
        return whole

    def expire(self, now: float) -> Iterator[ParsedPunt]:
        """Drop packets that timed out; yield their first fragments, as they were punted."""
        for key, datagram in list(self._datagrams.items()):
            if datagram.since + REASSEMBLY_TIMEOUT_S <= now:
                del self._datagrams[key]
                if datagram.head is not None:
                    yield datagram.punt

    def next_due(self) -> float | None:
        """Return when the next packet times out."""
        return min(
            (each.since + REASSEMBLY_TIMEOUT_S for each in self._datagrams.values()), default=None
        )

    def _make_room(self, sender: Hashable) -> None:
        """Drop a sender's oldest packets while it exceeds its bounds."""
        own = [key for key in self._datagrams if key[0] == sender]
        held = sum(self._datagrams[key].octets for key in own)
        while own and (len(own) > MAX_DATAGRAMS or held > MAX_OCTETS):
            held -= self._datagrams.pop(own.pop(0)).octets
