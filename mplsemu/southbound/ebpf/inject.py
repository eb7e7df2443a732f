"""Packets that the controller sends: out of an LSR's port, or into its loopback interface."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping
from typing import Final, Protocol, assert_never

from mplsemu.errors import DataPlaneError, NotRootError
from mplsemu.southbound.ebpf.punts import injected
from mplsemu.southbound.punt.event import IntoLfib, IntoVrf, OutOfPort, PacketOut

_LOG = logging.getLogger(__name__)

LOOPBACK: Final = "lo"
_ETHERTYPE_AT: Final = 12
_HEADER: Final = 14


class Sender(Protocol):
    """The part of a packet(7) socket that is used."""

    def sendto(self, data: bytes, address: tuple[str, int], /) -> int:
        """Send a frame out of an interface; the number is its EtherType."""


class Injector:
    """Sends one LSR's packets.

    Args:
        lsr: index of the LSR.
        interfaces: names of its interfaces by port number.
        sender: in its network namespace.
    """

    def __init__(self, lsr: int, interfaces: Mapping[int, str], sender: Sender) -> None:
        self._lsr = lsr
        self._interfaces = interfaces
        self._sender = sender

    def send(self, packet: PacketOut) -> None:
        """Send a packet; it is lost if the interface does not take it."""
        match packet:
            case OutOfPort(port, frame):
                interface = self._interfaces.get(port)
            case IntoVrf(service, frame):
                interface, frame = LOOPBACK, self._headed(service, frame)
            case IntoLfib(frame):
                interface, frame = LOOPBACK, self._headed(0, frame)
            case _:
                assert_never(packet)
        if interface is None or len(frame) < _HEADER:
            return
        try:
            self._sender.sendto(frame, (interface, _ethertype(frame)))
        except OSError as error:
            _LOG.debug("a packet out of %s is lost: %s", interface, error)

    def _headed(self, service: int, frame: bytes) -> bytes:
        return injected(self._lsr, service, _ethertype(frame), frame[_HEADER:])


def _ethertype(frame: bytes) -> int:
    return int.from_bytes(frame[_ETHERTYPE_AT:_HEADER], "big")


def packet_socket() -> socket.socket:
    """Return a socket that sends frames in the calling thread's namespace, and receives none.

    Raises:
        DataPlaneError, NotRootError: the kernel refuses it.
    """
    try:
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    except PermissionError:
        raise NotRootError("cannot open a packet socket: CAP_NET_RAW is missing") from None
    except OSError as error:
        raise DataPlaneError(f"cannot open a packet socket: {error.strerror}") from None
    sender.setblocking(False)  # a full queue loses packets instead of blocking
    return sender
