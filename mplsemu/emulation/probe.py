"""Probes that prove *where* a packet arrived.

One process has a socket in every host's namespace. Every probe is an echo request with a unique
token; the hosts' kernels reply, and a tap on every host's interface sees which host got which
token. If two customers use the same address, a reply to a ping proves nothing; the token does.
"""

from __future__ import annotations

import os
import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self, TypeVar

from mplsemu.emulation.interface_flags import why_down
from mplsemu.emulation.interrupts import act
from mplsemu.emulation.probe_sockets import HostEndpoint, Station, open_loopback, open_station
from mplsemu.emulation.probe_token import (
    NONCE_BYTES,
    TOKEN_BYTES,
    Carrier,
    Token,
    carrier_of,
    echo_request,
    probe_frame,
)
from mplsemu.errors import EmulationError, NodeGoneError
from mplsemu.model.vpn import IPAddress
from mplsemu.wire.ethernet import BROADCAST_MAC

P = TypeVar("P", "Probe", "FrameProbe")


_FRAME_BYTES: Final = 65_536
_FRAMES_AT_A_TIME: Final = 256
_PACKET_HOST: Final = 0
_PACKET_OUTGOING: Final = 4

_SENDS_PER_S: Final = 2_000
"""Of all hosts together: no problem for a userspace Open vSwitch and its controller."""
_SENDS_PER_SOURCE_PER_S: Final = 200
"""Of one host: 66 bytes each is 100 kbit/s, a fifth of the slowest access line."""
_RETRY_S: Final = 0.25
_MAX_RETRY_S: Final = 2.0
_QUIET_S: Final = 0.4
"""Twice the delay of a full queue of the slowest line (see shaping.py), and more."""
_MAX_LISTEN_S: Final = 5.0
_ISOLATE_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class Probe:
    """A ping to be sent.

    Attributes:
        source: name of the host that sends it.
        target: the address it is sent to.
        expected: the host that must get it and reply; None if none should, or if any may (see
            `by_anybody`). If none should, it is sent after the others were replied to, and all
            hosts listen for a while.
        payload_bytes: of the echo request; 1472 makes a full 1500-byte IPv4 packet.
        by_anybody: a reply is expected from any node that has the address, say a router.
    """

    source: str
    target: IPAddress
    expected: str | None = None
    payload_bytes: int = TOKEN_BYTES
    by_anybody: bool = False

    @property
    def is_to_be_answered(self) -> bool:
        """Whether a reply is expected."""
        return self.expected is not None or self.by_anybody


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """The result of a probe.

    Attributes:
        probe: the probe.
        delivered_to: the hosts that got it, at their MAC address and one of their IP addresses.
        overheard_by: other hosts whose interface it reached.
        replied: whether the source got the reply.
        rtt_ms: of the first attempt with a reply.
        error: why it could not be sent, or the ICMP error that came back.
    """

    probe: Probe
    delivered_to: frozenset[str]
    overheard_by: frozenset[str]
    replied: bool
    rtt_ms: float | None
    error: str | None

    @property
    def reached(self) -> bool:
        """Whether the expected host, and no other, got it, and its reply came back."""
        if self.probe.by_anybody:
            return self.replied
        return self.replied and self.delivered_to == frozenset((self.probe.expected,))


@dataclass(frozen=True, slots=True)
class FrameProbe:
    """An Ethernet frame to be sent once.

    Attributes:
        source: name of the host that sends it.
        destination: MAC address.
        vlan: its IEEE 802.1Q tag, None for none.
        payload_bytes: behind the EtherType.
    """

    source: str
    destination: str = BROADCAST_MAC
    vlan: int | None = None
    payload_bytes: int = TOKEN_BYTES


@dataclass(frozen=True, slots=True)
class FrameResult:
    """How many copies of a frame came to which hosts; hosts that got none are not in it."""

    probe: FrameProbe
    received: Mapping[str, int]


@dataclass(slots=True)
class _ProbeState:
    """The state of one probe."""

    sent_at: list[float] = field(default_factory=list)
    delivered_to: set[str] = field(default_factory=set)
    overheard_by: set[str] = field(default_factory=set)
    received: Counter[str] = field(default_factory=Counter)
    rtt_ms: float | None = None
    error: str | None = None
    next_at: float = 0.0


class Prober:
    """Sockets in many hosts; a context manager, for one thread at a time.

    Args:
        hosts: endpoints by the names that results will use.
        delay_s: of the longest path, without queueing: the network may be silent for that long
            while a packet is in flight.

    A host that is gone, or has lost its interface, neither sends nor receives; `troubles` names it,
    and results about it mean nothing.

    Raises:
        EmulationError: sockets cannot be opened.
    """

    def __init__(self, hosts: Mapping[str, HostEndpoint], delay_s: float = 0.0) -> None:
        self._hosts = dict(hosts)
        self._delay_s = delay_s
        self._stations: dict[str, Station] = {}
        self._gone: dict[str, str] = {}
        self._troubles: dict[str, str] = {}
        self._selector = selectors.DefaultSelector()
        self._identifier = int.from_bytes(os.urandom(2))
        self._nonce = b""
        self._shots: list[_ProbeState] = []
        self._loopbacks: dict[str, socket.socket] = {}
        self._targets: list[tuple[str, IPAddress | None]] = []
        try:
            for name, endpoint in self._hosts.items():
                act()
                try:
                    self._stations[name] = station = open_station(name, endpoint)
                except NodeGoneError as error:
                    self._gone[name] = str(error)
                    continue
                self._selector.register(station.tap, selectors.EVENT_READ, name)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close all sockets; a second call does nothing."""
        self._selector.close()
        for tap in self._loopbacks.values():
            tap.close()
        self._loopbacks = {}
        for station in self._stations.values():
            for opened in (station.tap, station.icmp, station.icmpv6):
                if opened is not None:
                    opened.close()
        self._stations = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def troubles(self) -> Mapping[str, str]:
        """What is wrong with hosts that could not send or receive in the last run, by name."""
        return self._troubles

    def run(
        self,
        probes: Sequence[Probe],
        timeout_s: float = 10.0,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
    ) -> tuple[ProbeResult, ...]:
        """Send all probes; return their results in the same order.

        Probes that expect a reply are repeated until it comes. Then those that must not arrive are
        sent several times, and the hosts listen until the network has been quiet for a while.

        Args:
            probes: equal ones are sent only once.
            timeout_s: how long probes without a reply are repeated.
            progress: called with the number of results so far, and of probes.

        Raises:
            EmulationError: a probe's source is no host of this prober.
        """
        unique = {probe: index for index, probe in enumerate(dict.fromkeys(probes))}
        self._begin([(probe.source, probe.target) for probe in unique])
        reach = [probe for probe in unique if probe.is_to_be_answered]
        isolate = [probe for probe in unique if not probe.is_to_be_answered]
        deadline = time.monotonic() + timeout_s
        open_probes = self._until_answered(reach, unique, deadline)
        for left in open_probes:
            progress(len(reach) - left, len(unique))
        for _ in range(_ISOLATE_ATTEMPTS if isolate else 0):
            for probe in self._paced(isolate):
                self._send_echo(probe, unique[probe])
        self._listen_until_quiet()
        self._look_for_troubles()
        progress(len(unique), len(unique))
        return tuple(self._result(probe, self._shots[unique[probe]]) for probe in probes)

    def run_frames(self, probes: Sequence[FrameProbe]) -> tuple[FrameResult, ...]:
        """Send every frame exactly once; return who got how many copies, in the same order.

        Raises:
            EmulationError: a probe's source is no host of this prober.
        """
        self._begin([(probe.source, None) for probe in probes])
        numbers: dict[FrameProbe, list[int]] = {}
        for index, probe in enumerate(probes):
            numbers.setdefault(probe, []).append(index)
        for probe in self._paced(probes):  # which changes their order
            token = Token(self._nonce, numbers[probe].pop(), 0)
            frame = probe_frame(
                token,
                self._hosts[probe.source].mac,
                probe.destination,
                vlan=probe.vlan,
                payload_bytes=probe.payload_bytes,
            )
            with suppress(OSError, KeyError):  # then no host gets it, and the result says so
                self._stations[probe.source].tap.send(frame)
        self._listen_until_quiet()
        self._look_for_troubles()
        return tuple(
            FrameResult(probe, dict(shot.received))
            for probe, shot in zip(probes, self._shots, strict=True)
        )

    def _begin(self, targets: list[tuple[str, IPAddress | None]]) -> None:
        unknown = sorted({source for source, _ in targets} - self._hosts.keys())
        if unknown:
            raise EmulationError(f"no host {unknown[0]!r} to send a probe from")
        for source, target in targets:
            if target is not None and self._hosts[source].has(target):
                self._listen_to_itself(source)
        self._listen(0.0)  # discards what is left of an earlier run
        self._nonce = os.urandom(NONCE_BYTES)
        self._targets = targets
        self._shots = [_ProbeState() for _ in targets]
        self._troubles = dict(self._gone)
        self._look_for_troubles()

    def _look_for_troubles(self) -> None:
        for name, station in self._stations.items():
            interface = self._hosts[name].interface
            if name not in self._troubles and (why := why_down(station.tap, interface)):
                self._troubles[name] = f"{interface} of {name}: {why}"

    def _listen_to_itself(self, host: str) -> None:
        """Listen at a host's loopback interface, too: packets to itself appear only there."""
        if host not in self._loopbacks and host not in self._gone:
            try:
                self._loopbacks[host] = tap = open_loopback(host, self._hosts[host])
            except NodeGoneError as error:
                self._gone[host] = str(error)
                return
            self._selector.register(tap, selectors.EVENT_READ, host)

    def _until_answered(
        self, probes: Sequence[Probe], index_of: Mapping[Probe, int], deadline: float
    ) -> Iterator[int]:
        """Send and repeat until all replies are in, or time is over; yield how many are missing."""
        waiting = [each for each in probes if not {each.source, each.expected} & self._gone.keys()]
        while waiting and time.monotonic() < deadline:
            now = time.monotonic()
            due = [probe for probe in waiting if self._shots[index_of[probe]].next_at <= now]
            for probe in self._paced(due):
                shot = self._shots[index_of[probe]]
                self._send_echo(probe, index_of[probe])
                backoff = min(_MAX_RETRY_S, _RETRY_S * 2 ** (len(shot.sent_at) - 1))
                shot.next_at = time.monotonic() + backoff
            self._listen(0.01)
            waiting = [
                probe
                for probe in waiting
                if not self._result(probe, self._shots[index_of[probe]]).reached
            ]
            yield len(waiting)

    def _paced(self, probes: Sequence[P]) -> Iterator[P]:
        """Yield probes at a limited rate, listening in between."""
        per_source: dict[str, float] = {}
        free_at = time.monotonic()
        for probe in _interleaved(probes):
            wait_until = max(free_at, per_source.get(probe.source, 0.0))
            self._listen(0.0)
            while (left := wait_until - time.monotonic()) > 0:
                self._listen(left)
            now = time.monotonic()
            free_at = max(free_at, now - 0.01) + 1 / _SENDS_PER_S
            per_source[probe.source] = now + 1 / _SENDS_PER_SOURCE_PER_S
            yield probe

    def _send_echo(self, probe: Probe, index: int) -> None:
        shot = self._shots[index]
        token = Token(self._nonce, index, len(shot.sent_at))
        version = probe.target.version
        request = echo_request(
            token, self._identifier, version=version, payload_bytes=probe.payload_bytes
        )
        shot.sent_at.append(time.monotonic())
        station = self._stations.get(probe.source)
        if station is None:
            shot.error = self._gone[probe.source]
            return
        try:
            station.sends(version).sendto(request, (str(probe.target), 0))
        except OSError as error:  # no route, for example
            shot.error = error.strerror or str(error)

    def _listen_until_quiet(self) -> None:
        """Wait until no token has come for a while, but not for the end of a storm."""
        quiet_s = _QUIET_S + self._delay_s
        end = time.monotonic() + _MAX_LISTEN_S + self._delay_s
        quiet_at = time.monotonic() + quiet_s
        while (left := min(quiet_at, end) - time.monotonic()) > 0:
            if self._listen(left):
                quiet_at = time.monotonic() + quiet_s

    def _listen(self, timeout_s: float) -> bool:
        """Read frames, waiting for the first at most this long; return whether one had a token."""
        seen = False
        act()
        for key, _ in self._selector.select(timeout_s):
            tap = key.fileobj
            assert isinstance(tap, socket.socket)
            with suppress(OSError):  # no more frames; or the interface went down: reported once
                for _ in range(_FRAMES_AT_A_TIME):  # a busy host must not starve the others
                    frame, address = tap.recvfrom(_FRAME_BYTES)
                    if address[2] != _PACKET_OUTGOING:
                        seen |= self._take(key.data, frame, address[2])
        return seen

    def _take(self, host: str, frame: bytes, packet_type: int) -> bool:
        token = Token.find(frame, self._nonce) if self._nonce else None
        if token is None or token.probe >= len(self._shots):
            return False
        shot = self._shots[token.probe]
        source, target = self._targets[token.probe]
        carrier = carrier_of(frame)
        if carrier is Carrier.REPLY and host == source:
            if shot.rtt_ms is None and token.attempt < len(shot.sent_at):
                shot.rtt_ms = (time.monotonic() - shot.sent_at[token.attempt]) * 1000
        elif carrier is Carrier.ICMP_ERROR and host == source:
            shot.error = "an ICMP error came back"
        elif carrier is Carrier.FRAME:
            shot.received[host] += 1
        elif (
            carrier is Carrier.REQUEST
            and packet_type == _PACKET_HOST
            and target is not None
            and self._hosts[host].has(target)
        ):
            shot.delivered_to.add(host)
        else:
            shot.overheard_by.add(host)
        return True

    @staticmethod
    def _result(probe: Probe, shot: _ProbeState) -> ProbeResult:
        return ProbeResult(
            probe,
            frozenset(shot.delivered_to),
            frozenset(shot.overheard_by),
            shot.rtt_ms is not None,
            shot.rtt_ms,
            shot.error,
        )


def _interleaved(probes: Sequence[P]) -> Iterator[P]:
    """Yield probes from the sources in turn, so that no line gets a burst."""
    queues: dict[str, list[P]] = {}
    for probe in probes:
        queues.setdefault(probe.source, []).append(probe)
    for turn in range(max(map(len, queues.values()), default=0)):
        for queue in queues.values():
            if turn < len(queue):
                yield queue[turn]
