"""Flows of an LSR's incoming label map (RFC 3031 section 3.11)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from mplsemu.errors import CapabilityError
from mplsemu.model.labels import IPV4_EXPLICIT_NULL, Label
from mplsemu.program.diffserv import TC_BITS
from mplsemu.program.entries import (
    Forward,
    IlmEntry,
    Nhlfe,
    Pop,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    Push,
    Swap,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.split_horizon import Group, groups_of_frames
from mplsemu.southbound.openflow.actions import (
    Action,
    Decap,
    DecMplsTtl,
    Move,
    PacketType,
    PopMpls,
    PushMpls,
    SetField,
)
from mplsemu.southbound.openflow.flow import Flow
from mplsemu.southbound.openflow.limits import MAX_LABELS
from mplsemu.southbound.openflow.lsr import (
    FORGET_PORT,
    IS_MPLS,
    Lsr,
)
from mplsemu.southbound.openflow.match import (
    IP_TTL,
    METADATA,
    MPLS_BOS,
    MPLS_LABEL,
    MPLS_TC,
    MPLS_TTL,
    Match,
    Term,
)
from mplsemu.southbound.openflow.pipeline import (
    REG_GROUPS,
    REG_SCRATCH,
    REG_SOURCE,
    REG_TC,
    REG_TTL,
    Priority,
    Table,
    attachment,
)
from mplsemu.southbound.openflow.translate_tags import (
    entry_table,
    has_tag_table,
    vsi_tag_flows,
)
from mplsemu.wire.ethernet import EtherType

_TTL_BITS: Final = 8
_NOT_LAST: Final = Term(MPLS_BOS, 0)
_LAST: Final = Term(MPLS_BOS, 1)
_KEEP_TTL: Final = Move(MPLS_TTL, REG_TTL, _TTL_BITS)
_TTL_TO_LABEL: Final = Move(REG_TTL, MPLS_TTL, _TTL_BITS)
_TTL_TO_IP: Final = Move(REG_TTL, IP_TTL, _TTL_BITS)
_POP_TO_LABEL: Final = PopMpls(EtherType.MPLS)
# Open vSwitch 3.1 rewrites the whole label stack entry on a swap, but its datapath flow matches
# only the fields that were read: the next packet would get this one's TC. So all are read.
_READ_WHOLE_ENTRY: Final = (
    Move(MPLS_TC, REG_SCRATCH, TC_BITS),
    Move(MPLS_BOS, REG_SCRATCH, 1),
)
_ETHERTYPE_OF_VERSION: Final = {4: EtherType.IPV4, 6: EtherType.IPV6}
_DECAP: Final = (Decap(PacketType.USE_NEXT), Decap(PacketType.ETHERNET))


def label_flows(lsr: Lsr) -> Iterator[Flow]:
    """Yield the flows of the tables for incoming labels.

    Raises:
        CapabilityError: an entry asks for what the pipeline cannot do.
        ProgramError: an entry names what this LSR does not have.
    """
    yield from vsi_tag_flows(lsr)
    if lsr.node.adjacencies:
        yield Flow(Table.LFIB, Priority.DEFAULT, Match(), goto=Table.SERVICE_LABELS)
    for entry in lsr.node.ilm:
        match entry.action:
            case Forward(nhlfes):
                # OpenFlow cannot hash below a label stack: ECMP in transit is per label, so all
                # flows of one label take one NHLFE (ADR 14)
                yield _transit(lsr, entry, nhlfes[int(entry.label) % len(nhlfes)])
            case SwapToAsbr() | SwapToPe():
                swaps = lsr.swapped(entry.action)
                yield _transit(lsr, entry, swaps[int(entry.label) % len(swaps)])
            case PopAndLookUp():
                yield _explicit_null(lsr, entry)
            case PopToVrf() as pop:
                yield _to_vrf(lsr, entry.label, pop)
            case PopToPseudowire() as pop:
                yield _to_pseudowire(lsr, entry.label, pop)


def _transit(lsr: Lsr, entry: IlmEntry, nhlfe: Nhlfe) -> Flow:
    terms = [IS_MPLS, Term(MPLS_LABEL, int(entry.label))]
    actions: tuple[Action, ...]
    match nhlfe.operation:
        case Swap(labels):
            if len(labels) >= MAX_LABELS:
                raise CapabilityError(
                    f"{lsr.node.name}: label {int(entry.label)} is replaced by {len(labels)}, with "
                    f"a service's below; Open vSwitch takes at most {MAX_LABELS}"
                )
            *pushed, label = labels
            actions = (DecMplsTtl(), *_READ_WHOLE_ENTRY, SetField(MPLS_LABEL, int(label)))
            for outer in reversed(pushed):  # an entry that is pushed has the TTL and TC below it
                actions += (PushMpls(), SetField(MPLS_LABEL, int(outer)))
        case Pop():
            # a pop names the EtherType below, which here can only be MPLS: the ends of an LSP alone
            # know what it carries
            terms.append(_NOT_LAST)
            actions = (DecMplsTtl(), *_pop_to_label(lsr))
        case Push():
            raise CapabilityError(
                f"{lsr.node.name}: label {int(entry.label)} pushes on a labelled packet; "
                "this data plane swaps and pops in transit"
            )
        case _:
            assert_never(nhlfe.operation)
    return Flow(Table.LFIB, Priority.NORMAL, Match.of(*terms), (*actions, *lsr.send(nhlfe.link)))


def _explicit_null(lsr: Lsr, entry: IlmEntry) -> Flow:
    if entry.label != IPV4_EXPLICIT_NULL:
        raise CapabilityError(
            f"{lsr.node.name}: label {int(entry.label)} is popped for another look-up; "
            "this data plane does that with explicit null only"
        )
    terms = IS_MPLS, Term(MPLS_LABEL, int(entry.label)), _NOT_LAST
    return Flow(
        Table.LFIB,
        Priority.NORMAL,
        Match.of(*terms),
        _pop_to_label(lsr),
        goto=Table.SERVICE_LABELS,
    )


def _pop_to_label(lsr: Lsr) -> tuple[Action, ...]:
    # RFC 3443 section 3.1: in the uniform model the TTL is copied to the entry below
    return (_KEEP_TTL, _POP_TO_LABEL, _TTL_TO_LABEL) if lsr.is_uniform else (_POP_TO_LABEL,)


def _to_vrf(lsr: Lsr, label: Label, pop: PopToVrf) -> Flow:
    vrf = lsr.vrf_of_label(label, pop)
    pop_label = PopMpls(_ETHERTYPE_OF_VERSION[pop.ip_version])
    ttl = (_KEEP_TTL, pop_label, _TTL_TO_IP) if lsr.is_uniform else (pop_label,)
    return Flow(
        Table.SERVICE_LABELS,
        Priority.NORMAL,
        Match.of(IS_MPLS, Term(MPLS_LABEL, int(label)), _LAST),
        (SetField(METADATA, vrf.index), *ttl),
        goto=Table.VRF_FIB,
    )


def _to_pseudowire(lsr: Lsr, label: Label, pop: PopToPseudowire) -> Flow:
    vsi, pw = lsr.pseudowire_of_label(label, pop)
    match = Match.of(IS_MPLS, Term(MPLS_LABEL, int(label)), _LAST)
    if pw.standby:  # a flow, as it is replaced at once: never do two of them carry frames
        return Flow(Table.SERVICE_LABELS, Priority.NORMAL, match)
    actions: tuple[Action, ...] = (
        SetField(METADATA, vsi.index),
        SetField(REG_SOURCE, attachment(pw)),
    )
    groups = groups_of_frames(pw, from_leaf=pop.leaf) & ~Group.MESH
    if groups:
        actions += (SetField(REG_GROUPS, groups),)
    if any(wire.spoke for wire in vsi.pseudowires):  # it may leave over another one, on any link
        actions += (Move(MPLS_TC, REG_TC, TC_BITS), FORGET_PORT)
    goto = Table.VSI_TAGS if has_tag_table(lsr, vsi) else entry_table(vsi)
    return Flow(Table.SERVICE_LABELS, Priority.NORMAL, match, (*actions, *_DECAP), goto)
