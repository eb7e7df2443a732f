"""What a fake data plane reads and writes in a packet: label stacks, IP headers.

What a PE's gateway is, and DSCP to TC, stand here once more: an oracle that took them from
program/gateway.py and program/diffserv.py would not find what is wrong there.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_network

from tests.oracles.fakepacket import internet_checksum

TAGS = (0x8100, 0x88A8)
NO_SOURCES = tuple(
    map(ip_network, ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3", "::/127", "ff00::/8"))
)
"""This host, loopback, multicast, reserved and broadcast (RFC 6890); RFC 4291."""
LINK_LOCAL = ip_network("fe80::/10")


@dataclass(frozen=True)
class Shim:
    """A label stack entry (RFC 3032 section 2.1) without its S bit: its place says that."""

    label: int
    traffic_class: int
    ttl: int


def ethertype(frame: bytes) -> int:
    return int.from_bytes(frame[12:14], "big")


def stack(data: bytes) -> tuple[list[Shim], bytes]:
    """Return the label stack at the start, and what is below it."""
    found, is_last = [], False
    while not is_last:
        number, data = int.from_bytes(data[:4], "big"), data[4:]
        found.append(Shim(number >> 12, number >> 9 & 7, number & 0xFF))
        is_last = bool(number & 0x100)
    return found, data


def stack_bytes(shims: list[Shim]) -> bytes:
    return b"".join(
        (
            shim.label << 12
            | shim.traffic_class << 9
            | (0x100 if place == len(shims) else 0)
            | shim.ttl
        ).to_bytes(4, "big")
        for place, shim in enumerate(shims, 1)
    )


def class_of_frame(frame: bytes) -> int:
    """Return the TC that an Ethernet frame's labels get: of the IP packet in it, else 0."""
    at = 12
    for _ in range(3):
        if int.from_bytes(frame[at : at + 2], "big") not in TAGS:
            break
        at += 4
    is_ip = frame[at : at + 2] in {b"\x08\x00", b"\x86\xdd"}
    return IpBytes(frame[at + 2 :]).traffic_class if is_ip else 0


def is_never_routed(address: IPv4Address | IPv6Address) -> bool:
    return address in LINK_LOCAL or is_no_source(address)


def is_no_source(address: IPv4Address | IPv6Address) -> bool:
    return any(address in prefix for prefix in NO_SOURCES)


@dataclass(frozen=True)
class IpBytes:
    """An IP packet of either version, without options and extension headers."""

    whole: bytes

    @property
    def version(self) -> int:
        return self.whole[0] >> 4

    @property
    def destination(self) -> IPv4Address | IPv6Address:
        if self.version == 4:
            return IPv4Address(self.whole[16:20])
        return IPv6Address(self.whole[24:40])

    @property
    def source(self) -> IPv4Address | IPv6Address:
        if self.version == 4:
            return IPv4Address(self.whole[12:16])
        return IPv6Address(self.whole[8:24])

    def is_whole(self, version: int) -> bool:
        """Whether version, lengths and checksum are what they should be (RFC 1812 5.2.2)."""
        least = 20 if version == 4 else 40
        if len(self.whole) < least or self.version != version:
            return False
        if version == 6:
            return least + int.from_bytes(self.whole[4:6], "big") <= len(self.whole)
        header = 4 * (self.whole[0] & 15)
        if not least <= header <= int.from_bytes(self.whole[2:4], "big") <= len(self.whole):
            return False
        return not internet_checksum(self.whole[:header])

    @property
    def protocol(self) -> int:
        return self.whole[9 if self.version == 4 else 6]

    @property
    def ttl(self) -> int:
        return self.whole[self._ttl_at]

    @property
    def _ttl_at(self) -> int:
        return 8 if self.version == 4 else 7

    @property
    def body(self) -> bytes:
        return self.whole[20 if self.version == 4 else 40 :]

    @property
    def traffic_class(self) -> int:
        """The first three bits of its DSCP (RFC 2474 section 4.2.2, RFC 5462)."""
        if self.version == 4:
            return self.whole[1] >> 5
        return (int.from_bytes(self.whole[:2], "big") >> 4 & 0xFF) >> 5

    def with_ttl(self, ttl: int) -> IpBytes:
        data = bytearray(self.whole)
        data[self._ttl_at] = ttl
        return IpBytes(_with_checksum4(data))

    @property
    def is_echo_request4(self) -> bool:
        return self.version == 4 and self.protocol == 1 and self.body[0] == 8

    def echo_reply4(self, ttl: int) -> IpBytes:
        data = bytearray(self.whole)
        data[12:16], data[16:20] = data[16:20], data[12:16]
        data[8], data[20] = ttl, 0
        data[22:24] = bytes(2)
        data[22:24] = internet_checksum(data[20:]).to_bytes(2, "big")
        return IpBytes(_with_checksum4(data))


def _with_checksum4(data: bytearray) -> bytes:
    if data[0] >> 4 == 4:
        data[10:12] = bytes(2)
        data[10:12] = internet_checksum(data[:20]).to_bytes(2, "big")
    return bytes(data)
