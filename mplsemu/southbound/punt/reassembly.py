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
"""RFC 8200 section 4.5, and the least that RFC 1122 section 3.3.2 wants."""
MAX_OCTETS: Final = 4 * 0x10000
"""Of one sender: four of the largest packets; RFC 1122 wants room for one of 576 octets."""
MAX_DATAGRAMS: Final = 16
"""Of one sender, at the same time."""
MAX_FRAGMENTS: Final = 128
"""Of one packet: the largest there is comes in as many of 576 octets."""

_Key = tuple[Hashable, IPAddress, IPAddress, int, int]
"""Sender, source, destination, protocol (of IPv4), identification."""


@dataclass(slots=True)
class _Datagram:
    """A packet of which some parts are there."""

    since: float
    punt: ParsedPunt
    pieces: dict[int, bytes] = field(default_factory=dict)
    head: bytes | None = None
    end: int | None = None
    octets: int = 0

    def add(self, part: Fragment) -> bool:
        """Take in a part; False if the packet can never become whole."""
        stop = part.offset + len(part.data)
        if self.pieces.get(part.offset) == part.data:
            return True  # it came twice
        if (
            stop > MAX_PACKET_BYTES
            or (part.more and len(part.data) % FRAGMENT_UNIT)
            or not part.data
        ):
            return False
        if any(at < stop and part.offset < at + len(data) for at, data in self.pieces.items()):
            return False  # RFC 5722: what overlaps is an attack
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
        """Return the packet if all of it is there."""
        if self.head is None or self.octets != self.end:
            return None  # parts do not overlap, so as many octets are all
        data = b"".join(self.pieces[at] for at in sorted(self.pieces))
        try:
            return joined(self.head, data)
        except PacketError:
            return None


class Reassembly:
    """The fragments that wait for others, by sender."""

    def __init__(self) -> None:
        self._datagrams: dict[_Key, _Datagram] = {}

    def __len__(self) -> int:
        return len(self._datagrams)

    @property
    def octets(self) -> int:
        """How many are held."""
        return sum(each.octets for each in self._datagrams.values())

    def add(self, sender: Hashable, punt: ParsedPunt, packet: IpPacket, now: float) -> bytes | None:
        """Take in a fragment; return the packet that it makes whole.

        Args:
            sender: who answers for it, for the bounds.
            punt: that brought it.
            packet: what is in it.
            now: in seconds.
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
        """Give up what has waited too long; yield the first fragments of it, as they came."""
        for key, datagram in list(self._datagrams.items()):
            if datagram.since + REASSEMBLY_TIMEOUT_S <= now:
                del self._datagrams[key]
                if datagram.head is not None:
                    yield datagram.punt

    def next_due(self) -> float | None:
        """Return when something will have waited too long."""
        return min(
            (each.since + REASSEMBLY_TIMEOUT_S for each in self._datagrams.values()), default=None
        )

    def _make_room(self, sender: Hashable) -> None:
        """Forget a sender's oldest where he has too many."""
        own = [key for key in self._datagrams if key[0] == sender]
        held = sum(self._datagrams[key].octets for key in own)
        while own and (len(own) > MAX_DATAGRAMS or held > MAX_OCTETS):
            held -= self._datagrams.pop(own.pop(0)).octets
