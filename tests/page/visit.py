"""The live page in a real browser, on the real server, on a lab that runs nowhere."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from mplsemu.web.access import Access
from mplsemu.web.app import create_app
from mplsemu.web.feed import Feed
from tests.fakeweb import FakeLab

TIMEOUT_MS = 20000


class PageServer:
    """A server of one lab's page on a port of its own; it can be stopped and started again."""

    def __init__(self, lab: FakeLab) -> None:
        self.lab = lab
        self.access = Access.new(lab.facts.customers)
        self.port = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.feed = Feed(lab)
        self.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def provider(self) -> str:
        return self.access.links(self.address).provider

    def customer(self, name: str) -> str:
        return self.access.links(self.address).customers[name]

    def start(self) -> None:
        """Listen, on the same port as before."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self.feed = Feed(self.lab)
        app = create_app(self.lab, self.access, feed=self.feed)
        config = uvicorn.Config(
            app, http="h11", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
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
            self._loop.call_soon_threadsafe(self.feed.close)
        self._server.should_exit = True
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
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()


class Visit:
    """Somebody's visit to the page.

    Attributes:
        page: in the browser.
        complaints: warnings and errors of the browser's console, and uncaught ones.
        requests: addresses of everything the page asked for.
    """

    def __init__(self, server: PageServer, browser: Any, **options: Any) -> None:
        self.server = server
        self._context = browser.new_context(
            viewport=options.pop("viewport", {"width": 1280, "height": 800}), **options
        )
        self._context.set_default_timeout(TIMEOUT_MS)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page = self.tab()

    def tab(self) -> Any:
        """Open another tab of the same browser."""
        page = self._context.new_page()
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        return page

    def open(self, link: str) -> Any:
        """Follow a link, until the page shows something."""
        self.page.goto(link)
        self.page.wait_for_selector("main")
        return self.page

    def provider(self) -> Any:
        """Open the provider's page, until its picture is there and live."""
        self.open(self.server.provider)
        self.page.wait_for_selector(".canvas .node")
        self.page.wait_for_selector(".connection.live")
        return self.page

    def customer(self, name: str) -> Any:
        """Open a customer's page, until a picture is there and live."""
        self.open(self.server.customer(name))
        self.page.wait_for_selector(".canvas .node")
        self.page.wait_for_selector(".connection.live")
        return self.page

    def close(self) -> None:
        """End the visit; nothing may have gone wrong, and nobody else have been asked."""
        self._context.close()
        strangers = [url for url in self.requests if not url.startswith(self.server.address)]
        assert strangers == []
        assert self.complaints == []

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)


def texts(page: Any, selector: str) -> list[str]:
    """Return what elements say, blanks made one."""
    return [re.sub(r"\s+", " ", text).strip() for text in page.locator(selector).all_inner_texts()]


def line(page: Any, name: str) -> Any:
    """Return a link of the picture, or a site's line."""
    return page.locator(f'.lines [data-line="{name}"]')


def tab(page: Any, name: str) -> None:
    """Show a tab by its name, which may have a count behind it."""
    page.get_by_role("tab", name=re.compile(f"^{re.escape(name)}")).first.click()


def until(page: Any, look: Callable[[], Any], timeout_ms: int = TIMEOUT_MS) -> Any:
    """Wait until something is true; return it. The page's policy lets no test's code wait in it."""
    deadline = time.monotonic() + timeout_ms / 1000
    while not (found := look()):
        assert time.monotonic() < deadline, "not in time"
        page.wait_for_timeout(20)
    return found


def wait_for_class(page: Any, name: str, classes: str) -> None:
    """Wait until a link has classes, written as a selector."""
    page.wait_for_selector(f'.lines [data-line="{name}"]{classes}', state="attached")
