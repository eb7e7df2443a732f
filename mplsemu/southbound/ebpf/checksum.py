"""The checksum that a host has left to its network card: completed here, as the card would.

A veth hands packets on as they are, CHECKSUM_PARTIAL in Linux: in the field stands the sum over the
pseudo-header alone (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1). The kernels in between
know; who sends the bytes anew must complete them.
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
    """Return a frame whose TCP or UDP checksum is that of all its bytes, if it was left open.

    Any other frame comes back as it is: one whose checksum is complete, right or wrong, one that
    has been cut, a fragment, or no IP packet without tags and labels.
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
    # what stands in the field is the pseudo-header's part of the sum
    full = internet_checksum(segment) or _MAX_SUM
    start = len(frame) - len(payload) + len(packet.whole) - len(segment) + at
    return frame[:start] + full.to_bytes(2) + frame[start + 2 :]
