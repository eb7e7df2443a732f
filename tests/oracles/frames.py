"""Customers' frames in bytes, and what is in a frame; scapy-like, for tests only."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from mplsemu.model.vpn import IPAddress
from tests.oracles.fakepacket import internet_checksum

TCP, UDP, ICMP, ICMPV6 = 6, 17, 1, 58
PAYLOAD = b"mplsemu " * 4


def mac(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def ethernet(
    dst: str, src: str, ethertype: int, payload: bytes, vlans: tuple[int, ...] = ()
) -> bytes:
    """Return a frame; `vlans` are tagged outermost first, 802.1ad outside where there are two."""
    tags = b""
    for depth, vlan in enumerate(vlans):
        tags += struct.pack("!HH", 0x88A8 if depth < len(vlans) - 1 else 0x8100, vlan)
    return mac(dst) + mac(src) + tags + ethertype.to_bytes(2, "big") + payload


def ip(
    src: IPAddress | str,
    dst: IPAddress | str,
    protocol: int = UDP,
    payload: bytes = struct.pack("!HHHH", 40000, 33434, 8 + len(PAYLOAD), 0) + PAYLOAD,
    ttl: int = 64,
    dscp: int = 0,
) -> bytes:
    """Return an IP packet; its payload stands there as it is given."""
    source, target = ip_address(src), ip_address(dst)
    if source.version == 6:
        head = struct.pack("!IHBB", 6 << 28 | dscp << 22, len(payload), protocol, ttl)
        return head + source.packed + target.packed + payload
    head = struct.pack("!BBHHHBBH", 0x45, dscp << 2, 20 + len(payload), 7, 0, ttl, protocol, 0)
    whole = bytearray(head + source.packed + target.packed)
    whole[10:12] = internet_checksum(whole).to_bytes(2, "big")
    return bytes(whole) + payload


def mended(packet: bytes) -> bytes:
    """Return an IPv4 packet with the header checksum that it should have."""
    whole, header = bytearray(packet), 4 * (packet[0] & 15)
    whole[10:12] = bytes(2)
    whole[10:12] = internet_checksum(whole[:header]).to_bytes(2, "big")
    return bytes(whole)


def with_options(packet: bytes, options: bytes) -> bytes:
    """Return an IPv4 packet with options, a multiple of four octets, behind its header."""
    whole = bytearray(packet[:20] + options + packet[20:])
    whole[0] += len(options) // 4
    whole[2:4] = (int.from_bytes(packet[2:4], "big") + len(options)).to_bytes(2, "big")
    return mended(bytes(whole))


def ip_frame(dst_mac: str, src_mac: str, packet: bytes, vlans: tuple[int, ...] = ()) -> bytes:
    ethertype = 0x86DD if packet[0] >> 4 == 6 else 0x0800
    return ethernet(dst_mac, src_mac, ethertype, packet, vlans)


def udp(src: str, dst: str, size: int = 32) -> bytes:
    """Return a UDP datagram with a right checksum."""
    body = struct.pack("!HHHH", 40000, 33434, 8 + size, 0) + bytes(range(256)) * (size // 256 + 1)
    return ip(src, dst, UDP, summed(src, dst, UDP, body[: 8 + size], 6))


def tcp(src: str, dst: str, flags: int, number: int = 7, ack: int = 9, size: int = 0) -> bytes:
    """Return a TCP segment with a right checksum."""
    head = struct.pack("!HHIIBBHHH", 40000, 80, number, ack, 0x50, flags, 1000, 0, 0)
    return ip(src, dst, TCP, summed(src, dst, TCP, head + bytes(size), 16))


def summed(src: str, dst: str, protocol: int, segment: bytes, at: int) -> bytes:
    """Return a segment with the checksum that it should have, in the field at an offset."""
    pseudo = ip_address(src).packed + ip_address(dst).packed
    pseudo += struct.pack("!II", len(segment), protocol)
    value = internet_checksum(pseudo + segment) or 0xFFFF
    return segment[:at] + value.to_bytes(2, "big") + segment[at + 2 :]


def echo(
    src: str, dst: str, kind: int | None = None, ttl: int = 64, body: bytes = PAYLOAD
) -> bytes:
    """Return an ICMP or ICMPv6 echo request, or another message of the same shape."""
    version = ip_address(src).version
    number = kind if kind is not None else (8 if version == 4 else 128)
    message = bytearray(struct.pack("!BBHHH", number, 0, 0, 1, 1) + body)
    pseudo = b""
    if version == 6:
        pseudo = ip_address(src).packed + ip_address(dst).packed
        pseudo += struct.pack("!II", len(message), ICMPV6)
    message[2:4] = internet_checksum(pseudo + bytes(message)).to_bytes(2, "big")
    return ip(src, dst, ICMP if version == 4 else ICMPV6, bytes(message), ttl)


def arp(
    operation: int, sha: str, spa: str, tha: str, tpa: str, dst: str = "ff:ff:ff:ff:ff:ff"
) -> bytes:
    body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
    body += mac(sha) + IPv4Address(spa).packed + mac(tha) + IPv4Address(tpa).packed
    return ethernet(dst, sha, 0x0806, body)


def solicitation(
    src_mac: str,
    src: str,
    target: str,
    option: bytes = b"\1\1",
    kind: int = 135,
    code: int = 0,
    ttl: int = 255,
) -> bytes:
    """Return what a host sends that looks for an address; `option` stands before its MAC."""
    message = struct.pack("!BBHI", kind, code, 0, 0) + ip_address(target).packed
    message += option + mac(src_mac) if option else b""
    whole = _icmp6(src, "ff02::1:ff00:1", message)
    return ip_frame("33:33:ff:00:00:01", src_mac, ip(src, "ff02::1:ff00:1", ICMPV6, whole, ttl))


def advertisement(gateway_mac: str, target: str, dst_mac: str, dst: str) -> bytes:
    """Return what a gateway says that was asked for its address."""
    message = struct.pack("!BBHI", 136, 0, 0, 0xE000_0000) + ip_address(target).packed
    whole = _icmp6(target, dst, message + b"\2\1" + mac(gateway_mac))
    return ip_frame(dst_mac, gateway_mac, ip(target, dst, ICMPV6, whole, ttl=255, dscp=48))


def _icmp6(src: str, dst: str, unsummed: bytes) -> bytes:
    pseudo = ip_address(src).packed + ip_address(dst).packed
    pseudo += struct.pack("!II", len(unsummed), ICMPV6)
    total = internet_checksum(pseudo + unsummed)
    return unsummed[:2] + total.to_bytes(2, "big") + unsummed[4:]


@dataclass(frozen=True)
class Seen:
    """What is in a frame on a link or circuit."""

    dst: str
    src: str
    ethertype: int
    stack: tuple[tuple[int, int, int], ...]
    """Label, TC and TTL, outermost first."""
    payload: bytes

    @property
    def ttl(self) -> int:
        return self.payload[7] if self.payload[0] >> 4 == 6 else self.payload[8]

    @property
    def protocol(self) -> int:
        return self.payload[6] if self.payload[0] >> 4 == 6 else self.payload[9]

    @property
    def addresses(self) -> tuple[IPAddress, IPAddress]:
        if self.payload[0] >> 4 == 6:
            return IPv6Address(self.payload[8:24]), IPv6Address(self.payload[24:40])
        return IPv4Address(self.payload[12:16]), IPv4Address(self.payload[16:20])

    @property
    def body(self) -> bytes:
        """What the IP packet carries."""
        return self.payload[40 if self.payload[0] >> 4 == 6 else 20 :]


def seen(frame: bytes) -> Seen:
    """Read an untagged frame."""
    ethertype, at, stack = int.from_bytes(frame[12:14], "big"), 14, []
    is_last = ethertype != 0x8847
    while not is_last:
        word = int.from_bytes(frame[at : at + 4], "big")
        stack.append((word >> 12, word >> 9 & 7, word & 0xFF))
        is_last, at = bool(word & 0x100), at + 4
    return Seen(frame[:6].hex(":"), frame[6:12].hex(":"), ethertype, tuple(stack), frame[at:])
