"""The way of a packet: its hops and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.names import ce_name, circuit_of_ce, is_core
from mplsemu.model.network import HostRef
from mplsemu.model.vpn import IPAddress

ALL: Final = Fraction(1)

Stack = tuple[LabelStackEntry, ...]
"""A label stack, outermost entry first."""


@dataclass(frozen=True, slots=True)
class WalkHop:
    """What one router does with a packet.

    Attributes:
        node: name of the LSR, or of a CE router: that of its circuit and ``/ce``.
        vrf: the VRF in which it looks the packet up, None if in none; likewise `vsi`.
        in_stack: the label stack that the packet arrives with.
        action: what it does, for people.
        out_stack: the label stack that the packet leaves with.
        link: the link or attachment circuit it leaves on, None where it goes no further.
        ip_ttl: TTL of the customer's IP packet as it leaves, None without one.
    """

    node: str
    vrf: str | None
    vsi: str | None
    in_stack: Stack
    action: str
    out_stack: Stack
    link: str | None
    ip_ttl: int | None

    @property
    def is_ce(self) -> bool:
        """Whether the router is a CE router."""
        return circuit_of_ce(self.node) is not None

    @property
    def core_link(self) -> str | None:
        """The core link that the packet leaves on; None where it leaves on none."""
        return self.link if is_core(self.link) else None


@dataclass(frozen=True, slots=True)
class Delivered:
    """It left on an attachment circuit, for whoever has the MAC address there.

    Attributes:
        circuit: the attachment circuit.
        host: the host that takes it, None where it is none that the lab knows: a CE router, an
            address behind it that is nobody's, or everyone.
        address: the packet's IP destination, None without IP.
        mac: the frame's destination; of the host's own frame behind a CE router.
        is_ce: the CE router takes it: the address is its own.
    """

    circuit: str
    host: HostRef | None
    address: IPAddress | None
    mac: str
    is_ce: bool = False

    def __str__(self) -> str:
        return f"it arrives at {self.taker}"

    @property
    def taker(self) -> str:
        """Who takes it: the host, the CE router, or whoever is at the end of the circuit."""
        if self.host is not None:
            return str(self.host)
        return ce_name(self.circuit) if self.is_ce else self.circuit


@dataclass(frozen=True, slots=True)
class Unresolved:
    """It is for an address on a circuit's LAN that nobody is known to have: the PE asks there."""

    node: str
    circuit: str
    address: IPAddress

    def __str__(self) -> str:
        return f"{self.node} asks on {self.circuit} who has {self.address}; the lab knows nobody"


@dataclass(frozen=True, slots=True)
class Punted:
    """It is for the PE's own address: the gateway of the VRF that has it answers."""

    node: str
    vrf: str
    address: IPAddress

    def __str__(self) -> str:
        return f"the gateway of VRF {self.vrf} at {self.node} has {self.address}"


@dataclass(frozen=True, slots=True)
class TtlExpired:
    """Its TTL ran out (RFC 3032 section 2.4).

    Attributes:
        node: the LSR or CE router where it did.
        vrf: the VRF that was to forward it, None in the core.
        in_stack: the label stack it arrived with, for RFC 4950.
    """

    node: str
    vrf: str | None
    in_stack: Stack

    def __str__(self) -> str:
        return f"its TTL expired at {self.node}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """It goes no further, for this reason."""

    node: str
    reason: str

    def __str__(self) -> str:
        return f"dropped at {self.node}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TooBig(Dropped):
    """It is larger than its next hop takes, and must not be fragmented: its source is told.

    Attributes:
        mtu: octets that a packet may have there (RFC 1191, RFC 4443 section 3.2).
    """

    mtu: int = 0


End = Delivered | Unresolved | Punted | TtlExpired | Dropped


CopyId = tuple[int, ...]
"""Which copy: at each flooding on its way, the how-manieth; empty where there was none."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A way of one copy of a packet, from its ingress PE on.

    Attributes:
        hops: routers on the way.
        end: how it ends.
        copy: branches of the same copy are alternatives: each packet takes one of them.
        share: part of the flows that take it, where every LSR spreads evenly; 1 without others.
    """

    hops: tuple[WalkHop, ...]
    end: End
    copy: CopyId = ()
    share: Fraction = ALL


@dataclass(frozen=True, slots=True)
class Walk:
    """The ways of all copies of a packet: one copy, unless it is flooded.

    Attributes:
        branches: all ways of all copies.
        joined: beginnings of further ways, up to where each comes to an LSR as another did.
    """

    branches: tuple[Branch, ...]
    joined: tuple[tuple[WalkHop, ...], ...] = ()

    def copies(self) -> tuple[tuple[Branch, ...], ...]:
        """Return the branches by copy: of each copy the ways that it may go."""
        found: dict[CopyId, list[Branch]] = {}
        for branch in self.branches:
            found.setdefault(branch.copy, []).append(branch)
        return tuple(map(tuple, found.values()))

    def variants(self) -> Iterator[Walk]:
        """Yield walks in which every copy goes one way; each way is in one of them at least.

        Copies go their ways independently, so what holds of these holds of any combination.
        """
        copies = self.copies()
        if len(copies) == len(self.branches):
            yield self
            return
        for number in range(max(map(len, copies))):
            ways = tuple(each[min(number, len(each) - 1)] for each in copies)
            yield Walk(ways, () if number else self.joined)

    @property
    def ends(self) -> tuple[End, ...]:
        """How each copy ends."""
        return tuple(branch.end for branch in self.branches)

    @property
    def deliveries(self) -> tuple[Delivered, ...]:
        """The copies that arrive at a site."""
        return tuple(end for end in self.ends if isinstance(end, Delivered))
