"""Entries of an LSR's incoming label map (RFC 3031 section 3.11) and of its tunnels (3.12)."""

from __future__ import annotations

from collections.abc import Iterator

from mplsemu.errors import CapabilityError
from mplsemu.model.labels import Label
from mplsemu.model.limits import MAX_NHLFES
from mplsemu.program.entries import (
    Forward,
    IlmEntry,
    Nhlfe,
    PopAndLookUp,
    PopToPseudowire,
    PopToVrf,
    SwapToAsbr,
    SwapToPe,
)
from mplsemu.program.split_horizon import Group, groups_of_frames
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import IlmAction, IlmFlag, NhlfesOf
from mplsemu.southbound.ebpf.layout import (
    IlmKey,
    IlmRecord,
    NhlfeKey,
    NhlfeRecord,
    TunnelKey,
    TunnelRecord,
)
from mplsemu.southbound.ebpf.lsr import Lsr
from mplsemu.southbound.plane.stage import Stage


def label_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `lfib`, and of `ecmp_nhlfes` those of labels.

    Raises:
        CapabilityError: an entry asks for what the data plane cannot do.
        ProgramError: an entry names what this LSR does not have.
    """
    for entry in lsr.node.ilm:
        label = int(entry.label)
        key = IlmKey(lsr.index, label).pack()
        yield Entry(Stage.LABELS, "lfib", key, _ilm_record(lsr, entry).pack())
        nhlfes = entry.nhlfes
        if isinstance(entry.action, SwapToPe):
            nhlfes = lsr.tunnel(entry.action.egress).nhlfes
        yield from _further_nhlfes(lsr, Stage.LABELS, NhlfesOf.LABEL, label, nhlfes)


def tunnel_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `tunnels`, and of `ecmp_nhlfes` those of egress PEs.

    Raises:
        CapabilityError: a stack would be deeper than the data plane can push.
        ProgramError: an entry names what this LSR does not have.
    """
    for entry in lsr.node.ftn:
        egress = lsr.egress(entry.egress)
        key = TunnelKey(lsr.index, egress).pack()
        first = _first_nhlfe(lsr, f"the tunnel to {entry.egress}", entry.nhlfes)
        value = TunnelRecord(len(entry.nhlfes), first, entry.mtu).pack()
        yield Entry(Stage.TUNNELS, "tunnels", key, value)
        yield from _further_nhlfes(lsr, Stage.TUNNELS, NhlfesOf.EGRESS, egress, entry.nhlfes)


def _ilm_record(lsr: Lsr, entry: IlmEntry) -> IlmRecord:
    match entry.action:
        case Forward(nhlfes):
            first = _first_nhlfe(lsr, f"label {int(entry.label)}", nhlfes)
            return IlmRecord(IlmAction.FORWARD, nhlfe_count=len(nhlfes), nhlfe=first)
        case SwapToAsbr():
            first = _first_nhlfe(lsr, f"label {int(entry.label)}", lsr.swapped(entry.action))
            return IlmRecord(IlmAction.FORWARD, nhlfe_count=1, nhlfe=first)
        case SwapToPe() as swap:
            return _to_pe(lsr, entry.label, swap)
        case PopAndLookUp():
            return IlmRecord(IlmAction.POP_AND_LOOK_UP)
        case PopToVrf() as pop:
            return _to_vrf(lsr, entry.label, pop)
        case PopToPseudowire() as pop:
            return _to_pseudowire(lsr, entry.label, pop)


def _to_pe(lsr: Lsr, label: Label, swap: SwapToPe) -> IlmRecord:
    """Return the record of a label that was given to another provider: swap, then push."""
    nhlfes = lsr.tunnel(swap.egress).nhlfes
    first = _first_nhlfe(lsr, f"label {int(label)}", nhlfes)
    port = lsr.adjacency(swap.border).port
    return IlmRecord(
        IlmAction.FORWARD,
        nhlfe_count=len(nhlfes),
        service=int(swap.label),
        pw=port,
        nhlfe=first,
    )


def _to_vrf(lsr: Lsr, label: Label, pop: PopToVrf) -> IlmRecord:
    vrf = lsr.vrf_of_label(label, pop)
    return IlmRecord(IlmAction.TO_VRF, ip_version=pop.ip_version, service=vrf.index)


def _to_pseudowire(lsr: Lsr, label: Label, pop: PopToPseudowire) -> IlmRecord:
    vsi, pw = lsr.pseudowire_of_label(label, pop)
    if pw.standby:  # an entry, as it is replaced at once: never do two of them carry frames
        return IlmRecord(IlmAction.STAND_BY)
    flags = IlmFlag.CONTROL_WORD if pw.control_word else IlmFlag.NONE
    if Group.LEAVES in groups_of_frames(pw, from_leaf=pop.leaf):
        flags |= IlmFlag.LEAF
    flags |= IlmFlag.SPOKE if pw.spoke else IlmFlag.NONE
    flags |= IlmFlag.TAGGED if pw.is_tagged else IlmFlag.NONE
    return IlmRecord(IlmAction.TO_PSEUDOWIRE, flags=flags, service=vsi.index, pw=pw.index)


def _first_nhlfe(lsr: Lsr, what: str, nhlfes: tuple[Nhlfe, ...]) -> NhlfeRecord:
    if len(nhlfes) > MAX_NHLFES:
        raise CapabilityError(
            f"{lsr.node.name}: {what} has {len(nhlfes)} ways; "
            f"the eBPF data plane chooses among at most {MAX_NHLFES}"
        )
    return lsr.nhlfe(nhlfes[0])


def _further_nhlfes(
    lsr: Lsr, stage: Stage, of: NhlfesOf, number: int, nhlfes: tuple[Nhlfe, ...]
) -> Iterator[Entry]:
    for index, nhlfe in enumerate(nhlfes[1:], 1):
        key = NhlfeKey(lsr.index, of, number, index).pack()
        yield Entry(stage, "ecmp_nhlfes", key, lsr.nhlfe(nhlfe).pack())
