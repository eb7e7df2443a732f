"""Takes a lab down from another process, also while it boots."""

from __future__ import annotations

import os
import signal
import time
from typing import Final

from mplsemu.emulation.interrupts import sleep
from mplsemu.errors import EmulationError, LabNotRunningError
from mplsemu.running.directory import LabDirectory

DOWN_TIMEOUT_S: Final = 30.0
_POLL_S: Final = 0.02


def take_down(directory: LabDirectory) -> None:
    """Ask a lab's process to take it down, and wait until it has.

    Raises:
        LabNotRunningError: its process cannot be identified yet.
        EmulationError: it does not end, or its process is not found.
    """
    process = directory.holder()
    if process is None:
        if directory.is_claimed():
            raise LabNotRunningError(
                f"lab {directory.name!r} is still booting; try again in a moment"
            )
        return
    descriptor = process.open()
    try:
        if descriptor is not None and directory.is_claimed():
            signal.pidfd_send_signal(descriptor, signal.SIGTERM)
        deadline = time.monotonic() + DOWN_TIMEOUT_S
        while directory.is_claimed():
            if descriptor is None:
                raise EmulationError(
                    f"lab {directory.name!r} is process {process.pid}'s, which is not to be found "
                    "here; if it runs in a container, type the command there"
                )
            if time.monotonic() > deadline:
                raise EmulationError(
                    f"lab {directory.name!r} (process {process.pid}) does not end; see "
                    f"{directory.path / 'up.log'}"
                )
            sleep(_POLL_S)
    finally:
        if descriptor is not None:
            os.close(descriptor)
