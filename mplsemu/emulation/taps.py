"""Taps: sockets that capture every frame on interfaces of the lab, in any namespace (packet(7)).

One process has them all, so the frames of all interfaces have one clock and one order.
"""

from __future__ import annotations

import errno
import itertools
import selectors
import socket
import struct
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from mplsemu.emulation.filters import compile_filter
from mplsemu.emulation.interface import Interface
from mplsemu.errors import EmulationError, NodeGoneError
from mplsemu.southbound.network_namespace import inside
from mplsemu.wire.ethernet import EtherType

_ETH_P_ALL: Final = 3
_RECEIVE_BUFFER: Final = 16 << 20
_FRAME_BYTES: Final = 65_536 + 128  # of an unsegmented TCP packet with labels
_ANCILLARY_BYTES: Final = 128
_FRAMES_AT_A_TIME: Final = 256
_STAMPS_S: Final = 0.5
_STRAGGLE_S: Final = 0.002
"""The kernel stamps a frame before it can be read; the time between is always shorter."""
_PACKET_OUTGOING: Final = 4

_SOL_PACKET: Final = 263
_PACKET_STATISTICS: Final = 6
_PACKET_AUXDATA: Final = 8
_PACKET_IGNORE_OUTGOING: Final = 23
_SO_ATTACH_FILTER: Final = 26
_SO_TIMESTAMPNS: Final = 35
_SO_RCVBUFFORCE: Final = 33
_AUXDATA: Final = struct.Struct("=IIIHHHH")
_STATISTICS: Final = struct.Struct("=II")
_TIMESPEC: Final = struct.Struct("@ll")
_VLAN_VALID: Final = 0x10
_GONE: Final = frozenset({errno.ENETDOWN, errno.ENXIO, errno.ENODEV})


@dataclass(frozen=True, slots=True)
class TapPoint:
    """A cable to be tapped.

    Attributes:
        name: of a link, a circuit or a host.
        interface: at one of its ends.
        near: the node that has it.
        far: what is at the other end of the cable.
        far_end: the interface at the other end, to capture incoming frames at both ends; None
            captures incoming and outgoing frames at `interface`.
    """

    name: str
    interface: Interface
    near: str
    far: str
    far_end: Interface | None = None


@dataclass(frozen=True, slots=True)
class _TappedInterface:
    """An interface with a socket.

    Attributes:
        point: the tap it belongs to.
        interface: which one.
        is_far: at the far end of the cable: the near node sent what comes in there.
    """

    point: TapPoint
    interface: Interface
    is_far: bool = False

    @property
    def only_incoming(self) -> bool:
        """Whether outgoing frames are captured at the other end."""
        return self.point.far_end is not None


def _tapped_interfaces(point: TapPoint) -> Iterator[_TappedInterface]:
    yield _TappedInterface(point, point.interface)
    if point.far_end is not None:
        yield _TappedInterface(point, point.far_end, is_far=True)


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A captured frame.

    Attributes:
        point: where.
        time_ns: nanoseconds since 1970.
        outgoing: whether the near node sent it.
        data: the frame, with its VLAN tags.
    """

    point: TapPoint
    time_ns: int
    outgoing: bool
    data: bytes

    @property
    def sender(self) -> str:
        """The node that sent it."""
        return self.point.near if self.outgoing else self.point.far

    @property
    def receiver(self) -> str:
        """The node that receives it."""
        return self.point.far if self.outgoing else self.point.near


def send_frame(pid: int, interface: str, frame: bytes) -> None:
    """Send a frame out of an interface, in the namespace of a process.

    Raises:
        EmulationError: the interface is gone or down.
    """
    try:
        with inside(pid):
            sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with sender:
            sender.bind((interface, 0))
            sender.send(frame)
    except OSError as error:
        raise EmulationError(f"cannot send on {interface}: {error.strerror}") from error


class Taps:
    """Taps on some interfaces; a context manager. They capture from the constructor on.

    Args:
        points: where.
        expression: which frames, in the language of pcap-filter(7); empty takes all.
        leave_out_gone: skip interfaces that are gone, or whose nodes are.

    Raises:
        NodeGoneError: an interface is gone.
        EmulationError: it cannot be captured on.
        LabError: the expression is not valid.
        MissingToolError: tcpdump, which compiles expressions, is not installed.
    """

    def __init__(
        self, points: Sequence[TapPoint], expression: str = "", *, leave_out_gone: bool = False
    ) -> None:
        program = compile_filter(expression) if expression else b""
        self._selector = selectors.EpollSelector()
        self._sockets: dict[_TappedInterface, socket.socket] = {}
        self._lost = dict.fromkeys(points, 0)
        self._held: list[CapturedFrame] = []
        try:
            for tapped in (tapped for point in points for tapped in _tapped_interfaces(point)):
                try:
                    self._sockets[tapped] = tap = _open(tapped, program)
                except NodeGoneError:
                    if leave_out_gone:
                        continue
                    raise
                self._selector.register(tap, selectors.EVENT_READ, tapped)
            _await_stamps()
        except BaseException:
            self.close()
            raise

    @property
    def points(self) -> tuple[TapPoint, ...]:
        """Where it listens."""
        return tuple(self._lost)

    def fileno(self) -> int:
        """Return a descriptor that is readable when there are frames."""
        return self._selector.fileno()

    def read(self, timeout_s: float) -> list[CapturedFrame]:
        """Return frames in the order of time, also across calls.

        Waits for the first at most this long, and a moment longer for older ones that are still in
        the kernel. There may be more frames, unless none is returned.
        """
        found = self._settled(min(timeout_s, _STRAGGLE_S) if self._held else timeout_s)
        while self._held and not found:
            found = self._settled(_STRAGGLE_S)
        return found

    def rest(self, within_s: float) -> list[CapturedFrame]:
        """Return the frames that are left, and those that come within this time, in order."""
        end = time.monotonic() + within_s
        found = self.read(within_s)
        while (left_s := end - time.monotonic()) > 0:
            found += self.read(left_s)
        return found

    def _settled(self, timeout_s: float) -> list[CapturedFrame]:
        """Return the frames after which no older one can come."""
        self._selector.select(timeout_s)
        settled_ns = time.time_ns() - int(_STRAGGLE_S * 1e9)
        for key, _ in self._selector.select(0):
            frames = _receive_some(self._sockets[key.data], key.data)
            if len(frames) == _FRAMES_AT_A_TIME:  # there are more, all at least this old or later
                settled_ns = min(settled_ns, frames[-1].time_ns)
            self._held += frames
        now_ns = time.time_ns()
        found, self._held = _split(self._held, settled_ns, now_ns)
        return found

    def lost(self) -> Mapping[TapPoint, int]:
        """Return how many frames each tap lost."""
        for tapped, tap in self._sockets.items():
            statistics = tap.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, _STATISTICS.size)
            # reading resets the kernel's counters
            self._lost[tapped.point] += _STATISTICS.unpack(statistics)[1]
        return dict(self._lost)

    def close(self) -> None:
        """Close all sockets; a second call does nothing."""
        self._selector.close()
        for tap in self._sockets.values():
            tap.close()
        self._sockets = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _open(tapped: _TappedInterface, program: bytes) -> socket.socket:
    """Open a socket in the interface's namespace, where it stays."""
    name, interface = tapped.point.name, tapped.interface.name
    try:
        with inside(tapped.interface.pid):
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except OSError as error:
        raise EmulationError(f"cannot capture on {name}: {error.strerror}") from error
    try:
        tap.setblocking(False)
        tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        tap.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        if tapped.only_incoming:
            tap.setsockopt(_SOL_PACKET, _PACKET_IGNORE_OUTGOING, 1)
        if program:
            _attach(tap, program)
        tap.bind((interface, _ETH_P_ALL))  # captures from here on
    except OSError as error:
        tap.close()
        kind = NodeGoneError if error.errno in _GONE else EmulationError
        raise kind(f"cannot capture on {name} ({interface}): {error.strerror}") from error
    return tap


def _await_stamps() -> None:
    """Wait until the kernel stamps frames on arrival.

    It starts to a moment after the first socket asked for it; earlier frames are stamped when they
    are read, which says nothing about their order.
    """
    with (
        suppress(OSError),  # no loopback interface: then do not wait
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        receiver.settimeout(_STAMPS_S)
        receiver.bind(("127.0.0.1", 0))
        end = time.monotonic() + _STAMPS_S
        while time.monotonic() < end:
            sender.sendto(b"?", receiver.getsockname())
            time.sleep(0.0005)
            read_ns = time.time_ns()
            _, ancillary, _, _ = receiver.recvmsg(1, _ANCILLARY_BYTES)
            if any(_is_stamp(each) and _stamp_ns(each[2]) < read_ns for each in ancillary):
                return


def _is_stamp(ancillary: tuple[int, int, bytes]) -> bool:
    return ancillary[:2] == (socket.SOL_SOCKET, _SO_TIMESTAMPNS)


def _stamp_ns(value: bytes) -> int:
    seconds, nanoseconds = _TIMESPEC.unpack(value[: _TIMESPEC.size])
    return int(seconds * 1_000_000_000 + nanoseconds)


def _attach(tap: socket.socket, program: bytes) -> None:
    import ctypes  # noqa: PLC0415  # only filters need it

    code = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    tap.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, header)


def _split(
    frames: list[CapturedFrame], settled_ns: int, now_ns: int
) -> tuple[list[CapturedFrame], list[CapturedFrame]]:
    """Return the frames that are old enough, in the order of time, and the rest.

    A frame with a future stamp counts as old: the clock was set back.
    """
    found: list[CapturedFrame] = []
    held: list[CapturedFrame] = []
    for frame in sorted(frames, key=lambda frame: frame.time_ns):
        (held if settled_ns < frame.time_ns <= now_ns else found).append(frame)
    return in_order(found), held


def in_order(frames: Iterable[CapturedFrame]) -> list[CapturedFrame]:
    """Return frames sorted by time, those with equal stamps in the order of their path.

    A packet that an eBPF program redirects from LSR to LSR keeps the stamp of the first interface;
    such frames are ordered by who sends to whom.
    """
    ordered: list[CapturedFrame] = []
    for _, group in itertools.groupby(frames, key=lambda frame: frame.time_ns):
        left = list(group)
        while left:
            receivers = {frame.receiver for frame in left}
            first = [frame for frame in left if frame.sender not in receivers] or left[:1]
            ordered += first
            left = [frame for frame in left if frame not in first]
    return ordered


def _receive_some(tap: socket.socket, tapped: _TappedInterface) -> list[CapturedFrame]:
    """Return the next frames, a limited number."""
    frames: list[CapturedFrame] = []
    with suppress(BlockingIOError):
        while len(frames) < _FRAMES_AT_A_TIME and (frame := _receive(tap, tapped)) is not None:
            frames.append(frame)
    return frames


def _receive(tap: socket.socket, tapped: _TappedInterface) -> CapturedFrame | None:
    """Return the next frame, None if the interface has gone down."""
    try:
        data, ancillary, _, address = tap.recvmsg(_FRAME_BYTES, _ANCILLARY_BYTES)
    except OSError as error:
        if error.errno in _GONE:  # reported once; frames come again when it is up
            return None
        raise
    time_ns = 0
    for each in ancillary:
        if _is_stamp(each):
            time_ns = _stamp_ns(each[2])
        elif each[:2] == (_SOL_PACKET, _PACKET_AUXDATA):
            data = _with_tag(data, each[2])
    return CapturedFrame(tapped.point, time_ns, tapped.is_far or _is_outgoing(address), data)


def _is_outgoing(address: Any) -> bool:
    return bool(address[2] == _PACKET_OUTGOING)


def _with_tag(data: bytes, value: bytes) -> bytes:
    """Put the VLAN tag back that the kernel removed from the frame."""
    status, _, _, _, _, tci, tpid = _AUXDATA.unpack(value[: _AUXDATA.size])
    if not status & _VLAN_VALID:
        return data
    return data[:12] + struct.pack("!HH", tpid or EtherType.VLAN, tci) + data[12:]
