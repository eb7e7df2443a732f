"""The kind of threads that a data plane works with: OpenFlow's framework has its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol


class Queue(Protocol):
    """A queue between threads, as in the standard library."""

    def put(self, item: Any) -> None:
        """Add an item."""

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take an item.

        Raises:
            queue.Empty: there is none, or none came in time.
        """


class Threads(Protocol):
    """The kind of threads that a data plane works with."""

    def queue(self) -> Queue:
        """Return a new queue."""

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Have a thread of its own do something."""

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and have each connection handled in a thread of its own.

        Raises:
            OSError: one cannot listen there.
        """
