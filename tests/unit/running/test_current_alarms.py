"""The alarms of a running lab: a change under way is none, and a controller may be silent."""

import pytest

from mplsemu.errors import LabNotRunningError
from mplsemu.running import current_alarms as module
from mplsemu.running.current_alarms import current_alarms
from tests.programs import program_of


class Session:
    """A lab whose controller gives one status after the other, the last one for ever."""

    def __init__(self, *statuses):
        self.controller = self
        self._statuses = list(statuses)

    def call(self, what):
        assert what == "status"
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        if status is None:
            raise LabNotRunningError("no controller")
        return status

    def program(self):
        return program_of("nordic")


def status(in_sync, down=()):
    lsr = {"connected": True, "in_sync": in_sync, "errors": 0}
    return {"switches": {"dk": lsr, "se": {**lsr, "in_sync": True}}, "down": list(down)}


def found(*statuses):
    return [(each.severity.value, each.object) for each in current_alarms(Session(*statuses))]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(module, "SYNC_PATIENCE_S", 0.05)
    monkeypatch.setattr("mplsemu.analysis.alarms.SYNC_PATIENCE_S", 0.05)
    monkeypatch.setattr(module, "_POLL_S", 0.001)


def test_what_is_down_is_an_alarm_at_once():
    assert found(status(True)) == []
    assert found(status(True, ["dk-p1"])) == [("major", "link dk-p1")]


def test_an_lsr_that_gets_its_flows_in_time_is_no_alarm():
    assert found(status(False), status(False), status(True)) == []


def test_an_lsr_that_does_not_get_its_flows_is_one():
    assert found(status(False)) == [("minor", "LSR dk")]


def test_a_controller_that_is_silent_from_the_start_or_falls_silent_is_the_only_alarm():
    assert found(None) == [("critical", "controller")]
    assert found(status(False, ["dk-p1"]), None) == [("critical", "controller")]
