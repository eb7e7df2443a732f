"""A PE with a VSI, and frames of customers, for the tests of L2VPNs."""

from __future__ import annotations

import time

import pytest

from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    FdbKind,
    IlmAction,
    IlmFlag,
    Operation,
    PwFlag,
)
from mplsemu.southbound.ebpf.layout import (
    FdbKey,
    FdbRecord,
    IlmRecord,
    PwRecord,
)
from tests.ebpf.router import OURS, THEIRS, Router, labelled, nhlfe, stack
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, ethernet, ip, ip_frame

VSI = 3
A, B, C = (f"02:00:00:00:00:0{number}" for number in "123")
ALL = "ff:ff:ff:ff:ff:ff"
WORD = bytes(4)
FRAMES = (
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2")), id="IPv4"),
    pytest.param(ip_frame(B, A, ip("fd00::1", "fd00::2")), id="IPv6"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5,)), id="tagged"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5, 6)), id="tagged twice"),
    pytest.param(ip_frame(B, A, ip("10.0.0.1", "10.0.0.2"), (5, 6, 7)), id="three times"),
    pytest.param(ethernet(B, A, 0x88B5, bytes(range(256)) * 5 + b"x"), id="anything"),
    pytest.param(ethernet(B, A, 0x88B5, b""), id="nothing"),
    pytest.param(ethernet(B, A, 38, b"\x42\x42\x03" + bytes(35)), id="802.3"),
    pytest.param(labelled(stack((16, 1, 2), (17, 3, 4)), b"payload", B, A), id="MPLS"),
    pytest.param(ethernet(B, A, 0x8100, b"\xf0\x05\x88\x47" + stack((16, 1, 2))), id="tagged MPLS"),
    pytest.param(arp(2, A, "10.0.0.1", B, "10.0.0.2", B), id="ARP"),
)


def tc_of(frame: bytes) -> int:
    return 5 if b"\x45\xb8" in frame[:30] else 0


class Pe:
    """A PE with a VSI of two circuits, and a core link."""

    def __init__(self, router: Router, kind: BridgeKind = BridgeKind.VPLS, **options) -> None:
        self.router = router
        self.first, self.second, self.core = router.bench.wires[:3]
        router.port(self.core)
        self.circuits = {1: self.first, 3: self.second}
        self.kind, self.options = kind, options
        self.wires: dict[int, PwRecord] = {}

    def wire(
        self, index: int, *tunnel: int, word: bool = False, oif: Wire | None = None
    ) -> PwRecord:
        """Have a pseudowire to PE 40 + index, whose label is 500 + index, both ways."""
        egress, label = 40 + index, 500 + index
        oif = oif or self.core
        self.router.tunnel(egress, nhlfe(oif.ifindex, Operation.PUSH, *tunnel))
        flag = PwFlag.CONTROL_WORD if word else PwFlag.NONE
        self.wires[index] = PwRecord(egress, label, flag)
        record = IlmRecord(
            IlmAction.TO_PSEUDOWIRE,
            flags=IlmFlag.CONTROL_WORD if word else IlmFlag.NONE,
            service=VSI,
            pw=index,
        )
        self.router.ilm(label, record)
        return self.wires[index]

    def up(self) -> Pe:
        self.router.vsi(VSI, self.circuits, self.wires, self.kind, **self.options)
        return self

    def learn(self, address: str, wire: int | None = None, circuit: Wire | None = None) -> None:
        where = (FdbKind.AT_PW, wire) if wire else (FdbKind.AT_CIRCUIT, circuit.ifindex)
        record = FdbRecord(*where, time.monotonic_ns())
        key = FdbKey(self.router.index, VSI, bytes.fromhex(address.replace(":", "")))
        self.router.bench.set("fdb", key.pack(), record.pack())

    def over_wire(self, index: int, frame: bytes, *, word: bool = False) -> bytes:
        return labelled(stack((500 + index, 0, 200)), (WORD if word else b"") + frame)

    def on_wire(self, index: int, frame: bytes, *tunnel: int, tc: int = 0, word: bool = False):
        entries = [(label, tc, 255) for label in (*tunnel, 500 + index)]
        return labelled(stack(*entries), (WORD if word else b"") + frame, THEIRS, OURS)
