"""Asking for pings and traces, as a reader does."""

from __future__ import annotations

from typing import Any


def ask(page: Any, src: str, dst: str, button: str = "Trace") -> None:
    """Choose two hosts by typing, and press a button."""
    for field, host in (("From", src), ("To", dst)):
        box = page.get_by_role("combobox", name=field)
        box.fill(host[:-1])
        page.get_by_role("option", name=host, exact=True).click()
        assert box.input_value() == host
    page.get_by_role("button", name=button, exact=True).click()
