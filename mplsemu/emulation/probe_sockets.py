"""The sockets of probes, opened in the hosts' network namespaces, where they stay."""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from mplsemu.errors import EmulationError, NodeGoneError
from mplsemu.model.vpn import IPAddress
from mplsemu.program.own_addresses import is_within, link_local
from mplsemu.southbound.network_namespace import inside

_ETH_P_ALL: Final = 3
_RECEIVE_BUFFER: Final = 1 << 20
_LOOPBACK: Final = "lo"
_GONE: Final = frozenset({errno.ENODEV, errno.ENXIO})


@dataclass(frozen=True, slots=True)
class HostEndpoint:
    """A host as a probe sees it.

    Attributes:
        pid: a process in its namespace.
        interface: the name of its interface there.
        mac: of that interface.
        addresses: its own.
    """

    pid: int
    interface: str
    mac: str
    addresses: frozenset[IPAddress]

    def has(self, address: IPAddress) -> bool:
        """Whether an address is its own, including loopback and link-local addresses."""
        return address in self.addresses or is_within(address) or address == link_local(self.mac)


@dataclass(frozen=True, slots=True)
class Station:
    """The sockets in one host's namespace."""

    tap: socket.socket
    icmp: socket.socket
    icmpv6: socket.socket | None

    def sends(self, version: int) -> socket.socket:
        """Return the socket that sends echo requests of an IP version.

        Raises:
            OSError: this kernel has none.
        """
        sender = self.icmp if version == 4 else self.icmpv6
        if sender is None:
            raise OSError("this kernel has no IPv6")
        return sender


def open_station(name: str, endpoint: HostEndpoint) -> Station:
    """Open a host's sockets.

    Raises:
        NodeGoneError: the host or its interface is gone.
        EmulationError: they cannot be opened.
    """
    opened: list[socket.socket] = []
    try:
        with _entered(name, endpoint.pid, endpoint.interface):
            opened.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
            opened[0].bind((endpoint.interface, _ETH_P_ALL))
            opened.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
            with suppress(OSError):
                opened.append(
                    socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
                )
    except BaseException:
        for one in opened:
            one.close()
        raise
    tap, *senders = opened
    _make_tap(tap)
    for sender in senders:  # they are never read; the tap sees all replies
        sender.setblocking(False)
        sender.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    return Station(tap, senders[0], senders[1] if len(senders) > 1 else None)


def open_loopback(name: str, endpoint: HostEndpoint) -> socket.socket:
    """Open a tap at a host's loopback interface.

    Raises:
        NodeGoneError: the host is gone.
        EmulationError: it cannot be opened.
    """
    with _entered(name, endpoint.pid, _LOOPBACK):
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        try:
            tap.bind((_LOOPBACK, _ETH_P_ALL))
        except BaseException:
            tap.close()
            raise
    _make_tap(tap)
    return tap


@contextmanager
def _entered(name: str, pid: int, interface: str) -> Iterator[None]:
    """Enter a host's namespace to open sockets there."""
    try:
        with inside(pid):
            yield
    except NodeGoneError as error:
        raise NodeGoneError(f"{name} is gone: {error}") from error
    except OSError as error:
        kind = NodeGoneError if error.errno in _GONE else EmulationError
        raise kind(f"cannot probe from {name}: {interface}: {error.strerror}") from error


def _make_tap(tap: socket.socket) -> None:
    tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    tap.setblocking(False)
