"""Client of a controller's northbound socket: one JSON object per line, each way.

A request is ``{"call": NAME, ...}``; the answer is ``{"answer": ...}`` or ``{"error": TEXT}``.
docs/northbound.md lists the calls.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mplsemu.emulation.interrupts import sleep, wait
from mplsemu.errors import EmulationError, LabNotRunningError

POLL_S: Final = 0.02
_CHUNK: Final = 1 << 20


class ControllerClient:
    """Calls a controller; each call opens a connection.

    Args:
        socket_path: of the controller's Unix socket.
        timeout_s: how long one call may take.
    """

    def __init__(self, socket_path: Path, timeout_s: float = 10.0) -> None:
        self.socket_path = socket_path
        self._timeout_s = timeout_s

    def call(self, name: str, **arguments: Any) -> Any:
        """Ask one thing.

        Raises:
            LabNotRunningError: no controller listens there.
            EmulationError: the controller refused, or did not answer in time.
        """
        request = json.dumps({"call": name, **arguments}) + "\n"
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.settimeout(self._timeout_s)
                self._connect(connection)
                connection.sendall(request.encode())
                line = self._line(connection)
        except TimeoutError:
            raise EmulationError(
                f"the controller did not answer {name!r} within {self._timeout_s:g} s"
            ) from None
        except OSError as error:
            raise LabNotRunningError(
                f"no controller listens on {self.socket_path} ({error.strerror})"
            ) from None
        if not line.endswith(b"\n"):
            raise EmulationError(f"the controller ended while it was asked {name!r}")
        reply = json.loads(line)
        if "error" in reply:
            raise EmulationError(str(reply["error"]))
        return reply["answer"]

    def _connect(self, connection: socket.socket) -> None:
        """Connect; while the listen queue is full, retry."""
        deadline = time.monotonic() + self._timeout_s
        while True:
            try:
                connection.connect(str(self.socket_path))
            except BlockingIOError:  # unlike TCP's, a full line is told at once: unix(7), EAGAIN
                if time.monotonic() > deadline:
                    raise TimeoutError from None
                sleep(POLL_S)
            else:
                return

    def _line(self, connection: socket.socket) -> bytes:
        """Return the answer's line, or a part of it if the connection ends."""
        deadline = time.monotonic() + self._timeout_s
        said = bytearray()
        while not said.endswith(b"\n"):
            if not wait((connection.fileno(),), max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            if not (more := connection.recv(_CHUNK)):
                break
            said += more
        return bytes(said)

    def wait_until(
        self,
        condition: Callable[[dict[str, Any]], bool],
        timeout_s: float,
        what: str,
        give_up: Callable[[], bool] = lambda: False,
    ) -> dict[str, Any]:
        """Poll the controller's status until it meets a condition; return that status.

        A controller that is busy or being restarted is waited for, like one that is not there yet.

        Args:
            condition: of the status.
            timeout_s: how long to wait.
            what: what is awaited, for the error.
            give_up: whether waiting has become pointless; called at each poll.

        Raises:
            EmulationError: the condition is not met in time, or `give_up` said so.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            status, problem = self._status()
            if status is not None and condition(status):
                return status
            because = f": {problem}" if problem else ""
            if give_up():
                raise EmulationError(f"{what} will not come{because}")
            if time.monotonic() > deadline:
                raise EmulationError(f"{what} did not come within {timeout_s:g} s{because}")
            sleep(POLL_S)

    def _status(self) -> tuple[dict[str, Any] | None, str]:
        """Return the controller's status, or None and why it gives none."""
        try:
            return self.call("status"), ""
        except (LabNotRunningError, EmulationError) as error:
            return None, str(error)
