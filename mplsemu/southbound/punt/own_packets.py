"""A gateway's own packets, cut where they are larger than its links take, as any source does."""

from __future__ import annotations

import struct
from typing import Final

from mplsemu.southbound.punt.fragment import fragments
from mplsemu.southbound.punt.wire import ETHERTYPE_IPV4, checksum, parse_ip

MIN_IPV6_MTU: Final = 1280
"""Every link takes as much (RFC 8200 section 5), so no router on the way complains."""
_IPV6_OCTETS, _FRAGMENT_OCTETS, _FRAGMENT = 40, 8, 44
_FRAGMENT_HEADER: Final = struct.Struct("!BxHI")


def own_fragments(whole: bytes, identification: int, mtu: int) -> tuple[bytes, ...]:
    """Return an IP packet as it can be sent, in order: itself, if it is not too large.

    Args:
        whole: a packet without extension headers.
        identification: of its fragments, 32 bits.
        mtu: octets of the largest that the next hop takes.
    """
    if len(whole) <= mtu:
        return (whole,)
    cut = _cut4 if whole[0] >> 4 == 4 else _cut6
    return cut(whole, identification, mtu)


def _cut4(whole: bytes, identification: int, mtu: int) -> tuple[bytes, ...]:
    made = bytearray(whole)
    struct.pack_into("!H", made, 4, (identification ^ identification >> 16) & 0xFFFF)
    struct.pack_into("!H", made, 10, 0)
    struct.pack_into("!H", made, 10, checksum(bytes(made[:20])))
    packet = parse_ip(bytes(made), ETHERTYPE_IPV4)
    return (fragments(packet, mtu) if packet else None) or ()


def _cut6(whole: bytes, identification: int, mtu: int) -> tuple[bytes, ...]:
    """Cut a packet by RFC 8200 section 4.5."""
    head, body = whole[:_IPV6_OCTETS], whole[_IPV6_OCTETS:]
    room = (mtu - _IPV6_OCTETS - _FRAGMENT_OCTETS) // 8 * 8
    made = []
    for at in range(0, len(body), room):
        data = body[at : at + room]
        more = at + room < len(body)
        start = bytearray(head)
        struct.pack_into("!HB", start, 4, _FRAGMENT_OCTETS + len(data), _FRAGMENT)
        made.append(bytes(start) + _FRAGMENT_HEADER.pack(head[6], at | more, identification) + data)
    return tuple(made)
