"""Connections to the northbound socket, limited in number and line length."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Final

MAX_CONNECTIONS: Final = 64
MAX_LINE_OCTETS: Final = 64 * 1024
"""Octets of a request, its end of line apart."""
_TAKEN_WITHIN_S: Final = 30.0
_CHUNK: Final = 16 * 1024


class TooLongError(ValueError):
    """A line is longer than allowed."""


class Connections:
    """Open connections. A new one is always accepted; the one idle longest is closed for it.

    A client that does not read its answer counts as idle.

    Args:
        most: connections at a time.
    """

    def __init__(self, most: int = MAX_CONNECTIONS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._by_last_word: dict[socket.socket, bool] = {}  # whether it waits for an answer

    def __len__(self) -> int:
        return len(self._by_last_word)

    @contextlib.contextmanager
    def open(self, connection: socket.socket) -> Iterator[None]:
        """Register a connection while the block runs, and close it."""
        with self._lock:
            if len(self._by_last_word) >= self._most:
                self._end(self._longest_silent())
            self._by_last_word[connection] = False
        try:
            yield
        finally:
            with self._lock:
                self._by_last_word.pop(connection, None)
            connection.close()

    @contextlib.contextmanager
    def asked(self, connection: socket.socket) -> Iterator[None]:
        """Mark a connection as waiting for an answer while the block runs."""
        self._note(connection, waits=True)
        try:
            yield
        finally:
            self._note(connection, waits=False)

    def _note(self, connection: socket.socket, *, waits: bool) -> None:
        with self._lock:
            if self._by_last_word.pop(connection, None) is not None:
                self._by_last_word[connection] = waits

    def _longest_silent(self) -> socket.socket:
        idle = (each for each, waits in self._by_last_word.items() if not waits)
        return next(idle, next(iter(self._by_last_word)))

    def _end(self, connection: socket.socket) -> None:
        del self._by_last_word[connection]
        with contextlib.suppress(OSError):  # its own thread closes it, woken by this
            connection.shutdown(socket.SHUT_RDWR)


def lines_of(connection: socket.socket) -> Iterator[bytes]:
    """Yield lines until the connection ends.

    Raises:
        TooLongError: one is longer than `MAX_LINE_OCTETS`.
        OSError: the connection broke.
    """
    kept = bytearray()
    while chunk := connection.recv(_CHUNK):
        searched = len(kept)
        kept += chunk
        while (end := kept.find(b"\n", searched)) >= 0:
            if end > MAX_LINE_OCTETS:
                raise TooLongError
            yield bytes(kept[:end])
            del kept[: end + 1]
            searched = 0
        if len(kept) > MAX_LINE_OCTETS:
            raise TooLongError
    if kept:
        yield bytes(kept)  # as netcat sends it, which says that it sends no more


def send_line(connection: socket.socket, line: bytes) -> None:
    """Send a line; the client has `_TAKEN_WITHIN_S` to read it.

    Raises:
        OSError: it did not, or disconnected.
    """
    connection.settimeout(_TAKEN_WITHIN_S)
    try:
        connection.sendall(line + b"\n")
    finally:
        connection.settimeout(None)
