"""Flows of a PE's VSIs: learning, forwarding, flooding with split horizon (RFC 4762 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.errors import CapabilityError
from mplsemu.model.l2cp import L2cp
from mplsemu.program.reserved_macs import PROVIDER_RESERVED, filtered
from mplsemu.program.services import Pseudowire, Vsi
from mplsemu.southbound.openflow.actions import (
    Action,
    Clone,
    Learn,
    LearnLoad,
    LearnMatch,
    Output,
    OutputRegister,
    Resubmit,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow, learned_cookie
from mplsemu.southbound.openflow.lsr import FROM_GROUP_ADDRESS, TO_GROUP_ADDRESS, Lsr, mac_number
from mplsemu.southbound.openflow.match import ETH_DST, ETH_SRC, METADATA, Match, Term
from mplsemu.southbound.openflow.pipeline import (
    FROM_PSEUDOWIRE,
    REG_SOURCE,
    REG_TARGET,
    REG_TUNNEL,
    Priority,
    Table,
)
from mplsemu.southbound.openflow.translate_tunnels import encap_label

_FROM_CIRCUIT: Final = Term(REG_SOURCE, 0, FROM_PSEUDOWIRE)
_FROM_ANY_PSEUDOWIRE: Final = Term(REG_SOURCE, FROM_PSEUDOWIRE, FROM_PSEUDOWIRE)
_TO_CIRCUIT: Final = Term(REG_TARGET, 0, FROM_PSEUDOWIRE)
_UNKNOWN: Final = Term(REG_TARGET, 0)
_MAX_AGING_S: Final = 0xFFFF


def vsi_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of all VSIs of a PE; none where it has no VSI.

    Raises:
        ProgramError: a VSI names what this PE does not have.
        CapabilityError: an aging time is longer than OpenFlow's idle timeout can be.
    """
    if lsr.node.vsis:
        # IEEE 802.1Q section 8.7: no station has a group address
        yield Flow(Table.VSI_LEARN, Priority.REFUSED, Match.of(FROM_GROUP_ADDRESS))
        yield from _filters(lsr)
        to_circuit = (OutputRegister(REG_TARGET),)
        yield Flow(Table.VSI_FORWARD, Priority.BROAD, Match.of(_TO_CIRCUIT), to_circuit)
    for vsi in lsr.node.vsis:
        ports = [circuit.port for circuit in map(lsr.circuit, vsi.circuits) if circuit.up]
        if vsi.kind.learns_macs:
            yield from _learning_flows(vsi, ports)
            yield from _pseudowire_flows(lsr, vsi)
        yield from _flood_flows(lsr, vsi, ports)


def _filters(lsr: Lsr) -> Iterator[Flow]:
    """Yield what drops frames for reserved addresses: of all VSIs together, where they agree."""
    bridges = [vsi for vsi in lsr.node.vsis if vsi.kind.learns_macs]
    if all(vsi.l2cp is L2cp.STANDARD for vsi in bridges):
        matches = [[_to(mac)] for mac in PROVIDER_RESERVED]
    else:
        matches = [
            [_to(mac), Term(METADATA, vsi.index)]
            for vsi in bridges
            for mac in filtered(vsi.kind, vsi.l2cp)
        ]
    for terms in matches:
        yield Flow(Table.VSI_LEARN, Priority.REFUSED + 1, Match.of(*terms))


def _to(mac: str) -> Term:
    return Term(ETH_DST, mac_number(mac))


def _learning_flows(vsi: Vsi, ports: list[int]) -> Iterator[Flow]:
    if not 1 <= vsi.mac_aging_s <= _MAX_AGING_S:
        raise CapabilityError(
            f"VSI {vsi.name!r}: MAC aging of {vsi.mac_aging_s} s; use 1..{_MAX_AGING_S}"
        )
    for source in (*ports, *(FROM_PSEUDOWIRE | wire.index for wire in vsi.pseudowires)):
        learn = Learn(
            table=Table.VSI_FDB,
            priority=Priority.NORMAL,
            idle_timeout_s=vsi.mac_aging_s,
            cookie=learned_cookie(vsi.index, source),
            matches=(LearnMatch(METADATA, METADATA), LearnMatch(ETH_DST, ETH_SRC)),
            loads=(LearnLoad(REG_SOURCE, REG_TARGET),),
        )
        match = Match.of(Term(METADATA, vsi.index), Term(REG_SOURCE, source))
        actions = (learn, Resubmit(Table.VSI_FDB))
        yield Flow(Table.VSI_LEARN, Priority.NORMAL, match, actions, Table.VSI_FORWARD)


def _pseudowire_flows(lsr: Lsr, vsi: Vsi) -> Iterator[Flow]:
    for wire in _wires(lsr, vsi):
        to_wire = Term(REG_TARGET, FROM_PSEUDOWIRE | wire.index)
        # only from circuits: that is split horizon for known addresses
        match = Match.of(Term(METADATA, vsi.index), _FROM_CIRCUIT, to_wire)
        yield Flow(Table.VSI_FORWARD, Priority.NORMAL, match, _send_over(lsr, wire))


def _flood_flows(lsr: Lsr, vsi: Vsi, ports: list[int]) -> Iterator[Flow]:
    own = Term(METADATA, vsi.index)
    to_circuits = tuple(map(Output, ports))
    # each copy is encapsulated in a clone: an encap of the packet itself would affect the next copy
    to_wires = tuple(Clone(_send_over(lsr, wire)) for wire in _wires(lsr, vsi))
    flooded = (own, _UNKNOWN) if vsi.floods_unknown else (own, _UNKNOWN, TO_GROUP_ADDRESS)
    if ports:
        match = Match.of(*flooded, _FROM_CIRCUIT)
        yield Flow(Table.VSI_FORWARD, Priority.NORMAL, match, (*to_circuits, *to_wires))
        # split horizon: frames from one pseudowire never leave over another (RFC 4762 section 4.4)
        match = Match.of(*flooded, _FROM_ANY_PSEUDOWIRE)
        yield Flow(Table.VSI_FORWARD, Priority.NORMAL, match, to_circuits)


def _wires(lsr: Lsr, vsi: Vsi) -> Iterator[Pseudowire]:
    """Yield the pseudowires that have a tunnel.

    Open vSwitch 3.1 crashes on a packet that was encapsulated and then matched no flow.
    """
    return (wire for wire in vsi.pseudowires if lsr.nhlfe_count(wire.peer))


def _send_over(lsr: Lsr, wire: Pseudowire) -> tuple[Action, ...]:
    to_peer = SetField(REG_TUNNEL, lsr.egress(wire.peer))
    label = encap_label(wire.out_label)
    if lsr.nhlfe_count(wire.peer) > 1:  # chosen while the frame is outermost
        return (to_peer, Resubmit(Table.WAYS), *label, Resubmit(Table.TUNNEL_L2))
    return (*label, to_peer, Resubmit(Table.TUNNEL_L2))
