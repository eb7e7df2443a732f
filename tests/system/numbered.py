"""Numbered datagrams: a program that sends or receives them at a host; streams.py starts it.

`send ID ADDRESS INTERVAL_MS` sends one datagram after the other until its standard input ends, and
says how many that were, when as many more as are on the way by then have followed. `receive` takes
every frame of such a stream from the wire, whoever it is for and however often it comes, until its
standard input ends, and says then which numbers of which stream came. It imports little, as it
begins often.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final

_PORT: Final = 4762
_MAGIC: Final = b"numbered"
_NUMBER: Final = struct.Struct("!HI")
_PROTOCOL_AT: Final = 23
_MORE: Final = 50
_OUTGOING: Final = 4  # PACKET_OUTGOING, packet(7)


def _send(stream: int, address: str, interval_ms: float) -> None:
    number, until, started = 0, 0, time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        while not until or number < until + _MORE:
            if not until and select.select([sys.stdin], [], [], 0)[0]:
                until = number
            while number * interval_ms / 1000 <= time.monotonic() - started:
                out.sendto(_MAGIC + _NUMBER.pack(stream, number), (address, _PORT))
                number += 1
                if number == 20:
                    print("under way", flush=True)
            time.sleep(interval_ms / 4000)
    print(until, flush=True)


def _receive() -> None:
    counts: dict[int, Counter[int]] = {}
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        line.bind(("eth0", 0x0800))
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([line, sys.stdin], [], [])
            if line not in ready:
                break
            frame, (_, _, kind, *_) = line.recvfrom(2048)
            at = frame.find(_MAGIC)
            is_datagram = frame[_PROTOCOL_AT] == socket.IPPROTO_UDP  # and no error that quotes one
            if kind != _OUTGOING and is_datagram and at >= 0:
                stream, number = _NUMBER.unpack_from(frame, at + len(_MAGIC))
                counts.setdefault(stream, Counter())[number] += 1
    said: Mapping[int, Mapping[int, int]] = counts
    print(json.dumps(said), flush=True)


if __name__ == "__main__":
    what, *rest = sys.argv[1:]
    if what == "send":
        _send(int(rest[0]), rest[1], float(rest[2]))
    else:
        _receive()
