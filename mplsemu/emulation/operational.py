"""Waits until interfaces are operational (ifOperStatus, RFC 2863 section 3.1.12).

An interface that was just taken up drops packets silently until the kernel has noticed its carrier:
less than a millisecond later, or much later if the kernel's workers wait for a CPU.
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
"""It usually takes a millisecond; a machine that needs longer than this is overloaded."""


def await_operational(interfaces: Iterable[str], within_s: float = TIMEOUT_S) -> None:
    """Wait until interfaces of the calling thread's namespace are operational.

    An interface without a carrier is not waited for: it, or the other end of its cable, is down.
    Veths have a carrier as soon as both ends are up.

    Raises:
        EmulationError: an interface is not operational in time, or does not exist.
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
            reported = links.receive()
            if reported is None:  # the socket's buffer overflowed
                links.request_dump()
            for each in reported or ():
                if isinstance(each, LinkState):
                    unheard.discard(each.name)
                    if each.settled:
                        waiting.discard(each.name)
                elif unheard:  # all interfaces were reported
                    raise EmulationError(f"there is no interface {min(unheard)}")


def await_operational_at(places: Mapping[int, Iterable[str]]) -> None:
    """Wait until interfaces in several namespaces are operational.

    Args:
        places: names of interfaces by a process in the namespace that they are in.

    Raises:
        EmulationError: an interface is not operational in time, or is gone.
    """
    for pid, interfaces in places.items():
        with inside(pid):
            await_operational(interfaces)
