"""The live page's server in a thread, on a lab that runs nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from mplsemu.web.access import Access
from mplsemu.web.feed import Feed
from mplsemu.web.listening_socket import ListeningSocket
from mplsemu.web.serve import Server
from tests.fakeweb import FakeLab


class _ThreadedServer(Server):
    """A server that no signal ends: those are for the main thread."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class PageServer:
    """A server of one lab's page on a port of its own; it can be stopped and started again.

    Args:
        lab: behind it.
        options: of `Server`.
    """

    def __init__(self, lab: FakeLab, **options: Any) -> None:
        self.lab = lab
        self.access = Access.new(lab.facts.customers, lab.facts.parts)
        self.port = 0
        self._options = options
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def provider(self) -> str:
        return self.access.links(self.address).provider

    @property
    def feed(self) -> Feed:
        assert self._server is not None
        return self._server.feed

    def customer(self, name: str) -> str:
        return self.access.links(self.address).customers[name]

    def start(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = _ThreadedServer(
            self.lab, self.access, ListeningSocket.of(listener), lab_end=-1, **self._options
        )
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(listener, started), daemon=True)
        self._thread.start()
        assert started.wait(5)

    def stop(self) -> None:
        """Be gone, as a server that was killed."""
        assert self._server is not None
        assert self._loop is not None
        assert self._thread is not None
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._server.end)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def end_lab(self) -> None:
        """Have the lab end."""
        assert self._loop is not None
        self.lab.runs = False
        self._loop.call_soon_threadsafe(self.feed.end)

    def _run(self, listener: socket.socket, started: threading.Event) -> None:
        assert self._server is not None
        self._loop = asyncio.new_event_loop()
        self._loop.call_soon(started.set)
        with listener:
            self._loop.run_until_complete(self._server.serve(sockets=[listener]))
        self._loop.run_until_complete(_until_gone(self._server))
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


async def _until_gone(server: Server) -> None:
    """Let go of connections that came while the server ended."""
    async with asyncio.timeout(5):
        for _ in range(5):  # turns of the loop, in which those that were accepted are made
            await asyncio.sleep(0)
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for each in tuple(server.server_state.connections):
            each.transport.abort()
        while server.server_state.connections:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
