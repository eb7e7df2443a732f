"""A packet's path as one of several providers knows it: as far as the next provider's ASBR."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mplsemu.program.path import Branch, Dropped, WalkHop
from mplsemu.program.program import Program
from mplsemu.program.trace import Trace, trace


@dataclass(frozen=True, slots=True)
class HandedOver(Dropped):
    """It went over a border link: what becomes of it, only the next provider knows.

    Attributes:
        node: the next provider's ASBR.
        reason: whose it is.
    """

    def __str__(self) -> str:
        return f"handed over to {self.node}: what follows is in the network of {self.reason}"


def trace_in_part(part: Program, provider: str, source: str, target: str) -> Trace:
    """Follow one packet from a host of a provider's part of a program (`part_of`).

    Raises:
        LabError: as `trace`.
    """
    found = trace(part, source, target)
    foreign = {
        node.name: node.provider
        for node in part.nodes
        if node.provider is not None and node.provider != provider
    }
    if not any(hop.node in foreign for branch in found.branches for hop in branch.hops):
        return found
    branches = tuple(_cut(branch, foreign) for branch in found.branches)
    main = next(
        (new for old, new in zip(found.branches, branches, strict=True) if old.hops == found.hops),
        branches[0],
    )
    return replace(found, hops=main.hops, end=main.end, branches=branches)


def _cut(branch: Branch, foreign: dict[str, str]) -> Branch:
    for index, hop in enumerate(branch.hops):
        if hop.node in foreign:
            end = HandedOver(hop.node, foreign[hop.node])
            last = WalkHop(
                hop.node, None, None, hop.in_stack, f"is a router of {end.reason}", (), None, None
            )
            return replace(branch, hops=(*branch.hops[:index], last), end=end)
    return branch
