"""The alarms of a running lab, by its controller's status and the program that is installed."""

from __future__ import annotations

import time
from typing import Any, Final

from mplsemu.analysis.alarms import SYNC_PATIENCE_S, Alarm, LabState, alarms, is_out_of_sync
from mplsemu.analysis.connectivity import connectivity
from mplsemu.emulation.interrupts import sleep
from mplsemu.errors import EmulationError, LabNotRunningError
from mplsemu.running.session import Session

_POLL_S: Final = 0.1


def current_alarms(session: Session) -> tuple[Alarm, ...]:
    """Return the alarms of a lab as it is now, the worst first.

    LSRs that lack flows are asked about again until they have them, or until that is an alarm:
    2 s at most.
    """
    try:
        status, unsynced_s = _settled_status(session)
        program = session.program()
    except (EmulationError, LabNotRunningError):
        return alarms_without_controller()
    vpns = tuple(connectivity(program, vpn.name) for vpn in program.vpns)
    return alarms(LabState(status, answers=True, program=program, vpns=vpns, unsynced_s=unsynced_s))


def alarms_without_controller() -> tuple[Alarm, ...]:
    """Return the alarms of a lab whose controller does not answer."""
    return alarms(LabState(None, answers=False, program=None))


def _settled_status(session: Session) -> tuple[dict[str, Any], float]:
    """Return the controller's status, and for how long it was seen that LSRs lack flows."""
    started = time.monotonic()
    while True:
        status: dict[str, Any] = session.controller.call("status")
        waited_s = time.monotonic() - started
        if not any(map(is_out_of_sync, status["switches"].values())):
            return status, 0.0
        if waited_s > SYNC_PATIENCE_S:
            return status, waited_s
        sleep(_POLL_S)
