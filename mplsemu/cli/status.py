"""``mplsemu status``: the labs that run, their controllers, alarms and events."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mplsemu.cli.exec import add_lab_option, named_lab

if TYPE_CHECKING:
    from mplsemu.analysis.alarms import Alarm
    from mplsemu.running.record import LabRecord
    from mplsemu.running.session import Session
    from mplsemu.web.access import Links


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the same as --lab NAME")
    add_lab_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--events", action="store_true", help="also what happened so far, and when")


def run(args: argparse.Namespace) -> int:
    """Show all running labs, or the named one."""
    from mplsemu.errors import LabNotRunningError
    from mplsemu.report.status import labs_object
    from mplsemu.running.directory import find_lab, messages_of_ended_labs, running_labs
    from mplsemu.running.session import Session

    wanted = named_lab(args)
    for name, why in messages_of_ended_labs().items():
        sys.stderr.write(f"mplsemu: lab {name} ended by itself: {why}\n")
    names = (find_lab(wanted).name,) if wanted else running_labs()
    labs = []
    for name in names:
        try:
            labs.append(_status(Session.find(name), events=args.events))
        except LabNotRunningError as error:  # it boots, or has just ended: show the others
            if wanted:
                raise
            sys.stderr.write(f"mplsemu: {error}\n")
    if args.json:
        print(json.dumps(labs_object(map(_object, labs))))
    elif not labs and not names:
        print("no lab is running")
    else:
        for lab in labs:
            _show(lab)
    return 0


@dataclass(frozen=True, slots=True)
class _LabStatus:
    """How one running lab is.

    Attributes:
        record: what it tells of itself.
        links: to its live page, None without one.
        alarms: what is wrong, the worst first.
        controller: its answer to ``status``, None where it has none.
        error: why it has none.
        events: what happened so far, None where nobody asked or it does not answer.
    """

    record: LabRecord
    links: Links | None
    alarms: tuple[Alarm, ...]
    controller: dict[str, Any] | None
    error: str | None
    events: list[dict[str, Any]] | None


def _status(session: Session, *, events: bool) -> _LabStatus:
    from mplsemu.cli.web import links_of
    from mplsemu.errors import EmulationError, LabNotRunningError
    from mplsemu.running.current_alarms import alarms_without_controller, current_alarms

    record = session.record
    controller, happened, why = None, None, None
    try:
        controller = session.controller.call("status")
        if events:
            happened = session.controller.call("events")
    except (EmulationError, LabNotRunningError) as error:
        why = str(error)
    alarms = current_alarms(session) if controller else alarms_without_controller()
    links = None if record.web is None else links_of(session, record.web)
    return _LabStatus(record, links, tuple(alarms), controller, why, happened)


def _object(lab: _LabStatus) -> dict[str, Any]:
    from mplsemu.report.status import lab_status_object
    from mplsemu.report.web_links import web_links_object

    links = lab.links
    web = (
        None
        if links is None
        else web_links_object(links.provider, links.customers, links.providers)
    )
    return lab_status_object(
        lab.record, web, lab.controller, lab.alarms, controller_error=lab.error, events=lab.events
    )


def _show(lab: _LabStatus) -> None:
    record = lab.record
    print(f"lab {record.name}  (process {record.pid}, {record.dataplane}, {record.datapath})")
    print(f"  file        {record.lab_file}")
    for note in record.notes:
        print(f"  note        {note}")
    if lab.links is not None:
        for name, link in lab.links.by_reader():
            print(f"  live page   {name}: {link}")
    if lab.controller is None:
        print(f"  controller  {lab.error}")
    else:
        _show_controller(lab.controller, record.dataplane)
    _show_alarms(lab.alarms)
    _show_events(lab.events or ())


def _show_controller(controller: Mapping[str, Any], dataplane: str) -> None:
    from mplsemu.views.phrases import count

    switches = controller["switches"]
    in_sync = sum(switch["in_sync"] for switch in switches.values())
    flows = sum(switch["flows"] for switch in switches.values())
    print(f"  controller  {controller['framework']}, process {controller['pid']}")
    installed = (
        count(flows, "flow") if dataplane == "openflow" else count(flows, "entry", "entries")
    )
    print(f"  LSRs        {in_sync} of {len(switches)} in sync, {installed}")
    print(f"  program     generation {controller['generation']}")
    print(f"  neighbours  {controller['neighbours']} resolved by the running network")
    print(f"  down        {', '.join(controller['down']) or 'nothing'}")
    for number, (site, lines) in enumerate(controller.get("active_lines", {}).items()):
        head = "" if number else "dual-homed"
        print(f"  {head:<11} {site}: by {', '.join(lines) or 'no line'}")
    _show_storms(controller["storms"])


def _show_storms(storms: Mapping[str, int]) -> None:
    from mplsemu.views.phrases import count

    for number, (circuit, dropped) in enumerate(storms.items()):
        head = "" if number else "storms"
        print(f"  {head:<11} {circuit}: {count(dropped, 'frame')} dropped since boot")


def _show_alarms(alarms: Sequence[Alarm]) -> None:
    if not alarms:
        print("  alarms      none")
    for number, alarm in enumerate(alarms):
        head = "" if number else "alarms"
        _fill(f"  {head:<11} {alarm.severity:<9}", str(alarm))


def _show_events(events: Sequence[Mapping[str, Any]]) -> None:
    from mplsemu.report.status import time_of

    day = None
    for event in events:
        took = "" if event["took_ms"] is None else f" ({event['took_ms']:.1f} ms)"
        at = time_of(event)
        if day not in {None, at.date()}:
            print(f"  {at.date()}")
        day = at.date()
        clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
        _fill(f"  {event['number']:>5} {clock} {event['kind']:<10} ", event["text"] + took)


def _fill(head: str, text: str) -> None:
    """Print text after a head; further lines are indented by its width."""
    from mplsemu.cli.output import terminal_width

    print(
        textwrap.fill(
            text,
            terminal_width(),
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_on_hyphens=False,
        )
    )
