"""Flows by which gateways answer neighbour solicitations, as they answer ARP (RFC 4861 7.2.4).

A solicitation becomes its advertisement in two steps, as the target link-layer address can only be
set in an advertisement. Solicitations not in the form that hosts send go to the controller, which
answers all valid ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Address
from typing import Final

from mplsemu.program.gateway import GATEWAY_MAC, LINK_LOCAL_GATEWAY
from mplsemu.program.services import AttachmentCircuit
from mplsemu.southbound.openflow.actions import InPort, Move, Resubmit, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_IPV6, Lsr, mac_number
from mplsemu.southbound.openflow.match import (
    ETH_DST,
    ETH_SRC,
    ICMPV6_TYPE,
    IN_PORT,
    IP_PROTO,
    IP_TOS,
    IP_TTL,
    IPV6_DST,
    IPV6_SRC,
    ND_FLAGS,
    ND_OPTION,
    ND_SLL,
    ND_TARGET,
    ND_TLL,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import Priority, Table
from mplsemu.southbound.openflow.translate_punts import copy_of, punt
from mplsemu.southbound.openflow.translate_tags import departure_actions
from mplsemu.southbound.punt.event import PuntReason

_ADVERTISEMENT: Final = 136
_IS_ICMPV6: Final = (IS_IPV6, Term(IP_PROTO, 58))
_IS_SOLICITATION: Final = (*_IS_ICMPV6, Term(ICMPV6_TYPE, 135))
_IS_ON_LINK: Final = Term(IP_TTL, 255)
_GATEWAY: Final = mac_number(GATEWAY_MAC)
_ROUTER_SOLICITED_OVERRIDE: Final = 0xE000_0000
_TARGET_MAC_OPTION: Final = 2
_NETWORK_CONTROL: Final = 0xC0
_GROUPS: Final = 0xFF << 120
_MAC_BITS, _IPV6_BITS = 48, 128
_STRANGE: Final = (
    Term(
        IPV6_SRC, 0
    ),  # duplicate address detection has no source yet, so the answer goes to all nodes
    Term(IPV6_SRC, _GROUPS, _GROUPS),
    Term(ND_SLL, 0),  # the option becomes the target's, so it must be there
)


def common_neighbour_flows() -> Iterator[Flow]:
    """Yield what all gateways of an LSR have in common."""
    for number, strange in enumerate(_STRANGE):
        match = Match.of(*_IS_SOLICITATION, strange)
        # different priorities: a packet may be malformed in several respects
        priority = Priority.SPECIFIC + 2 + number
        yield Flow(Table.VRF_INPUT, priority, match, punt(PuntReason.NEIGHBOUR_DISCOVERY))
    match = Match.of(*_IS_ICMPV6, Term(ICMPV6_TYPE, _ADVERTISEMENT))
    actions = SetField(ND_TLL, _GATEWAY), InPort()
    yield Flow(Table.VRF_ADVERTISE, Priority.NORMAL, match, actions)


def neighbour_flows(lsr: Lsr, circuits: Iterable[AttachmentCircuit]) -> Iterator[Flow]:
    """Yield the flows by which the gateways of circuits answer."""
    for circuit in circuits:
        own = {gateway.ip for gateway in circuit.gateways if gateway.version == 6}
        if circuit.is_delimited:
            yield _departure(circuit)
        for address in sorted({LINK_LOCAL_GATEWAY, *own}, key=int):
            yield _answer(lsr, circuit.port, IPv6Address(address))


def _departure(circuit: AttachmentCircuit) -> Flow:
    """Return the flow by which an advertisement leaves on a circuit that is delimited by tags."""
    asked = *_IS_ICMPV6, Term(ICMPV6_TYPE, _ADVERTISEMENT), Term(IN_PORT, circuit.port)
    actions = SetField(ND_TLL, _GATEWAY), *departure_actions(circuit)
    return Flow(Table.VRF_ADVERTISE, Priority.SPECIFIC, Match.of(*asked), actions)


def _answer(lsr: Lsr, port: int, gateway: IPv6Address) -> Flow:
    asked = (Term(IN_PORT, port), *_IS_SOLICITATION, _IS_ON_LINK, Term(ND_TARGET, int(gateway)))
    actions = (
        *copy_of(PuntReason.SOLICITED, lsr, port),  # the controller learns who asked
        Move(ETH_SRC, ETH_DST, _MAC_BITS),
        SetField(ETH_SRC, _GATEWAY),
        Move(IPV6_SRC, IPV6_DST, _IPV6_BITS),
        SetField(IPV6_SRC, int(gateway)),
        SetField(IP_TOS, _NETWORK_CONTROL),
        SetField(ND_OPTION, _TARGET_MAC_OPTION),
        SetField(ND_FLAGS, _ROUTER_SOLICITED_OVERRIDE),
        SetField(ICMPV6_TYPE, _ADVERTISEMENT),
        Resubmit(Table.VRF_ADVERTISE),
    )
    return Flow(Table.VRF_INPUT, Priority.SPECIFIC + 1, Match.of(*asked), actions)
