"""DHCP messages as a relay agent reads and changes them (RFC 2131 section 2, RFC 3046)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from mplsemu.errors import PacketError
from mplsemu.wire.ethernet import mac_text

SERVER_PORT: Final = 67
"""Of servers and relay agents."""
CLIENT_PORT: Final = 68
REQUEST: Final = 1
"""Operation of a message from a client; RFC 951 calls it BOOTREQUEST."""
REPLY: Final = 2
MAX_HOPS: Final = 16
"""A request that passed so many relay agents is discarded (RFC 1542 section 4.1.1)."""
RELAY_AGENT_INFORMATION: Final = 82
CIRCUIT_ID: Final = 1
"""Suboption of it: by which circuit the request came (RFC 3046 section 3.1)."""

_PAD, _END = 0, 255
_ETHERNET: Final = 1
_MAC_OCTETS: Final = 6
_HOPS_AT, _FLAGS_AT, _GIADDR_AT, _CHADDR_AT, _COOKIE_AT = 3, 10, 24, 28, 236
_OPTIONS_AT: Final = 240
_COOKIE: Final = bytes((99, 130, 83, 99))
_BROADCAST: Final = 0x80
_LEAST_OCTETS: Final = 300
"""Some clients and servers drop shorter ones (RFC 1542 section 2.1)."""
_MAX_OPTION: Final = 255


@dataclass(frozen=True, slots=True)
class DhcpMessage:
    """A DHCP message.

    Attributes:
        operation: `REQUEST` or `REPLY`.
        hops: relay agents that it passed.
        is_broadcast: the client wants its reply broadcast.
        ciaddr: the client's address, if it has one already; else 0.0.0.0, as for the others.
        yiaddr: the address that the client is offered.
        giaddr: the address of the first relay agent.
        client_mac: the client's.
        options: code and value of each, in order.
        whole: its bytes.
    """

    operation: int
    hops: int
    is_broadcast: bool
    ciaddr: IPv4Address
    yiaddr: IPv4Address
    giaddr: IPv4Address
    client_mac: str
    options: tuple[tuple[int, bytes], ...]
    whole: bytes

    def option(self, code: int) -> bytes | None:
        """Return the value of an option, None where it is not there."""
        return next((value for each, value in self.options if each == code), None)


def parse_dhcp(data: bytes) -> DhcpMessage:
    """Return the message in a UDP datagram.

    Raises:
        PacketError: it is none, or not of an Ethernet client.
    """
    if len(data) < _OPTIONS_AT or data[_COOKIE_AT:_OPTIONS_AT] != _COOKIE:
        raise PacketError("not a DHCP message")
    if (data[1], data[2]) != (_ETHERNET, _MAC_OCTETS):
        raise PacketError("not from a client on Ethernet")
    ciaddr, yiaddr, _, giaddr = (IPv4Address(data[at : at + 4]) for at in range(12, _CHADDR_AT, 4))
    return DhcpMessage(
        operation=data[0],
        hops=data[_HOPS_AT],
        is_broadcast=bool(data[_FLAGS_AT] & _BROADCAST),
        ciaddr=ciaddr,
        yiaddr=yiaddr,
        giaddr=giaddr,
        client_mac=mac_text(data[_CHADDR_AT : _CHADDR_AT + _MAC_OCTETS]),
        options=tuple(_options(data)),
        whole=data,
    )


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = _OPTIONS_AT
    while at < len(data) and data[at] != _END:
        code = data[at]
        if code == _PAD:
            at += 1
            continue
        if at + 2 > len(data) or at + 2 + data[at + 1] > len(data):
            raise PacketError("a DHCP option is cut short")
        yield code, data[at + 2 : at + 2 + data[at + 1]]
        at += 2 + data[at + 1]
    if at >= len(data):
        raise PacketError("DHCP options without an end")


def relayed_request(message: DhcpMessage, gateway: IPv4Address, circuit: str) -> bytes:
    """Return what a relay agent sends to a server: with its address, and by which circuit it came.

    RFC 2131 section 2, RFC 1542 section 4.1.1, RFC 3046 section 2.1: the option is the last one.
    """
    identifier = circuit.encode("ascii", "replace")[: _MAX_OPTION - 2]
    information = bytes((CIRCUIT_ID, len(identifier))) + identifier
    options = (*message.options, (RELAY_AGENT_INFORMATION, information))
    head = bytearray(message.whole[:_OPTIONS_AT])
    head[_HOPS_AT] += 1
    head[_GIADDR_AT:_CHADDR_AT] = gateway.packed
    return _with_options(bytes(head), options)


def relayed_reply(message: DhcpMessage) -> bytes:
    """Return what a relay agent sends to a client: without its own option (RFC 3046 2.1)."""
    kept = tuple(each for each in message.options if each[0] != RELAY_AGENT_INFORMATION)
    return _with_options(message.whole[:_OPTIONS_AT], kept)


def circuit_of(message: DhcpMessage) -> str | None:
    """Return the circuit that a relay agent put into a message; None where there is none."""
    information = message.option(RELAY_AGENT_INFORMATION)
    at = 0
    while information is not None and at + 2 <= len(information):
        code, length = information[at], information[at + 1]
        if code == CIRCUIT_ID:
            return information[at + 2 : at + 2 + length].decode("ascii", "replace")
        at += 2 + length
    return None


def _with_options(head: bytes, options: tuple[tuple[int, bytes], ...]) -> bytes:
    said = b"".join(bytes((code, len(value))) + value for code, value in options)
    return (head + said + bytes((_END,))).ljust(_LEAST_OCTETS, b"\0")
