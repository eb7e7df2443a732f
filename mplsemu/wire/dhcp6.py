"""DHCPv6 messages as a relay agent reads and wraps them (RFC 8415 sections 8, 9 and 19)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from mplsemu.errors import PacketError

SERVER_PORT: Final = 547
"""Of servers and relay agents (RFC 8415 section 7.2)."""
CLIENT_PORT: Final = 546
ALL_AGENTS: Final = IPv6Address("ff02::1:2")
"""All_DHCP_Relay_Agents_and_Servers, to which clients send (RFC 8415 section 7.1)."""
CLIENT_MESSAGES: Final = frozenset({1, 3, 4, 5, 6, 8, 9, 11})
"""Solicit, Request, Confirm, Renew, Rebind, Release, Decline, Information-request (section 7.3)."""
SERVER_MESSAGES: Final = frozenset({2, 7, 10})
"""Advertise, Reply, Reconfigure."""
RELAY_FORWARD: Final = 12
RELAY_REPLY: Final = 13
RELAY_MESSAGE: Final = 9
"""Option that holds the message that is relayed (section 21.10)."""
INTERFACE_ID: Final = 18
"""Option by which a relay agent knows its interface again (section 21.18)."""

_HEADER_OCTETS: Final = 4
_RELAY_OCTETS: Final = 34
_LINK_AT, _PEER_AT = 2, 18
_OPTION_OCTETS: Final = 4
_MAX_OPTION: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class RelayMessage:
    """A message between a relay agent and a server (RFC 8415 section 9).

    Attributes:
        kind: `RELAY_FORWARD` or `RELAY_REPLY`.
        hops: relay agents that it passed before this one.
        link: an address by which a server knows the client's LAN.
        peer: the client.
        interface: of the relay agent towards the client, as it called it; None: not said.
        message: that is relayed.
    """

    kind: int
    hops: int
    link: IPv6Address
    peer: IPv6Address
    interface: bytes | None
    message: bytes

    def to_bytes(self) -> bytes:
        """Return it as it is sent."""
        head = bytes((self.kind, self.hops)) + self.link.packed + self.peer.packed
        said = _option(INTERFACE_ID, self.interface) if self.interface is not None else b""
        return head + said + _option(RELAY_MESSAGE, self.message)


def message_kind(data: bytes) -> int:
    """Return the type of a message between a client and a server.

    Raises:
        PacketError: it is cut short, or its options are.
    """
    if len(data) < _HEADER_OCTETS:
        raise PacketError("a DHCPv6 message is cut short")
    for _ in _options(data[_HEADER_OCTETS:]):
        pass  # each is whole
    return data[0]


def parse_relay_message(data: bytes) -> RelayMessage:
    """Return the relay message in a UDP datagram.

    Raises:
        PacketError: it is none, or it relays nothing.
    """
    if len(data) < _RELAY_OCTETS or data[0] not in {RELAY_FORWARD, RELAY_REPLY}:
        raise PacketError("not a DHCPv6 relay message")
    options: dict[int, bytes] = {}
    for code, value in _options(data[_RELAY_OCTETS:]):
        options.setdefault(code, value)
    if RELAY_MESSAGE not in options:
        raise PacketError("a DHCPv6 relay message without a message")
    return RelayMessage(
        kind=data[0],
        hops=data[1],
        link=IPv6Address(data[_LINK_AT:_PEER_AT]),
        peer=IPv6Address(data[_PEER_AT:_RELAY_OCTETS]),
        interface=options.get(INTERFACE_ID),
        message=options[RELAY_MESSAGE],
    )


def _option(code: int, value: bytes) -> bytes:
    if len(value) > _MAX_OPTION:
        raise PacketError("a DHCPv6 option that is too long")
    return code.to_bytes(2) + len(value).to_bytes(2) + value


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        if at + _OPTION_OCTETS > len(data):
            raise PacketError("a DHCPv6 option is cut short")
        code, length = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        at += _OPTION_OCTETS
        if at + length > len(data):
            raise PacketError("a DHCPv6 option is cut short")
        yield code, data[at : at + length]
        at += length
