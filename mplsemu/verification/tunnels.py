"""Where tunnels lead, whatever they carry: an LSP does not look below its own labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mplsemu.model.labels import Label
from mplsemu.model.limits import LABEL_OCTETS, TAGGED_ETHERNET_OCTETS, Limits
from mplsemu.model.topology import TtlMode
from mplsemu.program.entries import Nhlfe, Pop, PopAndLookUp, Push, Swap
from mplsemu.program.packet import DEFAULT_TTL
from mplsemu.program.program import NodeProgram, Program

Tunnel = tuple[str, str]
"""Its ingress PE and its egress PE."""
_MOST_HOPS: Final = 250
"""Of a label's TTL of 255; longer ways are for the packets to judge."""
_ROUTERS_AROUND: Final = 4
"""Beside the LSRs in between: two CE routers and two PEs, each of which takes one off the TTL."""


@dataclass(frozen=True, slots=True)
class TunnelWay:
    """The way of whatever enters a tunnel.

    Attributes:
        links: the links it takes, each with the LSR that sends.
        reads: the label entries that decide it: LSR and label.
        end: the LSR where what the tunnel carries comes to light; None where it is lost.
        depth: most labels of the tunnel's own at any time.
    """

    links: tuple[tuple[str, str], ...]
    reads: tuple[tuple[str, int], ...]
    end: str | None
    depth: int

    def is_sound(self, egress: str, mode: TtlMode, limits: Limits) -> bool:
        """Whether all that is sent into it comes out at its egress, and is within all limits."""
        depth = self.depth + 1  # the service's label goes along
        octets = limits.access_mtu + TAGGED_ETHERNET_OCTETS + LABEL_OCTETS * depth
        longest = DEFAULT_TTL - _ROUTERS_AROUND if mode is TtlMode.UNIFORM else _MOST_HOPS
        return (
            self.end == egress
            and depth <= limits.labels
            and octets <= limits.core_mtu
            and len(self.links) < longest
        )


class _Way:
    """A way as it is found, link by link."""

    def __init__(self, program: Program, node: NodeProgram) -> None:
        self.program = program
        self.node = node
        self.links: list[tuple[str, str]] = []
        self.reads: list[tuple[str, int]] = []
        self.depth = 0

    def send(self, link: str, stack: tuple[Label, ...]) -> bool:
        """Send over a link; False where that is not possible."""
        self.depth = max(self.depth, len(stack))
        self.links.append((link, self.node.name))
        adjacency = self.node.adjacency_by_link.get(link)
        if adjacency is None or not self.program.link_by_name[link].up:
            return False
        self.node = self.program.node(adjacency.peer)
        return len(self.links) <= _MOST_HOPS

    def ended(self, end: str | None) -> TunnelWay:
        return TunnelWay(tuple(self.links), tuple(self.reads), end, self.depth)


def tunnel_way(program: Program, tunnel: Tunnel) -> TunnelWay | None:
    """Follow a tunnel; None where there is none."""
    ingress, egress = tunnel
    node = program.node_by_name.get(ingress)
    entry = node.ftn_by_egress.get(egress) if node else None
    if node is None or entry is None:
        return None
    assert isinstance(entry.nhlfe.operation, Push)
    stack = entry.nhlfe.operation.labels
    way = _Way(program, node)
    if not way.send(entry.nhlfe.link, stack):
        return way.ended(None)
    while stack:
        found = _switch(way, stack)
        if found is None:
            return way.ended(None)
        stack = found
    return way.ended(way.node.name)


def _switch(way: _Way, stack: tuple[Label, ...]) -> tuple[Label, ...] | None:
    """Do what an LSR does with the top label; return the stack after it, None where all is lost."""
    top, *rest = stack
    way.reads.append((way.node.name, int(top)))
    entry = way.node.ilm_by_label.get(int(top))
    match entry and entry.action:
        case PopAndLookUp():
            return tuple(rest)
        case Nhlfe(link, operation):
            match operation:
                case Swap(label):
                    after = (label, *rest)
                case Pop():
                    after = tuple(rest)
                case Push(labels):
                    after = (*labels, *stack)
            return after if way.send(link, after) else None
        case _:
            return None
