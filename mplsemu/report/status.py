"""What ``status --json`` prints: which labs run, and how they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from mplsemu.analysis.alarms import Alarm
from mplsemu.report.alarms import alarm_object
from mplsemu.running.record import LabRecord


def labs_object(labs: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return all labs, each by `lab_status_object`."""
    return {"labs": list(labs)}


def lab_status_object(
    record: LabRecord,
    web_links: Mapping[str, Any] | None,
    controller: Mapping[str, Any] | None,
    alarms: Iterable[Alarm],
    *,
    controller_error: str | None = None,
    events: Sequence[Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return how one lab is.

    Args:
        record: what it tells of itself.
        web_links: by `web_links_object`; None without a live page.
        controller: its answer to ``status`` (docs/northbound.md); None where it has none.
        alarms: what is wrong, the worst first.
        controller_error: why not, in words.
        events: its answer to ``events``; None where nobody asked.
    """
    found: dict[str, Any] = {
        "lab": record.name,
        "pid": record.pid,
        "dataplane": record.dataplane,
        "datapath": record.datapath,
        "lab_file": record.lab_file,
        "boot_s": record.boot_s,
        "hosts": len(record.hosts),
        "notes": list(record.notes),
        "web": None if web_links is None else {"address": record.web, **web_links},
        "controller": controller,
    }
    if events is not None:
        found["events"] = [
            {**event, "time": time_of(event).isoformat(timespec="milliseconds")} for event in events
        ]
    if controller_error is not None:
        found["controller_error"] = controller_error
    found["alarms"] = [alarm_object(alarm) for alarm in alarms]
    return found


def time_of(event: Mapping[str, Any]) -> datetime:
    """Return when an event was, in this machine's time zone."""
    return datetime.fromtimestamp(event["time_s"]).astimezone()
