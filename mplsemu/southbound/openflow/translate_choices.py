"""Flows of routes that lead to several PEs (anycast): which PE a customer's flow is sent to.

They are resubmitted to while the customer's headers are outermost, before the tunnel's own ECMP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.program.services import Vrf
from mplsemu.southbound.openflow.actions import Action, HashFields, Multipath, Resubmit, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IP_VERSIONS, Lsr
from mplsemu.southbound.openflow.match import IP_FRAGMENT, METADATA, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    REG_CHOICE,
    REG_SERVICE_LABEL,
    REG_TUNNEL,
    REG_WAY,
    Priority,
    Table,
)
from mplsemu.southbound.route_ways import RouteWays

_IS_FRAGMENT: Final = Term(IP_FRAGMENT, 1, 1)
_OWN_SALT: Final = 0x8000
"""Of the hash: what a tunnel chooses among its NHLFEs does not depend on which PE was chosen."""


def choice_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of the sets of ways of all VRFs of a PE."""
    for vrf in lsr.node.vrfs:
        yield from _of_vrf(lsr, vrf)


def _of_vrf(lsr: Lsr, vrf: Vrf) -> Iterator[Flow]:
    for tunnels, number in RouteWays(lsr, vrf).items():
        chosen = (Term(METADATA, vrf.index), Term(REG_CHOICE, number))
        for way, (egress, label) in enumerate(tunnels):
            match = Match.of(*chosen, Term(REG_WAY, way))
            actions = SetField(REG_TUNNEL, egress), SetField(REG_SERVICE_LABEL, label)
            yield Flow(Table.VRF_CHOICE, Priority.NORMAL, match, actions)
        for is_version in IP_VERSIONS:
            match = Match.of(is_version, *chosen)
            by_flow = _by(lsr, HashFields.IP_FLOW, len(tunnels))
            yield Flow(Table.VRF_SPREAD, Priority.SPECIFIC, match, by_flow)
            # as in translate_tunnels: fragments but the first have no ports
            match = Match.of(is_version, _IS_FRAGMENT, *chosen)
            by_addresses = _by(lsr, HashFields.IP_ADDRESSES, len(tunnels))
            yield Flow(Table.VRF_SPREAD, Priority.SPECIFIC + 1, match, by_addresses)


def choose(number: int) -> tuple[Action, ...]:
    """Return the actions that choose from a set."""
    return (
        SetField(REG_CHOICE, number),
        Resubmit(Table.VRF_SPREAD),
        Resubmit(Table.VRF_CHOICE),
    )


def _by(lsr: Lsr, fields: HashFields, count: int) -> tuple[Action, ...]:
    return (Multipath(fields, lsr.node.index ^ _OWN_SALT, count, REG_WAY),)
