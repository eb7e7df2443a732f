"""Runs the server on an open socket until the lab ends or a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from types import FrameType
from typing import Final, cast

import uvicorn

from mplsemu.web.access import Access
from mplsemu.web.app import create_app
from mplsemu.web.connections import Connections
from mplsemu.web.feed import Feed
from mplsemu.web.http_protocol import TimeoutProtocol, Timeouts
from mplsemu.web.listening_socket import BACKLOG, ListeningSocket
from mplsemu.web.source import LabSource
from mplsemu.web.tally import Tally

_ACCEPTED_AT_ONCE: Final = 16
"""Connections accepted in one turn of the event loop. Each then has several turns to send a request
before so many others have come that it is closed (`MAX_UNAUTHENTICATED`)."""
_GRACE_S: Final = 2
_TICK_S: Final = 1.0
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(source: LabSource, access: Access, listening: ListeningSocket, lab_end: int) -> bool:
    """Serve a lab's page.

    Args:
        source: the lab.
        access: its tokens.
        listening: where.
        lab_end: a descriptor that becomes readable when the lab ends.

    Returns:
        Whether the lab has ended; otherwise a signal ended the server.
    """
    server = Server(source, access, listening, lab_end)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.serve(sockets=[listening.listener]))
    finally:
        loop.close()  # unlike asyncio.run: it waits for no thread that still asks the controller
    return server.lab_has_ended


class Server(uvicorn.Server):
    """Shuts down in order when the lab ends, on Ctrl-C and on SIGTERM.

    Args:
        source: the lab.
        access: its tokens.
        listening: where.
        lab_end: a descriptor that becomes readable when the lab ends.
        timeouts: timeouts of connections.

    Attributes:
        feed: its streams; ended first, as they do not end by themselves.
        lab_has_ended: whether that is why the server ended.
    """

    def __init__(
        self,
        source: LabSource,
        access: Access,
        listening: ListeningSocket,
        lab_end: int,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.feed = Feed(source)
        self.lab_has_ended = False
        self._lab_end = lab_end
        self._ending = asyncio.Event()
        self._tally = Tally()
        app = create_app(
            source,
            access,
            hosts=listening.names,
            any_address=listening.is_everywhere,
            feed=self.feed,
            tally=self._tally,
        )
        protocol = partial(
            TimeoutProtocol, Connections(self._tally), self._tally, timeouts or Timeouts()
        )
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[TimeoutProtocol]", protocol),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,  # every request would be in it
                server_header=False,
                proxy_headers=False,
                backlog=_ACCEPTED_AT_ONCE,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen with a longer backlog than the number of connections accepted at once."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)

    async def main_loop(self) -> None:
        """Tick once a second. The parent ticks ten times, which costs more than all else.

        A server whose page is hidden should cost nothing.
        """
        log = logging.getLogger("uvicorn.error")
        log.addFilter(self._tally)
        try:
            while not await self.on_tick(0):
                self._tally.report()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _TICK_S)
        finally:
            log.removeFilter(self._tally)
            self._tally.report(is_last=True)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals; the parent's version would raise each of them again at the end."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._lab_end, self._end_with_lab)

        def note(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)

        # not loop.add_signal_handler: it leaves a handler for Ctrl-C that raises
        before = {number: signal.signal(number, note) for number in _ENDINGS}
        try:
            yield
        finally:
            loop.remove_reader(self._lab_end)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end_with_lab(self) -> None:
        asyncio.get_running_loop().remove_reader(self._lab_end)
        self.lab_has_ended = True
        self.feed.end()
        self.end()

    def end(self) -> None:
        """Shut down in order; at once if called twice."""
        self.force_exit = self.should_exit  # asked twice: do not wait
        self.should_exit = True
        self._ending.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self.feed.close()
        await super().shutdown(sockets)
