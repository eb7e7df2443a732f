"""The VSIs of the eBPF data plane without a kernel: see `fakebpf`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from mplsemu.southbound.ebpf.kinds import (
    CIRCUIT_DELIMITED,
    BridgeKind,
    Drop,
    FdbKind,
    IlmFlag,
    PortFlag,
    PwFlag,
    VsiFlag,
)
from mplsemu.southbound.ebpf.layout import (
    FdbKey,
    FdbRecord,
    IlmRecord,
    MemberKey,
    Port,
    PwRecord,
    TaggedCircuit,
    VsiKey,
    VsiRecord,
    unpack_word,
    word,
)
from mplsemu.southbound.ebpf.layout_vsi import GroupKey, GroupRecord
from mplsemu.southbound.punt.event import PuntReason
from tests.oracles import fakeframe
from tests.oracles.fakeframe import Shim
from tests.oracles.fakemaps import Alternatives, FakeMaps, Lost, Punted, Sent

PIPE_TTL: Final = 255
CONTROL_WORD: Final = bytes(4)


@dataclass(frozen=True)
class Origin:
    """Where a frame came from.

    Attributes:
        ifindex: of a circuit.
        wire: number of a pseudowire.
        from_leaf: whether a leaf of an E-Tree sent it.
        from_mesh: whether that pseudowire is one of the mesh.
        delimiter: VLAN of the tag that it had there, in tagged mode.
    """

    ifindex: int | None
    wire: int | None
    from_leaf: bool
    from_mesh: bool = False
    delimiter: int = 0


class FakeBridges(ABC):
    """The VSIs of all LSRs.

    Attributes:
        fdb: the stations that they have learned.
    """

    _maps: FakeMaps
    _share: int
    fdb: dict[FdbKey, FdbRecord]
    now_ns: int

    @abstractmethod
    def _into_tunnel(
        self, lsr: int, egress: int, service: Shim, below: bytes, vrf: int | None = None
    ) -> Alternatives:
        """Send what is below a service's label into the tunnel to a PE."""

    def _from_wire(self, lsr: int, ilm: IlmRecord, below: bytes) -> Iterator[Alternatives]:
        if ilm.flags & IlmFlag.CONTROL_WORD:
            if below[0] >> 4:  # RFC 4385 section 3: it is no data
                yield (Lost(Drop.MALFORMED),)
                return
            below = below[len(CONTROL_WORD) :]
        from_leaf = bool(ilm.flags & IlmFlag.LEAF)
        vlan = 0
        if ilm.flags & IlmFlag.TAGGED:
            if fakeframe.ethertype(below) not in fakeframe.TAGS:
                yield (Lost(Drop.TAG),)
                return
            vlan = int.from_bytes(below[14:16], "big") & 0xFFF
            below = below[:12] + below[16:]
        origin = Origin(None, ilm.pw, from_leaf, not ilm.flags & IlmFlag.SPOKE, vlan)
        yield from self._bridge(VsiKey(lsr, ilm.service), below, origin)

    def _bridge(self, key: VsiKey, frame: bytes, origin: Origin) -> Iterator[Alternatives]:
        ifindex, wire = origin.ifindex, origin.wire
        value = self._maps.get("vsis", key.pack())
        assert value is not None, f"{key} is no VSI"
        vsi = VsiRecord.unpack(value)
        station = None
        if ifindex is not None and _stays_on_link(frame, vsi.filtered):
            yield (Lost(Drop.ONE_LINK),)
            return
        if vsi.kind is BridgeKind.VPLS:
            if frame[6] & 1:
                yield (Lost(Drop.GROUP_SOURCE),)
                return
            self._learn(key, vsi, frame[6:12], ifindex, wire)
            station = self._find(key, vsi, frame[:6])
        is_snooped = vsi.flags & VsiFlag.SNOOPS and frame[0] & 1
        if station is None and vsi.flags & VsiFlag.DROP_UNKNOWN and not frame[0] & 1:
            yield (Lost(Drop.UNKNOWN),)
        elif is_snooped and ifindex is not None and is_membership(frame):
            yield (Punted(PuntReason.SNOOPED, key.vsi),)
        elif station is None:
            group = self._group(key, frame) if is_snooped else None
            yield from self._flood(key, vsi, frame, origin, group)
        elif station.kind is FdbKind.AT_CIRCUIT and station.id != ifindex:
            is_apart = origin.from_leaf and self._is_leaf(station.id)
            yield (Lost(Drop.NOBODY) if is_apart else Sent(station.id, frame),)
        elif station.kind is FdbKind.AT_PW and station.id != wire:
            yield self._over(key, station.id, frame, origin) or (Lost(Drop.NO_TUNNEL),)
        else:
            yield (Lost(Drop.NOBODY),)

    def _flood(
        self,
        key: VsiKey,
        vsi: VsiRecord,
        frame: bytes,
        origin: Origin,
        group: GroupRecord | None,
    ) -> Iterator[Alternatives]:
        copies: list[Alternatives] = []
        for position in range(1, vsi.circuits + 1):
            if group is not None and not _has(group.circuits, position):
                continue
            value = self._maps.get("circuits", MemberKey(key.lsr, key.vsi, position).pack())
            if value is None or unpack_word(value) == origin.ifindex:
                continue
            if not (origin.from_leaf and self._is_leaf(unpack_word(value))):
                copies.append((Sent(unpack_word(value), frame),))
        is_dead_end = origin.ifindex is None and not vsi.flags & VsiFlag.SPOKES
        wires = () if is_dead_end else {*range(1, vsi.pws + 1)} - {origin.wire}
        wanting = (wire for wire in wires if group is None or _has(group.pws, wire))
        over = filter(None, (self._over(key, wire, frame, origin) for wire in wanting))
        copies += (each for each in over if each != (Lost(Drop.NOBODY),))
        yield from copies or [(Lost(Drop.NOBODY),)]

    def _group(self, key: VsiKey, frame: bytes) -> GroupRecord | None:
        match fakeframe.ethertype(frame):
            case 0x0800:
                address = ip_address(frame[30:34])
            case 0x86DD:
                address = ip_address(frame[38:54])
            case _:
                return None
        value = self._maps.get("groups", GroupKey(key.lsr, key.vsi, address).pack())
        return None if value is None else GroupRecord.unpack(value)

    def _is_leaf(self, circuit: int) -> bool:
        if circuit & CIRCUIT_DELIMITED:
            value = self._maps.get("tagged_circuits", word(circuit))
            return value is not None and bool(TaggedCircuit.unpack(value).flags & PortFlag.LEAF)
        value = self._maps.get("ports", word(circuit))
        return value is not None and bool(Port.unpack(value).flags & PortFlag.LEAF)

    def _over(self, key: VsiKey, wire: int, frame: bytes, origin: Origin) -> Alternatives | None:
        value = self._maps.get("pws", MemberKey(key.lsr, key.vsi, wire).pack())
        if value is None:
            return None
        record = PwRecord.unpack(value)
        # split horizon: what came over one of the mesh goes over no other (RFC 4762 section 4.4)
        is_within = origin.from_mesh and not record.flags & PwFlag.SPOKE
        if is_within or (origin.from_leaf and record.flags & PwFlag.LEAF):
            return (Lost(Drop.NOBODY),)
        label = (record.leaf_label if origin.from_leaf else 0) or record.label
        word_before = CONTROL_WORD if record.flags & PwFlag.CONTROL_WORD else b""
        service = Shim(label, fakeframe.class_of_frame(frame), PIPE_TTL)
        if record.flags & PwFlag.TAGGED:
            vlan = self._delimiter(origin)
            frame = frame[:12] + b"\x81\0" + vlan.to_bytes(2, "big") + frame[12:]
        return self._into_tunnel(key.lsr, record.egress, service, word_before + frame)

    def _delimiter(self, origin: Origin) -> int:
        if origin.ifindex is None or not origin.ifindex & CIRCUIT_DELIMITED:
            return origin.delimiter
        value = self._maps.get("tagged_circuits", word(origin.ifindex))
        return 0 if value is None else TaggedCircuit.unpack(value).outer

    def _learn(
        self, key: VsiKey, vsi: VsiRecord, mac: bytes, ifindex: int | None, wire: int | None
    ) -> None:
        station = FdbKey(key.lsr, key.vsi, mac)
        known = [each for each in self.fdb if (each.lsr, each.vsi) == (key.lsr, key.vsi)]
        if station not in self.fdb and vsi.mac_limit and len(known) >= vsi.mac_limit:
            return
        if station not in self.fdb and not vsi.mac_limit and 0 < self._share <= len(known):
            del self.fdb[known[0]]  # dictionaries are in order: it came first
        kind = FdbKind.AT_PW if ifindex is None else FdbKind.AT_CIRCUIT
        self.fdb[station] = FdbRecord(kind, ifindex or wire or 0, self.now_ns)

    def _find(self, key: VsiKey, vsi: VsiRecord, mac: bytes) -> FdbRecord | None:
        station = None if mac[0] & 1 else self.fdb.get(FdbKey(key.lsr, key.vsi, mac))
        return station if station and self.now_ns - station.seen_ns <= vsi.aging_ns else None


def _has(members: bytes, position: int) -> bool:
    return bool(members[(position - 1) // 8] >> (position - 1) % 8 & 1)


def is_membership(frame: bytes) -> bool:
    """Whether an untagged frame is IGMP, or MLD behind a header of hop-by-hop options or none."""
    match fakeframe.ethertype(frame):
        case 0x0800:
            return frame[23] == 2
        case 0x86DD:
            at = 54 if frame[20] == 58 else 62
            is_icmp = frame[20] == 58 or (frame[20] == 0 and frame[54:56] == b"\x3a\0")
            return is_icmp and frame[at] in {130, 131, 132, 143}
        case _:
            return False


def _stays_on_link(frame: bytes, filtered: int) -> bool:
    """Whether a frame is for the nearest bridge or, as PAUSE is, for the end of its link."""
    if fakeframe.ethertype(frame) == 0x8808:
        return True
    is_reserved = frame[:5] == bytes.fromhex("0180c20000") and frame[5] < 16
    return is_reserved and bool(filtered & 1 << frame[5])
