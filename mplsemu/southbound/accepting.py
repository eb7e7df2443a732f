"""Accept connections for ever: a failure may be temporary, as too many open files are."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from typing import Any, Final

_LOG = logging.getLogger(__name__)

_BACKLOG: Final = 1024
_PAUSE_S: Final = 0.1
_WORD_EVERY_S: Final = 60.0


def accept_for_ever(
    server: socket.socket,
    handle: Callable[[socket.socket], None],
    spawn: Callable[..., Any],
    pause: Callable[[float], Any],
) -> None:
    """Accept connections, and handle each in its own thread.

    Args:
        server: a bound socket.
        handle: handles a connection.
        spawn: starts a thread.
        pause: sleeps for a number of seconds, in this kind of threads.
    """
    server.listen(_BACKLOG)  # beyond the backlog, connect(2) fails at once: unix(7)
    silent_until = 0.0
    while True:
        connection: socket.socket | None = None
        try:
            connection, _ = server.accept()
            spawn(handle, connection)
        except (OSError, RuntimeError) as error:  # too many open files, or threads
            if connection is not None:
                connection.close()
            if time.monotonic() >= silent_until:
                silent_until = time.monotonic() + _WORD_EVERY_S
                _LOG.warning("a northbound connection failed: %s", error)
            pause(_PAUSE_S)
