"""What is wrong in a lab right now, from the controller's status, the program and the pictures."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from mplsemu.program.program import Program
from mplsemu.views.model import BridgeView, L3vpnView, View
from mplsemu.views.order import natural

SYNC_PATIENCE_S: Final = 2.0
"""A change takes a switch out of sync for some milliseconds; that is no alarm."""
_MAX_NAMED: Final = 3


class Severity(enum.StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


_ORDER: Final = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong.

    Attributes:
        severity: how bad it is.
        object: what it is about: ``link dk-p1``, ``line a/aarhus``, ``LSR p1``, ``VPN a``.
        text: what is wrong with it.
    """

    severity: Severity
    object: str
    text: str

    def to_json(self) -> dict[str, str]:
        """Return it as the stream has it."""
        return {"severity": self.severity.value, "object": self.object, "text": self.text}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a lab at one moment; None where nothing is known yet.

    Attributes:
        status: the controller's last answer.
        answers: whether it answers now.
        program: what is installed.
        views: the customers' pictures of it.
        unsynced_s: for how long switches have not had the program's flows.
    """

    status: dict[str, Any] | None
    answers: bool
    program: Program | None
    views: tuple[View, ...] = ()
    unsynced_s: float = 0.0


def alarms(seen: Seen) -> tuple[Alarm, ...]:
    """Return what is wrong, the worst first."""
    found = [*_of_controller(seen), *_of_lines(seen)]
    for view in seen.views:
        match view:
            case L3vpnView():
                found += _of_l3vpn(view, seen.program)
            case BridgeView():
                found += _of_bridge(view)
    return tuple(sorted(found, key=lambda alarm: (_ORDER.index(alarm.severity), _natural(alarm))))


def _natural(alarm: Alarm) -> object:
    return natural(alarm.object), natural(alarm.text)


def _of_controller(seen: Seen) -> Iterator[Alarm]:
    if not seen.answers:
        text = "does not answer: until it does, no failure is repaired"
        yield Alarm(Severity.CRITICAL, "controller", text)
        return
    for name, switch in (seen.status or {}).get("switches", {}).items():
        if not switch["connected"]:
            text = "has no connection to the controller: its flows stay as they are"
            yield Alarm(Severity.MAJOR, f"LSR {name}", text)
        elif not switch["in_sync"] and seen.unsynced_s > SYNC_PATIENCE_S:
            text = "has not all flows of the program, and does not get them"
            yield Alarm(Severity.MINOR, f"LSR {name}", text)
        if switch["errors"]:
            count = switch["errors"]
            text = f"refused {count} message{'s' if count > 1 else ''} of the controller"
            yield Alarm(Severity.MAJOR, f"LSR {name}", text)


def _of_lines(seen: Seen) -> Iterator[Alarm]:
    circuits = seen.program.node_of_circuit if seen.program else {}
    for name in (seen.status or {}).get("down", ()):
        if name in circuits:
            text = f"is down: the site is cut off from {circuits[name].name}"
            yield Alarm(Severity.MAJOR, f"line {name}", text)
        else:
            yield Alarm(Severity.MAJOR, f"link {name}", "is down: it carries no packets")


def _of_l3vpn(view: L3vpnView, program: Program | None) -> Iterator[Alarm]:
    """An L3VPN that does not import its own routes is in parts because it was made so."""
    if program is None or not _is_mesh(view.vpn, program):
        return
    cut_off = {site.name for site in view.sites if not site.up}
    islands = [
        [site.name for router in island for site in router.sites if site.up]
        for island in view.islands
    ]
    yield from _parts(view.vpn, islands)
    for island in islands:
        lacking = [
            (site.name, lacked)
            for router in view.routers
            for site in router.sites[:1]
            for lacked in router.lacks
            if lacked in island and lacked not in cut_off and site.name in island
        ]
        if lacking:
            named = _named([f"{site} to {lacked}" for site, lacked in lacking])
            yield Alarm(Severity.MAJOR, f"VPN {view.vpn}", f"lacks a way from {named}")


def _is_mesh(vpn: str, program: Program) -> bool:
    vrfs = [node.vrf_by_name[vpn] for node in program.nodes if vpn in node.vrf_by_name]
    imported = {target for vrf in vrfs for target in vrf.import_targets}
    return all(imported & set(vrf.export_targets) for vrf in vrfs)


def _of_bridge(view: BridgeView) -> Iterator[Alarm]:
    yield from _parts(
        view.vpn, [[site.name for site in island if site.up] for island in view.islands]
    )
    if view.severed:
        named = _named([f"{first} and {second}" for first, second in view.severed])
        yield Alarm(Severity.MAJOR, f"VPN {view.vpn}", f"frames do not pass between {named}")


def _parts(vpn: str, islands: Iterable[list[str]]) -> Iterator[Alarm]:
    parts = [island for island in islands if island]  # a site whose line is down is told already
    if len(parts) > 1:
        text = f"is in {len(parts)} parts: {' | '.join(_named(part) for part in parts)}"
        yield Alarm(Severity.CRITICAL, f"VPN {vpn}", text)


def _named(things: list[str]) -> str:
    more = len(things) - _MAX_NAMED
    tail = [f"{more} more"] if more > 0 else []
    return ", ".join([*things[:_MAX_NAMED], *tail])
