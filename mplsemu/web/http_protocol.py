"""HTTP on one connection, with a time limit for everything that the other end has to do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from mplsemu.web.access import Identity
from mplsemu.web.connections import Connections
from mplsemu.web.tally import Tally

CONNECTION: Final = "mplsemu.connection"
"""In the state of an ASGI scope: the connection that a request came on."""
_LATE: Final = "connections without a whole request in time"
_NOT_TAKEN: Final = "connections on which an answer was not taken in time"
_TIMED_OUT: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long is waited, in seconds.

    Attributes:
        head_s: for the whole head of a request, since the connection or the last answer.
        stalled_s: for the other end to take some of an answer.
    """

    head_s: float = 10.0
    stalled_s: float = 20.0


class TimeoutProtocol(H11Protocol):
    """uvicorn's, which waits for ever.

    Args:
        connections: all that are open.
        tally: counts those that were ended.
        patience: how long it waits.
    """

    def __init__(
        self,
        connections: Connections,
        tally: Tally,
        patience: Timeouts,
        app_state: dict[str, Any],
        **options: Any,
    ) -> None:
        super().__init__(app_state={**app_state, CONNECTION: self}, **options)
        self._all = connections
        self._tally = tally
        self._patience = patience
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    # --- what Connections asks ---------------------------------------------------------------

    @property
    def address(self) -> str:
        """Of the other end."""
        return self.client[0] if self.client else ""

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked now."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """End it at once, whatever has not been sent."""
        self.transport.abort()

    def know(self, identity: Identity) -> None:
        """Take note of whose token a request had."""
        self._all.authenticated(self, identity)

    # --- what happens ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._await_head()
        self._all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._all.closed(self)
        _cancel(self._late)
        _cancel(self._stalled)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in a part of a request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.is_idle:
            self._has_head()

    def on_response_complete(self) -> None:
        """Wait for the next request, or, where it is to be the last, for the answer to be taken."""
        answered = self.cycle
        self._await_head()
        super().on_response_complete()
        if self.cycle is not answered:  # the next one had come already
            self._has_head()

    def pause_writing(self) -> None:
        """Wait for the other end to take what was sent."""
        super().pause_writing()
        _cancel(self._stalled)
        self._stalled = self.loop.call_later(self._patience.stalled_s, self._end, _NOT_TAKEN)

    def resume_writing(self) -> None:
        """Go on: something was taken."""
        _cancel(self._stalled)
        self._all.active(self)
        super().resume_writing()

    def _await_head(self) -> None:
        _cancel(self._late)
        self._late = self.loop.call_later(self._patience.head_s, self._end, _LATE)

    def _has_head(self) -> None:
        _cancel(self._late)
        self._all.active(self)

    def _end(self, why: str) -> None:
        # browsers open some connections that they then do not need, and would misread an answer
        is_unused = self.is_idle and not self.conn.trailing_data[0]
        if not is_unused:
            self._tally.count(why)
        if self.is_idle and not is_unused and not self.transport.is_closing():
            self.transport.write(_TIMED_OUT)
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
