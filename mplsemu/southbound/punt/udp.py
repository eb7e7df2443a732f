"""UDP datagrams that a gateway sends itself, as IP packets (RFC 768, RFC 8200 section 8.1)."""

from __future__ import annotations

from mplsemu.model.vpn import IPAddress
from mplsemu.wire.checksum import pseudo_header, with_checksum
from mplsemu.wire.ip import IpProtocol, ip_packet
from mplsemu.wire.udp import UDP_CHECKSUM_AT, UDP_HEADER_BYTES, UdpHeader


def udp_packet(
    src: IPAddress, dst: IPAddress, ports: tuple[int, int], data: bytes, ttl: int
) -> bytes:
    """Return an IP packet with a datagram.

    Args:
        src: address of the sender; `dst` of the receiver.
        dst: see `src`.
        ports: of both, in that order.
        data: what it carries.
        ttl: or hop limit.
    """
    length = UDP_HEADER_BYTES + len(data)
    datagram = UdpHeader(*ports, length, 0).to_bytes() + data
    pseudo = pseudo_header(src, dst, IpProtocol.UDP, length)
    whole = with_checksum(datagram, UDP_CHECKSUM_AT, pseudo)
    if whole[UDP_CHECKSUM_AT:UDP_HEADER_BYTES] == b"\0\0":  # 0 would mean that there is none
        whole = whole[:UDP_CHECKSUM_AT] + b"\xff\xff" + whole[UDP_HEADER_BYTES:]
    return ip_packet(src, dst, IpProtocol.UDP, whole, ttl=ttl)
