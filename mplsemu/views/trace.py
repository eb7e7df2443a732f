"""One packet's path as the views draw it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

from mplsemu.model.labels import LabelStackEntry
from mplsemu.model.names import is_core
from mplsemu.program.packet import Packet
from mplsemu.program.path import Branch, CopyId, Delivered, WalkHop
from mplsemu.program.trace import Trace
from mplsemu.views.model import OnLink, PathLink, PathView

_NEARLY_ALL: Final = 0.999
"""Shares are rounded; if they add up to less than this, some paths are not listed."""

_MOST_NAMED: Final = 3
"""Sites that the title of copies on the same links names."""

_Use = tuple[str, str, str, tuple[int, ...]]
"""A link, its sender and receiver, and the labels on it."""


@dataclass(frozen=True, slots=True)
class TraceHop:
    """What one LSR did with the packet.

    Attributes:
        node: the LSR.
        service: ``VRF a`` or ``VSI c`` if the packet was looked up in one, else None.
        in_labels: the stack on arrival, outermost first.
        action: what the LSR did, in words.
        out_labels: the stack on departure.
        link: the core link or attachment circuit it left on; None if it did not leave.
        stack: `out_labels` with TTL and traffic class, in words.
        ip_ttl: of the IP packet as it left, in words.
    """

    node: str
    service: str | None
    in_labels: tuple[int, ...]
    action: str
    out_labels: tuple[int, ...]
    link: str | None
    stack: tuple[str, ...] = ()
    ip_ttl: str = ""


@dataclass(frozen=True, slots=True)
class TracePath:
    """One of several paths of equal cost.

    Attributes:
        hops: LSR by LSR.
        share: part of the flows that take it.
    """

    hops: tuple[TraceHop, ...]
    share: float


@dataclass(frozen=True, slots=True)
class TraceCopy:
    """One copy of a flooded frame.

    Attributes:
        to: the site at which it arrives, ``VPN/SITE``; None if it is lost.
        paths: those that it may take, at least one.
    """

    to: str | None
    paths: tuple[TracePath, ...]


@dataclass(frozen=True, slots=True)
class TraceView:
    """The path of one packet.

    Attributes:
        src: the host that sent it.
        dst: the host or address it was sent to.
        delivered: whether it arrived at `dst`.
        hops: LSR by LSR.
        payload: below all labels: ``IP packet`` or ``Ethernet frame``.
        reason: why it was not delivered, if its last hop does not say so.
        fault: what is wrong, though it may have arrived; empty if nothing is.
        header: addresses and what is unusual about the packet at the PE, in words; empty if
            that is of no interest.
        detailed: whether TTL and traffic class are to be drawn.
        alternatives: the paths of equal cost of which it takes one, that of `hops` among them;
            empty if there is only one.
        copies: all copies of a flooded frame; empty if there is only one.
        circuit: by which it comes to its first LSR; empty if it does not.
    """

    src: str
    dst: str
    delivered: bool
    hops: tuple[TraceHop, ...]
    payload: str
    reason: str = ""
    fault: str = ""
    header: tuple[str, ...] = ()
    detailed: bool = False
    alternatives: tuple[TracePath, ...] = ()
    copies: tuple[TraceCopy, ...] = ()
    circuit: str = ""

    @classmethod
    def of(
        cls,
        trace: Trace,
        reason: str = "",
        *,
        fault: str = "",
        headed: bool = False,
        detailed: bool = False,
    ) -> Self:
        """Return the view of a trace.

        Args:
            trace: the packet's path.
            reason: see the attributes.
            fault: likewise.
            headed: whether the packet's header is of interest.
            detailed: see the attributes.
        """
        bridged = any(hop.vsi is not None for hop in trace.hops)
        return cls(
            src=trace.source,
            dst=trace.target,
            delivered=trace.delivered,
            hops=_hops(trace.hops),
            payload="Ethernet frame" if bridged else "IP packet",
            reason=reason,
            fault=fault,
            header=_header(trace.packet) if headed and trace.packet is not None else (),
            detailed=detailed,
            alternatives=_alternatives(trace),
            copies=_copies(trace.branches),
            circuit=trace.circuit,
        )

    def overlays(self) -> tuple[PathView, ...]:
        """Return the overlays for the provider's picture, one for each copy.

        Paths of equal cost are one overlay, and so are copies that part only at the last PE. A copy
        that stays at the first PE takes no core link and has none.
        """
        found: dict[tuple[PathLink, ...], list[str]] = {}
        titles: dict[tuple[PathLink, ...], str] = {}
        copies = self.copies or (
            TraceCopy(self.dst, self.alternatives or (TracePath(self.hops, 1.0),)),
        )
        for copy in copies:
            links = _links(copy.paths)
            if links:
                found.setdefault(links, []).append(copy.to or "lost")
                titles.setdefault(links, _how_many(copy.paths))
        return tuple(
            PathView(f"{self.src} → {_and(targets)}{titles[links]}", links)
            for links, targets in found.items()
        )


def _links(paths: Sequence[TracePath]) -> tuple[PathLink, ...]:
    """Return the core links of paths, each once, with the part of the flows on it."""
    shares: dict[_Use, float] = defaultdict(float)
    latest: dict[_Use, int] = {}
    for each in paths:
        for number, (hop, after) in enumerate(pairwise(each.hops)):
            if hop.link is not None and is_core(hop.link):
                use = (hop.link, hop.node, after.node, hop.out_labels)
                shares[use] += each.share
                latest[use] = max(number, latest.get(use, 0))
    return tuple(
        PathLink(link, sender, receiver, OnLink(stack, shares[link, sender, receiver, stack]))
        for link, sender, receiver, stack in sorted(shares, key=lambda use: latest[use])
    )


def _how_many(paths: Sequence[TracePath]) -> str:
    if len(paths) < 2:
        return ""
    is_all = sum(path.share for path in paths) > _NEARLY_ALL
    return f", {'' if is_all else 'more than '}{len(paths)} ways"


def _and(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _copies(branches: Sequence[Branch]) -> tuple[TraceCopy, ...]:
    """Return all copies, each with its paths; none where there is one copy only."""
    copies: dict[CopyId, list[Branch]] = {}
    for branch in branches:
        copies.setdefault(branch.copy, []).append(branch)
    if len(copies) < 2:
        return ()
    return tuple(TraceCopy(_where_to(each), _paths(each)) for each in copies.values())


def _where_to(branches: Sequence[Branch]) -> str | None:
    """Return the site at which a copy arrives; None where it is lost on one of its paths."""
    if not all(isinstance(branch.end, Delivered) for branch in branches):
        return None
    hops = branches[0].hops
    return hops[-1].link if hops else None


def _paths(branches: Iterable[Branch]) -> tuple[TracePath, ...]:
    return tuple(TracePath(_hops(each.hops), float(each.share)) for each in branches)


def _alternatives(trace: Trace) -> tuple[TracePath, ...]:
    """Return the paths of the copy that the trace is about; none where there is one only."""
    branches = trace.branches if len(trace.branches) > 1 else ()
    copy = next((each.copy for each in branches if each.hops == trace.hops), None)
    paths = _paths(each for each in branches if each.copy == copy)
    return paths if len(paths) > 1 else ()


def _hops(hops: Iterable[WalkHop]) -> tuple[TraceHop, ...]:
    return tuple(
        TraceHop(
            node=hop.node,
            service=_service(hop),
            in_labels=tuple(int(entry.label) for entry in hop.in_stack),
            action=hop.action,
            out_labels=tuple(int(entry.label) for entry in hop.out_stack),
            link=hop.link,
            stack=tuple(_entry(entry) for entry in hop.out_stack),
            ip_ttl="" if hop.ip_ttl is None else f"ttl {hop.ip_ttl}",
        )
        for hop in hops
    )


def _service(hop: WalkHop) -> str | None:
    if hop.vrf is not None:
        return f"VRF {hop.vrf}"
    return f"VSI {hop.vsi}" if hop.vsi is not None else None


def _entry(entry: LabelStackEntry) -> str:
    traffic_class = f" tc {entry.tc}" if entry.tc else ""
    return f"{entry.label}{traffic_class} ttl {entry.ttl}"


def _header(packet: Packet) -> tuple[str, ...]:
    words = [f"{packet.source_mac} > {packet.destination_mac}"]
    words += [f"VLAN {vlan}" for vlan in packet.vlans]
    if packet.ip is not None:
        words += [f"{packet.ip.source} > {packet.ip.destination}", f"ttl {packet.ip.ttl}"]
        words += [f"dscp {packet.ip.dscp}"] if packet.ip.dscp else []
    return tuple(words)
