"""Flows that find routed packets too large for a circuit or a tunnel (RFC 3032 section 3.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.program.sizes import ETHERNET_OCTETS, tunnel_mtu
from mplsemu.southbound.openflow.actions import CheckLarger
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import Lsr
from mplsemu.southbound.openflow.match import Match, Term
from mplsemu.southbound.openflow.pipeline import REG_PORT, REG_SIZE, REG_TUNNEL, Priority, Table

_LARGEST: Final = 0xFFFF


def size_flows(lsr: Lsr, routed: frozenset[str]) -> Iterator[Flow]:
    """Yield the flows of the table of sizes.

    Args:
        lsr: the PE.
        routed: PEs that its VRFs send to.
    """
    for entry in lsr.node.ftn:
        octets = tunnel_mtu(lsr.node, entry.egress)
        if entry.egress in routed and octets is not None:
            yield _flow(Term(REG_TUNNEL, lsr.egress(entry.egress)), octets, Table.VRF_IMPOSE)
    names = [name for vrf in lsr.node.vrfs for name in vrf.circuits]
    for circuit in map(lsr.circuit, names):
        if circuit.up:
            yield _flow(Term(REG_PORT, circuit.port), circuit.mtu, Table.VRF_DELIVER)


def _flow(where: Term, octets: int, goto: Table) -> Flow:
    # no flow can match a length: an action compares it
    check = CheckLarger(min(octets + ETHERNET_OCTETS, _LARGEST), REG_SIZE)
    return Flow(Table.VRF_SIZE, Priority.NORMAL, Match.of(where), (check,), goto)
