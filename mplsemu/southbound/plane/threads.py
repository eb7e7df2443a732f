"""The threads that a data plane works with: OpenFlow's framework brings its own kind."""

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
            queue.Empty: the queue is empty, or stayed so until the timeout.
        """

    def empty(self) -> bool:
        """Whether it has no item now."""


class Threads(Protocol):
    """The kind of threads that a data plane works with."""

    def queue(self) -> Queue:
        """Return a new queue."""

    def spawn(self, work: Callable[..., None], *args: Any) -> None:
        """Run something in a new thread."""

    def sleep(self, seconds: float) -> None:
        """Wait, and let other threads work."""

    def serve(self, path: Path, handle: Callable[[socket.socket], None]) -> None:
        """Listen on a Unix socket and handle each connection in a new thread.

        Raises:
            OSError: the address cannot be listened on.
        """
