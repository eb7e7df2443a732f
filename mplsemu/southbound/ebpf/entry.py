"""An entry of a map, and its stage."""

from __future__ import annotations

from dataclasses import dataclass

from mplsemu.southbound.plane.stage import Stage


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a map.

    Attributes:
        stage: when it is written. An entry of `ecmp_nhlfes` has that of the label or tunnel it
            belongs to, and is written first within it (`contents.WRITE_ORDER`): a tunnel's NHLFE
            uses labels that another LSR may only just have got.
        map: the map's name.
        key: as the map has it; likewise `value`.
    """

    stage: Stage
    map: str
    key: bytes
    value: bytes
