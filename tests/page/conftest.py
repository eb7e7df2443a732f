"""A browser, and a server for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import browser  # noqa: F401 (a fixture)
from tests.unit.web.weblab import fake_lab

from .visit import PageServer, Visit


@pytest.fixture
def server() -> Iterator[PageServer]:
    served = PageServer(fake_lab())
    yield served
    served.stop()


@pytest.fixture
def visit(server: PageServer, browser: Any) -> Iterator[Visit]:  # noqa: F811
    made = Visit(server, browser)
    yield made
    made.close()
