"""rtnetlink's messages about interfaces, parsed.

See rtnetlink(7) and netlink(7). An interface carries packets if it is up, has a carrier, and its
operational state says so: until then packets sent by it are lost (RFC 2863; Linux'
Documentation/networking/operstates.rst).
"""

from __future__ import annotations

import enum
import errno
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import EmulationError

_HEAD: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ATTRIBUTE: Final = struct.Struct("=HHI")
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_RTM_NEWLINK, _RTM_DELLINK, _RTM_GETLINK = 16, 17, 18
_NLM_F_REQUEST, _NLM_F_DUMP = 1, 0x300
_GROUP_LINK: Final = 1
_IFLA_EXT_MASK, _SKIP_STATISTICS = 29, 1 << 3
_IFLA_IFNAME, _IFLA_OPERSTATE = 3, 16
_ATTRIBUTE_HEAD: Final = struct.Struct("=HH")
_OPER_UNKNOWN, _OPER_UP = 0, 6
_IFF_UP, _IFF_LOWER_UP = 1, 1 << 16
_RECEIVE: Final = 1 << 16
_BUFFER: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LinkState:
    """The state of an interface.

    Attributes:
        ifindex: its number.
        live: whether it carries packets, as far as is known; one that vanished does not.
        name: of it.
        settled: whether its operational state reflects its carrier. The state of a new interface,
            or of a driver that does not keep it, is unknown: such an interface counts as live.
    """

    ifindex: int
    live: bool
    name: str = ""
    settled: bool = True


class DumpEnd(enum.Enum):
    """The end of a dump of all interfaces."""

    END = enum.auto()


LinkMessage = LinkState | DumpEnd


def parse_links(data: bytes) -> Iterator[LinkMessage]:
    """Yield the messages of a datagram.

    Raises:
        EmulationError: it is an error message of the kernel.
    """
    at = 0
    while at + _HEAD.size <= len(data):
        length, kind, _, _, _ = _HEAD.unpack_from(data, at)
        if length < _HEAD.size:
            return
        body = at + _HEAD.size
        if kind in (_RTM_NEWLINK, _RTM_DELLINK):
            yield _link(data[body : at + length], is_there=kind == _RTM_NEWLINK)
        elif kind == _NLMSG_DONE:
            yield DumpEnd.END
        elif kind == _NLMSG_ERROR:
            (number,) = struct.unpack_from("=i", data, body)
            if number:
                raise EmulationError(f"cannot read interfaces: {os.strerror(-number)}")
        at += (length + 3) & ~3


def _link(body: bytes, *, is_there: bool) -> LinkState:
    """Parse a message about an interface."""
    _, _, ifindex, flags, _ = _LINK.unpack_from(body)
    attributes = dict(_attributes(body[_LINK.size :]))
    state = attributes.get(_IFLA_OPERSTATE, b"\0")[0]
    up = _IFF_UP | _IFF_LOWER_UP
    is_up = is_there and flags & up == up
    return LinkState(
        ifindex,
        live=is_up and state in (_OPER_UP, _OPER_UNKNOWN),
        name=attributes.get(_IFLA_IFNAME, b"").rstrip(b"\0").decode(errors="replace"),
        settled=not is_up or state == _OPER_UP,
    )


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield kinds and values of a message's attributes."""
    at = 0
    while at + _ATTRIBUTE_HEAD.size <= len(data):
        length, kind = _ATTRIBUTE_HEAD.unpack_from(data, at)
        if length < _ATTRIBUTE_HEAD.size:
            return
        yield kind, data[at + _ATTRIBUTE_HEAD.size : at + length]
        at += (length + 3) & ~3


def dump_request() -> bytes:
    """Return the message that requests a dump of all interfaces, without statistics."""
    body = _LINK.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
    body += _ATTRIBUTE.pack(_ATTRIBUTE.size, _IFLA_EXT_MASK, _SKIP_STATISTICS)
    length = _HEAD.size + len(body)
    return _HEAD.pack(length, _RTM_GETLINK, _NLM_F_REQUEST | _NLM_F_DUMP, 1, 0) + body


class LinkSocket:
    """Reports all interfaces of the namespace it is created in, and every change afterwards."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.bind((0, _GROUP_LINK))
        self.request_dump()

    def fileno(self) -> int:
        """Return its descriptor, for a selector."""
        return self._socket.fileno()

    def close(self) -> None:
        """End it."""
        self._socket.close()

    def request_dump(self) -> None:
        """Request all interfaces again, followed by `DumpEnd`."""
        self._socket.send(dump_request())

    def receive(self) -> tuple[LinkMessage, ...] | None:
        """Wait for messages; None if some were lost, so that a dump must be requested.

        Raises:
            EmulationError: the kernel reports an error.
        """
        try:
            return tuple(parse_links(self._socket.recv(_RECEIVE)))
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                return None
            raise EmulationError(f"cannot read interfaces: {error.strerror}") from error
