"""The order in which LSRs are changed: make before break, on every data plane (ADR 3)."""

from __future__ import annotations

import enum


class Stage(enum.IntEnum):
    """The order of a change: each stage on all LSRs before the next on any.

    So no packet meets an entry that is not there yet: labels are installed before the tunnels that
    push them, tunnels before services, services before the ports that let packets in. Surplus
    entries are deleted afterwards, users before what they use.
    """

    LABELS = 1
    TUNNELS = 2
    SERVICES = 3
    PORTS = 4
