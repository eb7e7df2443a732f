"""DHCPv6 messages made by hand (RFC 8415 sections 8 and 9), for tests of the relay agent."""

from __future__ import annotations

from ipaddress import IPv6Address

SOLICIT, ADVERTISE, REPLY, FORWARD, ANSWER = 1, 2, 7, 12, 13
ALL_AGENTS = "ff02::1:2"
AGENTS_MAC = "33:33:00:01:00:02"


def option(code: int, value: bytes) -> bytes:
    """Return an option."""
    return code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value


def message(kind: int = SOLICIT, options: bytes = option(8, b"\0\0")) -> bytes:
    """Return a message between a client and a server."""
    return bytes((kind, 0x12, 0x34, 0x56)) + options


def relayed(
    kind: int,
    peer: str,
    inner: bytes,
    *,
    link: str = "2001:db8:1::1",
    interface: bytes | None = None,
    hops: int = 0,
) -> bytes:
    """Return a message between a relay agent and a server."""
    head = bytes((kind, hops)) + IPv6Address(link).packed + IPv6Address(peer).packed
    said = option(18, interface) if interface is not None else b""
    return head + said + option(9, inner)
