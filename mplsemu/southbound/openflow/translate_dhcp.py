"""Flows that punt what DHCP clients say to all, where the gateway is a relay agent.

RFC 2131 for IPv4, RFC 8415 for IPv6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_IPV4, IS_IPV6, mac_number
from mplsemu.southbound.openflow.match import ETH_DST, IN_PORT, IP_PROTO, UDP_DST, Match, Term
from mplsemu.southbound.openflow.pipeline import Priority, Table
from mplsemu.southbound.openflow.translate_punts import punt
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire import dhcp6
from mplsemu.wire.dhcp import SERVER_PORT
from mplsemu.wire.dhcp6 import ALL_AGENTS
from mplsemu.wire.ethernet import BROADCAST_MAC, group_mac
from mplsemu.wire.ip import IpProtocol

_REQUEST: Final = (
    IS_IPV4,
    Term(ETH_DST, mac_number(BROADCAST_MAC)),
    Term(IP_PROTO, IpProtocol.UDP),
    Term(UDP_DST, SERVER_PORT),
)
_REQUEST6: Final = (
    IS_IPV6,
    Term(ETH_DST, mac_number(group_mac(ALL_AGENTS))),
    Term(IP_PROTO, IpProtocol.UDP),
    Term(UDP_DST, dhcp6.SERVER_PORT),
)


def relay_flows(circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows of circuits whose gateway relays DHCP: above those of strange sources.

    A client that has no address yet sends from 0.0.0.0.
    """
    for circuit in circuits:
        in_port = Term(IN_PORT, circuit.port)
        versions = {server.version for server in circuit.dhcp_servers}
        if 6 in versions:  # its clients have link-local addresses, which are no strange sources
            match = Match.of(in_port, *_REQUEST6)
            yield Flow(Table.VRF_INPUT, Priority.SPECIFIC, match, punt(PuntReason.DHCP))
        if 4 not in versions:
            continue
        match = Match.of(in_port, *_REQUEST)
        yield Flow(Table.VRF_INPUT, Priority.SPECIFIC, match, punt(PuntReason.DHCP))
        if circuit.strict_urpf:
            yield Flow(Table.VRF_SOURCE, Priority.GATEWAY + 1, match, goto=Table.VRF_INPUT)
