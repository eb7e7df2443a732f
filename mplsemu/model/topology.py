"""The provider's network: its label-switching routers and the links between them (RFC 3031)."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from mplsemu.model.inter_as import AutonomousSystem, InterAs
from mplsemu.model.labels import ALL_LABELS, LabelRange
from mplsemu.model.limits import CORE_MTU

DEFAULT_ASN: Final = 64_512
"""The first AS number for private use (RFC 6996 section 5)."""


class Role(enum.StrEnum):
    """What an LSR is in a VPN's eyes (RFC 4364 section 1.2)."""

    PE = "pe"
    P = "p"


class TtlMode(enum.StrEnum):
    """How the TTL of a customer's packet and of its label stack relate (RFC 3443)."""

    PIPE = "pipe"
    UNIFORM = "uniform"


class NullLabel(enum.StrEnum):
    """What an egress LSR asks of the hop before it (RFC 3032 section 2.1)."""

    IMPLICIT = "implicit-null"
    EXPLICIT = "explicit-null"


@dataclass(frozen=True, slots=True)
class Node:
    """A label-switching router.

    Attributes:
        name: unique among the provider's nodes; any length.
        role: PE if VPN sites may attach to it.
        router_id: source address of its ICMP messages; unique in the lab.
        position: longitude and latitude in degrees, if known.
        labels: that it may bind; None: those that all of the provider's LSRs may.
        provider: whose it is, where a lab has several providers; else None.
    """

    name: str
    role: Role
    router_id: IPv4Address
    position: tuple[float, float] | None = None
    labels: LabelRange | None = None
    provider: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A point-to-point link between two different LSRs; parallel links differ in name.

    Attributes:
        name: unique; ``dk-p1``, the next between the same two ``dk-p1#2``.
        ends: the two nodes' names in the lab file's order.
        bandwidth_bps: bits per second, each way.
        delay_ms: one-way delay.
        metric: cost of the link, at least 1.
        mtu: octets of its largest packet, label stack included.
        metric_back: cost from the second end to the first where it is another; `metric` is then
            that from the first to the second. A cost belongs to an interface, not to a link
            (RFC 2328 section 2.1).
        border: how VPNs cross it, if it joins two providers: then no LSP does; else None.
        loss_percent: part of the packets that is lost, each way.
        jitter_ms: how much longer than `delay_ms` a packet may take, each way.
    """

    name: str
    ends: tuple[str, str]
    bandwidth_bps: int
    delay_ms: float
    metric: int
    mtu: int = CORE_MTU
    metric_back: int | None = None
    border: InterAs | None = None
    loss_percent: float = 0.0
    jitter_ms: float = 0.0

    def far_end(self, node: str) -> str:
        """Return the other end."""
        first, second = self.ends
        return second if node == first else first

    def metric_from(self, node: str) -> int:
        """Return the cost of the link to packets that this end sends."""
        if self.metric_back is None or node == self.ends[0]:
            return self.metric
        return self.metric_back


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider: LSRs and links in the lab file's order, and settings of all LSPs.

    Of a lab with several providers it is all of them, and the border links come last.

    Attributes:
        labels: that an LSR may bind, unless it has a range of its own.
        ecmp: next hops of equal cost that an LSR uses at most, 1 to `MAX_NHLFES`.
        asn: of its autonomous system: automatic route distinguishers and targets begin with it.
        systems: the providers, where there are several; then their numbers hold, not `asn`.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    ttl_mode: TtlMode = TtlMode.PIPE
    null_label: NullLabel = NullLabel.IMPLICIT
    labels: LabelRange = ALL_LABELS
    ecmp: int = 1
    asn: int = DEFAULT_ASN
    systems: tuple[AutonomousSystem, ...] = ()

    @property
    def core_links(self) -> tuple[Link, ...]:
        """The links that LSPs take: all but those between providers."""
        return tuple(link for link in self.links if link.border is None)

    @property
    def provider_of(self) -> dict[str, str | None]:
        """Whose each LSR is, by its name."""
        return {node.name: node.provider for node in self.nodes}

    @property
    def longest_delay_ms(self) -> float:
        """Upper bound of a path's propagation delay: no path visits an LSR twice."""
        delays = sorted((link.delay_ms + link.jitter_ms for link in self.links), reverse=True)
        return sum(delays[: max(len(self.nodes) - 1, 0)])

    @property
    def label_ranges(self) -> dict[str, LabelRange]:
        """The labels that each LSR may bind, by its name."""
        return {node.name: node.labels or self.labels for node in self.nodes}

    @property
    def link_mtus(self) -> dict[str, int]:
        """The links' MTUs by their names."""
        return {link.name: link.mtu for link in self.links}
