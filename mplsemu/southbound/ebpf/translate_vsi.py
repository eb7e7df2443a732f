"""Entries of a PE's VSIs: what they are, their circuits and pseudowires (RFC 4762 section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, assert_never

from mplsemu.errors import CapabilityError
from mplsemu.model.mac_move import MacMove
from mplsemu.model.vpn import L2vpnKind, VpnKind
from mplsemu.program.reserved_macs import RESERVED, filtered
from mplsemu.program.services import Pseudowire, Vsi
from mplsemu.southbound.ebpf.entry import Entry
from mplsemu.southbound.ebpf.kinds import BridgeKind, PwFlag, VsiFlag
from mplsemu.southbound.ebpf.layout import MemberKey, PwRecord, VsiKey, VsiRecord, word
from mplsemu.southbound.ebpf.layout_vsi import GroupKey, GroupRecord, members
from mplsemu.southbound.ebpf.limits import LIMITS
from mplsemu.southbound.ebpf.lsr import Lsr
from mplsemu.southbound.plane.stage import Stage

_NANOSECONDS: Final = 10**9
_MAX_AGING_S: Final = (1 << 64) // _NANOSECONDS - 1
_MAX_KBPS: Final = (1 << 32) - 1
_MAX_MACS: Final = (1 << 32) - 1


def vsi_entries(lsr: Lsr) -> Iterator[Entry]:
    """Yield the entries of `vsis`, `circuits`, `pws` and `groups`.

    A circuit that is down leaves a gap, and so does a missing pseudowire: the others keep their
    numbers.

    Raises:
        ProgramError: a VSI names what this PE does not have.
        CapabilityError: a number of a VSI does not fit the maps.
    """
    for vsi in lsr.node.vsis:
        yield _vsi(lsr, vsi)
        for position, circuit in enumerate(map(lsr.circuit, vsi.circuits), 1):
            if circuit.up:
                key = MemberKey(lsr.index, vsi.index, position).pack()
                value = word(lsr.circuit_id(circuit))
                yield Entry(Stage.SERVICES, "circuits", key, value)
        for pw in (pw for pw in vsi.pseudowires if not pw.standby):
            key = MemberKey(lsr.index, vsi.index, pw.index).pack()
            yield Entry(Stage.SERVICES, "pws", key, _pw(lsr, pw).pack())
        yield from _groups(lsr, vsi)


def _bridge_kind(kind: L2vpnKind) -> BridgeKind:
    match kind:
        case VpnKind.VPLS:
            return BridgeKind.VPLS
        case VpnKind.VPWS:
            return BridgeKind.VPWS
        case _:
            assert_never(kind)


def _vsi(lsr: Lsr, vsi: Vsi) -> Entry:
    pws = max((pw.index for pw in vsi.pseudowires), default=0)
    limit = vsi.mac_limit or 0
    for what, number, most in (
        ("index", vsi.index, LIMITS.index),
        ("circuits", len(vsi.circuits), LIMITS.index),
        ("index of a pseudowire", pws, LIMITS.index),
        ("MAC aging in seconds", vsi.mac_aging_s, _MAX_AGING_S),
        ("MAC limit", limit, _MAX_MACS),
        ("storm control in kbit/s", (vsi.storm_control_bps or 0) // 1000, _MAX_KBPS),
    ):
        if not 0 <= number <= most:
            raise CapabilityError(
                f"{lsr.node.name}: VSI {vsi.name!r}: {what}: {number}; "
                f"the eBPF data plane can have 0 to {most}"
            )
    aging_ns = vsi.mac_aging_s * _NANOSECONDS
    record = VsiRecord(
        _bridge_kind(vsi.kind),
        len(vsi.circuits),
        pws,
        limit,
        aging_ns,
        filtered=sum(1 << RESERVED.index(mac) for mac in filtered(vsi.kind, vsi.l2cp)),
        storm_kbps=(vsi.storm_control_bps or 0) // 1000,
        flags=_flags(vsi),
    )
    return Entry(Stage.SERVICES, "vsis", VsiKey(lsr.index, vsi.index).pack(), record.pack())


def _groups(lsr: Lsr, vsi: Vsi) -> Iterator[Entry]:
    for group in vsi.groups:
        circuits = (n for n, name in enumerate(vsi.circuits, 1) if name in group.circuits)
        pws = (pw.index for pw in vsi.pseudowires if pw.peer in group.peers)
        key = GroupKey(lsr.index, vsi.index, group.address).pack()
        value = GroupRecord(members(circuits), members(pws)).pack()
        yield Entry(Stage.SERVICES, "groups", key, value)


def _flags(vsi: Vsi) -> VsiFlag:
    flags = VsiFlag.NONE if vsi.floods_unknown else VsiFlag.DROP_UNKNOWN
    flags |= VsiFlag.SPOKES if any(pw.spoke for pw in vsi.pseudowires) else VsiFlag.NONE
    flags |= VsiFlag.NONE if vsi.mac_move is MacMove.NONE else VsiFlag.MAC_MOVES
    flags |= VsiFlag.TAGGED if any(pw.is_tagged for pw in vsi.pseudowires) else VsiFlag.NONE
    return flags | (VsiFlag.SNOOPS if vsi.igmp_snooping else VsiFlag.NONE)


def _pw(lsr: Lsr, pw: Pseudowire) -> PwRecord:
    flags = PwFlag.CONTROL_WORD if pw.control_word else PwFlag.NONE
    flags |= PwFlag.LEAF if pw.leaf else PwFlag.NONE
    flags |= PwFlag.SPOKE if pw.spoke else PwFlag.NONE
    flags |= PwFlag.TAGGED if pw.is_tagged else PwFlag.NONE
    of_leaves = 0 if pw.leaf_out_label is None else int(pw.leaf_out_label)
    return PwRecord(lsr.egress(pw.peer), int(pw.out_label), flags, of_leaves)
