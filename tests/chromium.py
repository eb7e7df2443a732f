"""A real browser for tests of pages; skipped where there is none."""

from __future__ import annotations

import os
import shutil

import pytest

CANDIDATES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
"""The first draws pages alone: a whole browser draws its own windows too, which nobody sees."""


@pytest.fixture(scope="module")
def browser():
    """Start Chromium once for a module."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = next(filter(None, map(shutil.which, CANDIDATES)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses root otherwise
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=sandbox)
        yield started
        started.close()


class Watched:
    """A page, what it complained of, and what it asked for."""

    def __init__(self, browser, **options) -> None:
        self.page = browser.new_page(**options)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path):
        """Open a file."""
        self.page.goto(path.as_uri())
        return self.page
