"""Learned MAC addresses by VPLS, as JSON objects."""

from __future__ import annotations

from typing import Any

from mplsemu.controller.controller import Controller
from mplsemu.southbound.plane.macs import BehindPe, LearnedMac, OnCircuit


def learned_macs(controller: Controller) -> list[dict[str, Any]]:
    """Read the MAC tables of all LSRs; not in the worker, which it could block for long.

    Returns:
        Objects with ``node``, ``vsi``, ``mac`` and where it was learned: ``circuit`` or
        ``peer`` (the PE at the other end of the pseudowire), the other None; sorted.
    """
    connected = [lsr.name for lsr in controller.lsrs.connected()]
    found = controller.plane.macs(controller.program, connected)
    ordered = sorted(found, key=lambda each: (each.vsi, each.node, each.mac))
    return [_object(each) for each in ordered]


def _object(learned: LearnedMac) -> dict[str, Any]:
    place = learned.place
    return {
        "node": learned.node,
        "vsi": learned.vsi,
        "mac": learned.mac,
        "circuit": place.circuit if isinstance(place, OnCircuit) else None,
        "peer": place.peer if isinstance(place, BehindPe) else None,
    }
