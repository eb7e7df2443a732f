"""DHCP messages made by hand (RFC 2131 section 2), for tests of the relay agent."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address

COOKIE = bytes((99, 130, 83, 99))
DISCOVER, OFFER = 1, 2
CLIENT = "02:00:00:00:00:77"


def message(
    operation: int,
    *,
    hops: int = 0,
    broadcast: bool = False,
    ciaddr: str = "0.0.0.0",
    yiaddr: str = "0.0.0.0",
    giaddr: str = "0.0.0.0",
    mac: str = CLIENT,
    options: bytes = bytes((53, 1, DISCOVER)),
    end: bytes = b"\xff",
) -> bytes:
    """Return a message with some options."""
    head = struct.pack("!BBBBIHH", operation, 1, 6, hops, 0x1234, 3, 0x8000 if broadcast else 0)
    addresses = b"".join(IPv4Address(each).packed for each in (ciaddr, yiaddr, "0.0.0.0", giaddr))
    client = bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0")
    return head + addresses + client + bytes(192) + COOKIE + options + end
