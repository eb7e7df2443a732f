"""Run the server on an open socket until the lab ends or somebody ends the server."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

from mplsemu.web.access import Access
from mplsemu.web.app import create_app
from mplsemu.web.feed import Feed
from mplsemu.web.listening import Listening
from mplsemu.web.source import LabSource

_MOST_CONNECTIONS: Final = 256
_GRACE_S: Final = 2
_TICK_S: Final = 1.0


def serve(source: LabSource, access: Access, listening: Listening, lab_end: int) -> bool:
    """Serve a lab's page.

    Args:
        source: the lab.
        access: its tokens.
        listening: where.
        lab_end: a descriptor that can be read when the lab has ended.

    Returns:
        Whether the lab has ended; else a signal ended the server.
    """
    feed = Feed(source)
    app = create_app(
        source,
        access,
        hosts=listening.names,
        any_address=listening.is_everywhere,
        feed=feed,
    )
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # it would have every request in it, and is of no use
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, feed, lab_end)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.serve(sockets=[listening.listener]))
    finally:
        loop.close()  # unlike asyncio.run it does not wait for who still asks the controller
    return server.lab_has_ended


class _Server(uvicorn.Server):
    """Ends in order when the lab ends, on Ctrl-C and on SIGTERM.

    Args:
        config: how to serve.
        feed: its streams are ended first, for they do not end by themselves.
        lab_end: a descriptor that can be read when the lab has ended.
    """

    def __init__(self, config: uvicorn.Config, feed: Feed, lab_end: int) -> None:
        super().__init__(config)
        self.lab_has_ended = False
        self._feed = feed
        self._lab_end = lab_end
        self._ending = asyncio.Event()

    async def main_loop(self) -> None:
        """Do what is due once a second; the parent looks ten times, which costs more than all else.

        A server whose page is hidden should cost nothing.
        """
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), _TICK_S)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Serve as the parent does, which would also send each signal again at the end."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._lab_end, self._end_with_lab)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            loop.remove_reader(self._lab_end)
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _end_with_lab(self) -> None:
        asyncio.get_running_loop().remove_reader(self._lab_end)
        self.lab_has_ended = True
        self._feed.end()
        self._end()

    def _end(self) -> None:
        self.force_exit = self.should_exit  # who asks twice does not want to wait
        self.should_exit = True
        self._ending.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let the streams end, then everything else."""
        self._feed.close()
        await super().shutdown(sockets)
