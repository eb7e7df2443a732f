"""Whom sites that come or go leave as they are: all others, but for those that need them."""

from __future__ import annotations

from collections.abc import Container

from mplsemu.program.program import Program
from tests.oracles.senders import Sender


def needs_others(after: Program, stay: Container[str], source: Sender, target: Sender) -> bool:
    """Whether packets between two hosts pass a third site that comes, or that has gone.

    Two spokes reach each other through the CE router of the first hub that is there (RFC 4364
    section 4.3.5): not at all if no hub stays. If one takes over that comes, its port lets packets
    in last.

    Args:
        after: the program in the end.
        stay: circuits that neither come nor go.
        source: the host that sends.
        target: the host that receives.
    """
    for info in after.vpns:
        if info.name != source.vpn or info.hub_and_spoke is None or not info.hub_and_spoke.via_ce:
            continue
        hubs = [f"{info.name}/{hub}" for hub in info.hub_and_spoke.hubs]
        if {source.circuit, target.circuit} & {*hubs} or source.circuit == target.circuit:
            continue
        return next((hub for hub in hubs if hub in after.node_of_circuit), None) not in stay
    return False
