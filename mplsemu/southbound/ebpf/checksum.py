"""The checksum that a host has left to its network card: completed here, as the card would.

A veth hands packets on as they are, CHECKSUM_PARTIAL in Linux: in the field stands the sum over the
pseudo-header alone (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1). The kernels in between
know; who sends the bytes anew must complete them.
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
_FIELD_AT: Final = {_TCP: 16, _UDP: 6}
_MAX_SUM: Final = 0xFFFF


def completed(frame: bytes) -> bytes:
    """Return a frame whose TCP or UDP checksum is that of all its bytes, if it was left open.

    Any other frame comes back as it is: one whose checksum is complete, right or wrong, one that
    has been cut, a fragment, or no IP packet without tags and labels.
    """
    ethernet = parse_ethernet(frame)
    if ethernet is None or ethernet.ethertype not in {ETHERTYPE_IPV4, ETHERTYPE_IPV6}:
        return frame
    packet = parse_ip(ethernet.payload, ethernet.ethertype)
    if packet is None or packet.is_later_fragment:
        return frame
    at, segment = _FIELD_AT.get(packet.protocol), packet.payload
    if at is None or len(segment) < at + 2:
        return frame
    pseudo = packet.src.packed + packet.dst.packed
    pseudo += struct.pack("!II", len(segment), packet.protocol)
    (said,) = struct.unpack_from("!H", segment, at)
    is_complete = checksum(pseudo + segment) == 0
    if is_complete or said != _MAX_SUM - checksum(pseudo):
        return frame
    # what stands in the field is the pseudo-header's part of the sum
    full = checksum(segment) or _MAX_SUM
    start = len(frame) - len(ethernet.payload) + len(packet.whole) - len(segment) + at
    return frame[:start] + struct.pack("!H", full) + frame[start + 2 :]
