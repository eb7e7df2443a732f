"""Captures: frames from taps, written to a pcapng file or handed to a callback."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import BinaryIO, Final, Self

from mplsemu.emulation.interrupts import interrupts_wait, write
from mplsemu.emulation.pcapng import Interface, PcapngWriter
from mplsemu.emulation.taps import CapturedFrame, TapPoint, Taps
from mplsemu.errors import EmulationError

Comment = Callable[[CapturedFrame], str]

_POLL_S: Final = 0.05
_SETTLE_S: Final = 0.05
"""How long frames that were sent before the capture was stopped may take to arrive."""


def no_comment(_frame: CapturedFrame) -> str:
    """Comment on no frame."""
    return ""


def _described(point: TapPoint) -> str:
    return f"{point.interface.name} at {point.near}, to {point.far}"


class CaptureFile:
    """A pcapng file or pipe that frames go to.

    Args:
        file: opened for binary writing, unbuffered.
        points: where the frames come from.
        lab: its name.
        expression: which frames are taken.
        comment: returns the comment of a frame, empty for none.
        application: who writes it.

    Raises (also `take` and `close`):
        OSError: the file cannot be written.

    Attributes:
        size: bytes written.
        frames: how many are in the file as a whole, also after it could not be written.
    """

    def __init__(
        self,
        file: BinaryIO,
        points: Sequence[TapPoint],
        lab: str,
        expression: str = "",
        comment: Comment = no_comment,
        application: str = "mplsemu",
    ) -> None:
        self.size = self.frames = 0
        self._file = file
        self._comment = comment
        self._started_ns = time.time_ns()
        self._number = {point: number for number, point in enumerate(points)}
        self._pending = bytearray()
        interfaces = [Interface(point.name, _described(point), expression) for point in points]
        self._writer = PcapngWriter(self._pending.extend, application, interfaces, f"lab {lab}")
        self._flush()

    def take(self, frames: Iterable[CapturedFrame]) -> None:
        """Write frames and flush them, for a reader at the other end of a pipe."""
        ends = []
        for frame in frames:
            self._writer.packet(
                self._number[frame.point],
                frame.time_ns,
                frame.data,
                outgoing=frame.outgoing,
                comment=self._comment(frame),
            )
            ends.append(self.size + len(self._pending))
        try:
            self._flush()
        finally:
            written = self._written()
            self.frames += sum(end <= written for end in ends)

    def close(self, lost: Mapping[TapPoint, int]) -> None:
        """Write how many frames were lost at each point, which completes the file."""
        for point, number in self._number.items():
            self._writer.statistics(number, self._started_ns, time.time_ns(), lost[point])
        self._flush()

    def _written(self) -> int:
        try:
            return os.lseek(self._file.fileno(), 0, os.SEEK_CUR)
        except OSError:  # a pipe
            return self.size

    def _flush(self) -> None:
        data = bytes(self._pending)
        self._pending.clear()
        write(self._file.fileno(), data)
        self.size += len(data)


class Capture:
    """Captures frames in the background; a context manager that stops it.

    Frames that are sent after the constructor returned are captured.

    Args:
        points: where.
        take: gets frames, on another thread.
        expression: which frames; see `Taps`.

    Raises:
        EmulationError: an interface is gone.
        LabError: the expression makes no sense.

    Attributes:
        lost: once it is stopped, how many frames were lost at each point.
    """

    def __init__(
        self,
        points: Sequence[TapPoint],
        take: Callable[[list[CapturedFrame]], None],
        expression: str = "",
    ) -> None:
        self.taps = Taps(points, expression)
        self._take = take
        self.lost: Mapping[TapPoint, int] = {}
        self._stopping = threading.Event()
        self._problem: OSError | None = None
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        with interrupts_wait():
            self._thread.start()

    def stop(self) -> None:
        """Stop with the frames that have been sent so far; a second call does nothing.

        Raises:
            EmulationError: the callback or the file failed.
        """
        if self._stopping.is_set():
            return
        self._stopping.set()
        with interrupts_wait():
            self._thread.join()
        self.lost = self.taps.lost()
        self.taps.close()
        if self._problem is not None:
            raise EmulationError(f"the capture broke off: {self._problem.strerror}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._take(self.taps.read(_POLL_S))
            self._take(self.taps.rest(_SETTLE_S))
        except OSError as error:
            self._problem = error
