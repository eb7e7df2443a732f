"""A limit on how many requests of a kind are handled at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mplsemu.web.http_error import CONFLICT, HttpError


class ConcurrencyLimit:
    """Admits a number of requests at a time, and refuses the others.

    Args:
        limit: the number.
        what: the kind, in the plural, for the error message.
    """

    def __init__(self, limit: int, what: str) -> None:
        self._slots = threading.BoundedSemaphore(limit)
        self._refusal = f"too many {what} at once; try again"

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot while the block runs.

        Raises:
            HttpError: there is none left.
        """
        if not self._slots.acquire(blocking=False):
            raise HttpError(CONFLICT, self._refusal)
        try:
            yield
        finally:
            self._slots.release()
