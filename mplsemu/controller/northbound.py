"""The northbound socket: a Unix stream socket that only its owner may open, JSON lines each way."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mplsemu.errors import EmulationError, MplsEmuError
from mplsemu.southbound.dataplane import Threads

_LOG = logging.getLogger(__name__)

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

    def start(self) -> None:
        """Listen, and serve every connection in a thread of its own.

        Raises:
            EmulationError: there is no such directory, or something else than a socket is there.
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
        with contextlib.closing(connection), connection.makefile("rwb") as stream:
            try:
                for line in stream:
                    stream.write(json.dumps(self._answer(line)).encode() + b"\n")
                    stream.flush()
            except OSError as error:
                _LOG.debug("a northbound client went away: %s", error)

    def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            name = request["call"]
        except (ValueError, KeyError, TypeError):
            return {"error": 'not a request; write {"call": NAME, ...} on one line'}
        call = self._calls.get(name)
        if call is None:
            return {"error": f"no call {name!r}; there are: {', '.join(sorted(self._calls))}"}
        try:
            return {"answer": call(request)}
        except (MplsEmuError, ValueError, KeyError, TypeError) as error:
            return {"error": f"{name}: {error}"}
