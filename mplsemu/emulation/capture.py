"""Captures on an interface of the lab by tcpdump(1), to a pcap file or as lines of text."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

from mplsemu.emulation.namespace import die_with_parent, inside
from mplsemu.emulation.openvswitch import find_tool
from mplsemu.errors import EmulationError

DEFAULT_MAX_PACKETS: Final = 100_000
_READY_TIMEOUT_S: Final = 10.0
_STOP_TIMEOUT_S: Final = 5.0
_LISTENING: Final = b"listening on"


@dataclass(frozen=True, slots=True)
class CaptureOptions:
    """What is captured.

    Attributes:
        file: where to write a pcap file; None prints packets as text.
        filter: in the language of pcap-filter(7); empty takes everything.
        max_packets: it ends by itself after so many.
    """

    file: Path | None = None
    filter: str = ""
    max_packets: int = DEFAULT_MAX_PACKETS


class Capture:
    """A running capture; a context manager that ends it. It dies with this process.

    Once made it listens: what is sent afterwards is in it.

    Args:
        pid: a process in the namespace the interface is in.
        interface: its name.
        options: what is captured, and where to.

    Raises:
        MissingToolError: tcpdump is not installed.
        EmulationError: it does not start: no such interface, a filter that makes no sense.
    """

    def __init__(self, pid: int, interface: str, options: CaptureOptions | None = None) -> None:
        options = options or CaptureOptions()
        to_file = options.file is not None
        output = ["-U", "-w", str(options.file)] if to_file else ["-l", "-n", "-e"]
        command = [
            find_tool("tcpdump", "tcpdump"),
            *("-i", interface, "--immediate-mode", "-Z", "root", "-c", str(options.max_packets)),
            *output,
            *([options.filter] if options.filter else []),
        ]
        with inside(pid):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if to_file else subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509  # there is no other way to ask for it
            )
        try:
            self._await_listening(interface)
        except BaseException:
            self._process.kill()
            self._close()
            raise

    @property
    def running(self) -> bool:
        """Whether it still listens."""
        return self._process.poll() is None

    def lines(self) -> Iterator[str]:
        """Yield packets as text until the capture ends; nothing where it goes to a file."""
        if self._process.stdout is not None:
            for line in self._process.stdout:
                yield line.decode(errors="replace").rstrip("\n")

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it ended by itself; whether it did in time."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End it and complete the file; a second call does nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # tcpdump writes what it still holds
            if not self.wait(_STOP_TIMEOUT_S):
                self._process.kill()
        self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _close(self) -> None:
        self._process.wait()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _await_listening(self, interface: str) -> None:
        said = b""
        stream = self._process.stderr
        if stream is None:
            return
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while _LISTENING not in said:
            more = _read_before(stream, deadline)
            if not more:
                words = said.decode(errors="replace").strip() or "it said nothing"
                raise EmulationError(f"cannot capture on {interface}: {words}")
            said += more


def _read_before(stream: IO[bytes], deadline: float) -> bytes:
    """Return what a stream has to say; nothing at its end or at the deadline."""
    ready, _, _ = select.select([stream], [], [], max(0.0, deadline - time.monotonic()))
    return os.read(stream.fileno(), 65_536) if ready else b""
