"""What the controller needs of a data plane, in the words of the forwarding program (ADR 13).

A data plane brings LSRs to what the program says, tells what happens to them, and brings the
threads that it works with: OpenFlow's framework has its own kind.
"""

from __future__ import annotations

import enum
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from mplsemu.program.program import Program
from mplsemu.southbound.punt.event import PacketOut, Punt

# --- what happens ---------------------------------------------------------------------------------


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


# --- what was installed ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What an LSR had installed when it entered.

    Attributes:
        kept: entries that it has and should have.
        desired: entries that it should have.
        unexpected: entries that it has and should not have; the next installation removes them,
            when what replaces them is there.
    """

    kept: int
    desired: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class InstallResult:
    """What became of an installation.

    Attributes:
        in_sync: LSRs that have what the program says now, those that had it before too.
        touched: how many LSRs had something to change.
        followed: how many of those have changed it.
        changed: entries added, changed or removed on these.
    """

    in_sync: frozenset[str]
    touched: int = 0
    followed: int = 0
    changed: int = 0


# --- MAC addresses and counters -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OnCircuit:
    """At an attachment circuit of this PE, by the circuit's name."""

    circuit: str


@dataclass(frozen=True, slots=True)
class BehindPe:
    """At the other end of the pseudowire to a PE."""

    peer: str


LearnedAt = OnCircuit | BehindPe


@dataclass(frozen=True, slots=True)
class MacFlush:
    """An order to forget MAC addresses.

    Attributes:
        node: the PE that shall forget.
        vsi: name of the VPN.
        place: where they were learned, None for everywhere.
    """

    node: str
    vsi: str
    place: LearnedAt | None = None


@dataclass(frozen=True, slots=True)
class LearnedMac:
    """A MAC address that a PE has learned.

    Attributes:
        place: where, None if the program does not know that place.
    """

    node: str
    vsi: str
    mac: str
    place: LearnedAt | None


class CounterKind(enum.StrEnum):
    """What packets are counted by; directions are those of the PE."""

    LSP = "lsp"
    TUNNEL = "tunnel"
    VRF_IN = "vrf-in"
    VRF_OUT = "vrf-out"
    PSEUDOWIRE_IN = "pseudowire-in"
    PSEUDOWIRE_OUT = "pseudowire-out"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class Counter:
    """How many packets an LSR has handled.

    Attributes:
        kind: what they have in common.
        name: an LSP's incoming label, a tunnel's egress PE, a VRF's or VSI's VPN, why they were
            dropped.
        peer: of a pseudowire, the PE at its other end.
        octets: from the Ethernet header on.
    """

    node: str
    kind: CounterKind
    name: str
    packets: int
    octets: int
    peer: str | None = None


# --- threads --------------------------------------------------------------------------------------


class Queue(Protocol):
    """A queue between threads, as in the standard library."""

    def put(self, item: Any) -> None:
        """Add an item."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take an item.

        Raises:
            queue.Empty: there is none, or none came in time.
        """


class Threads(Protocol):
    """The kind of threads that a data plane works with."""

    def queue(self) -> Queue:
        """Return a new queue."""

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Have a thread of its own do something."""

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and have each connection handled in a thread of its own.

        Raises:
            OSError: one cannot listen there.
        """


# --- the data plane -------------------------------------------------------------------------------


class DataPlane(Protocol):
    """Whatever forwards the packets of one lab.

    But for `start`, `wait` and `macs`, only the controller's worker calls these: one at a time.
    They block until done.
    """

    @property
    def name(self) -> str:
        """As in ``--dataplane NAME``."""

    @property
    def version(self) -> str:
        """What it is made of, for people: ``ryu 4.34``."""

    @property
    def entry_word(self) -> str:
        """What its entries are called, in the plural: ``flows``."""

    @property
    def threads(self) -> Threads:
        """The threads it works with."""

    def start(self, program: Program, deliver: Deliver) -> None:
        """Begin to deliver what happens to the program's LSRs.

        Raises:
            EmulationError: it cannot.
        """

    def wait(self) -> None:
        """Wait until it has ended, which it does only when it cannot go on."""

    def read_back(self, program: Program, nodes: Collection[str]) -> Mapping[str, ReadBack]:
        """Find out what LSRs that entered have installed; one that does not answer is left out.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def install(self, program: Program, nodes: Collection[str]) -> InstallResult:
        """Bring LSRs to what the program says, make before break.

        Nothing uses what is not there yet, on any LSR; what is no longer wanted goes last.

        Raises:
            CapabilityError: it cannot do what the program says.
        """

    def entries(self, node: str) -> int:
        """Return how many entries of the program an LSR has, without learned MAC addresses."""

    def send(self, node: str, packets: Iterable[PacketOut]) -> None:
        """Have an LSR send packets; if it left they are lost."""

    def flush_macs(self, program: Program, orders: Iterable[MacFlush]) -> None:
        """Have LSRs forget MAC addresses."""

    def macs(self, program: Program, nodes: Collection[str]) -> Iterable[LearnedMac]:
        """Return what LSRs have learned; any thread may ask, as it may take long."""

    def counters(self, program: Program, nodes: Collection[str]) -> Iterable[Counter] | None:
        """Return what LSRs have counted, None where this data plane does not count."""
