"""What is wrong in a running lab, as JSON."""

from __future__ import annotations

from mplsemu.analysis.alarms import Alarm
from mplsemu.report import shapes


def alarm_object(alarm: Alarm) -> shapes.Alarm:
    """Return one alarm."""
    return {"severity": alarm.severity, "object": alarm.object, "text": alarm.text}
