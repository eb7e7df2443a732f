"""HTTP/1.1 on one connection, with a timeout for everything the client has to do."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

from mplsemu.web.access import Identity
from mplsemu.web.connections import Connections
from mplsemu.web.tally import Tally

CONNECTION: Final = "mplsemu.connection"
"""Key in the state of an ASGI scope: the connection of a request."""
_LATE: Final = "connections without a whole request in time"
_NOT_TAKEN: Final = "connections on which an answer was not taken in time"
_TIMED_OUT: Final = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Timeouts in seconds.

    Attributes:
        head_s: from the connection, or from the last answer, to the end of a request's head.
        stalled_s: for the client to read some of an answer.
    """

    head_s: float = 10.0
    stalled_s: float = 20.0


class TimeoutProtocol(H11Protocol):
    """uvicorn's protocol, which has no such timeouts, with them.

    Args:
        connections: all open connections.
        tally: counts those that timed out.
        timeouts: the timeouts.
    """

    def __init__(
        self,
        connections: Connections,
        tally: Tally,
        timeouts: Timeouts,
        app_state: dict[str, Any],
        **options: Any,
    ) -> None:
        super().__init__(app_state={**app_state, CONNECTION: self}, **options)
        self._all = connections
        self._tally = tally
        self._timeouts = timeouts
        self._late: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None

    # --- for Connections ---------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Address of the client."""
        return self.client[0] if self.client else ""

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def drop(self) -> None:
        """Close it at once and drop what has not been sent."""
        self.transport.abort()

    def know(self, identity: Identity) -> None:
        """Note whose token a request carried."""
        self._all.authenticated(self, identity)

    # --- events ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the timeout of the first request."""
        super().connection_made(transport)
        self._await_head()
        self._all.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel all timeouts."""
        self._all.closed(self)
        _cancel(self._late)
        _cancel(self._stalled)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read a part of a request."""
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before and not self.is_idle:
            self._has_head()

    def on_response_complete(self) -> None:
        """Start the timeout of the next request, or of the client closing after the last one."""
        answered = self.cycle
        self._await_head()
        super().on_response_complete()
        if self.cycle is not answered:  # the next request was pipelined
            self._has_head()

    def pause_writing(self) -> None:
        """Start the timeout of the client reading what was sent."""
        super().pause_writing()
        _cancel(self._stalled)
        self._stalled = self.loop.call_later(self._timeouts.stalled_s, self._end, _NOT_TAKEN)

    def resume_writing(self) -> None:
        """Go on: the client has read some."""
        _cancel(self._stalled)
        self._all.active(self)
        super().resume_writing()

    def _await_head(self) -> None:
        _cancel(self._late)
        self._late = self.loop.call_later(self._timeouts.head_s, self._end, _LATE)

    def _has_head(self) -> None:
        _cancel(self._late)
        self._all.active(self)

    def _end(self, why: str) -> None:
        # browsers open spare connections; one that gets a 408 unasked may take it for an answer
        is_unused = self.is_idle and not self.conn.trailing_data[0]
        if not is_unused:
            self._tally.count(why)
        if self.is_idle and not is_unused and not self.transport.is_closing():
            self.transport.write(_TIMED_OUT)
        self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
