"""The northbound socket: a Unix stream socket for its owner only, with JSON lines each way."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import reprlib
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from mplsemu.controller.connections import (
    MAX_LINE_OCTETS,
    Connections,
    TooLongError,
    lines_of,
    send_line,
)
from mplsemu.controller.request import read_request
from mplsemu.errors import EmulationError, LabError, MplsEmuError
from mplsemu.southbound.plane.threads import Threads

_LOG = logging.getLogger(__name__)

_TOO_LONG: Final = f"a request is longer than {MAX_LINE_OCTETS} octets"

Call = Callable[[dict[str, Any]], Any]


class Northbound:
    """Serves calls on a Unix socket.

    Args:
        path: of the socket; a stale one is replaced.
        calls: what may be called, by name; each gets the request and returns what JSON can hold.
        threads: to serve in.
    """

    def __init__(self, path: Path, calls: dict[str, Call], threads: Threads) -> None:
        self._path = path
        self._calls = calls
        self._threads = threads
        self._connections = Connections()

    def start(self) -> None:
        """Listen, and serve each connection in a separate thread.

        Raises:
            EmulationError: the directory does not exist, or the path is not a socket.
        """
        before = os.umask(0o177)
        try:
            if not self._path.parent.is_dir():
                raise EmulationError(f"cannot listen on {self._path}: there is no such directory")
            if self._path.exists() and not self._path.is_socket():
                raise EmulationError(f"cannot listen on {self._path}: it is there, and no socket")
            self._path.unlink(missing_ok=True)
            self._threads.serve(self._path, self._serve)
        except OSError as error:
            reason = error.strerror or error
            raise EmulationError(f"cannot listen on {self._path}: {reason}") from None
        finally:
            os.umask(before)

    def _serve(self, connection: socket.socket) -> None:
        with self._connections.open(connection):
            try:
                for line in lines_of(connection):
                    with self._connections.asked(connection):
                        answer = _as_line(self._answer(line))
                    send_line(connection, answer)
            except TooLongError:
                with contextlib.suppress(OSError):
                    send_line(connection, _as_line({"error": _TOO_LONG}))
            except OSError as error:
                _LOG.debug("a northbound client went away: %s", error)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = read_request(line)
        except LabError as error:
            return {"error": str(error)}
        name = request["call"]
        call = self._calls.get(name)
        if call is None:
            known = ", ".join(sorted(self._calls))
            return {"error": f"no call {reprlib.repr(name)}; there are: {known}"}
        try:
            return {"answer": call(request)}
        except (MplsEmuError, ValueError, KeyError, TypeError) as error:
            return {"error": f"{name}: {error}"}


def _as_line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, allow_nan=False).encode()
