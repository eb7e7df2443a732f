"""Run the server on an open socket until the lab ends or somebody ends the server."""

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
"""In one turn of the event loop: whoever is let in then has several turns to ask something before
so many strangers have come after him that he must go (`MAX_UNAUTHENTICATED`)."""
_GRACE_S: Final = 2
_TICK_S: Final = 1.0
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM)


def serve(source: LabSource, access: Access, listening: ListeningSocket, lab_end: int) -> bool:
    """Serve a lab's page.

    Args:
        source: the lab.
        access: its tokens.
        listening: where.
        lab_end: a descriptor that can be read when the lab has ended.

    Returns:
        Whether the lab has ended; else a signal ended the server.
    """
    server = Server(source, access, listening, lab_end)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.serve(sockets=[listening.listener]))
    finally:
        loop.close()  # unlike asyncio.run it does not wait for who still asks the controller
    return server.lab_has_ended


class Server(uvicorn.Server):
    """Ends in order when the lab ends, on Ctrl-C and on SIGTERM.

    Args:
        source: the lab.
        access: its tokens.
        listening: where.
        lab_end: a descriptor that can be read when the lab has ended.
        patience: how long it waits for whoever has connected.

    Attributes:
        feed: its streams; they are ended first, for they do not end by themselves.
        lab_has_ended: whether that is why the server ended.
    """

    def __init__(
        self,
        source: LabSource,
        access: Access,
        listening: ListeningSocket,
        lab_end: int,
        patience: Timeouts | None = None,
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
            TimeoutProtocol, Connections(self._tally), self._tally, patience or Timeouts()
        )
        super().__init__(
            uvicorn.Config(
                app,
                http=cast("type[TimeoutProtocol]", protocol),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,  # it would have every request in it, and is of no use
                server_header=False,
                proxy_headers=False,
                backlog=_ACCEPTED_AT_ONCE,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, with more places in the kernel's line than are let in at once."""
        await super().startup(sockets)
        for each in sockets or ():
            each.listen(BACKLOG)

    async def main_loop(self) -> None:
        """Do what is due once a second; the parent looks ten times, which costs more than all else.

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
        """Serve as the parent does, which would also send each signal again at the end."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._lab_end, self._end_with_lab)

        def note(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.end)

        # not by the loop's own way: behind it, it leaves a handler for Ctrl-C that raises
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
        """End in order; at once when asked twice."""
        self.force_exit = self.should_exit  # who asks twice does not want to wait
        self.should_exit = True
        self._ending.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the streams end, then everything else."""
        self.feed.close()
        await super().shutdown(sockets)
