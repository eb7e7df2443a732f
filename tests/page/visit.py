"""The live page in a real browser, on the real server, on a lab that runs nowhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from tests.unit.web.pageserver import PageServer

TIMEOUT_MS = 20000


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
