"""Checksum offload: completes the checksum that a host left to its network card.

A veth passes packets on as CHECKSUM_PARTIAL: the field holds the sum over the pseudo-header only
(RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1). The kernel keeps track of that; once the
bytes leave it, the checksum must be completed.
"""

from __future__ import annotations

from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import internet_checksum, pseudo_header
from mplsemu.wire.ethernet import parse_ethernet
from mplsemu.wire.ip import IpProtocol, parse_ip
from mplsemu.wire.tcp import TCP_CHECKSUM_AT
from mplsemu.wire.udp import UDP_CHECKSUM_AT

_CHECKSUM_AT: Final = {
    int(IpProtocol.TCP): TCP_CHECKSUM_AT,
    int(IpProtocol.UDP): UDP_CHECKSUM_AT,
}
_MAX_SUM: Final = 0xFFFF


def completed(frame: bytes) -> bytes:
    """Return a frame with its TCP or UDP checksum completed, if that was offloaded.

    Any other frame is returned unchanged: one with a complete checksum, right or wrong, a cut one,
    a fragment, or one with tags, labels or no IP packet.
    """
    try:
        ethernet, payload = parse_ethernet(frame)
        packet = parse_ip(payload, ethernet.ethertype)
    except PacketError:
        return frame
    if ethernet.vlans or packet.is_later_fragment:
        return frame
    at, segment = _CHECKSUM_AT.get(packet.protocol), packet.payload
    if at is None or len(segment) < at + 2:
        return frame
    pseudo = pseudo_header(packet.src, packet.dst, packet.protocol, len(segment))
    found = int.from_bytes(segment[at : at + 2])
    is_complete = internet_checksum(pseudo + segment) == 0
    if is_complete or found != _MAX_SUM - internet_checksum(pseudo):
        return frame
    # the field holds the pseudo-header's part of the sum
    full = internet_checksum(segment) or _MAX_SUM
    start = len(frame) - len(payload) + len(packet.whole) - len(segment) + at
    return frame[:start] + full.to_bytes(2) + frame[start + 2 :]
