"""The path of a packet: its hops, and how it ends."""

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
        action: what it does, for display.
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
    """It left on an attachment circuit, for the owner of the MAC address there.

    Attributes:
        circuit: the attachment circuit.
        host: the host that takes it; None if the lab knows no such host: it is a CE router, an
            unused address behind one, or a group.
        address: the packet's IP destination, None without IP.
        mac: the frame's destination; behind a CE router that of the frame on its LAN.
        is_ce: the CE router takes it itself: the address is its own.
        octets: size behind the Ethernet header and tags, of the largest fragment; 0: it fits
            everywhere.
        source: whom it comes from, where a CE router translated that (RFC 3022); None: as sent.
    """

    circuit: str
    host: HostRef | None
    address: IPAddress | None
    mac: str
    is_ce: bool = False
    octets: int = 0
    source: IPAddress | None = None

    def __str__(self) -> str:
        return f"it arrives at {self.taker}"

    @property
    def taker(self) -> str:
        """The host or CE router that takes it; else the name of the circuit."""
        if self.host is not None:
            return str(self.host)
        return ce_name(self.circuit) if self.is_ce else self.circuit


@dataclass(frozen=True, slots=True)
class Unresolved:
    """It is for an unresolved address on a circuit's LAN: the PE sends an ARP request or ND."""

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
        vrf: the VRF that was to forward it; None in the core.
        in_stack: the label stack with which it arrived, for the ICMP error (RFC 4950).
    """

    node: str
    vrf: str | None
    in_stack: Stack

    def __str__(self) -> str:
        return f"its TTL expired at {self.node}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """It was dropped, for this reason."""

    node: str
    reason: str

    def __str__(self) -> str:
        return f"dropped at {self.node}: {self.reason}"


@dataclass(frozen=True, slots=True)
class TooBig(Dropped):
    """It exceeds the next hop's MTU and must not be fragmented: its source gets an ICMP error.

    Attributes:
        mtu: of the next hop, in octets (RFC 1191, RFC 4443 section 3.2).
    """

    mtu: int = 0


End = Delivered | Unresolved | Punted | TtlExpired | Dropped


CopyId = tuple[int, ...]
"""Identifies a copy: its index at every flooding it went through, in order; empty without any."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One path that a copy of a packet may take, from its ingress PE on.

    Attributes:
        hops: the routers on the path.
        end: how it ends.
        copy: branches of the same copy are alternatives (ECMP): a packet takes one of them.
        share: fraction of the flows that take it if every LSR spreads evenly; 1 without ECMP.
    """

    hops: tuple[WalkHop, ...]
    end: End
    copy: CopyId = ()
    share: Fraction = ALL


@dataclass(frozen=True, slots=True)
class Walk:
    """The paths of all copies of a packet; only flooding makes more than one copy.

    Attributes:
        branches: all paths of all copies.
        joined: the first hops of further paths, up to the LSR where each meets a known one.
    """

    branches: tuple[Branch, ...]
    joined: tuple[tuple[WalkHop, ...], ...] = ()

    def copies(self) -> tuple[tuple[Branch, ...], ...]:
        """Return the branches grouped by copy."""
        found: dict[CopyId, list[Branch]] = {}
        for branch in self.branches:
            found.setdefault(branch.copy, []).append(branch)
        return tuple(map(tuple, found.values()))

    def variants(self) -> Iterator[Walk]:
        """Yield walks in which every copy takes one path; together they contain every path.

        Copies choose independently, so what holds of each of these holds of every combination.
        """
        copies = self.copies()
        if len(copies) == len(self.branches):
            yield self
            return
        for number in range(max(map(len, copies))):
            paths = tuple(each[min(number, len(each) - 1)] for each in copies)
            yield Walk(paths, () if number else self.joined)

    @property
    def ends(self) -> tuple[End, ...]:
        """How each copy ends."""
        return tuple(branch.end for branch in self.branches)

    @property
    def deliveries(self) -> tuple[Delivered, ...]:
        """The copies that reach a site."""
        return tuple(end for end in self.ends if isinstance(end, Delivered))
