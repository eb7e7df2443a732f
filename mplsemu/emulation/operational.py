"""Interfaces that carry packets, waited for (RFC 2863 section 3.1.12, ifOperStatus).

An interface that has just been taken up throws away what it is given to send, without a word, until
the kernel has noticed its carrier: a matter of less than a millisecond, or of many where its
workers wait for a CPU. Nobody may use one before.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Final

from mplsemu.emulation.interrupts import wait
from mplsemu.errors import EmulationError
from mplsemu.southbound.ebpf.links import LinkSocket, LinkState
from mplsemu.southbound.network_namespace import inside

TIMEOUT_S: Final = 20.0
"""A machine that needs longer for what takes a millisecond is not one to measure anything on."""


def await_operational(interfaces: Iterable[str], within_s: float = TIMEOUT_S) -> None:
    """Wait until interfaces of the calling thread's namespace carry packets.

    One without a carrier is not waited for: the other end of its cable is down, or it is itself.
    Veths have theirs as soon as both ends are up.

    Raises:
        EmulationError: one does not in time, or there is no such interface.
    """
    waiting = set(interfaces)
    unheard = set(waiting)
    deadline = time.monotonic() + within_s
    with closing(LinkSocket()) as links:
        while waiting:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not wait((links.fileno(),), left_s):
                names = ", ".join(sorted(waiting))
                raise EmulationError(f"{names}: no packets are carried after {within_s:g} s")
            said = links.receive()
            if said is None:  # more than it could take
                links.request_dump()
            for each in said or ():
                if isinstance(each, LinkState):
                    unheard.discard(each.name)
                    if each.settled:
                        waiting.discard(each.name)
                elif unheard:  # all were told
                    raise EmulationError(f"there is no interface {min(unheard)}")


def await_operational_at(places: Mapping[int, Iterable[str]]) -> None:
    """Wait until interfaces in several namespaces carry packets.

    Args:
        places: names of interfaces by a process in the namespace that they are in.

    Raises:
        EmulationError: one does not in time, or is gone.
    """
    for pid, interfaces in places.items():
        with inside(pid):
            await_operational(interfaces)
