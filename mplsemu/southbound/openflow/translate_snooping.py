"""Flows of a VSI that snoops IGMP and MLD: its messages to the controller (RFC 4541)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.model.vpn import IPAddress
from mplsemu.program.services import Vsi
from mplsemu.southbound.openflow.actions import Controller, SetField
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.lsr import IS_IPV4, IS_IPV6, TO_GROUP_ADDRESS
from mplsemu.southbound.openflow.match import (
    ICMPV6_TYPE,
    IP_PROTO,
    IPV4_DST,
    IPV6_DST,
    METADATA,
    VLAN_VID,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    REG_PUNT,
    REG_SOURCE,
    REG_TARGET,
    Priority,
    Table,
)
from mplsemu.southbound.openflow.translate_punts import punt_word
from mplsemu.southbound.openflow.vsi_meters import snooping_meter
from mplsemu.southbound.punt.event import PuntReason
from mplsemu.wire.ip import IpProtocol
from mplsemu.wire.mld import MLD_TYPES

_UNTAGGED: Final = Term(VLAN_VID, 0)


def is_for_group(address: IPAddress) -> tuple[Term, ...]:
    """Return the terms of untagged frames for a multicast group."""
    version, field = (IS_IPV4, IPV4_DST) if address.version == 4 else (IS_IPV6, IPV6_DST)
    return (version, Term(field, int(address)), _UNTAGGED, TO_GROUP_ADDRESS)


def snooping_flows(vsi: Vsi) -> Iterator[Flow]:
    """Yield the flows that take membership messages from circuits; none of a VSI that does not."""
    if not vsi.igmp_snooping:
        return
    from_circuit = Term(METADATA, vsi.index), Term(REG_SOURCE, 0, FROM_PSEUDOWIRE)
    common = (*from_circuit, Term(REG_TARGET, 0), _UNTAGGED, TO_GROUP_ADDRESS)
    actions = (
        SetField(REG_PUNT, punt_word(PuntReason.SNOOPED)),
        Controller(meter=snooping_meter(vsi.index)),
    )
    messages = [(IS_IPV4, Term(IP_PROTO, IpProtocol.IGMP))]
    is_icmp = Term(IP_PROTO, IpProtocol.ICMPV6)
    for terms in (*messages, *((IS_IPV6, is_icmp, Term(ICMPV6_TYPE, each)) for each in MLD_TYPES)):
        match = Match.of(*common, *terms)
        yield Flow(Table.VSI_FORWARD, Priority.REFUSED, match, actions)
