"""Flows that punt what DHCP clients broadcast, where the gateway is a relay agent (RFC 2131)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_IPV4, mac_number
from mplsemu.southbound.openflow.match import ETH_DST, IN_PORT, IP_PROTO, UDP_DST, Match, Term
from mplsemu.southbound.openflow.pipeline import Priority, Table
from mplsemu.southbound.openflow.translate_punts import punt
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.dhcp import SERVER_PORT
from mplsemu.wire.ethernet import BROADCAST_MAC
from mplsemu.wire.ip import IpProtocol

_REQUEST: Final = (
    IS_IPV4,
    Term(ETH_DST, mac_number(BROADCAST_MAC)),
    Term(IP_PROTO, IpProtocol.UDP),
    Term(UDP_DST, SERVER_PORT),
)


def relay_flows(circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows of circuits whose gateway relays DHCP: above those of strange sources.

    A client that has no address yet sends from 0.0.0.0.
    """
    for circuit in circuits:
        if not circuit.dhcp_servers:
            continue
        match = Match.of(Term(IN_PORT, circuit.port), *_REQUEST)
        yield Flow(Table.VRF_INPUT, Priority.SPECIFIC, match, punt(PuntReason.DHCP))
        if circuit.strict_urpf:
            yield Flow(Table.VRF_SOURCE, Priority.GATEWAY + 1, match, goto=Table.VRF_INPUT)
