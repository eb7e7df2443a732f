"""One entry of a map that an LSR should have, and when it is written."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Stage(enum.IntEnum):
    """The order in which entries are written, each stage on all LSRs before the next on any.

    So nobody sends to what is not there yet: labels are known before a tunnel uses them, tunnels
    before a service does, services before a port lets packets in. An entry of `ecmp_nhlfes` has the
    stage of the label or tunnel it belongs to, and is written first within it
    (`contents.WRITE_ORDER`): a tunnel's NHLFE, new or changed, uses labels that another LSR may
    only just have got.
    """

    LABELS = 1
    TUNNELS = 2
    SERVICES = 3
    PORTS = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a map.

    Attributes:
        stage: when it is written.
        map: the map's name.
        key: as the map has it; likewise `value`.
    """

    stage: Stage
    map: str
    key: bytes
    value: bytes
