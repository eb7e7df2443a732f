"""The flows that a switch has, read from its management socket, without a controller.

Messages are those of OpenFlow 1.3.5 sections 7.3.5.1 and 7.3.5.2.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from mplsemu.errors import EmulationError

_VERSION: Final = 4
_HELLO, _ERROR, _ECHO_REQUEST, _ECHO_REPLY = 0, 1, 2, 3
_MULTIPART_REQUEST, _MULTIPART_REPLY = 18, 19
_FLOW_STATS: Final = 1
_MORE: Final = 1
_ANY: Final = 0xFFFF_FFFF
_ALL_TABLES: Final = 0xFF
_HEAD: Final = struct.Struct("!BBHI")
_ENTRY: Final = struct.Struct("!HBxIIHHHH4xQQQ")
_XID: Final = 1
_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class InstalledFlow:
    """A flow as a switch has it.

    Attributes:
        table: its number.
        priority: of it.
        cookie: 64 bits.
        match: the OXM fields, without header and padding.
        instructions: as they stand in the message.
    """

    table: int
    priority: int
    cookie: int
    match: bytes
    instructions: bytes


def read_flows(management: Path) -> tuple[InstalledFlow, ...]:
    """Return all flows of a switch, learned ones too.

    Args:
        management: its socket, ``BRIDGE.mgmt`` in the directory of its Open vSwitch.

    Raises:
        EmulationError: it does not answer.
    """
    try:
        with _connected(management) as switch, switch.makefile("rb") as stream:
            switch.sendall(_HEAD.pack(_VERSION, _HELLO, _HEAD.size, 0) + _request())
            return tuple(_replies(switch, stream))
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "it does not answer in time"
        raise EmulationError(f"switch {management.stem}: {reason}") from error


def _connected(management: Path) -> socket.socket:
    """Connect through a descriptor of the directory: a socket's path is limited to 107 bytes."""
    directory = os.open(management.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    switch = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        switch.settimeout(_TIMEOUT_S)
        switch.connect(f"/proc/self/fd/{directory}/{management.name}")
    except BaseException:
        switch.close()
        raise
    finally:
        os.close(directory)
    return switch


def _request() -> bytes:
    """Ask for the flows of all tables, whatever their cookies."""
    body = struct.pack("!HH4x", _FLOW_STATS, 0)
    body += struct.pack("!B3xII4xQQ", _ALL_TABLES, _ANY, _ANY, 0, 0)
    body += struct.pack("!HH4x", 1, 4)
    return _HEAD.pack(_VERSION, _MULTIPART_REQUEST, _HEAD.size + len(body), _XID) + body


def _replies(switch: socket.socket, stream: BinaryIO) -> Iterator[InstalledFlow]:
    """Read messages until the last part of the answer."""
    more = True
    while more:
        _, kind, length, xid = _HEAD.unpack(_exactly(stream, _HEAD.size))
        body = _exactly(stream, length - _HEAD.size)
        if kind == _ECHO_REQUEST:
            switch.sendall(_HEAD.pack(_VERSION, _ECHO_REPLY, length, xid) + body)
        elif kind == _ERROR:
            raise EOFError("it refuses to say what flows it has")
        elif kind == _MULTIPART_REPLY and xid == _XID:
            (flags,) = struct.unpack_from("!H", body, 2)
            more = bool(flags & _MORE)
            yield from _entries(body[8:])


def _exactly(stream: BinaryIO, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError("it hung up")
    return data


def _entries(body: bytes) -> Iterator[InstalledFlow]:
    at = 0
    while at < len(body):
        length, table, _, _, priority, _, _, _, cookie, _, _ = _ENTRY.unpack_from(body, at)
        start, end = at + _ENTRY.size, at + length
        _, match_length = struct.unpack_from("!HH", body, start)
        instructions = start + match_length + -match_length % 8
        match = body[start + 4 : start + match_length]
        yield InstalledFlow(table, priority, cookie, match, body[instructions:end])
        at = end
