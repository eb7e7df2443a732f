"""The Internet checksum (RFC 1071), with the pseudo-header of TCP, UDP and ICMPv6."""

from __future__ import annotations

import struct

from mplsemu.model.vpn import IPAddress


def internet_checksum(data: bytes) -> int:
    """Return the Internet checksum; 0 over data that holds a correct one."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def pseudo_header(src: IPAddress, dst: IPAddress, protocol: int, length: int) -> bytes:
    """Return the pseudo-header (RFC 9293 section 3.1, RFC 768, RFC 8200 section 8.1).

    The IPv4 form has its fields in another order than here; the sum is the same.

    Args:
        src: source address.
        dst: destination address, of the same IP version.
        protocol: of the payload.
        length: of the payload, in octets.
    """
    return src.packed + dst.packed + struct.pack("!I3xB", length, protocol)


def transport_checksum(src: IPAddress, dst: IPAddress, protocol: int, data: bytes) -> int:
    """Return the checksum with the pseudo-header; 0 over data that holds a correct one."""
    return internet_checksum(pseudo_header(src, dst, protocol, len(data)) + data)


def with_checksum(data: bytes, at: int, pseudo: bytes = b"") -> bytes:
    """Return data with its checksum filled in.

    Args:
        data: a header or a message; what the checksum field holds does not matter.
        at: offset of the checksum field.
        pseudo: pseudo-header, where the protocol has one.
    """
    head, tail = data[:at], data[at + 2 :]
    value = internet_checksum(pseudo + head + b"\0\0" + tail)
    return head + value.to_bytes(2) + tail
