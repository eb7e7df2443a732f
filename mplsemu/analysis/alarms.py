"""Alarms: what is wrong in a lab right now, by the controller's status and the program."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, assert_never

from mplsemu.analysis.connectivity import (
    Connectivity,
    L2vpnConnectivity,
    L3vpnConnectivity,
)
from mplsemu.model.names import site_of
from mplsemu.model.natural_order import NaturalKey, natural
from mplsemu.program.program import Program

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

    def __str__(self) -> str:
        return f"{self.object} {self.text}"


@dataclass(frozen=True, slots=True)
class LabState:
    """What is known of a lab at one moment; None where nothing is known yet.

    Attributes:
        status: the controller's last answer to ``status`` (docs/northbound.md).
        answers: whether it answers now.
        program: what is installed.
        vpns: the connectivity of each VPN in it.
        unsynced_s: for how long switches have not had the program's flows.
    """

    status: Mapping[str, Any] | None
    answers: bool
    program: Program | None
    vpns: tuple[Connectivity, ...] = ()
    unsynced_s: float = 0.0


def alarms(state: LabState) -> tuple[Alarm, ...]:
    """Return what is wrong, the worst first."""
    found = [*_of_controller(state), *_of_links(state), *_of_lans(state)]
    if state.program is not None:
        found += [*_of_hub_pes(state.program), *_of_standbys(state.program)]
    for vpn in state.vpns:
        match vpn:
            case L3vpnConnectivity():
                found += _of_l3vpn(vpn)
            case L2vpnConnectivity():
                found += _of_l2vpn(vpn)
            case _:
                assert_never(vpn)
    return tuple(sorted(found, key=_order))


def _order(alarm: Alarm) -> tuple[int, NaturalKey, NaturalKey]:
    return _ORDER.index(alarm.severity), natural(alarm.object), natural(alarm.text)


def is_out_of_sync(switch: Mapping[str, Any]) -> bool:
    """Whether an LSR of the controller's status is connected and lacks flows of the program."""
    return switch["connected"] and not switch["in_sync"]


def _of_controller(state: LabState) -> Iterator[Alarm]:
    if not state.answers:
        text = "does not answer: until it does, no failure is repaired"
        yield Alarm(Severity.CRITICAL, "controller", text)
        return
    for name, switch in (state.status or {}).get("switches", {}).items():
        if not switch["connected"]:
            text = "has no connection to the controller: its flows stay as they are"
            yield Alarm(Severity.MAJOR, f"LSR {name}", text)
        elif is_out_of_sync(switch) and state.unsynced_s > SYNC_PATIENCE_S:
            text = "has not all flows of the program, and does not get them"
            yield Alarm(Severity.MINOR, f"LSR {name}", text)
        if switch["errors"]:
            count = switch["errors"]
            text = f"refused {count} message{'s' if count > 1 else ''} of the controller"
            yield Alarm(Severity.MAJOR, f"LSR {name}", text)


def _of_links(state: LabState) -> Iterator[Alarm]:
    circuits = state.program.node_of_circuit if state.program else {}
    for name in (state.status or {}).get("down", ()):
        other = _line_instead(state.program, name) if state.program else None
        if other is not None:
            text = f"is down: the site has its traffic by {other} alone"
            yield Alarm(Severity.MINOR, f"line {name}", text)
        elif name in circuits:
            text = f"is down: the site is cut off from {circuits[name].name}"
            yield Alarm(Severity.MAJOR, f"line {name}", text)
        else:
            yield Alarm(Severity.MAJOR, f"link {name}", "is down: it carries no packets")


def _of_lans(state: LabState) -> Iterator[Alarm]:
    for name in (state.status or {}).get("storms", ()):
        text = "floods more than storm control lets through: the rest is dropped"
        yield Alarm(Severity.MINOR, f"line {name}", text)
    for move in (state.status or {}).get("mac_moves", ()):
        first, second = move["places"]
        text = f"has a MAC address that moves too often: {move['mac']}, {first} and {second}"
        yield Alarm(Severity.MINOR, f"VPN {move['vpn']}", text)
    for name, mac in (state.status or {}).get("blocked", {}).items():
        text = f"is blocked: the MAC address {mac} moved to it too often"
        yield Alarm(Severity.MAJOR, f"line {name}", text)


def _of_hub_pes(program: Program) -> Iterator[Alarm]:
    """Yield spoke PEs that are served by another hub PE than their first."""
    for node in program.nodes:
        for vsi in node.vsis:
            for wire in vsi.pseudowires:
                is_served = wire.peer in node.ftn_by_egress and not wire.standby
                if wire.to_hub and wire.secondary and is_served:
                    text = f"has spoke PE {node.name} on standby hub {wire.peer}"
                    yield Alarm(Severity.MINOR, f"VPN {vsi.name}", text)


def _of_standbys(program: Program) -> Iterator[Alarm]:
    """Yield dual-homed sites whose first line works, and carries nothing."""
    for name, node in program.node_of_circuit.items():
        first = site_of(name)
        if name == first or not node.circuit_by_name[name].up:
            continue
        pe = program.node_of_circuit[first]
        if pe.circuit_by_name[first].standby:
            text = f"is up and carries nothing: {name} reaches more of the VPN's sites"
            yield Alarm(Severity.MINOR, f"line {first}", text)


def _line_instead(program: Program, circuit: str) -> str | None:
    """Return the line that carries the traffic of a circuit's site, if that is another one."""
    site = site_of(circuit)
    return next(
        (
            name
            for name, node in program.node_of_circuit.items()
            if name != circuit and site_of(name) == site and node.circuit_by_name[name].up
        ),
        None,
    )


def _of_l3vpn(vpn: L3vpnConnectivity) -> Iterator[Alarm]:
    if not vpn.is_mesh:
        return
    stranded = _stranded(vpn)
    if stranded:
        text = f"no hub is reached from {_named(stranded)}"
        yield Alarm(Severity.CRITICAL, f"VPN {vpn.vpn}", text)
    else:
        yield from _parts(vpn)
    cut_off = {circuit.site for island in vpn.sites for circuit in island if not circuit.up}
    for island, circuits in zip(vpn.islands, vpn.sites, strict=True):
        sites = {circuit.site for circuit in circuits} - cut_off
        lacking = [
            (first, lacked)
            for vrf in island
            for first in [vrf.sites[0].circuit.site]
            for lacked in vrf.lacks
            if {first, lacked} <= sites and first not in stranded
        ]
        if lacking:
            named = _named([f"{site} to {lacked}" for site, lacked in lacking])
            yield Alarm(Severity.MAJOR, f"VPN {vpn.vpn}", f"lacks a way from {named}")


def _stranded(vpn: L3vpnConnectivity) -> list[str]:
    """Return the spokes, with lines that are up, that reach no hub."""
    return [
        site.circuit.site
        for vrf in vpn.vrfs
        for site in vrf.sites
        if site.circuit.up and vpn.hubs and not vpn.hubs & {site.circuit.site, *vrf.joined}
    ]


def _of_l2vpn(vpn: L2vpnConnectivity) -> Iterator[Alarm]:
    yield from _parts(vpn)
    if vpn.severed:
        named = _named([f"{first} and {second}" for first, second in vpn.severed])
        yield Alarm(Severity.MAJOR, f"VPN {vpn.vpn}", f"frames do not pass between {named}")


def _parts(vpn: Connectivity) -> Iterator[Alarm]:
    # a site whose line is down has an alarm already
    sites = ([circuit.site for circuit in island if circuit.up] for island in vpn.parts)
    parts = [part for part in sites if part]
    if len(parts) > 1:
        text = f"is in {len(parts)} parts: {' | '.join(_named(part) for part in parts)}"
        yield Alarm(Severity.CRITICAL, f"VPN {vpn.vpn}", text)


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MAX_NAMED
    tail = [f"{more} more"] if more > 0 else []
    return ", ".join([*names[:_MAX_NAMED], *tail])
