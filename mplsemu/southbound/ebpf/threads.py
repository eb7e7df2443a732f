"""The standard library's threads, as a data plane offers them (southbound/plane/threads.py)."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mplsemu.southbound.accepting import accept_for_ever


class PlainThreads:
    """Threads that end with the process."""

    def queue(self) -> queue.Queue[Any]:
        """Return a new queue."""
        return queue.Queue()

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Run something in a new thread."""
        threading.Thread(target=work, args=args, daemon=True).start()

    def sleep(self, seconds: float) -> None:
        """Wait, and let other threads work."""
        time.sleep(seconds)

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and handle each connection in a new thread.

        Raises:
            OSError: the address cannot be listened on.
        """
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.bind(str(path))
            server.listen()
        except BaseException:
            server.close()
            raise
        self.spawn(accept_for_ever, server, handle, self.spawn, time.sleep)
