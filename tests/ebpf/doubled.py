"""The oracle's LSRs and the kernel's, given the same frames at the same ports."""

from __future__ import annotations

import selectors
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from mplsemu.emulation.namespace import enter_private_namespace
from mplsemu.emulation.operational import await_operational
from mplsemu.program.program import Program
from mplsemu.southbound.ebpf.kinds import CounterKind, Drop
from mplsemu.southbound.ebpf.layout import SETTINGS_KEY, CounterKey, Port, word
from mplsemu.southbound.ebpf.loader import LoadedProgram
from mplsemu.southbound.ebpf.map_table import MAPS
from mplsemu.southbound.ebpf.maps import RingBuffer
from mplsemu.southbound.ebpf.punts import PuntRecord
from mplsemu.southbound.ebpf.translate import settings
from mplsemu.southbound.punt.event import PuntReason
from tests.ebpf.wires import MTU, Wire, packet_socket
from tests.oracles.ebpfcomparison import Comparison
from tests.oracles.fakebpf import Alternatives, FakeLsrs, Lost, Punted, Sent
from tests.oracles.fakebpfnet import contents_of_all

FIRST_IFINDEX = 100  # of the oracle's ports
_FAR = 10_000
_EXPECTED_S, _UNEXPECTED_S = 2.0, 0.0
_RATED = {PuntReason.TTL_EXPIRED: Drop.TTL, PuntReason.NO_ROUTE: Drop.NO_ROUTE}


class Kernel:
    """The program, and wires whose near ends have the ifindexes of the oracle's ports."""

    def __init__(self, ports: int) -> None:
        self.program = LoadedProgram.load()
        self.wires = {each.ifindex: each for each in _wires(ports)}
        for wire in self.wires.values():
            self.program.attach(wire.name, express=False)
        self._selector = selectors.DefaultSelector()
        for wire in self.wires.values():
            self._selector.register(wire.far, selectors.EVENT_READ, wire)
        self._punted: list[PuntRecord] = []
        self._ring = RingBuffer(
            self.program.maps["punts"], lambda data: self._punted.append(PuntRecord.unpack(data))
        )

    def close(self) -> None:
        self._ring.close()
        self._selector.close()
        for wire in self.wires.values():
            wire.far.close()
        self.program.close()

    def hold(self, program: Program, comparison: Comparison) -> None:
        """Have the maps hold what a lab's LSRs should have, and nothing else."""
        maps = self.program.maps
        for name in MAPS:
            if name not in {"settings", "punts"}:
                maps[name].delete_many(list(maps[name].keys()))
        contents = contents_of_all(program, comparison.network.attached)
        for name in MAPS:
            maps[name].set_many(
                (key[1], value) for key, value in contents.items() if key[0] == name
            )
        maps["settings"].set(SETTINGS_KEY, settings(program).pack())

    def receive(
        self, ifindex: int, frame: bytes, copies: int
    ) -> tuple[list[Sent], list[PuntRecord]]:
        """Have a frame come by a port; return what leaves, and what is punted."""
        self.collect(0)
        self._punted.clear()
        self.wires[ifindex].send(frame)
        sent = self.collect(copies)
        self._ring.consume()
        return sent, self._punted.copy()

    def collect(self, copies: int) -> list[Sent]:
        sent: list[Sent] = []
        deadline = time.monotonic() + _EXPECTED_S
        while True:
            wait_s = max(0, deadline - time.monotonic()) if len(sent) < copies else _UNEXPECTED_S
            ready = self._selector.select(wait_s)
            for key, _ in ready:
                wire: Wire = key.data
                frame = wire.received(0)
                if frame is not None:
                    sent.append(Sent(wire.ifindex, frame))
            if not ready:
                return sent

    def drops(self, router: int) -> dict[Drop, int]:
        counters = self.program.maps["counters"]
        found = {}
        for each in Drop:
            sums = counters.sums(CounterKey(router, CounterKind.DROP, each).pack())
            found[each] = sums[0] if sums else 0
        return found


class DoubledLsrs(FakeLsrs):
    """The oracle's LSRs; whatever they do with a frame, the kernel's must do."""

    kernel: Kernel
    router: dict[int, int]
    count = 0

    def receive(self, ifindex: int, frame: bytes) -> Iterator[Alternatives]:
        expected = list(super().receive(ifindex, frame))
        self.count += 1
        port = self._maps.get("ports", word(ifindex))
        router = Port.unpack(port).lsr if port else 0
        before = self.kernel.drops(router)
        copies = [each for each in expected if any(isinstance(fate, Sent) for fate in each)]
        sent, punted = self.kernel.receive(ifindex, frame, len(copies))
        after = self.kernel.drops(router)
        why = {each: after[each] - before[each] for each in Drop if after[each] != before[each]}
        place = f"router {router}, interface {ifindex}, {frame.hex()}"
        _compare_sent(copies, sent, place)
        _compare_ends(expected, punted, why, place)
        return iter(expected)


def _compare_sent(copies: list[Alternatives], sent: list[Sent], place: str) -> None:
    left = sent.copy()
    for alternatives in copies:
        taken = [each for each in left if each in alternatives]
        assert taken, f"{place}: {alternatives} expected, {left} sent"
        left.remove(taken[0])
    assert left == [], f"{place}: {left} sent and not expected"


def _compare_ends(
    expected: list[Alternatives], punted: list[PuntRecord], why: dict[Drop, int], place: str
) -> None:
    ends = [each[0] for each in expected if not isinstance(each[0], Sent)]
    reasons = [fate for fate in ends if isinstance(fate, Punted)]
    lost = {fate.why: 1 for fate in ends if isinstance(fate, Lost)}
    got = [Punted(each.reason, each.service) for each in punted]
    if not got and reasons:  # too many in too short a time; what it counts as shows what it was
        assert why in ({_RATED.get(reasons[0].reason, Drop.PUNT_RATE): 1}, {}), place
        return
    assert got == reasons, f"{place}: {reasons} expected, {got} punted"
    has_copies = any(isinstance(each[0], Sent) for each in expected)
    if reasons and not has_copies:
        assert why == {_RATED.get(reasons[0].reason, Drop.PUNTED): 1}, place
    elif not has_copies:
        assert why == lost, place
    else:
        assert why == {}, place


def doubled(program: Program, kernel: Kernel) -> Comparison:
    """Return a comparison whose LSRs are the kernel's, too."""
    comparison = Comparison(program)
    kernel.hold(program, comparison)
    lsrs = DoubledLsrs(contents_of_all(program, comparison.network.attached), settings(program))
    lsrs.kernel = kernel
    comparison.network.lsrs = lsrs
    return comparison


@contextmanager
def kernel(ports: int) -> Iterator[Kernel]:
    with enter_private_namespace():
        made = Kernel(ports)
        try:
            yield made
        finally:
            made.close()


def _wires(count: int) -> Iterator[Wire]:
    lines = []
    numbers = range(FIRST_IFINDEX, FIRST_IFINDEX + count)
    for number in numbers:
        near, far = f"n{number} index {number}", f"f{number} index {_FAR + number}"
        lines.append(f"link add {near} mtu {MTU} type veth peer {far} mtu {MTU}")
        lines += [f"link set n{number} up", f"link set f{number} up"]
    subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)
    await_operational(f"{end}{number}" for number in numbers for end in "nf")
    for number in numbers:
        yield Wire(number, number, packet_socket(f"f{number}"))
