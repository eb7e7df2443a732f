"""The key of the map `route_ways`; what the other maps hold is in `layout`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from mplsemu.southbound.ebpf.cstruct import U32, Record


@dataclass(frozen=True, slots=True)
class RouteWayKey(Record, c_name="route_way_key"):
    """One of the PEs that have a prefix; the value is its route, TO_PE."""

    lsr: U32
    vrf: U32
    set: Annotated[U32, "number of the set in its VRF"]
    index: U32
