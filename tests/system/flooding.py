"""A customer that floods: sends frames from a host until it is told to stop.

As a program it reads frames from standard input, each two octets of length and its bytes, and sends
them by its interface, round and round, so many a second. It ends by itself after a while.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mplsemu import Lab

PER_SECOND: Final = 4000
LONGEST_S: Final = 60.0


@contextmanager
def flooding(lab: Lab, host: str, frames: Sequence[bytes]) -> Iterator[None]:
    """Have a host send frames while the block runs; begin when it has sent a second's worth."""
    command = [sys.executable, str(Path(__file__)), str(PER_SECOND)]
    with lab.session.popen(host, command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            process.stdin.write(b"".join(len(each).to_bytes(2, "big") + each for each in frames))
            process.stdin.close()
            assert process.stdout.readline() == b"under way\n"
            yield
            assert process.poll() is None, "it should have flooded all the time"
        finally:
            process.kill()


def _send(frames: Sequence[bytes], per_second: int) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as line:
        line.bind(("eth0", 0))
        sent, started = 0, time.monotonic()
        while (passed := time.monotonic() - started) < LONGEST_S:
            while sent < passed * per_second:
                try:
                    line.send(frames[sent % len(frames)])
                except OSError:  # no buffer at hand: it is a flood
                    break
                sent += 1
                if sent == per_second:
                    sys.stdout.write("under way\n")
                    sys.stdout.flush()
            time.sleep(0.002)


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        yield data[at + 2 : at + 2 + length]
        at += 2 + length


if __name__ == "__main__":
    _send(list(_frames(sys.stdin.buffer.read())), int(sys.argv[1]))
