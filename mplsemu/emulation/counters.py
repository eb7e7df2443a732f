"""What a lab's interfaces have sent, read from /proc/PID/net/dev (proc_pid_net(5)).

The file shows the interfaces in the namespace of the process, so nobody needs to enter it. Bytes
are those of Ethernet frames.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mplsemu.errors import EmulationError

_HEADER_LINES: Final = 2
_SENT_BYTES: Final = 8  # the ninth column after the interface's name
_BITS: Final = 8


@dataclass(frozen=True, slots=True)
class Counters:
    """What both ends of some links had sent at one moment.

    Attributes:
        time_s: of a clock that only goes forward.
        sent_bytes: by link, of its first and its second end.
    """

    time_s: float
    sent_bytes: Mapping[str, tuple[int, int]]


def parse_sent_bytes(text: str) -> dict[str, int]:
    """Return the bytes that each interface has sent, from the text of /proc/PID/net/dev."""
    sent = {}
    for line in text.splitlines()[_HEADER_LINES:]:
        name, _, columns = line.rpartition(":")  # a name may hold a colon, the numbers do not
        sent[name.strip()] = int(columns.split()[_SENT_BYTES])
    return sent


def read_counters(pid: int, links: Mapping[str, Sequence[str]]) -> Counters:
    """Read what the ends of links have sent until now.

    Args:
        pid: a process in the namespace that the interfaces are in.
        links: by link, the interfaces at its two ends; what has no two ends there is left out.

    Raises:
        EmulationError: the process is gone.
    """
    try:
        text = Path(f"/proc/{pid}/net/dev").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise EmulationError(f"process {pid} of the lab is gone: {error.strerror}") from error
    now, sent = time.monotonic(), parse_sent_bytes(text)
    found = {
        link: (sent[ends[0]], sent[ends[1]])
        for link, ends in links.items()
        if len(ends) == 2 and ends[0] in sent and ends[1] in sent
    }
    return Counters(now, found)


def loads_bps(before: Counters, after: Counters) -> dict[str, tuple[float, float]]:
    """Return bits per second between two readings, by link: from its first end, and back.

    An interface that was made anew begins at zero again: it counts as silent.
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
