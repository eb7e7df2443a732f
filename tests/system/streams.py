"""Streams of numbered datagrams: what of them is lost, and what arrives more than once."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mplsemu import Lab

INTERVAL_MS: Final = 2.0
_PROGRAM: Final = Path(__file__).with_name("numbered.py")


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream from a host to an address: of a host, or of all on a LAN."""

    source: str
    address: str


@dataclass(slots=True)
class Heard:
    """What came of streams.

    Attributes:
        sent: datagrams of each stream.
        counts: how often each host got each number of each stream.
    """

    sent: dict[Stream, int] = field(default_factory=dict)
    counts: dict[tuple[str, Stream], Counter[int]] = field(default_factory=dict)

    def lost(self, host: str, stream: Stream) -> list[int]:
        """Return the numbers that a host did not get."""
        found = self.counts[host, stream]
        return [number for number in range(self.sent[stream]) if number not in found]

    def repeated(self, host: str, stream: Stream) -> list[int]:
        """Return the numbers that a host got more than once."""
        return [number for number, count in self.counts[host, stream].items() if count > 1]


@contextmanager
def streaming(
    lab: Lab, streams: list[Stream], hosts: list[str], interval_ms: float = INTERVAL_MS
) -> Iterator[Heard]:
    """Have streams flow while the block runs; what came of them is known after it.

    Args:
        lab: it runs.
        streams: to be sent.
        hosts: that listen.
        interval_ms: between two datagrams.
    """
    heard = Heard()
    with ExitStack() as stack:
        receivers = {host: stack.enter_context(_process(lab, host, "receive")) for host in hosts}
        for receiver in receivers.values():
            assert receiver.stdout.readline() == "ready\n"
        senders = {}
        for number, stream in enumerate(streams):
            words = ("send", str(number), stream.address, str(interval_ms))
            senders[stream] = stack.enter_context(_process(lab, stream.source, *words))
        for sender in senders.values():
            assert sender.stdout.readline() == "under way\n"
        yield heard
        for stream, sender in senders.items():
            heard.sent[stream] = int(_end(sender))
        for host, receiver in receivers.items():
            found = json.loads(_end(receiver))
            for number, stream in enumerate(streams):
                counts = found.get(str(number), {})
                heard.counts[host, stream] = Counter({int(k): v for k, v in counts.items()})


@contextmanager
def _process(lab: Lab, host: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(_PROGRAM), *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with lab.session.popen(host, command, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def _end(process: subprocess.Popen[str]) -> str:
    process.stdin.close()
    return process.stdout.readline()
