"""The order in which LSRs are changed: make before break, on every data plane."""

from __future__ import annotations

import enum


class Stage(enum.IntEnum):
    """The order of a change: each stage on all LSRs before the next on any.

    So nobody sends to what is not there yet: labels are known before a tunnel uses them, tunnels
    before a service does, services before a port lets packets in. What is no longer wanted is
    deleted afterwards, users before what they use.
    """

    LABELS = 1
    TUNNELS = 2
    SERVICES = 3
    PORTS = 4
