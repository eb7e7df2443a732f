"""Islands: what each part of a customer's picture lacks if nothing joins it with the others.

A part that is not to reach any of the others lacks nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from mplsemu.views.model import BridgeView, CustomerView, L3vpnView
from mplsemu.views.phrases import listed, others


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an island lacks, in short and in full."""

    short: str
    full: str


def complaints(view: CustomerView) -> list[Complaint | None]:
    """Return what each island lacks: None for each if there is only one."""
    match view:
        case L3vpnView():
            lack = "cannot reach"
            islands = [
                [site.name for router in island for site in router.sites] for island in view.islands
            ]
            apart = [
                set.intersection(*({*router.apart} for router in island)) for island in view.islands
            ]
        case BridgeView():
            lack = "does not hear"
            islands = [[site.name for site in island] for island in view.islands]
            apart = [set() for _ in islands]
        case _:
            assert_never(view)
    return [_complaint(number, islands, lack, without) for number, without in enumerate(apart, 1)]


def _complaint(
    number: int, islands: list[list[str]], lack: str, apart: set[str]
) -> Complaint | None:
    known = {*islands[number - 1], *apart}
    missing = [name for island in islands for name in island if name not in known]
    if not missing:
        return None
    start = f"Part {number} of {len(islands)}: {lack}"
    return Complaint(f"{start} {others(missing)}", f"{start} {listed(missing)}")
