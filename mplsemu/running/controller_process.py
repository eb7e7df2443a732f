"""The lab's controller as a child process, which ends with the lab process."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from mplsemu.controller.client import ControllerClient
from mplsemu.emulation.namespace import start_daemon
from mplsemu.errors import EmulationError
from mplsemu.running.command import mplsemu_command
from mplsemu.running.directory import LabDirectory

START_TIMEOUT_S: Final = 30.0
_STOP_TIMEOUT_S: Final = 3.0
_LAST_LINES: Final = 5


class ControllerProcess:
    """Starts, restarts and ends one lab's controller.

    Args:
        directory: the lab's; the controller reads the lab file there, keeps its state there and
            listens on a socket there.
        arguments: of its command: which data plane it controls, and where that is.
    """

    def __init__(self, directory: LabDirectory, arguments: Sequence[str]) -> None:
        self._directory = directory
        self._arguments = tuple(arguments)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> ControllerClient:
        """A client of its northbound socket."""
        return ControllerClient(self._directory.controller_socket)

    @property
    def _log(self) -> Path:
        return self._directory.path / "controller.log"

    def pid(self) -> int | None:
        """Return its process id, None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it; `wait` waits until it answers."""
        path = self._directory.path
        command = mplsemu_command(
            "controller", str(self._directory.lab_file), *self._arguments,
            "--socket", str(self._directory.controller_socket),
            "--state", str(path / "controller.json"),
        )  # fmt: skip
        with self._log.open("ab") as log:
            self._process = start_daemon(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        """Wait until it answers.

        Raises:
            EmulationError: it ended, or does not answer in time; quotes the end of its log.
        """
        try:
            self.client.wait_until(
                lambda _status: True,
                START_TIMEOUT_S,
                "the controller's answer",
                give_up=lambda: self.pid() is None,
            )
        except EmulationError:
            words = self.last_message()
            how = "did not start" if self.pid() is None else "does not answer"
            raise EmulationError(f"the controller {how}{': ' if words else ''}{words}") from None

    def restart(self) -> None:
        """Start it again after it died.

        Raises:
            EmulationError: it does not start.
        """
        self.start()
        self.wait()

    def last_message(self) -> str:
        """Return the end of its log."""
        try:
            lines = self._log.read_text(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return "\n".join(lines[-_LAST_LINES:])

    def stop(self) -> None:
        """Stop it and wait for its end; a second call does nothing."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None
