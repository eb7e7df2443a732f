"""Watchers of a lab: each looks when it is called, and returns what is new as events.

They wait for the controller; otherwise they are pure: no threads, and the clock is an argument.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from mplsemu.analysis.alarms import Alarm, LabState, alarms
from mplsemu.analysis.connectivity import connectivity
from mplsemu.emulation.counters import Counters, loads_bps
from mplsemu.errors import EmulationError, LabNotRunningError
from mplsemu.report.alarms import alarm_object
from mplsemu.views.customer import view_of_connectivity
from mplsemu.views.learned_macs import with_macs
from mplsemu.views.model import View
from mplsemu.views.tables.macs import MacRow
from mplsemu.web import schema
from mplsemu.web.provider_events import is_shown
from mplsemu.web.sent_views import SentViews
from mplsemu.web.server_sent_event import ServerSentEvent
from mplsemu.web.source import LabSource, Status, version_of

_LOG = logging.getLogger(__name__)

KEPT_EVENTS: Final = 100
STATUS_S: Final = 1.0
"""Every change of the status comes with an event; it is asked for this often even without one."""
MACS_S: Final = 5.0
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class ControllerState:
    """The controller's last status, and since when its LSRs have not been in sync."""

    status: Status | None = None
    answers: bool = True
    unsynced_since: float | None = None


class StatusWatch:
    """Follows the controller's events and status.

    Events cost the controller's worker nothing; the status is read after events, and now and then.

    Args:
        source: the lab.
        clock: seconds, forward only.

    Attributes:
        known: what was seen last.
    """

    def __init__(self, source: LabSource, clock: Clock) -> None:
        self.known = ControllerState()
        self._source = source
        self._clock = clock
        self._last_event = 0
        self._last_seen: dict[str, Any] | None = None
        self._before_look: dict[str, Any] | None = None
        self._before_restart = 0
        self._hidden = 0
        self._asked_at: float | None = None
        self._told: schema.StateMessage | None = None

    def look(self) -> list[ServerSentEvent]:
        """Return ``event`` and ``state`` events about what is new."""
        events: list[dict[str, Any]] = []
        self._before_look = self._last_seen
        try:
            asked = self._is_due()
            if asked:
                self._ask_status()
            events = self._new_events()
            if events and not asked:
                self._ask_status()
        except (LabNotRunningError, EmulationError) as error:
            _LOG.debug("the controller does not answer: %s", error)
            self.known = replace(self.known, answers=False)
            self._asked_at = None
        return [*(ServerSentEvent("event", event) for event in events), *self._state()]

    def _is_due(self) -> bool:
        asked_at, status = self._asked_at, self.known.status
        if asked_at is None or status is None or not status["in_sync"]:
            return True
        return self._clock() - asked_at >= STATUS_S

    def _ask_status(self) -> None:
        before, status = self.known.status, self._source.status()
        self._asked_at = self._clock()
        since = None if status["in_sync"] else self.known.unsynced_since or self._asked_at
        self.known = ControllerState(status, answers=True, unsynced_since=since)
        if before is not None and before["pid"] != status["pid"] and self._counts_anew():
            self._before_restart += self._last_event
            self._last_event = 0
            self._last_seen = None

    def _counts_anew(self) -> bool:
        """Whether a restarted controller has lost its events, and so numbers them from 1 again."""
        known = self._before_look
        if known is None:
            return False
        found = list(self._source.events(known["number"] - 1))
        return not found or found[0] != known

    def _new_events(self) -> list[dict[str, Any]]:
        is_first = self._last_event == 0 and self._before_restart == 0
        found = list(self._source.events(self._last_event))
        if found:
            self._last_seen = found[-1]
            self._last_event = found[-1]["number"]
        numbered = self._numbered(found)
        return numbered[-KEPT_EVENTS:] if is_first else numbered

    def _numbered(self, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the events that are shown, numbered as if there were no others."""
        numbered = []
        for event in found:
            if is_shown(event):
                number = event["number"] + self._before_restart - self._hidden
                numbered.append({**event, "number": number})
            else:
                self._hidden += 1
        return numbered

    def _state(self) -> list[ServerSentEvent]:
        status = self.known.status
        state: schema.StateMessage = {
            "generation": status["generation"] if status else 0,
            "in_sync": bool(status and status["in_sync"] and self.known.answers),
            "down": status["down"] if status else [],
            "controller": self.known.answers,
        }
        if state == self._told:
            return []
        self._told = state
        return [ServerSentEvent("state", state)]


class LoadWatch:
    """Measures the load of the core links between two looks."""

    def __init__(self, source: LabSource) -> None:
        self._source = source
        self._before: Counters | None = None

    def look(self) -> list[ServerSentEvent]:
        """Return a ``load`` event, from the second look on."""
        try:
            before, self._before = self._before, self._source.counters()
        except EmulationError as error:
            _LOG.debug("no counters: %s", error)
            return []
        if before is None:
            return []
        loads = loads_bps(before, self._before)
        links = {link: (round(there), round(back)) for link, (there, back) in loads.items()}
        message: schema.LoadMessage = {"links": links}
        return [ServerSentEvent("load", message)]


class ViewWatch:
    """Finds out what a change means: whose picture differs, and which alarms there are.

    Args:
        source: the lab.
        clock: seconds, forward only.
        sent_views: the views that pages were sent.
    """

    def __init__(self, source: LabSource, clock: Clock, sent_views: SentViews) -> None:
        self._source = source
        self._clock = clock
        self._sent_views = sent_views
        self._version: str | None = None
        self._views: dict[str, View] = {}
        self._outdated: set[str] = set()
        self._state = LabState(None, answers=True, program=None)
        self._told: tuple[Alarm, ...] | None = None
        self._macs_at: float | None = None
        self._macs: list[MacRow] = []

    def look(self, known: ControllerState) -> list[ServerSentEvent]:
        """Return ``pictures`` and ``alarms`` events about what is new; the first time, everything.

        A page that fetches a picture after that misses no later change of it.

        Args:
            known: what `StatusWatch` last saw.
        """
        changed: list[str] = []
        try:
            changed = self._look_at_pictures(known)
        except (LabNotRunningError, EmulationError) as error:
            _LOG.debug("no pictures now: %s", error)
        found = [ServerSentEvent("pictures", {"vpns": changed})] if changed else []
        return [*found, *self._look_at_alarms(known)]

    def _look_at_pictures(self, known: ControllerState) -> list[str]:
        self._outdated |= self._sent_views.take_outdated(self._views)
        if known.status is None or not known.answers:
            return []
        new_macs = self._learned()
        version = version_of(known.status)
        if version != self._version:
            installed = self._source.installed()
            program = installed.program
            vpns = tuple(connectivity(program, vpn.name) for vpn in program.vpns)
            self._state = replace(self._state, program=program, vpns=vpns)
            self._version = installed.version
        elif not new_macs and not self._outdated:
            return []
        assert self._state.program is not None  # set with the version
        before = self._views
        self._views = {
            info.name: with_macs(view_of_connectivity(info, found), self._macs)
            for info, found in zip(self._state.program.vpns, self._state.vpns, strict=True)
        }
        outdated, self._outdated = self._outdated, set()
        return [
            name
            for name, view in self._views.items()
            if before.get(name) != view or name in outdated
        ]

    def _learned(self) -> bool:
        """Read the MAC addresses now and then; return whether they differ."""
        if not any(vpn.kind.learns_macs for vpn in self._source.facts.vpns):
            return False
        now = self._clock()
        if self._macs_at is not None and now - self._macs_at < MACS_S:
            return False
        self._macs_at = now
        before, self._macs = self._macs, list(self._source.macs())
        return self._macs != before

    def _look_at_alarms(self, known: ControllerState) -> list[ServerSentEvent]:
        since = known.unsynced_since
        self._state = replace(
            self._state,
            status=known.status,
            answers=known.answers,
            unsynced_s=0.0 if since is None else self._clock() - since,
        )
        found = alarms(self._state)
        if found == self._told:
            return []
        self._told = found
        message: schema.AlarmsMessage = {"alarms": [alarm_object(alarm) for alarm in found]}
        return [ServerSentEvent("alarms", message)]
