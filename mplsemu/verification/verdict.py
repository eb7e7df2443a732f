"""The result of a verification."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mplsemu.program.packet import Packet
from mplsemu.program.path import Walk

Progress = Callable[[str, int, int], object]
"""Receives the name of a stage, how much of it is done, and of how much."""


class Invariant(enum.StrEnum):
    """What must hold of every network; a violation breaks one."""

    REACH = "reach"
    ISOLATE = "isolate"
    FLOOD = "flood"
    LOOP = "loop"
    TTL = "ttl"
    MTU = "mtu"
    STACK = "stack"
    STRUCTURE = "structure"


@dataclass(frozen=True, slots=True)
class Violation:
    """A violated invariant.

    Attributes:
        invariant: what it breaks.
        subject: what it is about: a VPN's name; for `Invariant.STRUCTURE` an LSR's, a link's or
            the lab's.
        detail: what is wrong, for display.
        circuit: where the packet that shows it enters; None without a packet.
        packet: a packet that shows it.
        walk: of that packet.
        branch: number of the copy that shows it.
        stands_for: the packets that are treated alike: addresses, or a kind of frames.
        sources: the circuits from which it happens.
        targets: the circuits of the sites that do not receive what they should.
    """

    invariant: Invariant
    subject: str
    detail: str
    circuit: str | None = None
    packet: Packet | None = None
    walk: Walk | None = None
    branch: int = 0
    stands_for: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.invariant} {self.subject}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings about one VPN.

    Attributes:
        violations: as in `Verdict`; likewise `classes` and `walks`.
        tables: the VRFs and VSIs that its packets passed: PE and VPN.
    """

    violations: tuple[Violation, ...]
    classes: int
    walks: int
    tables: frozenset[tuple[str, str]]


def tables_of(walk: Walk) -> Iterator[tuple[str, str]]:
    """Yield the VRFs and VSIs that a packet passed: PE and VPN."""
    for branch in walk.branches:
        for hop in branch.hops:
            service = hop.vrf or hop.vsi
            if service is not None:
                yield hop.node, service


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of a verification.

    Attributes:
        violations: empty if everything holds.
        pairs: number of ordered pairs of hosts that it covers.
        walks: number of packets that were followed.
        ingresses: number of attachment circuits from which they were sent.
        classes: equivalence classes into which all packets fall, over all VRFs and VSIs.
    """

    violations: tuple[Violation, ...]
    pairs: int
    walks: int
    ingresses: int = 0
    classes: int = 0

    @property
    def holds(self) -> bool:
        """Whether every invariant holds."""
        return not self.violations
