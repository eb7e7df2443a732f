"""What the ends of a lab's links have sent, read from /proc/PID/net/dev (proc_pid_net(5)).

The file shows the interfaces of the process's namespace, so there is no need to enter it. Bytes are
those of Ethernet frames. Only receive counters are used: an eBPF program may redirect a packet to
the peer device directly, and the interface it left by does not count it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mplsemu.emulation.interface import Interface
from mplsemu.errors import NodeGoneError

_HEADER_LINES: Final = 2
_RECEIVED_BYTES: Final = 0  # the first column after the interface's name
_BITS: Final = 8


@dataclass(frozen=True, slots=True)
class Counters:
    """The bytes that both ends of links have sent, at one point in time.

    Attributes:
        time_s: of a monotonic clock.
        sent_bytes: by link, of its first and its second end.
    """

    time_s: float
    sent_bytes: Mapping[str, tuple[int, int]]


def parse_received_bytes(text: str) -> dict[str, int]:
    """Return the bytes that each interface has received, from the text of /proc/PID/net/dev."""
    received = {}
    for line in text.splitlines()[_HEADER_LINES:]:
        name, _, columns = line.rpartition(":")  # a name may hold a colon, the numbers do not
        received[name.strip()] = int(columns.split()[_RECEIVED_BYTES])
    return received


def read_counters(links: Mapping[str, Sequence[Interface]]) -> Counters:
    """Read what the ends of links have sent until now.

    Args:
        links: by link, the interfaces at its two ends; a link without both is left out.

    Raises:
        NodeGoneError: a process is gone.
    """
    now = time.monotonic()
    pids = {end.pid for ends in links.values() for end in ends}
    received = {pid: parse_received_bytes(_counters_text(pid)) for pid in sorted(pids)}
    found = {}
    for link, ends in links.items():
        counted = [received[end.pid].get(end.name) for end in ends]
        match counted:
            case [int(first), int(second)]:
                found[link] = (second, first)
    return Counters(now, found)


def _counters_text(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/net/dev").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NodeGoneError(f"process {pid} of the lab is gone: {error.strerror}") from error


def loads_bps(before: Counters, after: Counters) -> dict[str, tuple[float, float]]:
    """Return bits per second between two readings, by link: from its first end, and back.

    An interface that was created anew starts at zero; its load counts as 0.
    """
    elapsed_s = after.time_s - before.time_s
    if elapsed_s <= 0:
        return {}
    return {
        link: (
            max(0, first - before.sent_bytes[link][0]) * _BITS / elapsed_s,
            max(0, second - before.sent_bytes[link][1]) * _BITS / elapsed_s,
        )
        for link, (first, second) in after.sent_bytes.items()
        if link in before.sent_bytes
    }
