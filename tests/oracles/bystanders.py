"""Whom sites that come or go leave as they are: all others, but for those that need them."""

from __future__ import annotations

from collections.abc import Container

from mplsemu.program.program import Program
from tests.oracles.senders import Sender


def needs_others(program: Program, stay: Container[str], source: Sender, target: Sender) -> bool:
    """Whether packets between two hosts pass a third site that does not stay (RFC 4364 4.3.5).

    Two spokes reach each other through the CE router of a hub: if no hub stays, not at all.

    Args:
        program: knows hubs and spokes.
        stay: circuits that neither come nor go.
        source: the host that sends.
        target: the host that receives.
    """
    for info in program.vpns:
        if info.name != source.vpn or info.hub_and_spoke is None or not info.hub_and_spoke.via_ce:
            continue
        hubs = {f"{info.name}/{hub}" for hub in info.hub_and_spoke.hubs}
        if hubs & {source.circuit, target.circuit} or source.circuit == target.circuit:
            continue
        return not any(hub in stay for hub in hubs)
    return False
