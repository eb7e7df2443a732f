"""The standard library's threads, as a data plane offers them (southbound/dataplane.py)."""

from __future__ import annotations

import logging
import queue
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)


class PlainThreads:
    """Threads that end with the process."""

    def queue(self) -> queue.Queue[Any]:
        """Return a new queue."""
        return queue.Queue()

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Have a thread of its own do something."""
        threading.Thread(target=work, args=args, daemon=True).start()

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and have each connection handled in a thread of its own.

        Raises:
            OSError: one cannot listen there.
        """
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind(str(path))
            server.listen()
        except BaseException:
            server.close()
            raise
        self.spawn(self._accept, server, handle)

    def _accept(self, server: socket.socket, handle: Callable[[socket.socket], None]) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError as error:  # too many open files, or whoever asked has gone again
                _LOG.warning("a northbound connection failed: %s", error)
                threading.Event().wait(0.1)
                continue
            self.spawn(handle, connection)
