"""What happens to the LSRs of a data plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mplsemu.southbound.punt.event import Punt


@dataclass(frozen=True, slots=True)
class LsrConnected:
    """An LSR can be programmed from now on; `live_ports` are its ports that carry packets."""

    node: str
    live_ports: frozenset[int]


@dataclass(frozen=True, slots=True)
class LsrDisconnected:
    """An LSR can be programmed no more, until it enters again."""

    node: str


@dataclass(frozen=True, slots=True)
class PortChanged:
    """A port carries packets from now on, or no more."""

    node: str
    port: int
    live: bool


@dataclass(frozen=True, slots=True)
class PacketPunted:
    """An LSR could not handle a packet itself."""

    node: str
    punt: Punt


@dataclass(frozen=True, slots=True)
class InstallRejected:
    """An LSR did not do what it was told; `what` is for people."""

    node: str
    what: str


@dataclass(frozen=True, slots=True)
class UnknownLsrConnected:
    """Somebody who is no LSR of this lab; `what` is for people."""

    what: str


PlaneEvent = (
    LsrConnected
    | LsrDisconnected
    | PortChanged
    | PacketPunted
    | InstallRejected
    | UnknownLsrConnected
)
Deliver = Callable[[PlaneEvent], None]
"""Takes an event in; it may be called from any thread, and must not block."""
