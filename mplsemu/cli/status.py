"""``mplsemu status``: which labs run, and how they are."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mplsemu.cli.exec import add_lab_option, named_lab

if TYPE_CHECKING:
    from mplsemu.running.session import Session


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("name", metavar="NAME", nargs="?", help="the same as --lab NAME")
    add_lab_option(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument("--events", action="store_true", help="also what happened so far, and when")


def run(args: argparse.Namespace) -> int:
    """Show every running lab, or the one named."""
    from mplsemu.errors import LabNotRunningError
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
        except LabNotRunningError as error:  # it boots, or ended just now: the others are there
            if wanted:
                raise
            sys.stderr.write(f"mplsemu: {error}\n")
    if args.json:
        print(json.dumps({"labs": labs}))
    elif not labs and not names:
        print("no lab is running")
    else:
        for lab in labs:
            _show(lab)
    return 0


def _status(session: Session, *, events: bool) -> dict[str, Any]:
    """Return what ``--json`` prints of one lab."""
    from mplsemu.errors import EmulationError, LabNotRunningError
    from mplsemu.report.alarms import alarm_object
    from mplsemu.running.current_alarms import alarms_without_controller, current_alarms

    record = session.record
    answer: dict[str, Any] = {
        "lab": record.name,
        "pid": record.pid,
        "dataplane": record.dataplane,
        "datapath": record.datapath,
        "lab_file": record.lab_file,
        "boot_s": record.boot_s,
        "hosts": len(record.hosts),
        "notes": list(record.notes),
        "web": _web(session),
        "controller": None,
    }
    try:
        answer["controller"] = session.controller.call("status")
        if events:
            answer["events"] = [
                {**event, "time": _time(event).isoformat(timespec="milliseconds")}
                for event in session.controller.call("events")
            ]
    except (EmulationError, LabNotRunningError) as error:
        answer["controller_error"] = str(error)
    found = current_alarms(session) if answer["controller"] else alarms_without_controller()
    answer["alarms"] = [alarm_object(alarm) for alarm in found]
    return answer


def _time(event: Mapping[str, Any]) -> datetime:
    """Return when an event was, in the time zone of this machine."""
    return datetime.fromtimestamp(event["time_s"]).astimezone()


def _web(session: Session) -> dict[str, Any] | None:
    from mplsemu.cli.web import links_of

    address = session.record.web
    return None if address is None else {"address": address, **links_of(session, address).to_json()}


def _show(lab: Mapping[str, Any]) -> None:
    print(f"lab {lab['lab']}  (process {lab['pid']}, {lab['dataplane']}, {lab['datapath']})")
    print(f"  file        {lab['lab_file']}")
    for note in lab["notes"]:
        print(f"  note        {note}")
    if lab["web"] is not None:
        for name, link in (("provider", lab["web"]["provider"]), *lab["web"]["customers"].items()):
            print(f"  live page   {name}: {link}")
    if lab["controller"] is None:
        print(f"  controller  {lab['controller_error']}")
    else:
        _show_controller(lab["controller"], lab["dataplane"])
    _show_alarms(lab["alarms"])
    _show_events(lab.get("events", ()))


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


def _show_alarms(alarms: Sequence[Mapping[str, str]]) -> None:
    if not alarms:
        print("  alarms      none")
    for number, alarm in enumerate(alarms):
        head = "" if number else "alarms"
        _fill(f"  {head:<11} {alarm['severity']:<9}", f"{alarm['object']} {alarm['text']}")


def _show_events(events: Sequence[Mapping[str, Any]]) -> None:
    day = None
    for event in events:
        took = "" if event["took_ms"] is None else f" ({event['took_ms']:.1f} ms)"
        at = _time(event)
        if day not in {None, at.date()}:
            print(f"  {at.date()}")
        day = at.date()
        clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
        _fill(f"  {event['number']:>5} {clock} {event['kind']:<10} ", event["text"] + took)


def _fill(head: str, text: str) -> None:
    """Print text behind a head; its further lines are indented as far."""
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
