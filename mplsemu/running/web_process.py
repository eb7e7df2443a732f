"""The server of a lab's live page as a child process, which ends with the lab process."""

from __future__ import annotations

import socket
import subprocess
from dataclasses import dataclass
from typing import Final

from mplsemu.emulation.namespace import start_daemon
from mplsemu.running.command import mplsemu_command
from mplsemu.running.directory import LabDirectory

_STOP_TIMEOUT_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class WebEndpoint:
    """Where a live page is served.

    Attributes:
        listener: a listening socket, opened outside the lab's namespace, where it stays.
        address: beginning of its URLs.
    """

    listener: socket.socket
    address: str


class WebProcess:
    """Starts, restarts and ends one lab's web server.

    Args:
        directory: the lab's.
        place: where it serves.
    """

    def __init__(self, directory: LabDirectory, place: WebEndpoint) -> None:
        self._directory = directory
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None

    def pid(self) -> int | None:
        """Return its process id, None while it does not run."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def start(self) -> None:
        """Start it; connections that come before it is ready wait in the socket's backlog."""
        descriptor = self._place.listener.fileno()
        command = mplsemu_command("web", "--lab", self._directory.name, "--fd", str(descriptor))
        with (self._directory.path / "web.log").open("ab") as log:
            self._process = start_daemon(
                command,
                stdin=subprocess.PIPE,  # end of file tells that the lab has ended
                stdout=log,
                stderr=log,
                pass_fds=(descriptor,),
            )

    def stop(self) -> None:
        """Tell it that the lab ends, and wait for its end; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None  # it was started with a pipe
        process.stdin.close()
        try:
            process.wait(_STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
