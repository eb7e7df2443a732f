"""Kills every process in a lab's namespaces, at the latest when the lab process dies.

Run as a program, it waits for the process that started it. A parent-death signal does not suffice:
a background process that a user started at a host has lost its parent.

Protocol on its standard input, one line each: ``add PID`` (the namespace of that process belongs to
the lab), ``done`` (the lab was taken down: exit).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_TIMEOUT_S: Final = 5.0


def processes_in(namespaces: Iterable[int]) -> Iterator[int]:
    """Yield the processes (not this one) whose network namespace has one of the inodes."""
    wanted = set(namespaces)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with suppress(OSError):  # it has ended, or is a zombie
                if (entry / "ns/net").stat().st_ino in wanted:
                    yield int(entry.name)


def end_processes_in(namespaces: Iterable[int], timeout_s: float = _TIMEOUT_S) -> bool:
    """Kill every process in the namespaces and wait until none is left.

    The machine's own namespace is never touched.

    Args:
        namespaces: inode numbers.
        timeout_s: give up after this.

    Returns:
        Whether all are gone.
    """
    wanted = set(namespaces)
    with suppress(OSError):
        wanted.discard(Path("/proc/1/ns/net").stat().st_ino)
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        left = list(processes_in(wanted))
        if not left:
            return True
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    return False


class Reaper:
    """The reaper, seen from the lab process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # it must survive a Ctrl-C
        )

    @property
    def pid(self) -> int:
        """Process id of the reaper."""
        return self._process.pid

    def add(self, pids: Iterable[int]) -> None:
        """Register the namespaces of these processes."""
        self._say("".join(f"add {pid}\n" for pid in pids))

    def dismiss(self) -> None:
        """Let it exit without killing anything, and wait for that."""
        self._say("done\n")
        if self._process.stdin is not None:
            with suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _say(self, text: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.closed:
            with suppress(BrokenPipeError):  # it was killed; the lab works without it
                self._process.stdin.write(text.encode())
                self._process.stdin.flush()


def _listen(lab_process: int) -> list[int] | None:
    """Gather namespaces until the lab process dies; None if it said ``done`` before."""
    pinned: list[int] = []
    pending = b""
    watched = [0]
    with suppress(ProcessLookupError):  # dead already; its last lines are still in the pipe
        watched.append(os.pidfd_open(lab_process))
    while True:
        ready, _, _ = select.select(watched, [], [])
        if 0 not in ready:
            return pinned
        data = os.read(0, 65536)
        if not data:
            watched.remove(0)
            if not watched:
                return pinned
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            if line == b"done":
                return None
            with suppress(OSError):
                # an open descriptor keeps the inode number from being used again
                pinned.append(os.open(f"/proc/{int(line[4:])}/ns/net", os.O_RDONLY))


def main() -> None:
    """Wait for the end of the process whose id is the argument, then kill what it left."""
    pinned = _listen(int(sys.argv[1]))
    if pinned:
        end_processes_in({os.fstat(descriptor).st_ino for descriptor in pinned})


if __name__ == "__main__":
    main()
