"""Frames at random: whatever comes, the verdict is sane and what goes on is well formed."""

from __future__ import annotations

import random
import struct

import pytest

from mplsemu.program.gateway import GATEWAY_MAC
from mplsemu.southbound.ebpf.kinds import (
    BridgeKind,
    IlmAction,
    IlmFlag,
    Operation,
    PwFlag,
    Role,
    RouteKind,
)
from mplsemu.southbound.ebpf.layout import (
    SETTINGS_KEY,
    IlmRecord,
    PwRecord,
    RouteRecord,
    Settings,
)
from mplsemu.southbound.ebpf.punts import injected
from tests.ebpf.kernel import Verdict
from tests.ebpf.router import GATEWAY, Router, nhlfe
from tests.ebpf.wires import Wire
from tests.oracles.frames import arp, echo, ethernet, ip, mac

ROUNDS = 1500
VRF, VPLS, VPWS, PE = 7, 3, 4, 42
LABELS = (0, 3, 16, 17, 18, 19, 20, 94, 96, 501, 502, 1048575)
MACS = (
    GATEWAY_MAC,
    "02:00:00:00:00:01",
    "02:00:00:00:00:02",
    "ff:ff:ff:ff:ff:ff",
    "01:00:5e:00:00:01",
)
ADDRESSES = (
    "10.1.0.1",
    "10.1.0.2",
    "10.2.0.2",
    "10.3.0.1",
    "10.4.0.1",
    "127.0.0.1",
    "255.255.255.255",
)
ADDRESSES6 = ("2001:db8:1::1", "2001:db8:1::2", "2001:db8:2::2", "fe80::1", "ff02::1", "::")


class World:
    """A PE with everything that a router can have."""

    def __init__(self, router: Router) -> None:
        self.router = router
        wires = router.bench.wires
        self.core = router.port(wires[0])
        self.routed = router.port(wires[1], Role.VRF, VRF)
        out = wires[5].ifindex
        router.ilm(0, IlmRecord(IlmAction.POP_AND_LOOK_UP))
        swaps = (nhlfe(out, Operation.SWAP, 1000 + way) for way in range(3))
        router.forward(16, *swaps)
        router.forward(17, nhlfe(out, Operation.POP))
        router.forward(18, nhlfe(out, Operation.PUSH, *range(900, 908)))
        router.forward(19, nhlfe(out, Operation.PUSH))
        router.forward(20, nhlfe(out, Operation.POP), nhlfe(out, Operation.SWAP, 1001))
        for version in (4, 6):
            router.ilm(90 + version, IlmRecord(IlmAction.TO_VRF, ip_version=version, service=VRF))
        for index, vsi in ((1, VPLS), (2, VPWS)):
            flags = IlmFlag.CONTROL_WORD if index == 1 else IlmFlag.NONE
            action = IlmAction.TO_PSEUDOWIRE
            router.ilm(500 + index, IlmRecord(action, flags=flags, service=vsi, pw=index))
        router.tunnel(PE, nhlfe(out, Operation.PUSH, 17), nhlfe(out, Operation.PUSH, *range(8)))
        self._routes(out)
        word = PwFlag.CONTROL_WORD
        router.vsi(VPLS, {1: wires[2], 2: wires[3]}, {1: PwRecord(PE, 501, word)})
        router.vsi(VPWS, {1: wires[4]}, {2: PwRecord(PE, 502)}, BridgeKind.VPWS)
        self.ports = (self.core, self.routed, *wires[2:5])

    def _routes(self, out: int) -> None:
        route, deliver = self.router.route, RouteRecord(RouteKind.DELIVER, out, mac=mac(MACS[2]))
        self.router.gateway(self.routed, ADDRESSES[0])
        route(VRF, "10.1.0.1/32", RouteRecord(RouteKind.LOCAL))
        route(VRF, "2001:db8:1::1/128", RouteRecord(RouteKind.LOCAL))
        for prefix in ("10.1.0.2/32", "2001:db8:1::2/128"):
            route(VRF, prefix, deliver)
        for prefix in ("10.2.0.0/16", "2001:db8:2::/48"):
            route(VRF, prefix, RouteRecord(RouteKind.TO_PE, PE, 500))
        route(VRF, "10.3.0.0/16", RouteRecord(RouteKind.TO_VRF, VRF + 1))
        route(VRF + 1, "10.3.0.0/16", RouteRecord(RouteKind.TO_VRF, VRF))
        route(VRF, "10.4.0.0/16", RouteRecord(RouteKind.CONNECTED))


def packet(rng: random.Random) -> bytes:
    family = rng.choice([ADDRESSES, ADDRESSES6])
    pair = rng.choice(family), rng.choice(family)
    ttl = rng.choice([0, 1, 2, 64, 255])
    if rng.random() < 0.3:
        return echo(*pair, rng.choice([None, 0, 133, 135, 136]), ttl)
    payload = rng.randbytes(rng.choice([0, 1, 8, 40, 1400]))
    return ip(
        *pair, rng.choice([0, 1, 6, 17, 43, 44, 58, 60, 132]), payload, ttl, rng.randrange(64)
    )


def frame(rng: random.Random) -> bytes:
    dst, src = rng.choice(MACS), rng.choice(MACS)
    kind = rng.randrange(6)
    if kind == 0:
        return arp(rng.choice([0, 1, 2, 9]), src, rng.choice(ADDRESSES), dst, ADDRESSES[0], dst)
    if kind == 1:
        return ethernet(dst, src, rng.randrange(1 << 16), rng.randbytes(rng.randrange(80)))
    body = packet(rng)
    ethertype = 0x86DD if body[0] >> 4 == 6 else 0x0800
    vlans = tuple(rng.randrange(4096) for _ in range(rng.choice([0, 0, 0, 1, 2, 3])))
    return ethernet(dst, src, ethertype, body, vlans)


def labelled(rng: random.Random) -> bytes:
    words = []
    for _ in range(rng.choice([1, 1, 2, 2, 3, 5, 17, 40])):
        label, ttl = rng.choice(LABELS), rng.choice([0, 1, 2, 64, 255])
        words.append(label << 12 | rng.randrange(8) << 9 | ttl)
    if rng.random() < 0.9:
        words[-1] |= 0x100
    if rng.random() < 0.1:
        words[rng.randrange(len(words))] |= 0x100
    below = rng.choice([packet, frame, lambda _: bytes(4) + frame(rng), lambda _: b""])(rng)
    stack = struct.pack(f"!{len(words)}I", *words)
    return ethernet(rng.choice(MACS), rng.choice(MACS), 0x8847, stack + below)


def mangled(rng: random.Random, whole: bytes) -> bytes:
    """Return a frame with some octets changed, or cut, or with something behind it."""
    changed = bytearray(whole)
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    if rng.random() < 0.25:
        del changed[max(14, rng.randrange(len(changed) + 1)) :]
    if rng.random() < 0.1:
        changed += rng.randbytes(rng.choice([1, 7, 2000]))
    return bytes(changed)


def is_well_formed(sent: bytes) -> bool:
    """Whether labels on a frame that is sent end, and are followed by something."""
    if sent[12:14] != b"\x88\x47":
        return len(sent) >= 14
    at = 14
    while at + 4 <= len(sent):
        if sent[at + 2] & 1:
            return True
        at += 4
    return False


@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_no_frame_disturbs_the_program(router: Router, seed, uniform):
    rng = random.Random(seed)
    world = World(router)
    router.bench.set("settings", SETTINGS_KEY, Settings(uniform, GATEWAY).pack())
    seen = set()
    for _ in range(ROUNDS):
        whole = rng.choice([frame, labelled])(rng)
        came = mangled(rng, whole)
        via = rng.choice(world.ports)
        if rng.random() < 0.1:
            via = 1
            came = injected(router.index, VRF, int.from_bytes(came[12:14], "big"), came[14:])
        try:
            outcome = router.run(came, via)
        except OSError:  # the kernel does not even begin with an IP packet without a whole header
            continue
        seen.add(outcome.verdict)
        if outcome.verdict is Verdict.OK:
            assert via == 1
        if outcome.verdict is Verdict.REDIRECT:
            assert is_well_formed(outcome.frame) or not is_well_formed(came), came.hex()
    assert seen >= {Verdict.SHOT, Verdict.REDIRECT}
    router.bench.punts()


@pytest.mark.parametrize("seed", range(2))
def test_no_frame_on_a_wire_disturbs_the_program(router: Router, seed):
    """Through real devices, where a tag may stand beside the frame, and floods are real."""
    rng = random.Random(seed)
    world = World(router)
    sent = 0
    for _ in range(ROUNDS):
        came = mangled(rng, rng.choice([frame, labelled])(rng))
        via: Wire = rng.choice(world.ports)
        sent += sum(map(len, router.pass_on(came, via, 0).values()))
    assert sent > ROUNDS / 10
    router.bench.punts()
