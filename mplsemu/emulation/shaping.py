"""The program's rates by HTB and delays by netem, as commands of tc(8): tc-htb(8), tc-netem(8)."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from mplsemu.emulation.openvswitch import find_tool
from mplsemu.emulation.plan import Endpoint, LabPlan, VethPair
from mplsemu.errors import EmulationError
from mplsemu.model.limits import CORE_MTU

QUEUE_MS: Final = 80
"""How long a full queue takes to drain: typical of access routers, and no slow line builds up
seconds of delay."""
MIN_QUEUE_BYTES: Final = 8 * 1518
"""Eight full frames: below that TCP cannot open its window at all."""
MAX_SHAPED_BPS: Final = 1_000_000_000
"""Faster lines are not shaped: the machine is their limit."""
NO_HTB: Final = "rates are not emulated: this kernel has no sch_htb"
NO_NETEM: Final = "link delay is not emulated: this kernel has no sch_netem"

_BURST_MS: Final = 2
_MIN_BURST_FRAMES: Final = 2
_MIN_QUEUE_FRAMES: Final = 8
_QUANTUM_BYTES: Final = 3200  # no effect with one class; the kernel warns about extremes
_SUPER_PACKET_BYTES: Final = 65_536
_SMALL_PACKET_BYTES: Final = 250
_MIN_NETEM_PACKETS: Final = 100
_UNSHAPED_BPS: Final = 10_000_000_000
_ENDLESS_BPS: Final = 1_000_000_000_000


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Which queueing disciplines this kernel has."""

    htb: bool = True
    netem: bool = True


@dataclass(frozen=True, slots=True)
class Shape:
    """Rate, delay and losses of one direction of a line.

    Attributes:
        rate_bps: bits per second of Ethernet frames; None is not limited.
        delay_ms: one-way.
        mtu: octets of the largest packet.
        loss_percent: part of the packets that is lost.
        jitter_ms: how much longer than `delay_ms` a packet may take.
    """

    rate_bps: int | None
    delay_ms: float
    mtu: int = CORE_MTU
    loss_percent: float = 0.0
    jitter_ms: float = 0.0

    @property
    def netem(self) -> str | None:
        """What netem does, as tc(8) takes it; None if nothing.

        Netem's jitter goes both ways from the mean. With a rate, however high, it never lets a
        packet overtake the one before, as no line does.
        """
        if not (self.delay_ms or self.jitter_ms or self.loss_percent):
            return None
        half = self.jitter_ms / 2
        words = [f"netem delay {self.delay_ms + half:g}ms"]
        words += [f"{half:g}ms"] if half else []
        words += [f"loss {self.loss_percent:g}%"] if self.loss_percent else []
        words += [f"rate {_ENDLESS_BPS}bit"] if half else []
        return " ".join([*words, f"limit {self.netem_packets}"])

    @property
    def burst_bytes(self) -> int:
        """HTB burst: two milliseconds' worth, at least two frames."""
        least = _MIN_BURST_FRAMES * max(self.mtu, CORE_MTU)
        return max(least, math.ceil((self.rate_bps or 0) * _BURST_MS / 8000))

    @property
    def queue_bytes(self) -> int:
        """Length of the queue in front of the line: at least eight frames, of jumbo frames too."""
        least = MIN_QUEUE_BYTES if self.mtu <= CORE_MTU else _MIN_QUEUE_FRAMES * self.mtu
        return max(least, math.ceil((self.rate_bps or 0) * QUEUE_MS / 8000))

    @property
    def takes_super_packets(self) -> bool:
        """Whether the queue holds several of TCP's unsegmented 64 kB packets."""
        return self.rate_bps is None or self.queue_bytes >= 4 * _SUPER_PACKET_BYTES

    @property
    def netem_packets(self) -> int:
        """Length of netem's queue: packets in flight on the line and waiting in front of it."""
        rate = self.rate_bps or _UNSHAPED_BPS
        in_flight = rate * (self.delay_ms + self.jitter_ms + QUEUE_MS) / 8000
        return max(_MIN_NETEM_PACKETS, math.ceil(in_flight / _SMALL_PACKET_BYTES))


def shape_of(pair: VethPair, capabilities: Capabilities) -> Shape | None:
    """Return how either direction of a veth pair is shaped here, None if not at all."""
    rate = pair.rate_bps
    if rate is not None and (rate > MAX_SHAPED_BPS or not capabilities.htb):
        rate = None
    delay_ms = pair.delay_ms if capabilities.netem else 0.0
    mtu = max(end.mtu for end in pair.ends)
    shape = Shape(rate, delay_ms, mtu, pair.loss_percent, pair.jitter_ms)
    return None if rate is None and shape.netem is None else shape


def tc_lines(end: Endpoint, shape: Shape) -> Iterator[str]:
    """Yield the lines of a ``tc -batch`` that shape what leaves an interface."""
    interface = end.interface
    netem = shape.netem
    if shape.rate_bps is None:
        yield f"qdisc replace dev {interface} root handle 1: {netem}"
        return
    yield f"qdisc replace dev {interface} root handle 1: htb default 1"
    yield (
        f"class replace dev {interface} parent 1: classid 1:1 htb rate {shape.rate_bps}bit"
        f" ceil {shape.rate_bps}bit burst {shape.burst_bytes} cburst {shape.burst_bytes}"
        f" quantum {_QUANTUM_BYTES}"
    )
    leaf = netem or f"bfifo limit {shape.queue_bytes}"
    yield f"qdisc replace dev {interface} parent 1:1 handle 10: {leaf}"


def shaped_ports(plan: LabPlan, capabilities: Capabilities) -> Iterator[tuple[Endpoint, Shape]]:
    """Yield every interface that is shaped, and how."""
    for pair, end in plan.ports():
        shape = shape_of(pair, capabilities)
        if shape is not None:
            yield end, shape


def probe_capabilities(pairs: Iterable[VethPair]) -> Capabilities:
    """Find out which of the needed queueing disciplines the kernel has.

    They are tried on the loopback interface of a new namespace, which affects nothing else.

    Raises:
        MissingToolError: tc is not installed.
        EmulationError: a link loses packets or has jitter, and the kernel cannot do that.
    """
    pairs = tuple(pairs)
    htb = not any(pair.rate_bps is not None for pair in pairs) or _works("htb")
    impaired = next((pair for pair in pairs if pair.loss_percent or pair.jitter_ms), None)
    is_needed = impaired is not None or any(pair.delay_ms for pair in pairs)
    netem = not is_needed or _works("netem delay 1ms")
    if impaired is not None and not netem:
        raise EmulationError(no_netem_for(impaired))
    return Capabilities(htb=htb, netem=netem)


def no_netem_for(pair: VethPair) -> str:
    """Return why a lab cannot boot whose link loses or scatters packets.

    Without a delay a lab is what it was, only faster; without losses it would not be what its
    author wants to see.
    """
    wanted = [f"loss {pair.loss_percent:g} %"] if pair.loss_percent else []
    wanted += [f"jitter {pair.jitter_ms:g} ms"] if pair.jitter_ms else []
    return (
        f"link {pair.name} has {' and '.join(wanted)}, and this kernel has no sch_netem, which "
        "makes them; type: sudo modprobe sch_netem, or leave loss and jitter out of the lab file"
    )


def shortfalls(capabilities: Capabilities) -> tuple[str, ...]:
    """Return notes for the user about rates and delays that are not emulated."""
    return (() if capabilities.htb else (NO_HTB,)) + (() if capabilities.netem else (NO_NETEM,))


def _works(qdisc: str) -> bool:
    command = [
        find_tool("unshare", "util-linux"),
        "--net",
        find_tool("tc", "iproute2"),
        *f"qdisc add dev lo root {qdisc}".split(),
    ]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
