"""What happens to the LSRs of a data plane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mplsemu.southbound.punt.event import Punt


@dataclass(frozen=True, slots=True)
class LsrConnected:
    """An LSR is ready to be programmed; `live_ports` are its ports that carry packets."""

    node: str
    live_ports: frozenset[int]


@dataclass(frozen=True, slots=True)
class LsrDisconnected:
    """An LSR can no longer be programmed, until it connects again."""

    node: str


@dataclass(frozen=True, slots=True)
class PortChanged:
    """A port began or ceased to carry packets."""

    node: str
    port: int
    live: bool


@dataclass(frozen=True, slots=True)
class PacketPunted:
    """An LSR could not handle a packet itself."""

    node: str
    punt: Punt


@dataclass(frozen=True, slots=True)
class AtPort:
    """Behind a port of the LSR."""

    port: int


@dataclass(frozen=True, slots=True)
class OverPseudowire:
    """At the other end of a pseudowire of a VSI, by its index there."""

    index: int


Attachment = AtPort | OverPseudowire


@dataclass(frozen=True, slots=True)
class MacMoved:
    """A VSI learned a MAC address elsewhere than before.

    Attributes:
        node: the PE.
        service: index of the VSI.
        mac: the address, in lower case with colons.
        before: where it was learned before.
        now: where it is learned now.
        times: how many moves this stands for, the last of which is told.
    """

    node: str
    service: int
    mac: str
    before: Attachment
    now: Attachment
    times: int = 1


@dataclass(frozen=True, slots=True)
class InstallRejected:
    """An LSR rejected part of an installation; `what` is a human-readable description."""

    node: str
    what: str


@dataclass(frozen=True, slots=True)
class UnknownLsrConnected:
    """Something connected that is no LSR of this lab; `what` is a human-readable description."""

    what: str


PlaneEvent = (
    LsrConnected
    | LsrDisconnected
    | PortChanged
    | PacketPunted
    | MacMoved
    | InstallRejected
    | UnknownLsrConnected
)
Deliver = Callable[[PlaneEvent], None]
"""Takes an event; any thread may call it, and it must not block."""
