"""The first segment of a packet that its host left to be segmented (RFC 9293 section 3.7.1).

TCP hands over up to 64 kB as one packet. Of that the data plane gives the controller as much as the
first segment has; here it becomes that segment, as a network card would have made it.
"""

from __future__ import annotations

import struct
from typing import Final

from mplsemu.southbound.punt.wire import (
    ETHERTYPE_IPV4,
    ETHERTYPE_IPV6,
    checksum,
    parse_ethernet,
    parse_ip,
)

_TCP, _UDP = 6, 17
_CHECKSUM_AT: Final = {_TCP: 16, _UDP: 6}
_TCP_FLAGS_AT: Final = 13
_LAST_ONLY: Final = 0x09
"""FIN and PSH: of a segmented packet they are the last segment's."""
_UDP_LENGTH_AT: Final = 4
_MAX_SUM: Final = 0xFFFF


def first_segment(frame: bytes) -> bytes:
    """Return a frame that says how long it is; a frame that is whole comes back as it is."""
    ethernet = parse_ethernet(frame)
    if ethernet is None:
        return frame
    said = _shortened(ethernet.ethertype, ethernet.payload)
    packet = parse_ip(said, ethernet.ethertype) if said is not None else None
    at = _CHECKSUM_AT.get(packet.protocol) if packet is not None else None
    if said is None or packet is None or at is None or packet.is_later_fragment:
        return frame
    head, body = said[: len(said) - len(packet.payload)], bytearray(packet.payload)
    if len(body) < at + 2:
        return frame
    if packet.protocol == _TCP:
        body[_TCP_FLAGS_AT] &= ~_LAST_ONLY
    else:
        struct.pack_into("!H", body, _UDP_LENGTH_AT, len(body))
    struct.pack_into("!H", body, at, 0)
    pseudo = packet.src.packed + packet.dst.packed
    pseudo += struct.pack("!II", len(body), packet.protocol)
    struct.pack_into("!H", body, at, checksum(pseudo + bytes(body)) or _MAX_SUM)
    return frame[: len(frame) - len(said)] + head + bytes(body)


def _shortened(ethertype: int, packet: bytes) -> bytes | None:
    """Return an IP packet whose length is what is there; None if it is not longer than that."""
    if ethertype == ETHERTYPE_IPV4 and len(packet) >= 20:
        if int.from_bytes(packet[2:4], "big") <= len(packet):
            return None
        size = (packet[0] & 0xF) * 4
        head = bytearray(packet[:size])
        struct.pack_into("!H", head, 2, len(packet))
        struct.pack_into("!H", head, 10, 0)
        struct.pack_into("!H", head, 10, checksum(bytes(head)))
        return bytes(head) + packet[size:]
    if ethertype == ETHERTYPE_IPV6 and len(packet) >= 40:
        if 40 + int.from_bytes(packet[4:6], "big") <= len(packet):
            return None
        return packet[:4] + struct.pack("!H", len(packet) - 40) + packet[6:]
    return None
