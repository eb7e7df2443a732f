"""What must be sent to a switch, stage by stage, so that no packet is lost (pure).

Flows are compared by cookie, a digest of the whole flow. New label entries go to all switches
before the tunnels that use them, tunnels before services; unused flows are removed last: make
before break.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.pipeline import stage

FlowTable = Mapping[int, Flow]
"""A switch's flows by cookie."""


@dataclass(frozen=True, slots=True)
class FlowChange:
    """What one switch needs.

    Attributes:
        additions: by stage, flows to install, each with its cookie; they replace installed flows
            of the same key.
        deletions: flows to remove after all additions on all switches, users before used.
    """

    additions: Mapping[int, tuple[tuple[int, Flow], ...]]
    deletions: tuple[Flow, ...]

    @property
    def size(self) -> int:
        """How many flows are added or removed."""
        return sum(map(len, self.additions.values())) + len(self.deletions)


def by_cookie(flows: Iterable[Flow]) -> dict[int, Flow]:
    """Index flows by their cookies."""
    return {flow.cookie: flow for flow in flows}


def change(installed: FlowTable, wanted: FlowTable) -> FlowChange:
    """Return the change from the installed to the desired flows."""
    additions: dict[int, list[tuple[int, Flow]]] = {}
    added_keys = set()
    for cookie, flow in wanted.items():
        if cookie not in installed:
            additions.setdefault(stage(flow.table), []).append((cookie, flow))
            added_keys.add(flow.key)
    deletions = [
        flow
        for cookie, flow in installed.items()
        if cookie not in wanted and flow.key not in added_keys
    ]
    deletions.sort(key=lambda flow: -stage(flow.table))
    return FlowChange(
        {number: tuple(flows) for number, flows in additions.items()}, tuple(deletions)
    )


def stages(changes: Iterable[FlowChange]) -> list[int]:
    """Return the stages in which any switch has additions, in order."""
    return sorted({number for each in changes for number in each.additions})
