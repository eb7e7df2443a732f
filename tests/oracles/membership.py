"""IGMP and MLD messages as hosts and multicast routers send them."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address, ip_address

from tests.oracles import frames
from tests.oracles.fakepacket import internet_checksum

ROUTER_ALERT = b"\x3a\0\5\2\0\0\1\0"
IGMP = 2


def igmp(kind: int, group: str = "0.0.0.0", src: str = "10.0.0.1", dst: str | None = None) -> bytes:
    """Return a packet with an IGMP message of version 1 or 2."""
    message = struct.pack("!BBH4s", kind, 0, 0, IPv4Address(group).packed)
    return _igmp(message, src, dst or group)


def igmp3(*records: tuple[int, str, int], src: str = "10.0.0.1") -> bytes:
    """Return a version 3 report: of each group the record type and how many sources it has."""
    body = b"".join(
        struct.pack("!BBH4s", kind, 0, sources, IPv4Address(group).packed) + bytes(4 * sources)
        for kind, group, sources in records
    )
    return _igmp(struct.pack("!BBHHH", 0x22, 0, 0, 0, len(records)) + body, src, "224.0.0.22")


def _igmp(message: bytes, src: str, dst: str) -> bytes:
    whole = bytearray(message)
    whole[2:4] = internet_checksum(message).to_bytes(2, "big")
    plain = frames.ip(src, dst, IGMP, bytes(whole), ttl=1)
    return frames.with_options(plain, b"\x94\4\0\0")


def mld(kind: int, group: str = "::", src: str = "fe80::9", dst: str | None = None) -> bytes:
    """Return a packet with an MLD message of version 1."""
    message = struct.pack("!BBHHH16s", kind, 0, 0, 1000, 0, IPv6Address(group).packed)
    return _mld(message, src, dst or group)


def mld2(*records: tuple[int, str, int], src: str = "fe80::9") -> bytes:
    """Return a version 2 report, as `igmp3`."""
    body = b"".join(
        struct.pack("!BBH16s", kind, 0, sources, IPv6Address(group).packed) + bytes(16 * sources)
        for kind, group, sources in records
    )
    return _mld(struct.pack("!BBHHH", 143, 0, 0, 0, len(records)) + body, src, "ff02::16")


def _mld(message: bytes, src: str, dst: str) -> bytes:
    pseudo = ip_address(src).packed + ip_address(dst).packed
    pseudo += struct.pack("!II", len(message), 58)
    whole = bytearray(message)
    whole[2:4] = internet_checksum(pseudo + message).to_bytes(2, "big")
    return frames.ip(src, dst, 0, ROUTER_ALERT + bytes(whole), ttl=1)


def in_frame(packet: bytes, src_mac: str) -> bytes:
    """Return the frame of a packet to a group."""
    at, size = (16, 4) if packet[0] >> 4 == 4 else (24, 16)
    low = packet[at : at + size]
    if size == 4:
        dst = "01:00:5e:" + bytes((low[1] & 0x7F, *low[2:])).hex(":")
    else:
        dst = "33:33:" + low[-4:].hex(":")
    return frames.ip_frame(dst, src_mac, packet)


MESSAGES = {
    "IGMPv1": igmp(0x12, "239.1.1.1"),
    "IGMPv2": igmp(0x16, "239.1.1.1"),
    "IGMP query": igmp(0x11, dst="224.0.0.1"),
    "IGMPv3": igmp3((4, "239.1.1.1", 0)),
    "MLD query": mld(130, dst="ff02::1"),
    "MLD": mld(131, "ff15::1"),
    "MLD done": mld(132, "ff15::1", dst="ff02::2"),
    "MLDv2": mld2((4, "ff15::1", 0)),
}
