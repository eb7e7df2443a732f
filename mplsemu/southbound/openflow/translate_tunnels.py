"""Flows of the tunnels to other PEs (FTN, RFC 3031 3.12), and of ECMP among their NHLFEs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mplsemu.errors import CapabilityError
from mplsemu.model.labels import Label
from mplsemu.program.diffserv import TC_BITS
from mplsemu.program.entries import FtnEntry, Nhlfe, pushed
from mplsemu.program.gateway import PIPE_TTL
from mplsemu.southbound.openflow.actions import (
    Action,
    Encap,
    HashFields,
    Move,
    Multipath,
    PacketType,
    PushMpls,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.limits import MAX_LABELS
from mplsemu.southbound.openflow.lsr import IP_VERSIONS, IS_MPLS, Lsr
from mplsemu.southbound.openflow.match import (
    IP_FRAGMENT,
    MPLS_LABEL,
    MPLS_TC,
    MPLS_TTL,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import (
    REG_TC,
    REG_TUNNEL,
    REG_WAY,
    Priority,
    Table,
)

_IS_FRAGMENT: Final = Term(IP_FRAGMENT, 1, 1)  # NX_IP_FRAG_ANY: the first one, too
_ETHERNET: Final = Encap(PacketType.ETHERNET)


def tunnel_flows(lsr: Lsr, routed: frozenset[str], bridged: frozenset[str]) -> Iterator[Flow]:
    """Yield the flows of the tunnels to other PEs; only they know transport labels and core ports.

    Args:
        lsr: where the tunnels begin.
        routed: PEs that VRFs send to.
        bridged: PEs that pseudowires lead to.

    Raises:
        CapabilityError: with the service label, the stack would be deeper than Open vSwitch can.
    """
    for entry in lsr.node.ftn:
        _check_depth(lsr, entry)
    used = [entry for entry in lsr.node.ftn if entry.egress in routed | bridged]
    for entry in used:
        to_egress = Term(REG_TUNNEL, lsr.egress(entry.egress))
        for nhlfe, terms, priority in _alternatives(entry, to_egress):
            if entry.egress in routed:
                match = Match.of(IS_MPLS, *terms)
                yield Flow(Table.TUNNEL_L3, priority, match, _send_behind_ethernet(lsr, nhlfe))
            if entry.egress in bridged:
                match = Match.of(*terms)
                yield Flow(Table.TUNNEL_L2, priority, match, _send_before_everything(lsr, nhlfe))
    # after the NHLFEs themselves, so that none is chosen before it is installed
    for entry in used:
        if len(entry.nhlfes) > 1:
            yield from _choice_flows(lsr, entry, is_bridged=entry.egress in bridged)


def _check_depth(lsr: Lsr, entry: FtnEntry) -> None:
    deepest = max(len(pushed(nhlfe)) for nhlfe in entry.nhlfes)
    if 1 + deepest > MAX_LABELS:
        raise CapabilityError(
            f"{lsr.node.name}: the tunnel to {entry.egress} needs {deepest} labels and "
            f"its services one; Open vSwitch pushes at most {MAX_LABELS}"
        )


def _alternatives(
    entry: FtnEntry, to_egress: Term
) -> Iterator[tuple[Nhlfe, tuple[Term, ...], Priority]]:
    """Yield each NHLFE with its match and priority.

    A single NHLFE matches everything, at a higher priority than ECMP flows. So when ECMP shrinks to
    one NHLFE, its flow takes effect as soon as it is added, before the old flows are deleted.
    """
    if len(entry.nhlfes) == 1:
        yield entry.nhlfes[0], (to_egress,), Priority.NORMAL
        return
    for number, nhlfe in enumerate(entry.nhlfes):
        yield nhlfe, (to_egress, Term(REG_WAY, number)), Priority.BROAD


def _choice_flows(lsr: Lsr, entry: FtnEntry, *, is_bridged: bool) -> Iterator[Flow]:
    """Yield the flows that choose an NHLFE to a PE, while the customer's headers are outermost."""
    to_egress = Term(REG_TUNNEL, lsr.egress(entry.egress))

    def by(fields: HashFields) -> tuple[Action, ...]:
        # salt the hash per LSR: with equal hashes the second LSR would see only part of the hash
        # space (ECMP polarisation)
        return (Multipath(fields, lsr.node.index, len(entry.nhlfes), REG_WAY),)

    for is_version in IP_VERSIONS:
        match = Match.of(is_version, to_egress)
        yield Flow(Table.WAYS, Priority.SPECIFIC, match, by(HashFields.IP_FLOW))
        # only the first fragment has ports, and in IPv6 only it has the protocol's number
        match = Match.of(is_version, _IS_FRAGMENT, to_egress)
        yield Flow(Table.WAYS, Priority.SPECIFIC + 1, match, by(HashFields.IP_ADDRESSES))
    if is_bridged:
        yield Flow(Table.WAYS, Priority.NORMAL, Match.of(to_egress), by(HashFields.FRAME))


def _send_behind_ethernet(lsr: Lsr, nhlfe: Nhlfe) -> tuple[Action, ...]:
    actions: list[Action] = []
    for label in reversed(pushed(nhlfe)):
        actions += PushMpls(), SetField(MPLS_LABEL, int(label))
    return (*actions, *lsr.send(nhlfe.link))


def _send_before_everything(lsr: Lsr, nhlfe: Nhlfe) -> tuple[Action, ...]:
    labels = (action for label in reversed(pushed(nhlfe)) for action in encap_label(label))
    return (*labels, _ETHERNET, *lsr.send(nhlfe.link))


def encap_label(label: Label) -> tuple[Action, ...]:
    """Return the actions that put a label stack entry before a whole frame (RFC 4448 section 4.2).

    Its TTL is the pipe model's, also in a uniform lab: a frame has no TTL to copy.
    """
    return (
        Encap(PacketType.MPLS),
        SetField(MPLS_LABEL, int(label)),
        Move(REG_TC, MPLS_TC, TC_BITS),
        SetField(MPLS_TTL, PIPE_TTL),
    )
