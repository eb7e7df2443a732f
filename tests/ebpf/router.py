"""One LSR of the program: what its maps hold, packets into it, what comes of them."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    CounterKind,
    Drop,
    IlmAction,
    NhlfeFlag,
    NhlfesOf,
    Operation,
    PortFlag,
    PwFlag,
    Role,
    VsiFlag,
)
from mplsemu.southbound.ebpf.layout import (
    ANY_MTU,
    GATEWAY_VALUE,
    SETTINGS_KEY,
    CounterKey,
    CounterRecord,
    FdbKey,
    FdbRecord,
    FibKey,
    GatewayKey,
    IlmKey,
    IlmRecord,
    MemberKey,
    NhlfeKey,
    NhlfeRecord,
    Port,
    PwRecord,
    RouteRecord,
    Settings,
    TunnelKey,
    TunnelRecord,
    VsiKey,
    VsiRecord,
    word,
)
from mplsemu.southbound.ebpf.layout_vsi import MacMovedRecord
from mplsemu.southbound.ebpf.loader import LoadedProgram
from mplsemu.southbound.ebpf.maps import RingBuffer
from mplsemu.southbound.ebpf.punts import PuntRecord
from tests.ebpf.kernel import Outcome, run
from tests.ebpf.wires import Wire, exchange
from tests.oracles.frames import mac

GATEWAY = mac(GATEWAY_MAC)
OURS = "02:00:00:00:00:aa"
"""MAC address of a core port of the router."""
THEIRS = "02:00:00:00:00:bb"
"""MAC address of its neighbour's."""
NOTHING_YET = CounterRecord(0, 0)
FILTERED = {BridgeKind.VPLS: 0x47FE, BridgeKind.VPWS: 0x2}
"""Reserved addresses, by what they end in, that a VSI filters unless a test says otherwise."""


def nhlfe(
    oif: int,
    operation: Operation,
    *labels: int,
    flags: NhlfeFlag = NhlfeFlag.NONE,
    to: str = THEIRS,
) -> NhlfeRecord:
    return NhlfeRecord(oif, mac(to), mac(OURS), operation, flags, labels)


def stack(*entries: tuple[int, int, int]) -> bytes:
    """Return label stack entries (label, TC, TTL), the last of them at the bottom."""
    words = [label << 12 | tc << 9 | ttl for label, tc, ttl in entries]
    words[-1] |= 0x100
    return struct.pack(f"!{len(words)}I", *words)


def labelled(entries: bytes, payload: bytes, dst: str = OURS, src: str = THEIRS) -> bytes:
    """Return an MPLS frame."""
    return mac(dst) + mac(src) + b"\x88\x47" + entries + payload


@dataclass
class Bench:
    """The program and the interfaces of its namespace."""

    program: LoadedProgram
    wires: tuple[Wire, ...]
    ring: RingBuffer = field(init=False)
    punted: list[PuntRecord] = field(default_factory=list)
    moves: list[MacMovedRecord] = field(default_factory=list)
    _routers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.ring = RingBuffer(self.program.maps["punts"], self._take)

    def _take(self, data: bytes) -> None:
        if len(data) == MacMovedRecord.c.size:
            self.moves.append(MacMovedRecord.unpack(data))
        else:
            self.punted.append(PuntRecord.unpack(data))

    def set(self, name: str, key: bytes, value: bytes) -> None:
        self.program.maps[name].set(key, value)

    def router(self, *, uniform: bool = False) -> Router:
        """Return an LSR of which the maps know nothing yet."""
        self.set("settings", SETTINGS_KEY, Settings(uniform, GATEWAY).pack())
        return Router(self, next(self._routers))

    def needs_long_loops(self) -> None:
        """Skip a test where the kernel interprets the program, whose loops are short then."""
        if self.program.is_interpreted:
            pytest.skip("the kernel has no JIT compiler")

    def moved(self) -> list[MacMovedRecord]:
        """Return the addresses that have moved too often since the last call."""
        self.ring.consume()
        found = self.moves.copy()
        self.moves.clear()
        return found

    def punts(self) -> list[PuntRecord]:
        """Return what has been punted since the last call."""
        self.ring.consume()
        found = self.punted.copy()
        self.punted.clear()
        return found


class Router:
    """An LSR; every method that takes a wire means its near end."""

    def __init__(self, bench: Bench, index: int) -> None:
        self.bench = bench
        self.index = index
        self._ports: list[int] = []

    def port(
        self,
        wire: Wire,
        role: Role = Role.CORE,
        service: int = 0,
        flags: PortFlag = PortFlag.NONE,
    ) -> Wire:
        """Make an interface a port; its number is the wire's."""
        value = Port(self.index, wire.number, role, service, flags)
        self.bench.set("ports", word(wire.ifindex), value.pack())
        self._ports.append(wire.ifindex)
        return wire

    def close(self) -> None:
        self.bench.program.maps["ports"].delete_many(map(word, self._ports))

    def ilm(self, label: int, record: IlmRecord) -> None:
        self.bench.set("lfib", IlmKey(self.index, label).pack(), record.pack())

    def forward(self, label: int, *ways: NhlfeRecord) -> None:
        self.ilm(label, IlmRecord(IlmAction.FORWARD, len(ways), nhlfe=ways[0]))
        self._other_ways(NhlfesOf.LABEL, label, ways)

    def tunnel(self, egress: int, *ways: NhlfeRecord, mtu: int = ANY_MTU) -> None:
        key = TunnelKey(self.index, egress)
        self.bench.set("tunnels", key.pack(), TunnelRecord(len(ways), ways[0], mtu).pack())
        self._other_ways(NhlfesOf.EGRESS, egress, ways)

    def _other_ways(self, of: NhlfesOf, number: int, ways: tuple[NhlfeRecord, ...]) -> None:
        for way, each in enumerate(ways[1:], start=1):
            self.bench.set("ecmp_nhlfes", NhlfeKey(self.index, of, number, way).pack(), each.pack())

    def route(self, vrf: int, prefix: str, record: RouteRecord) -> None:
        network = ip_network(prefix)
        key = FibKey(self.index, vrf, network)
        self.bench.set(f"fib{network.version}", key.pack(), record.pack())

    def gateway(self, wire: Wire, address: str) -> None:
        self.bench.set(
            "gateways", GatewayKey(wire.ifindex, ip_address(address)).pack(), GATEWAY_VALUE
        )

    def vsi(
        self,
        number: int,
        circuits: dict[int, Wire],
        wires: dict[int, PwRecord],
        kind: BridgeKind = BridgeKind.VPLS,
        mac_limit: int = 0,
        aging_s: float = 300,
        filtered: int | None = None,
        flags: VsiFlag = VsiFlag.NONE,
        storm_kbps: int = 0,
    ) -> None:
        for position, circuit in circuits.items():
            self.port(circuit, Role.VSI, number)
            key = MemberKey(self.index, number, position)
            self.bench.set("circuits", key.pack(), word(circuit.ifindex))
        for position, wire in wires.items():
            self.bench.set("pws", MemberKey(self.index, number, position).pack(), wire.pack())
        record = VsiRecord(
            kind,
            max(circuits, default=0),
            max(wires, default=0),
            mac_limit,
            round(aging_s * 1e9),
            FILTERED[kind] if filtered is None else filtered,
            flags,
            storm_kbps,
        )
        self.bench.set("vsis", VsiKey(self.index, number).pack(), record.pack())

    def station(self, vsi: int, address: str) -> FdbRecord | None:
        key = FdbKey(self.index, vsi, mac(address))
        found = self.bench.program.maps["fdb"].get(key.pack())
        return FdbRecord.unpack(found) if found else None

    def watch(self, kind: CounterKind, number: int) -> None:
        key = CounterKey(self.index, kind, number)
        self.bench.set("counters", key.pack(), NOTHING_YET.pack())

    def counted(self, kind: CounterKind, number: int) -> CounterRecord:
        sums = self.bench.program.maps["counters"].sums(CounterKey(self.index, kind, number).pack())
        return CounterRecord(*sums) if sums else NOTHING_YET

    def drops(self) -> dict[Drop, int]:
        """Return how many packets ended, by reason."""
        counted = {each: self.counted(CounterKind.DROP, each).packets for each in Drop}
        return {reason: packets for reason, packets in counted.items() if packets}

    def run(self, frame: bytes, via: Wire | int, gso_size: int = 0) -> Outcome:
        """Return what the program makes of a frame that comes by a port."""
        ifindex = via if isinstance(via, int) else via.ifindex
        return run(self.bench.program.program_fd, frame, ifindex, gso_size=gso_size)

    def pass_on(self, frame: bytes, via: Wire, expected: int = 1) -> dict[int, list[bytes]]:
        """Send a frame in over a real interface; return what leaves, by ifindex."""
        return exchange(self.bench.wires, via, frame, expected)


def in_label(label: int, tc: int = 0, ttl: int = 255) -> tuple[int, int, int]:
    return label, tc, ttl


def control_word() -> PwFlag:
    return PwFlag.CONTROL_WORD
