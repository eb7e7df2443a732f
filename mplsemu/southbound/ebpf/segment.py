"""Segmentation offload: the first segment of a GSO packet (RFC 9293 section 3.7.1).

TCP passes up to 64 kB as one packet. The data plane punts as many octets as the first segment has;
here they become that segment, as a network card would have made it.
"""

from __future__ import annotations

import struct
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.checksum import pseudo_header, with_checksum
from mplsemu.wire.ethernet import EtherType, parse_ethernet
from mplsemu.wire.ip import (
    IPV4_CHECKSUM_AT,
    IPV4_HEADER_BYTES,
    IPV6_HEADER_BYTES,
    IpPacket,
    IpProtocol,
    parse_ip,
)
from mplsemu.wire.tcp import TCP_CHECKSUM_AT, TCP_FLAGS_AT, TcpFlag
from mplsemu.wire.udp import UDP_CHECKSUM_AT, UDP_LENGTH_AT

_CHECKSUM_AT: Final = {
    int(IpProtocol.TCP): TCP_CHECKSUM_AT,
    int(IpProtocol.UDP): UDP_CHECKSUM_AT,
}
_LAST_ONLY: Final = TcpFlag.FIN | TcpFlag.PSH
"""Only the last segment of a packet has them."""


def first_segment(frame: bytes) -> bytes:
    """Return a frame whose headers have its real length; a whole frame is returned unchanged."""
    try:
        ethernet, payload = parse_ethernet(frame)
        shortened = _shortened(ethernet.ethertype, payload)
        packet = parse_ip(shortened, ethernet.ethertype) if shortened is not None else None
    except PacketError:
        return frame
    if shortened is None or packet is None or ethernet.vlans or packet.is_later_fragment:
        return frame
    segment = _segment(packet)
    if segment is None:
        return frame
    headers = shortened[: len(shortened) - len(packet.payload)]
    return frame[: len(frame) - len(payload)] + headers + segment


def _segment(packet: IpPacket) -> bytes | None:
    """Return its payload as the first segment; None if it is no TCP segment or UDP datagram."""
    at, body = _CHECKSUM_AT.get(packet.protocol), bytearray(packet.payload)
    if at is None or len(body) < at + 2:
        return None
    if packet.protocol == IpProtocol.TCP:
        body[TCP_FLAGS_AT] &= ~_LAST_ONLY
    else:
        struct.pack_into("!H", body, UDP_LENGTH_AT, len(body))
    pseudo = pseudo_header(packet.src, packet.dst, packet.protocol, len(body))
    made = with_checksum(bytes(body), at, pseudo)
    return made if made[at : at + 2] != b"\0\0" else made[:at] + b"\xff\xff" + made[at + 2 :]


def _shortened(ethertype: int, packet: bytes) -> bytes | None:
    """Return an IP packet whose length is what is there; None if it is not longer than that."""
    if ethertype == EtherType.IPV4 and len(packet) >= IPV4_HEADER_BYTES:
        if int.from_bytes(packet[2:4]) <= len(packet):
            return None
        size = (packet[0] & 0xF) * 4
        header = packet[:2] + len(packet).to_bytes(2) + packet[4:size]
        return with_checksum(header, IPV4_CHECKSUM_AT) + packet[size:]
    if ethertype == EtherType.IPV6 and len(packet) >= IPV6_HEADER_BYTES:
        length = len(packet) - IPV6_HEADER_BYTES
        if int.from_bytes(packet[4:6]) <= length:
            return None
        return packet[:4] + length.to_bytes(2) + packet[6:]
    return None
